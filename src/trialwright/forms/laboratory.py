"""The laboratory at each visit: blood counts, liver and kidney, inflammation, and what a drug against B cells changes."""

from collections.abc import Mapping
from decimal import Decimal

from trialwright.protocol import SITE, TREATING, Audience, Check, Form, Item, Kind, Normal, Section, Text
from trialwright.protocol.checks import SumNotAbove, windowed


def _normal(low: str | None, high: str | None, sex: str | None = None, ages: tuple[int, int] = (0, 200)) -> Normal:
    bounds = (None if one is None else Decimal(one) for one in (low, high))
    return Normal(low=next(bounds), high=next(bounds), sex=sex, from_age=ages[0], to_age=ages[1])


NORMALS: Mapping[str, tuple[Normal, ...]] = {
    "WBC": (_normal("3.5", "9.5"),),
    "NEUT": (_normal("1.8", "6.3"),),
    "LYM": (_normal("1.1", "3.2"),),
    "PLAT": (_normal("125", "350"),),
    "HGB": (_normal("115", "150", "F"), _normal("130", "175", "M")),
    "ALT": (_normal("7", "40", "F"), _normal("9", "50", "M")),
    "AST": (_normal("13", "35", "F"), _normal("15", "40", "M")),
    "ALP": (_normal("35", "100", "F", (0, 50)), _normal("50", "135", "F", (50, 200)), _normal("45", "125", "M")),
    "GGT": (_normal("7", "45", "F"), _normal("10", "60", "M")),
    "BILI": (_normal("0", "21", "F"), _normal("0", "26", "M")),
    "CREAT": (
        _normal("41", "73", "F", (0, 60)),
        _normal("41", "81", "F", (60, 200)),
        _normal("57", "97", "M", (0, 60)),
        _normal("57", "111", "M", (60, 200)),
    ),
    "CRP": (_normal("0", "8"),),
    "IGG": (_normal("8.60", "17.40"),),
    "IGA": (_normal("1.00", "4.20"),),
    "IGM": (_normal("0.50", "2.80", "F"), _normal("0.30", "2.20", "M")),
    "BCELL": (_normal("90", "560"),),
}
"""Intervals of Chinese adults, from memory and not verified: a study passes those of its own laboratory to `form`."""

_NOTE = Text(
    "Ranges are those of Chinese adults, from memory, not verified: the range of the local laboratory overrides them. White cells, "
    "lymphocytes, B cells and immunoglobulins are hidden from the evaluator, data manager and statistician: the drug lowers them.",
    "参考区间为中国成人常用范围（凭记忆，未经核实），以本院实验室范围为准。"
    "白细胞、淋巴细胞、B 细胞和免疫球蛋白对评估者、数据管理员和统计师隐藏：试验药物会降低这些指标。",
)
_SEXES = {"F": Text("women", "女"), "M": Text("men", "男")}

_COUNT, _ENZYME = ("0.01", "500", "0.5", "30"), ("1", "20000", "3", "500")
_HEMATOLOGY = (
    ("WBC", "White blood cells", "白细胞", "10^9/L", ("0.01", "500", "1.5", "20"), TREATING),
    ("NEUT", "Neutrophils", "中性粒细胞", "10^9/L", _COUNT, SITE),
    ("LYM", "Lymphocytes", "淋巴细胞", "10^9/L", ("0.01", "500", "0.3", "6"), TREATING),
    ("PLAT", "Platelets", "血小板", "10^9/L", ("1", "3000", "50", "700"), SITE),
    ("HGB", "Hemoglobin", "血红蛋白", "g/L", ("30", "250", "70", "190"), SITE),
)
_CHEMISTRY = (
    ("ALT", "Alanine aminotransferase", "丙氨酸氨基转移酶", "U/L", _ENZYME, SITE),
    ("AST", "Aspartate aminotransferase", "天门冬氨酸氨基转移酶", "U/L", _ENZYME, SITE),
    ("ALP", "Alkaline phosphatase", "碱性磷酸酶", "U/L", _ENZYME, SITE),
    ("GGT", "Gamma-glutamyltransferase", "γ-谷氨酰转移酶", "U/L", _ENZYME, SITE),
    ("BILI", "Total bilirubin", "总胆红素", "umol/L", ("0.5", "1000", "2", "100"), SITE),
    ("CREAT", "Creatinine", "肌酐", "umol/L", ("5", "3000", "20", "300"), SITE),
    ("CRP", "C-reactive protein", "C 反应蛋白", "mg/L", ("0", "600", "0", "100"), SITE),
)
_IMMUNOLOGY = (
    ("IGG", "Immunoglobulin G", "免疫球蛋白 G", "g/L", ("0", "100", "8.60", "17.40"), TREATING),
    ("IGA", "Immunoglobulin A", "免疫球蛋白 A", "g/L", ("0", "50", "1.00", "4.20"), TREATING),
    ("IGM", "Immunoglobulin M", "免疫球蛋白 M", "g/L", ("0", "50", "0.30", "2.80"), TREATING),
    ("BCELL", "B lymphocytes", "B 淋巴细胞", "10^6/L", ("0", "20000", "5", "1000"), TREATING),
)
_Row = tuple[str, str, str, str, tuple[str, str, str, str], Audience]
_TESTCDS = {"BCELL": "BLYCE"}


def _hint(normals: tuple[Normal, ...]) -> Text | None:
    """The intervals in words, for the person who enters the result."""
    if not normals:
        return None
    told = [_said(one) for one in normals]
    return Text("Normal: " + "; ".join(one.en for one in told), "参考区间：" + "；".join(one.zh for one in told))


def _said(normal: Normal) -> Text:
    low, high = ("" if one is None else str(one) for one in (normal.low, normal.high))
    span = f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    who = _SEXES.get(normal.sex or "")
    ages = ""
    if normal.from_age > 0:
        ages = f"≥ {normal.from_age}"
    elif normal.to_age < 200:
        ages = f"< {normal.to_age}"
    en = " ".join(part for part in (span, who.en if who else "", f"{ages} years" if ages else "") if part)
    zh = " ".join(part for part in (span, who.zh if who else "", f"{ages} 岁" if ages else "") if part)
    return Text(en, zh)


def _test(row: _Row, category: str, specimen: str, normals: Mapping[str, tuple[Normal, ...]]) -> Item:
    code, en, zh, unit, (low, high, usual_low, usual_high), audience = row
    return Item(
        code=code,
        label=Text(en, zh),
        kind=Kind.DECIMAL,
        audience=audience,
        hints_at_arm=audience == TREATING,
        unit=unit,
        decimals=2,
        low=Decimal(low),
        high=Decimal(high),
        usual_low=Decimal(usual_low),
        usual_high=Decimal(usual_high),
        required=code != "BCELL",
        normal=normals.get(code, ()),
        hint=_hint(normals.get(code, ())),
        sdtm=f"LB.LBORRES where LBTESTCD = {_TESTCDS.get(code, code)} and LBCAT = {category} and LBSPEC = {specimen}",
    )


def form(normals: Mapping[str, tuple[Normal, ...]] = NORMALS) -> Form:
    """The laboratory page with the reference intervals of a laboratory, by item code."""
    groups = (
        (Text("Blood count", "血常规"), _HEMATOLOGY, "HEMATOLOGY", "BLOOD"),
        (Text("Liver, kidney, inflammation", "肝肾功能与炎症"), _CHEMISTRY, "CHEMISTRY", "SERUM"),
        (Text("Immunoglobulins and B cells", "免疫球蛋白与 B 细胞"), _IMMUNOLOGY, "IMMUNOLOGY", "SERUM"),
    )
    day = Item(
        code="LBDAT",
        label=Text("Date of the sample", "采样日期"),
        kind=Kind.DATE,
        audience=SITE,
        sdtm="LB.LBDTC",
    )
    parts = tuple(
        Section(
            title=title,
            items=tuple(_test(row, category, "BLOOD" if row[0] == "BCELL" else specimen, normals) for row in rows),
        )
        for title, rows, category, specimen in groups
    )
    return Form(
        code="LABORATORY",
        title=Text("Laboratory", "实验室检查"),
        entered_by=Audience.COORDINATOR | Audience.PHYSICIAN | Audience.SAFETY,
        sections=(Section(title=Text("Sample", "样本"), items=(day,)), *parts),
        note=_NOTE,
    )


FORM = form()

CHECKS = (
    Check(
        code="LB_WHITE",
        form="LABORATORY",
        reads=("NEUT", "LYM", "WBC"),
        by=SumNotAbove(("NEUT", "LYM"), "WBC", Decimal("0.3")),
    ),
    windowed("LABORATORY", "LBDAT"),
)
"""Neutrophils and lymphocytes are parts of the white cells; the sample lies in the window of the visit."""
