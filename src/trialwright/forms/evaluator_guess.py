"""The evaluator guesses the arm, how sure he is and why: asked early and late to show whether the blind held."""

from decimal import Decimal

from trialwright.protocol import (
    EVALUATION,
    Absence,
    Audience,
    Codelist,
    Form,
    Item,
    Kind,
    Shown,
    Term,
    Text,
    one_section,
)

GUESS = Codelist(
    code="GUESS",
    terms=(
        Term("T", Text("study drug", "试验药物组")),
        Term("C", Text("control", "对照组")),
        Term("DK", Text("do not know", "不知道")),
    ),
)

REASON = Codelist(
    code="GUESSREASON",
    terms=(
        Term("INJECTION_MARK", Text("injection mark seen", "看到注射痕迹")),
        Term("PATIENT_REMARK", Text("remark of the patient", "受试者的言语")),
        Term("LAB_RESULT", Text("laboratory result seen", "看到化验结果")),
        Term("VISIT_TIMING", Text("timing of visits", "访视时间规律")),
        Term("RECORD_SEEN", Text("record seen", "看到病历记录")),
        Term("EFFICACY", Text("change of the skin", "皮肤变化")),
        Term("ADVERSE_EVENT", Text("adverse event", "不良事件")),
        Term("HUNCH", Text("mere hunch", "直觉")),
    ),
)

MOMENT = Codelist(
    code="GUESSTIME",
    terms=(
        Term("EARLY", Text("early (about week 4)", "早期（约第 4 周）")),
        Term("LATE", Text("at the primary time point", "主要终点时间点")),
    ),
)

_NONE = (Absence.REFUSED, Absence.NOT_DONE)

FORM = Form(
    code="GUESS",
    title=Text("Which arm do you think?", "您猜测受试者属于哪一组？"),
    entered_by=Audience.EVALUATOR,
    sections=one_section(
        Text("Guess", "猜测"),
        [
            Item(
                code="GUESSDAT",
                label=Text("Date", "日期"),
                kind=Kind.DATE,
                audience=EVALUATION,
                absences=(),
                sdtm="QS.QSDTC where QSCAT = BLINDING GUESS",
            ),
            Item(
                code="MOMENT",
                label=Text("When asked", "询问时点"),
                kind=Kind.CHOICE,
                audience=EVALUATION,
                codelist=MOMENT,
                absences=(),
                sdtm="QS.QSSCAT where QSCAT = BLINDING GUESS",
            ),
            Item(
                code="GUESS",
                label=Text("Your guess", "您的猜测"),
                kind=Kind.CHOICE,
                audience=EVALUATION,
                codelist=GUESS,
                absences=_NONE,
                sdtm="QS.QSORRES where QSTESTCD = GUESS",
            ),
            Item(
                code="CERTAIN",
                label=Text("How certain? 1 not at all, 5 fully", "确定程度（1 完全不确定，5 完全确定）"),
                kind=Kind.INTEGER,
                audience=EVALUATION,
                low=Decimal(1),
                high=Decimal(5),
                shown=Shown(item="GUESS", among=("T", "C")),
                absences=_NONE,
                sdtm="QS.QSORRES where QSTESTCD = GUESSCER",
            ),
            Item(
                code="REASON",
                label=Text("Main reason", "主要依据"),
                kind=Kind.CHOICE,
                audience=EVALUATION,
                codelist=REASON,
                shown=Shown(item="GUESS", among=("T", "C")),
                absences=_NONE,
                sdtm="QS.QSORRES where QSTESTCD = GUESSRSN",
            ),
        ],
    ),
    note=Text(
        "Choose “do not know” if you do not know. Nothing here tells you the true arm.",
        "如不知道，请选择“不知道”。本页不会显示真实分组。",
    ),
)
