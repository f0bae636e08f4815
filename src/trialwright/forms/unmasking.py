"""The evaluator may have learned the treatment of a patient: when, how and how sure; never which one, and never in free words."""

from decimal import Decimal

from trialwright.protocol import EVALUATION, Audience, Codelist, Form, Item, Kind, Term, Text, one_section

HOW = Codelist(
    code="LEARNHOW",
    terms=(
        Term("PATIENT_REMARK", Text("the patient said something", "受试者言语透露")),
        Term("INJECTION_MARK", Text("injection mark seen", "看到注射痕迹")),
        Term("RECORD_SEEN", Text("record seen", "看到病历记录")),
        Term("LAB_RESULT", Text("laboratory result seen", "看到化验结果")),
        Term("COLLEAGUE", Text("a colleague said something", "同事言语透露")),
        Term("OTHER", Text("in another way", "其他途径")),
    ),
)
"""The codes are those of the reasons for a guess, where both have them, so that one list of signs serves both."""

_RECORD = "FATESTCD = LEARNED and FATEST = How the Evaluator Learned the Arm and FAOBJ = BLINDING and FACAT = EVALUATOR BLINDING"

FORM = Form(
    code="UNMASKING",
    title=Text("The treatment may have become known to the evaluator", "评估者可能得知分组"),
    entered_by=Audience.EVALUATOR,
    repeats=True,
    sections=one_section(
        Text("What happened", "经过"),
        [
            Item(
                code="LEARNDAT",
                label=Text("On which day?", "发生日期"),
                kind=Kind.DATE,
                audience=EVALUATION,
                absences=(),
                sdtm=f"FA.FADTC where {_RECORD}",
            ),
            Item(
                code="LEARNHOW",
                label=Text("How?", "途径"),
                kind=Kind.CHOICE,
                audience=EVALUATION,
                codelist=HOW,
                absences=(),
                sdtm=f"FA.FAORRES where {_RECORD}",
            ),
            Item(
                code="LEARNCER",
                label=Text("How sure are you that you know it? 1 not at all, 5 fully", "确信程度（1 完全不确信，5 完全确信）"),
                kind=Kind.INTEGER,
                audience=EVALUATION,
                low=Decimal(1),
                high=Decimal(5),
                absences=(),
                sdtm="SUPPFA.QVAL where QNAM = LEARNCER",
            ),
        ],
    ),
    note=Text(
        "Which treatment it is, is not asked. Those who treat the patient do not read this page.",
        "本页不询问具体分组；治疗人员看不到本页。",
    ),
)
