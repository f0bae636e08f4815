"""A figure as data: a drawing specification, the same told in words, and the numbers that were drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from attrs import field, frozen

from trialwright.protocol import Text
from trialwright.report.table import Table

FONT = "'Segoe UI', 'Noto Sans', Helvetica, Arial, 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"

ARM_COLORS = ("#0b6e9e", "#b34700", "#4a7a1e", "#7a3d91")
ARM_DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 2, 2, 2))
ARM_MARKS = ("circle", "square", "triangle-up", "diamond")
"""Arms differ by color, dash and mark, so that no reader depends on color."""


@frozen(kw_only=True)
class Figure:
    """A figure. `specs` holds a Vega-Lite specification for each language; `empty` says in words why there is none."""

    number: str
    title: Text
    population: Text | None = None
    specs: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    alternative: Text
    data: Table | None = None
    footnotes: tuple[Text, ...] = ()
    source: Text
    empty: Text | None = None

    def svg(self, language: str) -> str:
        """The drawing as SVG, with its text as text and with nothing to load from anywhere."""
        spec = self.specs["zh" if language.startswith("zh") else "en"]
        drawn: str = vl_convert.vegalite_to_svg(dict(spec))
        return drawn


def chart_of(values: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart over plain records, without a data frame library in between."""
    return alt.Chart({"values": list(values)})


def themed(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The specification with the report's letters, grid and white ground."""
    axis = {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal", "gridColor": "#e3e6e8", "labelColor": "#222",
            "titleColor": "#222", "domainColor": "#667", "tickColor": "#667"}  # fmt: skip
    config = {
        "font": FONT, "background": "#ffffff", "view": {"stroke": None}, "axis": axis,
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "symbolStrokeWidth": 0, "symbolSize": 110, "labelLimit": 320},
    }  # fmt: skip
    return dict(spec) | {"config": config}
