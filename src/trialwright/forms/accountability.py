"""Drug accountability: every pack that was dispensed, came back, was destroyed or got lost, with its lot and expiry."""

from decimal import Decimal

from trialwright.protocol import (
    TREATING,
    Absence,
    Audience,
    Codelist,
    Form,
    Item,
    Kind,
    Section,
    Term,
    Text,
)

MOVEMENT = Codelist(
    code="DATESTCD",
    terms=(
        Term("DISPAMT", Text("dispensed", "发放"), "C78721"),
        Term("RETAMT", Text("returned", "回收"), "C78722"),
        Term("DESTAMT", Text("destroyed", "销毁")),
        Term("LOSTAMT", Text("lost", "丢失"), "C189430"),
    ),
)
"""CDISC DATESTCD; DESTAMT is an extension of our own, for which the list has no term."""


def _item(
    code: str,
    label: Text,
    kind: Kind,
    sdtm: str,
    *,
    unit: str | None = None,
    decimals: int | None = None,
    codelist: Codelist | None = None,
    high: int | None = None,
    absences: tuple[Absence, ...] = (),
    hint: Text | None = None,
) -> Item:
    return Item(
        code=code,
        label=label,
        kind=kind,
        audience=TREATING,
        hints_at_arm=True,
        unit=unit,
        decimals=decimals,
        codelist=codelist,
        low=None if high is None else Decimal(1),
        high=None if high is None else Decimal(high),
        longest=40,
        absences=absences,
        sdtm=sdtm,
        hint=hint,
    )


FORM = Form(
    code="ACCOUNTABILITY",
    title=Text("Drug accountability", "药品管理记录"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    repeats=True,
    sections=(
        Section(
            title=Text("Movement", "发放与回收"),
            items=(
                _item("DADAT", Text("Day", "日期"), Kind.DATE, "DA.DADTC"),
                _item("DATESTCD", Text("What happened", "类别"), Kind.CHOICE, "DA.DATESTCD where DACAT = STUDY MEDICATION", codelist=MOVEMENT),
                _item(
                    "DAORRES",
                    Text("Number of vials or packs", "数量（支/盒）"),
                    Kind.INTEGER,
                    "DA.DAORRES where DAORRESU = VIAL",
                    unit="VIAL",
                    high=200,
                ),
            ),
        ),
        Section(
            title=Text("On the pack", "包装信息"),
            items=(
                _item("DASTREN", Text("Strength of one", "每支规格"), Kind.DECIMAL, "SUPPDA.QVAL where QNAM = DASTREN", unit="mg", decimals=1, high=5000),
                _item("DALOT", Text("Lot number", "批号"), Kind.TEXT, "DA.DAREFID", absences=(Absence.UNKNOWN,)),
                _item(
                    "DAEXP",
                    Text("Expiry, year-month as printed", "有效期至（按包装所示 年-月）"),
                    Kind.TEXT,
                    "SUPPDA.QVAL where QNAM = DAEXP",
                    absences=(Absence.UNKNOWN,),
                    hint=Text("For example 2028-03.", "例如 2028-03。"),
                ),
            ),
        ),
    ),
    note=Text("Hidden from everybody who is blinded: who is given vials is treated.", "对所有盲态人员隐藏：发药记录会透露分组。"),
)
