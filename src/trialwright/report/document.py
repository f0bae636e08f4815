"""A report as data: sections in their order, each with words, tables and figures."""

from datetime import datetime

from attrs import evolve, field, frozen

from trialwright.protocol import Text
from trialwright.report.figure import Figure
from trialwright.report.table import Table


@frozen(kw_only=True)
class Prose:
    """A paragraph; `warning` marks what must not be overlooked."""

    text: Text
    warning: bool = False


@frozen(kw_only=True)
class Listing:
    """Facts side by side: what, and how it is here."""

    entries: tuple[tuple[Text, Text], ...]


Part = Prose | Listing | Table | Figure


@frozen(kw_only=True)
class Section:
    """A chapter of the report, or ("9.4" in `number`) a section within one. Chapters without a number are counted."""

    code: str
    title: Text
    parts: tuple[Part, ...] = ()
    number: str = ""

    @property
    def level(self) -> int:
        """1 for a chapter, 2 for a section of it, and so on."""
        return self.number.count(".") + 1

    @property
    def heading(self) -> Text:
        """The title with its number.

        >>> Section(code="flow", number="10.1", title=Text("Disposition", "受试者分布")).heading.en
        '10.1 Disposition'
        """
        dot = "" if "." in self.number else "."
        return Text(f"{self.number}{dot} {self.title.en}", f"{self.number}{dot} {self.title.zh}")


def numbered(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The sections, those without a number counted by their place."""
    return tuple(evolve(one, number=one.number or str(place)) for place, one in enumerate(sections, start=1))


@frozen(kw_only=True)
class Document:
    """A whole report; `standing` are the facts that say which data, which view and which program it was made from.

    `status` stands at the head of every printed page, `mark` (which data these are, in short) at its foot;
    `as_of` is the moment of the last entry that was read.
    """

    code: str
    title: Text
    subtitle: Text
    banner: Prose
    status: Text
    standing: Listing
    sections: tuple[Section, ...] = field(converter=numbered)
    as_of: datetime | None = None
    mark: Text | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Table))

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Figure))

    @property
    def grids(self) -> tuple[Table, ...]:
        """All tables, those of the numbers that figures were drawn from included."""
        return (*self.tables, *(figure.data for figure in self.figures if figure.data is not None))

    def table(self, number: str) -> Table:
        """The table of this number. Raises `LookupError` that names those that exist."""
        for table in self.grids:
            if table.number == number:
                return table
        raise LookupError(f"there is no table {number}. This report has {', '.join(table.number for table in self.tables)}.")
