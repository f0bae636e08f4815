"""A report as plain text, for a terminal and for tests."""

from trialwright.report.document import Document, Listing, Part, Prose
from trialwright.report.figure import Figure
from trialwright.report.letters import width
from trialwright.report.table import Table


def _padded(words: str, to: int, *, right: bool = False) -> str:
    blank = " " * max(0, to - width(words))
    return blank + words if right else words + blank


def table_text(table: Table, language: str = "en") -> str:
    """One table in columns."""
    lines = [f"{table.kind.in_(language)} {table.number}  {table.title.in_(language)}"]
    if table.population:
        lines.append(table.population.in_(language))
    if table.empty:
        lines += ["", table.empty.in_(language)]
    if table.rows:
        lines += ["", *_grid(table, language)]
    lines += ["", *(note.in_(language) for note in table.footnotes), table.source.in_(language)]
    return "\n".join(line.rstrip() for line in lines)


def _grid(table: Table, language: str) -> list[str]:
    heads = [table.stub.in_(language), *(column.heading.in_(language) for column in table.columns)]
    body = [["  " * row.level + row.label.in_(language), *(cell.text.in_(language) for cell in row.cells)] for row in table.rows]
    full = [heads, *(line + [""] * (len(heads) - len(line)) for line in body)]
    widths = [max(width(line[place]) for line in full) for place in range(len(heads))]
    right = [place > 0 and not table.columns[place - 1].words for place in range(len(heads))]
    lines = ["  ".join(_padded(words, widths[place], right=right[place]) for place, words in enumerate(line)) for line in full]
    return [lines[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]]


def figure_text(figure: Figure, language: str = "en") -> str:
    """A figure as its title, its words and its numbers."""
    lines = [f"{'图' if language.startswith('zh') else 'Figure'} {figure.number}  {figure.title.in_(language)}", figure.alternative.in_(language)]
    if figure.empty:
        lines.append(figure.empty.in_(language))
    lines += [note.in_(language) for note in figure.footnotes]
    return "\n".join(lines)


def part_text(part: Part, language: str) -> str:
    """Any part of a section."""
    match part:
        case Prose():
            return ("! " if part.warning else "") + part.text.in_(language)
        case Listing():
            return "\n".join(f"{what.in_(language)}: {how.in_(language)}" for what, how in part.entries)
        case Table():
            return table_text(part, language)
        case Figure():
            return figure_text(part, language)


def document_text(document: Document, language: str = "en") -> str:
    """The whole report."""
    lines = [document.title.in_(language), document.subtitle.in_(language), "", part_text(document.banner, language), "",
             part_text(document.standing, language)]  # fmt: skip
    for section in document.sections:
        lines += ["", section.heading.in_(language), *("\n" + part_text(part, language) for part in section.parts)]
    return "\n".join(lines) + "\n"
