"""Where information flows: what each thing that people see rests on, and whether those who see it may know all of that."""

from collections.abc import Iterator
from enum import Enum
from functools import reduce
from operator import and_

from attrs import frozen

from trialwright.protocol.audience import ALL, BARE, CUSTODY, SELF, SITE, TREATING, Audience
from trialwright.protocol.checks import Check
from trialwright.protocol.declassification import APPROVERS
from trialwright.protocol.facts import Derivation, facts_of
from trialwright.protocol.forms import Form, Item
from trialwright.protocol.study import Study
from trialwright.protocol.text import Text, same

CONSENT, INDEX, WINDOW, CODE, ARM = "consent date", "index date", "visit window", "subject code", "the arm"
"""What is known beside the answers."""
EVERYBODY = ~Audience(0)


class Sort(Enum):
    """The sorts of things that people see."""

    ITEM = "item"
    FORM = "form"
    VISIT = "visit"
    VISIBILITY = "visibility"
    REQUIRED = "required"
    CHECK = "check"
    WATCH = "watch"
    DERIVED = "derived value"
    CRITERION = "criterion"
    SCORE = "score"
    ALLOCATION = "allocation"
    SCHEDULE = "schedule"
    SORT_KEY = "sort key"
    FILE_NAME = "file name"
    COLUMN = "report column"
    QUERY = "query text"


SORT_NAMES = {
    Sort.ITEM: Text("item", "项目"), Sort.FORM: Text("form", "表单"), Sort.VISIT: Text("visit", "访视"),
    Sort.VISIBILITY: Text("visibility", "显示条件"), Sort.REQUIRED: Text("required", "必填条件"), Sort.CHECK: Text("check", "核查"),
    Sort.WATCH: Text("watch", "监测"), Sort.DERIVED: Text("derived value", "推导值"), Sort.CRITERION: Text("criterion", "入排标准"),
    Sort.SCORE: Text("score", "评分"), Sort.ALLOCATION: Text("allocation", "分组"), Sort.SCHEDULE: Text("schedule", "访视计划"),
    Sort.SORT_KEY: Text("sort key", "排序依据"), Sort.FILE_NAME: Text("file name", "文件名"), Sort.COLUMN: Text("report column", "报告列"),
    Sort.QUERY: Text("query text", "质疑文本"),
}  # fmt: skip


_MEND = Text("leave that out, or take these readers away", "请去除该依据，或取消其可见权限")


@frozen(kw_only=True)
class Artifact:
    """One thing that people see: `readers` are those to whom it is shown (None: whoever may know all it rests on), `reads` what it
    rests on ("FORM.ITEM", or a name such as `INDEX`), `expression` how, and `mend` what to do when a reader may not know all of it.
    """

    sort: Sort
    name: str
    reads: tuple[str, ...]
    expression: Text
    readers: Audience | None = None
    mend: Text = _MEND


def label_of(study: Study, source: str) -> Audience:
    """Who may know what is called `source`; for what nobody declared: the custodian alone."""
    known = {CONSENT: SELF, CODE: BARE, INDEX: ALL, WINDOW: ALL, ARM: TREATING & ~study.blinded}
    if source in known:
        return known[source]
    form, _, item = source.partition(".")
    if not study.has_form(form):
        return CUSTODY
    if not item:  # a whole log: whoever may read all of it
        return reduce(and_, (one.audience for one in study.form(form).items), EVERYBODY)
    return study.item(form, item).audience if study.form(form).asks(item) else CUSTODY


def label(study: Study, artifact: Artifact) -> Audience:
    """Who may know all that an artifact rests on: the meet of their labels."""
    return reduce(and_, (label_of(study, source) for source in artifact.reads), EVERYBODY)


def artifacts(study: Study) -> Iterator[Artifact]:
    """Everything in the study that somebody sees and that rests on something."""
    for form in study.forms:
        yield from _form(study, form)
    for visit in study.visits:
        seen = reduce(lambda one, other: one | other, (study.form(code).audience for code in visit.forms if study.has_form(code)), Audience(0))
        yield Artifact(sort=Sort.VISIT, name=visit.code, reads=(), readers=seen, expression=Text("planned for all alike", "对所有受试者一致"))
        yield Artifact(sort=Sort.SCHEDULE, name=visit.code, reads=(INDEX,), readers=seen & ALL,
                       expression=Text(f"day {visit.first_day} to {visit.last_day}", f"第 {visit.first_day} 至 {visit.last_day} 天"))  # fmt: skip
    for check in study.checks:
        if all(study.has_form(form) and study.form(form).asks(item) for form, item in check.items):
            yield _check(study, check)
    for watch in (*study.watches, *study.scores):
        yield Artifact(sort=Sort.WATCH, name=watch.code, reads=tuple(f"{form}.{item}" for form, item in watch.items),
                       expression=same(f"{getattr(watch.by, '__qualname__', type(watch.by).__qualname__)}, {watch.version}"))  # fmt: skip
    yield from _decisions(study)
    yield from HOUSE


def _form(study: Study, form: Form) -> Iterator[Artifact]:
    asked = tuple(f"{form.code}.{item.code}" for item in form.items)
    yield Artifact(sort=Sort.FORM, name=form.code, reads=(), readers=form.audience, expression=Text("planned for all alike", "对所有受试者一致"))
    for item in form.items:
        yield _item(study, form, item)
        if item.shown is not None and form.asks(item.shown.item):
            told = Text(f"{item.shown.item} is {' or '.join(item.shown.among)}", f"{item.shown.item} 为 {' 或 '.join(item.shown.among)}")
            for sort in (Sort.VISIBILITY, Sort.REQUIRED) if item.required else (Sort.VISIBILITY,):
                yield Artifact(sort=sort, name=f"{form.code}.{item.code}", reads=(f"{form.code}.{item.shown.item}",), expression=told,
                               readers=item.audience & study.blinded, mend=Text("ask it always, or give both one audience",
                                                                                "请始终显示该项目，或使两者可见人员一致"))  # fmt: skip
        yield Artifact(sort=Sort.QUERY, name=f"{form.code}.{item.code}", reads=(f"{form.code}.{item.code}",), readers=item.audience & ~Audience.PATIENT,
                       expression=Text("told to whoever may read the item", "告知有权查看该项目者"))  # fmt: skip
        if item.sdtm:
            yield Artifact(sort=Sort.COLUMN, name=f"{form.code}.{item.code}", reads=(f"{form.code}.{item.code}",), expression=same(item.sdtm))
    if form.body_map:
        yield Artifact(sort=Sort.SCORE, name=form.code, reads=asked, readers=form.entered_by, expression=Text("total of the page", "本页总分"))


def _item(study: Study, form: Form, item: Item) -> Artifact:
    to = reduce(lambda one, other: one | other, (rule.to for rule in study.declassifications
                                                 if rule.approved and (rule.form, rule.item) == (form.code, item.code)), Audience(0))  # fmt: skip
    return Artifact(sort=Sort.ITEM, name=f"{form.code}.{item.code}", reads=(ARM,) if item.hints_at_arm else (),
                    readers=item.audience & study.blinded & ~to, expression=Text("hints at the arm", "可能透露分组"),
                    mend=Text("take them out of its audience, or declare an approved exception", "请从可见人员中去除，或声明经批准的例外"))  # fmt: skip


def _check(study: Study, check: Check) -> Artifact:
    beside = tuple(name for name, field in ((CONSENT, "consented"), (INDEX, "index_date"), (WINDOW, "window")) if field in check.glances)
    return Artifact(sort=Sort.CHECK, name=check.code, reads=(*(f"{form}.{item}" for form, item in check.items), *beside),
                    readers=study.form(check.form).entered_by & ~Audience.PATIENT, expression=same(type(check.by).__name__),
                    mend=Text("leave that item out", "请去除该项目"))  # fmt: skip


def _decisions(study: Study) -> Iterator[Artifact]:
    derived = {one.name: one for one in study.derivations}
    for one in study.derivations:
        yield Artifact(sort=Sort.DERIVED, name=one.name, reads=_grounds(one), expression=same(f"{one.by.__qualname__}, {one.version}"))
    for criterion in study.criteria:
        reads = tuple(source for fact in facts_of(criterion.rule) if fact in derived for source in _grounds(derived[fact]))
        yield Artifact(sort=Sort.CRITERION, name=criterion.code, reads=tuple(dict.fromkeys(reads)), expression=same(", ".join(facts_of(criterion.rule))))
    for reading in study.readings:
        rules = (*reading.factors, *([reading.rule] if reading.rule else []))
        facts = tuple(dict.fromkeys(fact for rule in rules for fact in facts_of(rule)))
        reads = tuple(dict.fromkeys(source for fact in facts if fact in derived for source in _grounds(derived[fact])))
        yield Artifact(sort=Sort.ALLOCATION, name=reading.code, reads=(ARM, *reads), expression=same(", ".join((reading.method.value, *facts))))


def _grounds(derivation: Derivation) -> tuple[str, ...]:
    """What a derived value rests on; one that declares nothing rests on who knows what."""
    return (*derivation.reads, INDEX) if derivation.reads is not None else (f"whatever {derivation.name} reads",)


HOUSE = (
    Artifact(sort=Sort.SORT_KEY, name="worklist of the evaluator", reads=(INDEX, CODE), readers=Audience.EVALUATOR,
             expression=Text("first day of the window, subject, place of the form in the visit", "窗口期首日、受试者、表单在访视中的次序")),
    Artifact(sort=Sort.SORT_KEY, name="list of subjects", reads=(CODE,), readers=BARE, expression=Text("random code", "随机代码")),
    Artifact(sort=Sort.FILE_NAME, name="casebook", reads=(CODE,), readers=SITE, expression=same("subject code + .pdf")),
    Artifact(sort=Sort.FILE_NAME, name="safety report", reads=(CODE,), readers=TREATING,
             expression=Text("study, subject, row of the event", "研究、受试者、事件行")),
)
"""What the application itself shows, beside what the study declares. There is no notification: nothing is mailed to anybody."""


def leaks(study: Study) -> Iterator[Text]:
    """Why the study must be refused: each thing that somebody would see although he may not know all that it rests on."""
    for artifact in artifacts(study):
        for source in artifact.reads if artifact.readers else ():
            hidden = (artifact.readers or Audience(0)) & ALL & ~label_of(study, source)
            if hidden:
                yield _leak(artifact, source, hidden)
                break
    yield from _exceptions(study)


def _leak(artifact: Artifact, source: str, hidden: Audience) -> Text:
    name, kind = artifact.name, SORT_NAMES[artifact.sort]
    if artifact.sort is Sort.ITEM:
        return Text(f"{name} hints at the arm and would be visible to {hidden.code}; {artifact.mend.en}",
                    f"{name} 可能透露分组，却对 {hidden.code} 可见，{artifact.mend.zh}")  # fmt: skip
    return Text(f"{kind.en} {name} would be told to {hidden.code}, who may not read {source} on which it rests "
                f"({artifact.expression.en}); {artifact.mend.en}",
                f"{kind.zh} {name} 会告知 {hidden.code}，但其无权查看所依据的 {source}（{artifact.expression.zh}），{artifact.mend.zh}")  # fmt: skip


def _exceptions(study: Study) -> Iterator[Text]:
    """An exception names an item that hints, to somebody who is blinded, and is approved as it stands."""
    for rule in study.declassifications:
        place = f"{rule.form}.{rule.item}"
        known = study.has_form(rule.form) and study.form(rule.form).asks(rule.item)
        if not known or not study.item(rule.form, rule.item).hints_at_arm or not rule.to & study.blinded:
            yield Text(f"exception {rule.code} names {place} for {rule.to.code or 'nobody'}, which needs none; remove it",
                       f"例外 {rule.code}（{place}，{rule.to.code or '无'}）并无必要，请删除")  # fmt: skip
        elif not rule.approved:
            yield Text(f"exception {rule.code} is not approved as it stands; have {APPROVERS.code.replace('+', ' or ')} approve it and enter an "
                       f"Approval with the digest {rule.digest}",
                       f"例外 {rule.code} 的现行文本未获批准，请由 {APPROVERS.code.replace('+', ' 或 ')} 批准，并登记摘要为 {rule.digest} 的批准")  # fmt: skip
