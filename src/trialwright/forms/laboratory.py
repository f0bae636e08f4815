"""Immunoglobulins at each visit: the strongest hint at the drug, so they stay with those who treat."""

from decimal import Decimal

from trialwright.protocol import SITE, TREATING, Audience, Form, Item, Kind, Section, Text

_UNVERIFIED = Text(
    "Usual range of Chinese adults, from memory, not verified; the range of the local laboratory overrides it.",
    "常用范围为中国成人参考区间（未经核实），以本院实验室范围为准。",
)


def _immunoglobulin(code: str, en: str, zh: str, high: str, usual: tuple[str, str]) -> Item:
    return Item(
        code=code,
        label=Text(en, zh),
        kind=Kind.DECIMAL,
        audience=TREATING,
        hints_at_arm=True,
        unit="g/L",
        decimals=2,
        low=Decimal(0),
        high=Decimal(high),
        usual_low=Decimal(usual[0]),
        usual_high=Decimal(usual[1]),
        hint=_UNVERIFIED,
        sdtm=f"LB.LBORRES where LBTESTCD = {code}",
    )


FORM = Form(
    code="LABORATORY",
    title=Text("Laboratory: immunoglobulins", "实验室检查：免疫球蛋白"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    sections=(
        Section(
            title=Text("Sample", "样本"),
            items=(
                Item(
                    code="LBDAT",
                    label=Text("Date of the sample", "采样日期"),
                    kind=Kind.DATE,
                    audience=SITE,
                    sdtm="LB.LBDTC",
                ),
            ),
        ),
        Section(
            title=Text("Immunoglobulins", "免疫球蛋白"),
            items=(
                _immunoglobulin("IGG", "Immunoglobulin G", "免疫球蛋白 G", "100", ("8.60", "17.40")),
                _immunoglobulin("IGA", "Immunoglobulin A", "免疫球蛋白 A", "50", ("1.00", "4.20")),
                _immunoglobulin("IGM", "Immunoglobulin M", "免疫球蛋白 M", "50", ("0.30", "2.80")),
            ),
        ),
    ),
    note=Text(
        "Hidden from the evaluator, data manager and statistician: the drug lowers immunoglobulins.",
        "对评估者、数据管理员和统计师隐藏：试验药物会降低免疫球蛋白。",
    ),
)
