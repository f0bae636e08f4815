"""One person's answers as typed values, for rules, scores and datasets to read."""

from collections.abc import Mapping
from datetime import date

from attrs import define

from trialwright.protocol import Absence, Study, Value
from trialwright.record.casebook import Subject
from trialwright.record.pages import Page


@define
class SubjectChart:
    """Reads a subject's answers through the items of the study (`protocol.Chart`). `start` stands in for an index date not yet set."""

    study: Study
    subject: Subject
    start: date | None = None

    @property
    def index_date(self) -> date | None:
        return self.subject.index_date or self.start

    @property
    def consented(self) -> date | None:
        return self.subject.consented

    def value(self, form: str, item: str, visit: str | None = None) -> Value | None:
        cell = None
        for code in self._visits(form) if visit is None else (visit,):
            found = self.subject.page(code, form).cells.get(item)
            if found is not None and found.value is not None:
                cell = found
        return None if cell is None or cell.value is None else self.study.item(form, item).recall(cell.value)

    def absence(self, form: str, item: str, visit: str) -> Absence | None:
        cell = self.subject.page(visit, form).cells.get(item)
        return None if cell is None else cell.absence

    def rows(self, form: str) -> tuple[Mapping[str, Value], ...]:
        return tuple(self.values(page) for page in self.subject.rows(form))

    def values(self, page: Page) -> Mapping[str, Value]:
        """The typed answers of one page, absent ones left out."""
        form = self.study.form(page.place[1])
        return {item: form.item(item).recall(text) for item, text in page.answers.items()}

    def _visits(self, form: str) -> list[str]:
        return [visit.code for visit in self.study.visits if form in visit.forms]
