"""How a study says which SDTM record goes to which item of which form, and which records it knowingly leaves out."""

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from trialwright.protocol import Absence, Text

Where = Mapping[str, tuple[str, ...]]
"""Which records: every column named here holds one of its values."""


@frozen(kw_only=True)
class Lookup:
    """One value per subject: `column` of the record of `dataset` that `where` picks; `reason` is a second column of it."""

    dataset: str
    where: Where = field(factory=dict)
    column: str
    reason: str | None = None


@frozen(kw_only=True)
class Subjects:
    """Who came into the trial and what became of each: one record per person.

    `arms` translates the planned arm code of the data into an arm of the study; a person whose arm code is in
    `failures` failed screening. `completed` are the reasons that mean a regular end of follow-up.
    """

    dataset: str
    subject: str
    site: str
    arm: str
    arms: Mapping[str, str]
    failures: tuple[str, ...]
    start: str
    consented: Lookup
    consent_version: str
    failed: Lookup
    ended: Lookup
    completed: tuple[str, ...]


@frozen(kw_only=True)
class Status:
    """The column that says why a result is absent, and what each of its codes means here."""

    column: str
    absences: Mapping[str, Absence]


@frozen(kw_only=True)
class Pages:
    """Records of one data set that fill one form, the item being a column or, when `test` is given, a test code.

    Wide (`test` is None): one record is one page; `items` maps a column to an item.
    Tall: one record is one answer; `items` maps the code in column `test` to an item, the answer stands in `result`;
    `once` maps further columns (the date) to items that all records of a page share.
    `visit` is the column with the visit number (None: a log, one row per record, numbered by `sequence`).
    `terms` translates answers, item by item. `subject` and `sequence` name the record that an answer came from.
    """

    dataset: str
    domain: str
    form: str
    items: Mapping[str, str]
    where: Where = field(factory=dict)
    subject: str = "USUBJID"
    sequence: str
    visit: str | None = None
    fixed_visit: str | None = None
    test: str | None = None
    result: str | None = None
    once: Mapping[str, str] = field(factory=dict)
    status: Status | None = None
    terms: Mapping[str, Mapping[str, str]] = field(factory=dict)

    def columns(self) -> tuple[str, ...]:
        """Every column that these pages read."""
        named = [self.subject, self.sequence, *self.where, *self.once]
        named += list(self.items) if self.test is None else [self.test]
        named += [column for column in (self.visit, self.result, self.status and self.status.column) if column]
        return tuple(dict.fromkeys(named))


@frozen(kw_only=True)
class LeftOut:
    """Records that are not taken in, and why: nothing is dropped in silence."""

    dataset: str
    where: Where = field(factory=dict)
    because: Text


@frozen(kw_only=True)
class SdtmMapping:
    """The whole mapping of a study: its subjects, the pages that records fill, and what is left out."""

    subjects: Subjects
    pages: tuple[Pages, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of all data sets that the mapping reads, each once."""
        return tuple(dict.fromkeys(self._named()))

    def _named(self) -> Iterator[str]:
        who = self.subjects
        yield from (who.dataset, who.consented.dataset, who.failed.dataset, who.ended.dataset)
        yield from (page.dataset for page in self.pages)
