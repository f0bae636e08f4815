"""How a period of the study ended for the patient: completed or not, when and why."""

from trialwright.protocol import SITE, TREATING, Audience, Codelist, Form, Item, Kind, Shown, Term, Text, one_section

PERIOD = Codelist(
    code="DSEPOCH",
    terms=(
        Term("TREATMENT", Text("treatment period", "治疗期")),
        Term("STUDY", Text("whole study", "整个研究")),
    ),
)

STATUS = Codelist(
    code="DSSTATUS",
    terms=(
        Term("COMPLETED", Text("completed", "完成"), "C25250"),
        Term("DISCONTINUED", Text("ended early", "提前结束")),
    ),
)

REASON = Codelist(
    code="NCOMPLT",
    terms=(
        Term("ADVERSE EVENT", Text("adverse event", "不良事件"), "C41331"),
        Term("DEATH", Text("death", "死亡"), "C28554"),
        Term("LACK OF EFFICACY", Text("lack of efficacy", "疗效不佳"), "C48226"),
        Term("LOST TO FOLLOW-UP", Text("lost to follow-up", "失访"), "C48227"),
        Term("PHYSICIAN DECISION", Text("decision of the physician", "研究者决定"), "C48250"),
        Term("PREGNANCY", Text("pregnancy", "妊娠"), "C191656"),
        Term("PROTOCOL DEVIATION", Text("protocol deviation", "方案偏离"), "C50996"),
        Term("STUDY TERMINATED BY SPONSOR", Text("study stopped by the sponsor", "申办方终止研究"), "C49632"),
        Term("WITHDRAWAL BY SUBJECT", Text("withdrawal by the patient", "受试者退出"), "C49634"),
    ),
)

USE = Codelist(
    code="DSUSE",
    terms=(
        Term("FOLLOW", Text("what was collected, and later news from the hospital's records", "已收集的数据，以及之后医院病历中的信息")),
        Term("KEEP", Text("what was collected until now, nothing later", "仅限至今已收集的数据")),
        Term("LIMIT", Text("no further use beyond what the law makes the study keep", "除法律要求保存外不再使用")),
    ),
)

FORM = Form(
    code="DISPOSITION",
    title=Text("End of a study period", "研究阶段结束"),
    entered_by=Audience.COORDINATOR | Audience.PHYSICIAN,
    repeats=True,
    sections=one_section(
        Text("End", "结束"),
        [
            Item(
                code="DSEPOCH",
                label=Text("Period", "阶段"),
                kind=Kind.CHOICE,
                audience=SITE,
                codelist=PERIOD,
                absences=(),
                sdtm="DS.EPOCH; DS.DSSCAT",
            ),
            Item(
                code="DSSTDAT",
                label=Text("Date of the end", "结束日期"),
                kind=Kind.DATE,
                audience=SITE,
                sdtm="DS.DSSTDTC",
            ),
            Item(
                code="DSSTATUS",
                label=Text("Status", "状态"),
                kind=Kind.CHOICE,
                audience=SITE,
                codelist=STATUS,
                absences=(),
                sdtm="DS.DSDECOD where DSCAT = DISPOSITION EVENT",
            ),
            Item(
                code="DSREASON",
                label=Text("Reason of the early end", "提前结束原因"),
                kind=Kind.CHOICE,
                audience=TREATING,
                hints_at_arm=True,
                codelist=REASON,
                shown=Shown(item="DSSTATUS", among=("DISCONTINUED",)),
                sdtm="DS.DSDECOD where DSCAT = DISPOSITION EVENT",
            ),
            Item(
                code="DSUSE",
                label=Text("The patient agrees to the use of", "受试者同意使用"),
                hint=Text("Data that were collected are never deleted; what may be done with them is followed in the analysis.",
                          "已收集的数据不会删除；分析时遵循受试者的意愿。"),
                kind=Kind.CHOICE,
                audience=TREATING,
                hints_at_arm=True,
                codelist=USE,
                shown=Shown(item="DSREASON", among=("WITHDRAWAL BY SUBJECT",)),
                sdtm="SUPPDS.QVAL where QNAM = DSUSE",
            ),
        ],
    ),
    note=Text(
        "One row for the treatment period and one for the study, as DS needs them.",
        "治疗期和整个研究各填一行，与 DS 域一致。",
    ),
)
