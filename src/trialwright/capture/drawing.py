"""Small drawings for a page: lines, dots and bars as SVG, each with its numbers in a table that can be read without seeing it."""

from collections.abc import Sequence
from datetime import date
from html import escape
from math import ceil, floor, log10

from attrs import frozen
from markupsafe import Markup

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 18, 14, 46
BAR = 34
PARTS = ("full", "dashed", "heavy", "light", "hollow")
"""How parts of a bar differ: by lightness, border and the count written in them, never by color alone."""

Point = tuple[float, float]


@frozen(kw_only=True)
class Drawing:
    """A drawing with its title, and the same numbers as a table: `head` and `rows`."""

    title: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@frozen(kw_only=True)
class Series:
    """One line: its points, whether they are joined, and whether it is a plan (dashed, without marks)."""

    name: str
    points: tuple[Point, ...]
    joined: bool = True
    planned: bool = False
    steps: bool = False
    thin: bool = False


@frozen(kw_only=True)
class Bar:
    """One bar, made of counts in the order of the parts of its drawing."""

    label: str
    counts: tuple[int, ...]


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round numbers from at or below `low` to at or above `high`, about as many as wanted.

    >>> ticks(0, 20)
    (0.0, 5.0, 10.0, 15.0, 20.0)
    >>> ticks(0, 1)
    (0.0, 1.0)
    """
    span = max(high - low, 1.0)
    rough = span / max(about - 1, 1)
    power = 10.0 ** floor(log10(rough))
    step = max(1.0, next(power * one for one in (1, 2, 5, 10) if power * one >= rough))
    first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
    return tuple(step * number for number in range(first, last + 1))


def months(first: int, last: int, about: int = 6) -> tuple[float, ...]:
    """First days of months (as ordinals) from at or before `first` to after `last`, about as many as wanted.

    >>> [date.fromordinal(int(one)).isoformat() for one in months(date(2026, 1, 5).toordinal(), date(2026, 2, 9).toordinal())]
    ['2026-01-01', '2026-02-01', '2026-03-01']
    """
    begins, ends = date.fromordinal(first), date.fromordinal(last)
    month, stop = begins.year * 12 + begins.month - 1, ends.year * 12 + ends.month
    step = next(one for one in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if (stop - month) / one <= about)
    return tuple(float(date(one // 12, one % 12 + 1, 1).toordinal()) for one in range(month, stop + step, step))


def lines(title: str, series: Sequence[Series], *, across: str, up: str, dates: bool = False, whole: Sequence[tuple[str, ...]] = (),
          head: Sequence[str] = (), low: float = 0) -> Drawing:  # fmt: skip
    """Lines or dots over numbers or, with `dates`, over days (as ordinals). `head` and `whole` are the table behind it."""
    points = [point for one in series for point in one.points]
    least, most = min((x for x, _ in points), default=0), max((x for x, _ in points), default=1)
    told_x = months(int(least), int(most)) if dates else ticks(least, most)
    told_y = ticks(min(low, min((y for _, y in points), default=0)), max((y for _, y in points), default=1))
    frame = _Frame(told_x[0], told_x[-1], told_y[0], told_y[-1])
    words = [f"{date.fromordinal(int(x)):%Y-%m}" for x in told_x] if dates else [f"{x:g}" for x in told_x]
    drawn = [_grid(frame, told_x, words, told_y), *(_series(frame, one) for one in series), _axes(across, up)]
    return Drawing(title=title, svg=_svg(title, HEIGHT, "".join(drawn)), head=tuple(head), rows=tuple(tuple(row) for row in whole))


def bars(title: str, found: Sequence[Bar], parts: Sequence[str], *, first: str) -> Drawing:
    """Lying bars, one below the other, each part in a look of its own with its count written in it."""
    most = max((sum(bar.counts) for bar in found), default=0)
    height, left = BAR * max(len(found), 1) + 12, 210
    scale = (WIDTH - left - 56) / max(most, 1)
    drawn = []
    for number, bar in enumerate(found):
        top, x = 6 + BAR * number, float(left)
        lines = _two_lines(bar.label)
        drawn += [f'<text class="d-label" x="{left - 8}" y="{top + 24 - 7 * len(lines) + 14 * place}" text-anchor="end">{escape(line)}</text>'
                  for place, line in enumerate(lines)]  # fmt: skip
        for part, count in enumerate(bar.counts):
            wide = count * scale
            if count:
                drawn.append(f'<rect class="d-bar p-{PARTS[part % len(PARTS)]}" x="{x:.1f}" y="{top}" width="{wide:.1f}" height="24"/>')
            if count and len(bar.counts) > 1 and wide >= 14:
                drawn.append(f'<text class="d-in i-{PARTS[part % len(PARTS)]}" x="{x + wide / 2:.1f}" y="{top + 17}" text-anchor="middle">{count}</text>')
            x += wide
        drawn.append(f'<text class="d-count" x="{x + 6:.1f}" y="{top + 17}">{sum(bar.counts)}</text>')
    drawn.append(f'<path class="d-axis" d="M{left} 2V{height - 2}"/>')
    rows = tuple((bar.label, *map(str, bar.counts)) for bar in found)
    return Drawing(title=title, svg=_svg(title, height, "".join(drawn)), head=(first, *parts), rows=rows)


def key(number: int) -> Markup:
    """The look of one part of a bar, for the legend beside a drawing."""
    box = f'<rect class="d-bar p-{PARTS[number % len(PARTS)]}" x="1" y="1" width="18" height="12"/>'
    return Markup(f'<svg class="d-key" viewBox="0 0 20 14" aria-hidden="true">{box}</svg>')  # only a number goes in


@frozen
class _Frame:
    left: float
    right: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.bottom) / (self.top - self.bottom) * (HEIGHT - TOP - BOTTOM)


def _grid(frame: _Frame, across: Sequence[float], words: Sequence[str], up: Sequence[float]) -> str:
    drawn = []
    for value in up:
        y = frame.y(value)
        drawn.append(f'<path class="d-grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        drawn.append(f'<text class="d-tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    skip = 2 if len(across) > 6 else 1
    for number, (value, word) in enumerate(zip(across, words, strict=True)):
        x = frame.x(value)
        drawn.append(f'<path class="d-axis" d="M{x:.1f} {HEIGHT - BOTTOM}v5"/>')
        if number % skip == 0:
            anchor = "end" if number == len(across) - 1 else "middle"
            drawn.append(f'<text class="d-tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 19}" text-anchor="{anchor}">{escape(word)}</text>')
    return "".join(drawn) + f'<path class="d-axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'


def _axes(across: str, up: str) -> str:
    middle, half = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    return (f'<text class="d-name" x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>'
            f'<text class="d-name" transform="translate(15 {half:.0f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')  # fmt: skip


def _series(frame: _Frame, one: Series) -> str:
    placed = [(frame.x(x), frame.y(y)) for x, y in one.points]
    kind = "d-plan" if one.planned else "d-line thin" if one.thin else "d-line"
    drawn = [f"<title>{escape(one.name)}</title>"]
    if one.joined and placed:
        path = f"M{placed[0][0]:.1f} {placed[0][1]:.1f}" + "".join((f"H{x:.1f}V{y:.1f}" if one.steps else f"L{x:.1f} {y:.1f}") for x, y in placed[1:])
        drawn.append(f'<path class="{kind}" d="{path}"/>')
    if not one.planned and not one.steps:
        drawn += [f'<circle class="d-dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in placed]
    return f"<g>{''.join(drawn)}</g>"


def _svg(title: str, height: int, inner: str) -> Markup:
    return Markup(f'<svg class="drawing" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">{inner}</svg>')  # every word in it was escaped


def _two_lines(label: str, widest: int = 28) -> list[str]:
    """A label that fits beside a bar, in two lines at the most; the table has it whole. A Chinese sign is as wide as two letters.

    >>> _two_lines("MMF and CYC dose stable for six months")
    ['MMF and CYC dose stable for', 'six months']
    """
    first = _fitting(label, widest)
    if len(first) < len(label) and " " in first:
        first = first[: first.rindex(" ")]
    rest = label[len(first) :].strip()
    second = _fitting(rest, widest)
    return [first, second if second == rest else second[:-1].rstrip() + "…"] if rest else [first]


def _fitting(label: str, widest: int) -> str:
    """The beginning of a label, as far as it is no wider than so many letters."""
    width = 0
    for place, sign in enumerate(label):
        width += 2 if ord(sign) > 0x2E7F else 1
        if width > widest:
            return label[:place]
    return label
