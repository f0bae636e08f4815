"""What follows from the answers of one page, saved or only typed, for somebody who may read everything on which it rests."""

from collections.abc import Iterator, Mapping

from attrs import frozen

from trialwright.protocol import Audience, Fact, Study, Text, Value, Watch, same
from trialwright.record.casebook import Subject
from trialwright.record.checks import read
from trialwright.record.pages import Place


@frozen(kw_only=True)
class Conclusion:
    """A score or another conclusion of the study, with the names of the answers that would complete it."""

    watch: Watch
    fact: Fact
    missing: tuple[Text, ...]

    @property
    def number(self) -> str:
        """The number in digits; empty where the conclusion is none, or open."""
        fact = self.fact
        if fact.low is None or fact.high is None:
            return ""
        low, high = (f"{bound:.{self.watch.decimals}f}" for bound in (fact.low, fact.high))
        return f"{low if low == high else f'{low}–{high}'} {self.watch.unit}".strip()


def conclusions(study: Study, subject: Subject, role: Audience, place: Place, answers: Mapping[str, str]) -> tuple[Conclusion, ...]:
    """What the study concludes from `answers` (item and written value) of the page at `place`, as soon as one of them is there.

    `subject` is the subject as `role` may know it; what rests on an item that `role` may not read is not concluded at all.
    """
    found = []
    for watch in (*study.scores, *study.watches):
        if watch.form == place[1] and set(watch.about or watch.reads) & set(answers) and all(study.item(*where).audience.admits(role) for where in watch.items):
            fact = watch.by(dict(_known(study, subject, place, watch, answers)))
            found.append(Conclusion(watch=watch, fact=fact, missing=tuple(_name(study, watch, one) for one in fact.missing)))
    return tuple(found)


def _known(study: Study, subject: Subject, place: Place, watch: Watch, answers: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    for item in watch.reads:
        value = read(study, watch.form, item, answers[item]) if item in answers else None
        if value is not None:
            yield item, value
    for form, item in watch.elsewhere:
        text = subject.page(_visit(study, place, form), form).answers.get(item)
        value = None if text is None else read(study, form, item, text)
        if value is not None:
            yield f"{form}.{item}", value


def _visit(study: Study, place: Place, form: str) -> str:
    """The visit whose answer counts: never one that might be later, and never one of several."""
    asking = [visit.code for visit in study.visits if form in visit.forms]
    return study.baseline.code if form == place[1] else asking[0] if len(asking) == 1 else place[0]


def _name(study: Study, watch: Watch, missing: str) -> Text:
    """What a missing answer is called on screen: by its item (of the page, or of another form), or by its whole form."""
    form, _, item = missing.rpartition(".")
    if study.has_form(form or watch.form) and study.form(form or watch.form).asks(item):
        return study.item(form or watch.form, item).label
    return study.form(missing).title if study.has_form(missing) else same(missing)
