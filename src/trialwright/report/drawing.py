"""Drawings as SVG by a few plain shapes: letters stay letters, nothing is fetched, and nothing is told by color alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from math import ceil, floor, log10

from attrs import define, field, frozen

from trialwright.report.letters import span

WIDTH = 720.0
"""The width of every drawing: a page's, so that letters are equally large in all of them."""
FONT = "'Segoe UI', 'Noto Sans', Helvetica, Arial, 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
NAMESPACE = "http://www.w3.org/2000/svg"
INK, SOFT, GRID, PAPER = "#1d2529", "#55626a", "#e3e6e8", "#ffffff"


@frozen(kw_only=True)
class Look:
    """How one arm looks: its color, and besides it the dashes of its lines, the shape of its marks and whether its areas are hatched."""

    color: str
    dash: str = ""
    mark: str = "circle"
    hatched: bool = False


LOOKS = (
    Look(color="#0b6e9e"),
    Look(color="#b34700", dash="6 3", mark="square", hatched=True),
    Look(color="#4a7a1e", dash="2 2", mark="triangle"),
    Look(color="#7a3d91", dash="8 2 2 2", mark="diamond", hatched=True),
)
"""The looks of the arms in the order of the study."""


def look_of(place: int) -> Look:
    """The look of the arm at this place of the study; after the last one they begin again.

    >>> look_of(5) == LOOKS[1]
    True
    """
    return LOOKS[place % len(LOOKS)]


@frozen
class Scale:
    """Places the values from `low` to `high` between the coordinates `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The coordinate of a value.

        >>> Scale(0, 10, 100, 200)(5)
        150.0
        """
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 6) -> tuple[float, ...]:
    """Round numbers between `low` and `high`, about as many as wanted.

    >>> ticks(-7, 12), ticks(0, 0.9, 3)
    ((-5.0, 0.0, 5.0, 10.0), (0.0, 0.5))
    """
    rough = (high - low or 1.0) / max(about - 1, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough * 0.8)
    return tuple(round(step * place, 10) + 0.0 for place in range(ceil(low / step), floor(high / step) + 1))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@define
class Canvas:
    """A drawing that is being made; what is drawn later lies above."""

    height: float
    width: float = WIDTH
    _parts: list[str] = field(factory=list)

    def path(self, way: str, *, color: str = INK, thick: float = 1.0, dash: str = "", fill: str = "none", opacity: float = 1.0, moved: str = "") -> None:
        """A line along the commands of `way`; `moved` is a transformation of SVG."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        faint = f' opacity="{opacity:g}"' if opacity < 1 else ""
        turned = f' transform="{moved}"' if moved else ""
        self._parts.append(f'<path d="{way}" fill="{fill}" stroke="{color}" stroke-width="{thick:g}"{dashed}{faint}{turned}/>')

    def line(self, x: float, y: float, x2: float, y2: float, *, color: str = INK, thick: float = 1.0, dash: str = "") -> None:
        self.path(f"M{_n(x)} {_n(y)}L{_n(x2)} {_n(y2)}", color=color, thick=thick, dash=dash)

    def way(self, points: Sequence[tuple[float, float]], look: Look, *, thick: float, opacity: float = 1.0, steps: bool = False) -> None:
        """A line through points, in the look of an arm; with `steps` it goes level first and then up or down."""
        if points:
            first, *later = points
            told = "".join(f"H{_n(x)}V{_n(y)}" if steps else f"L{_n(x)} {_n(y)}" for x, y in later)
            self.path(f"M{_n(first[0])} {_n(first[1])}{told}", color=look.color, thick=thick, dash=look.dash, opacity=opacity)

    def box(self, x: float, y: float, wide: float, high: float, *, fill: str = PAPER, edge: str = INK, thick: float = 1.0) -> None:
        """A rectangle; without an edge where `edge` is "none"."""
        self._parts.append(f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(wide, 0))}" height="{_n(max(high, 0))}" fill="{fill}" stroke="{edge}" '
                           f'stroke-width="{thick:g}"/>')  # fmt: skip

    def area(self, x: float, y: float, wide: float, high: float, look: Look) -> None:
        """A rectangle in the look of an arm: filled, or hatched on white."""
        self.box(x, y, wide, high, fill=PAPER if look.hatched else look.color, edge=look.color, thick=1.2)
        if look.hatched:
            for start in range(4, int(wide + high), 6):
                left, right = max(0.0, start - high), min(float(start), wide)
                if right > left:
                    self.line(x + left, y + start - left, x + right, y + start - right, color=look.color, thick=1.6)

    def words(self, x: float, y: float, words: str, *, size: float = 12.0, anchor: str = "start", color: str = INK, bold: bool = False,
              upward: bool = False) -> None:  # fmt: skip
        """One line of text that begins, ends or has its middle at `x`; `y` is the line on which the letters stand."""
        heavy = ' font-weight="600"' if bold else ""
        turned = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if upward else ""
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size:g}" fill="{color}"{at}{heavy}{turned}>{escape(words)}</text>')

    def mark(self, shape: str, x: float, y: float, *, color: str = INK, size: float = 4.5, hollow: bool = False) -> None:
        """A mark: circle, square, triangle, diamond, cross or bar."""
        fill = PAPER if hollow else color
        if shape == "circle":
            self._parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{size:g}" fill="{fill}" stroke="{color}" stroke-width="1.4"/>')
            return
        ways = {
            "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)), "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
            "triangle": ((0, -1.2), (1.15, 0.9), (-1.15, 0.9)), "down": ((0, 1.2), (1.15, -0.9), (-1.15, -0.9)),
            "right": ((1.2, 0), (-0.9, 1.15), (-0.9, -1.15)),
        }  # fmt: skip
        if shape in ways:
            self.path("M" + "L".join(f"{_n(x + dx * size)} {_n(y + dy * size)}" for dx, dy in ways[shape]) + "Z", color=color, thick=1.4, fill=fill)
        elif shape == "cross":
            self.path(f"M{_n(x - size)} {_n(y - size)}l{_n(2 * size)} {_n(2 * size)}m0 {_n(-2 * size)}l{_n(-2 * size)} {_n(2 * size)}", color=color, thick=2)
        else:
            self.line(x, y - size, x, y + size, color=color, thick=2)

    @contextmanager
    def told(self, words: str) -> Iterator[None]:
        """What is drawn inside says these words when somebody points at it."""
        self._parts.append(f'<g class="told"><title>{escape(words)}</title>')
        yield
        self._parts.append("</g>")

    def svg(self, alternative: str) -> str:
        """The whole drawing; `alternative` is read to those who do not see it."""
        return (f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {_n(self.width)} {_n(self.height)}" width="{_n(self.width)}" height="{_n(self.height)}" '
                f'role="img" aria-label="{escape(alternative)}" font-family="{FONT}">{"".join(self._parts)}</svg>')  # fmt: skip


@frozen(kw_only=True)
class Frame:
    """A rectangle of the drawing in which values are placed across and up."""

    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.x(x), self.y(y)

    def axes(self, canvas: Canvas, *, across: Sequence[float] = (), up: Sequence[float] = (), name_x: str = "", name_y: str = "", size: float = 12.0) -> None:
        """Grid, numbers and names of both axes."""
        for value in up:
            canvas.line(self.x.start, self.y(value), self.x.end, self.y(value), color=GRID)
            canvas.words(self.x.start - 7, self.y(value) + size * 0.35, minus(value), size=size, anchor="end")
        for value in across:
            canvas.line(self.x(value), self.y.end, self.x(value), self.y.start, color=GRID)
            canvas.words(self.x(value), self.y.start + size + 5, minus(value), size=size, anchor="middle")
        canvas.path(f"M{_n(self.x.start)} {_n(self.y.end)}V{_n(self.y.start)}H{_n(self.x.end)}", color=SOFT)
        if name_x:
            canvas.words((self.x.start + self.x.end) / 2, self.y.start + 2 * size + 15, name_x, size=size + 1, anchor="middle")
        if name_y:
            canvas.words(self.x.start - 42, (self.y.start + self.y.end) / 2, name_y, size=size + 1, anchor="middle", upward=True)


def minus(value: float) -> str:
    """A number as it stands at an axis, with a true minus sign.

    >>> minus(-2.50)
    '−2.5'
    """
    return f"{value:g}".replace("-", "\u2212")


def key(canvas: Canvas, x: float, y: float, entries: Sequence[tuple[Look, str]], *, areas: bool = False) -> None:
    """A line that says how each arm looks, by an example of its line and mark or of its areas; it goes on below where it is too long."""
    left = x
    for look, words in entries:
        wide = 38 + span(words, 12) + 22
        if left > x and left + wide > canvas.width:
            left, y = x, y + 18
        if areas:
            canvas.area(left + 4, y - 10, 22, 12, look)
        else:
            canvas.way(((left, y - 4), (left + 30, y - 4)), look, thick=2.6)
            canvas.mark(look.mark, left + 15, y - 4, color=look.color)
        canvas.words(left + 37, y, words)
        left += wide
