"""A figure as data: how it is drawn, the same told in words, and the numbers that were drawn."""

from collections.abc import Callable

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.table import Table


@frozen(kw_only=True)
class Figure:
    """A figure. `draw` gives the drawing as SVG in "en" or "zh"; `empty` says in words why there is none."""

    number: str
    title: Text
    population: Text | None = None
    draw: Callable[[str], str] | None = None
    alternative: Text
    data: Table | None = None
    footnotes: tuple[Text, ...] = ()
    source: Text
    empty: Text | None = None

    def svg(self, language: str) -> str:
        """The drawing as SVG, with its letters as letters and with nothing to load from anywhere; "" where there is none."""
        return self.draw("zh" if language.startswith("zh") else "en") if self.draw else ""
