"""How wide the columns of a printed table are: numbers never break, words share what is left."""

from statistics import fmean

from attrs import frozen

from trialwright.report.letters import width
from trialwright.report.table import Table

LETTER, DIGIT = 0.208, 0.195
"""The width of a letter and of a digit, in mm for each point of its size; a Chinese character takes two letters."""
PAD = 2.6
"""The white beside the words of a column, in mm."""
STUB, NARROW = 56.0, 36.0
"""The least room for the names of the lines, in mm; and that with which a table may still stand before it has to lie on its side."""


@frozen(kw_only=True)
class Layout:
    """Widths in mm, that of the names of the lines first; the size of the letters in points; whether the page lies on its side."""

    widths: tuple[float, ...]
    size: float
    wide: bool = False


def layout(table: Table, language: str, *, upright: float, across: float) -> Layout:
    """The layout for a page with `upright` mm of room or, for what needs more, on its side with `across` mm.

    Raises nothing: what fits nowhere is set in the smallest letters and its words break.
    """
    texts, chinese = _texts(table, language), language.startswith("zh")
    trials = [(8.0, upright, STUB), (7.2, upright, STUB), (6.4, upright, STUB), (6.4, upright, NARROW),
              (8.0, across, STUB), (7.2, across, STUB), (6.4, across, STUB)]  # fmt: skip
    if table.rows and any(column.words for column in table.columns):
        trials = [(7.2, upright, NARROW), (7.2, across, STUB), (6.4, across, STUB)]
    tried = [(size, room, _needs(table, texts, size, stub, chinese)) for size, room, stub in trials]
    size, room, needs = next((trial for trial in tried if sum(trial[2]) <= trial[1]), tried[-1])
    return Layout(widths=_shared(table, texts, needs, size, room, language), size=size, wide=room > upright)


def _texts(table: Table, language: str) -> list[list[int]]:
    """For each column the widths of all its cells in letters: the names of the lines first."""
    lines = [row for row in table.rows if row.cells]
    stub = [width(row.label.in_(language)) + 2 * row.level for row in lines] or [0]
    return [stub, *([width(row.cells[place].text.in_(language)) for row in lines] or [0] for place in range(len(table.columns)))]


def _needs(table: Table, texts: list[list[int]], size: float, stub: float, chinese: bool) -> list[float]:
    """The least width of every column in mm: a number is never broken; a heading and words break between words, none within (up to 30 letters)."""
    letter = LETTER * size
    needs = [min(stub, letter * max(*texts[0], width(table.stub.in_("zh" if chinese else "en"))) + PAD + 1)]
    longest = [0 for _ in table.columns]
    for row in table.rows:
        for place, cell in enumerate(row.cells):
            longest[place] = max([longest[place], *(len(word) for word in cell.text.en.split())])
    for column, cells, words in zip(table.columns, texts[1:], longest, strict=True):
        heading = min(width(column.title.zh), 8) if chinese else max((len(word) for word in column.title.en.split()), default=1)
        widest = min(words, 30) if column.words and not column.short else max(cells)
        needs.append(max((letter if column.words else DIGIT * size) * widest, letter * min(heading, 12)) + PAD)
    return needs


def _shared(table: Table, texts: list[list[int]], needs: list[float], size: float, room: float, language: str) -> tuple[float, ...]:
    """The least widths; what is left goes to long names of lines, columns of words or headings over numbers in more than two lines, then to all."""
    spare, letter = max(0.0, room - sum(needs)), LETTER * size
    wordy = any(column.words for column in table.columns)
    heads = [0.0, *(0.0 if wordy else width(column.title.in_(language)) / 2 for column in table.columns)]
    longest = [max(fmean(cells) if wordy else max(cells), head) for cells, head in zip(texts, heads, strict=True)]
    wishes = [max(0.0, letter * letters + PAD - need) for letters, need in zip(longest, needs, strict=True)]
    total = sum(wishes)
    granted = [wish * (spare / total if wordy or total > spare else 1) for wish in wishes] if total else wishes
    rest = max(0.0, spare - sum(granted))
    parts = [0.5, *(1.0 if column.words else 0.5 for column in table.columns)] if wordy else [1.0, *(0.4 for _ in table.columns)]
    return tuple(round(need + wish + rest * part / sum(parts), 1) for need, wish, part in zip(needs, granted, parts, strict=True))
