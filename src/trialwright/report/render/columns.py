"""How wide the columns of a printed table are: numbers never break, words share what is left."""

from statistics import fmean

from attrs import frozen

from trialwright.report.letters import width
from trialwright.report.table import Table

LETTER, DIGIT = 0.208, 0.195
"""The width of a letter and of a digit, in mm for each point of its size; a Chinese character takes two letters."""
PAD = 2.6
"""The white beside the words of a column, in mm."""
STUB = 56.0
"""The least room for the names of the lines, in mm."""


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
    trials = [(size, room, room > upright) for room in (upright, across) for size in (8.0, 7.2, 6.4)]
    if table.rows and any(column.words for column in table.columns):
        trials = [(7.2, upright, False), (7.2, across, True), (6.4, across, True)]
    size, room, wide = next((trial for trial in trials if sum(_needs(table, texts, trial[0], chinese)) <= trial[1]), trials[-1])
    return Layout(widths=_shared(table, texts, _needs(table, texts, size, chinese), size, room), size=size, wide=wide)


def _texts(table: Table, language: str) -> list[list[int]]:
    """For each column the widths of all its cells in letters: the names of the lines first."""
    lines = [row for row in table.rows if row.cells]
    stub = [width(row.label.in_(language)) + 2 * row.level for row in lines] or [0]
    return [stub, *([width(row.cells[place].text.in_(language)) for row in lines] or [0] for place in range(len(table.columns)))]


def _needs(table: Table, texts: list[list[int]], size: float, chinese: bool) -> list[float]:
    """The least width of every column in mm: a number is never broken; a heading and words break between words, none within (up to 30 letters)."""
    letter = LETTER * size
    needs = [min(STUB, letter * max(texts[0]) + PAD)]
    longest = [0 for _ in table.columns]
    for row in table.rows:
        for place, cell in enumerate(row.cells):
            longest[place] = max([longest[place], *(len(word) for word in cell.text.en.split())])
    for column, cells, words in zip(table.columns, texts[1:], longest, strict=True):
        heading = min(width(column.title.zh), 8) if chinese else max((len(word) for word in column.title.en.split()), default=1)
        widest = min(words, 30) if column.words and not column.short else max(cells)
        needs.append(max((letter if column.words else DIGIT * size) * widest, letter * min(heading, 12)) + PAD)
    return needs


def _shared(table: Table, texts: list[list[int]], needs: list[float], size: float, room: float) -> tuple[float, ...]:
    """The least widths, and what is left given to those whose words are longer: names of lines, and columns of words."""
    spare = max(0.0, room - sum(needs))
    letter = LETTER * size
    wordy = any(column.words for column in table.columns)
    wishes = [max(0.0, letter * (fmean(cells) if wordy else max(cells)) + PAD - need) for cells, need in zip(texts, needs, strict=True)]
    total = sum(wishes)
    if total == 0 or (not wordy and total < spare):
        wishes = [1.0, *(0.4 for _ in table.columns)] if not wordy else [0.5, *(1.0 if column.words else 0.5 for column in table.columns)]
        total = sum(wishes)
    return tuple(round(need + spare * wish / total, 1) for need, wish in zip(needs, wishes, strict=True))
