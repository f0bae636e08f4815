"""A report as data: sections in their order, each with words, tables and figures."""

from attrs import frozen

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
    """A chapter of the report."""

    code: str
    title: Text
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class Document:
    """A whole report; `standing` are the facts that say which data, which view and which program it was made from."""

    title: Text
    subtitle: Text
    banner: Prose
    standing: Listing
    sections: tuple[Section, ...]

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
