"""Whether a study hangs together: every reason why it may not be run, all at once."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from trialwright.protocol.audience import Audience
from trialwright.protocol.dictionary import KINDS
from trialwright.protocol.endpoints import PURPOSES, STRATEGIES, Endpoint
from trialwright.protocol.facts import facts_of
from trialwright.protocol.flow import leaks
from trialwright.protocol.forms import Form, Item, Kind
from trialwright.protocol.study import Method, Study
from trialwright.protocol.text import Text


def incoherences(study: Study) -> tuple[Text, ...]:
    """All reasons why `study` must be refused; an empty tuple when it is coherent."""
    checks = (_names, _visits, _windows, _forms, _audiences, leaks, _patients, _instruments, _criteria, _watches, _checks, _endpoints, _strategies,
              _analyses, _readings)  # fmt: skip
    return tuple(reason for check in checks for reason in check(study))


def _twice(codes: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({code for code in codes if code in seen or seen.add(code)})  # type: ignore[func-returns-value]  # add() gives None on purpose


def _names(study: Study) -> Iterator[Text]:
    for what, zh, codes in (
        ("arm", "组别", [arm.code for arm in study.arms]),
        ("visit", "访视", [visit.code for visit in study.visits]),
        ("form", "表单", [form.code for form in study.forms]),
        ("criterion", "入排标准", [criterion.code for criterion in study.criteria]),
        ("endpoint", "终点", [endpoint.code for endpoint in study.endpoints]),
        ("exception", "例外", [rule.code for rule in study.declassifications]),
    ):
        for code in _twice(codes):
            yield Text(f"{what} {code} is defined twice; rename one", f"{zh} {code} 重复定义，请改名")
    for form in study.forms:
        for code in _twice(item.code for item in form.items):
            yield Text(f"form {form.code} asks item {code} twice; rename one", f"表单 {form.code} 中项目 {code} 重复，请改名")


def _visits(study: Study) -> Iterator[Text]:
    epochs = {epoch.code for epoch in study.epochs}
    for visit in study.visits:
        for form in visit.forms:
            if not study.has_form(form):
                yield Text(f"visit {visit.code} asks for form {form}, which the study does not define; define it or remove it",
                           f"访视 {visit.code} 使用了未定义的表单 {form}，请定义或删除")  # fmt: skip
            elif study.form(form).repeats:
                yield Text(f"visit {visit.code} holds form {form}, which repeats; list it under logs instead",
                           f"访视 {visit.code} 含可重复表单 {form}，请改列入日志表单")  # fmt: skip
        if visit.epoch not in epochs:
            yield Text(f"visit {visit.code} lies in epoch {visit.epoch}, which is not defined",
                       f"访视 {visit.code} 所属阶段 {visit.epoch} 未定义")  # fmt: skip
    for form in study.logs:
        if not study.has_form(form):
            yield Text(f"the study keeps a log {form}, which it does not define", f"日志表单 {form} 未定义")
    if sum(visit.is_baseline for visit in study.visits) != 1:
        yield Text("exactly one visit must be the baseline", "必须且只能有一个基线访视")


def _windows(study: Study) -> Iterator[Text]:
    ordered = sorted(study.visits, key=lambda visit: visit.first_day)
    for before, after in pairwise(ordered):
        if before.last_day >= after.first_day:
            yield Text(f"the windows of {before.code} (to day {before.last_day}) and {after.code} (from day {after.first_day}) overlap; "
                       "a visit could be either: narrow one",
                       f"访视 {before.code}（至第 {before.last_day} 天）与 {after.code}（自第 {after.first_day} 天）窗口重叠，请缩小其一")  # fmt: skip


def _forms(study: Study) -> Iterator[Text]:
    used = {form for visit in study.visits for form in visit.forms} | set(study.logs)
    for form in study.forms:
        if form.code not in used:
            yield Text(f"form {form.code} is in no visit and in no log; nobody could fill it", f"表单 {form.code} 未用于任何访视或日志")
        if form.code in study.logs and not form.repeats:
            yield Text(f"log {form.code} must repeat (one row per entry)", f"日志表单 {form.code} 必须可重复")
        for item in form.items:
            if item.kind is Kind.CHOICE and item.codelist is None:
                yield Text(f"{form.code}.{item.code} is a choice without a code list", f"{form.code}.{item.code} 为选择题但无选项")
            if item.kind is Kind.CHOICE and item.codelist is not None and _twice(term.code for term in item.codelist.terms):
                yield Text(f"{form.code}.{item.code}: its code list offers an answer twice", f"{form.code}.{item.code} 的选项重复")
            if item.low is not None and item.high is not None and item.low > item.high:
                yield Text(f"{form.code}.{item.code}: lowest possible value {item.low} is above the highest {item.high}",
                           f"{form.code}.{item.code} 的最小值 {item.low} 大于最大值 {item.high}")  # fmt: skip
            if item.dictionary is not None and (item.dictionary not in KINDS or item.kind not in (Kind.TEXT, Kind.CHOICE)):
                yield Text(f"{form.code}.{item.code} is coded with {item.dictionary}; only texts and choices are coded, with one of {', '.join(KINDS)}",
                           f"{form.code}.{item.code} 以 {item.dictionary} 编码；仅文本和选择题可编码，词典为 {'、'.join(KINDS)} 之一")  # fmt: skip
            if item.shown is not None and not item.retired and form.asks(item.shown.item) and form.item(item.shown.item).retired:
                yield Text(f"{form.code}.{item.code} is shown by {item.shown.item}, which is no longer asked; retire it too, or show it by another item",
                           f"{form.code}.{item.code} 的显示条件项目 {item.shown.item} 已不再填写，请一并停用或更改条件")  # fmt: skip
            if item.shown is not None and not form.asks(item.shown.item):
                yield Text(f"{form.code}.{item.code} is shown by {item.shown.item}, which the form does not ask",
                           f"{form.code}.{item.code} 的显示条件项目 {item.shown.item} 不在本表单中")  # fmt: skip


def _audiences(study: Study) -> Iterator[Text]:
    for form in study.forms:
        for item in form.items:
            name = f"{form.code}.{item.code}"
            if not item.audience:
                yield Text(f"{name} has no audience; say who may read it", f"{name} 未指定可见人员")
            yield from _writers(study, form, item)
        writers = form.entered_by
        if not writers:
            yield Text(f"nobody may enter form {form.code}", f"无人可填写表单 {form.code}")
        for role in Audience:
            if role in writers and not form.seen_by(role):
                yield Text(f"{role.name} may enter form {form.code} but may read none of its items", f"{role.name} 可填写表单 {form.code} 却不可见其任何项目")


def _writers(study: Study, form: Form, item: Item) -> Iterator[Text]:
    """Whoever alone may answer an item fills its form, reads it, and works in this study; what the evaluator reads is written by the blind."""
    if item.writers is None:
        return
    name, able = f"{form.code}.{item.code}", item.writers & form.entered_by & item.audience & study.roles
    if item.writers & ~(form.entered_by & item.audience):
        stray = (item.writers & ~(form.entered_by & item.audience)).code
        yield Text(f"{name} is written by {stray}, who may not fill the form or not read the item; name among its writers only those who may",
                   f"{name} 由 {stray} 填写，但其无权填写该表单或查看该项目，请更正填写人")  # fmt: skip
    if not able or (Audience.EVALUATOR in item.audience and not able & study.blinded):
        yield Text(f"{name} has writers, but nobody in this study can write it; name one who fills the form",
                   f"{name} 指定了填写人，但本研究中无人可填写，请更正")  # fmt: skip


def _patients(study: Study) -> Iterator[Text]:
    """What a patient fills on a phone is a page of a visit, and he may read every answer that it needs."""
    for form in study.forms:
        if not form.by_patient:
            continue
        if form.repeats or form.body_map:
            yield Text(f"form {form.code} is filled by the patient, who fills plain pages of visits only; take PATIENT out of entered_by",
                       f"表单 {form.code} 由受试者填写，但受试者只能填写访视中的普通表单，请从 entered_by 去除 PATIENT")  # fmt: skip
        hidden = [item.code for item in form.items if item.required and not item.audience.admits(Audience.PATIENT)]
        if hidden:
            yield Text(f"form {form.code} is filled by the patient, who may not read {', '.join(hidden)}; add PATIENT to their audience or make them optional",
                       f"表单 {form.code} 由受试者填写，但其无权查看 {'、'.join(hidden)}，请加入 PATIENT 或设为选填")  # fmt: skip


def _instruments(study: Study) -> Iterator[Text]:
    known = {instrument.code: instrument for instrument in study.instruments}
    for form in study.forms:
        if form.instrument is not None and form.instrument not in known:
            yield Text(f"form {form.code} is scored by {form.instrument}, which the study does not list under instruments",
                       f"表单 {form.code} 使用的量表 {form.instrument} 未列入研究")  # fmt: skip
    for instrument in study.instruments:
        if not instrument.licence.strip():
            yield Text(f"instrument {instrument.code} carries no licence note; say who owns its words", f"量表 {instrument.code} 缺少许可说明")
        if not instrument.references:
            yield Text(f"instrument {instrument.code} names no reference", f"量表 {instrument.code} 缺少参考文献")


def _criteria(study: Study) -> Iterator[Text]:
    known = {derivation.name for derivation in study.derivations}
    for criterion in study.criteria:
        for fact in facts_of(criterion.rule):
            if fact not in known:
                yield Text(f"criterion {criterion.code} reads the fact {fact}, which nothing derives", f"标准 {criterion.code} 引用的事实 {fact} 无推导来源")


def _watches(study: Study) -> Iterator[Text]:
    for code in _twice(watch.code for watch in (*study.watches, *study.scores)):
        yield Text(f"watch or score {code} is defined twice; rename one", f"监测或评分 {code} 重复定义，请改名")
    for watch in (*study.watches, *study.scores):
        for form, item in watch.items:
            if not study.has_form(form) or not study.form(form).asks(item):
                yield Text(f"watch {watch.code} reads {form}.{item}, which no form asks", f"监测 {watch.code} 读取的 {form}.{item} 不在任何表单中")


def _checks(study: Study) -> Iterator[Text]:
    """A check uses items that exist."""
    for code in _twice(check.code for check in study.checks):
        yield Text(f"check {code} is defined twice; rename one", f"核查 {code} 重复定义，请改名")
    for check in study.checks:
        unknown = [f"{form}.{item}" for form, item in check.items if not study.has_form(form) or not study.form(form).asks(item)]
        if unknown or not check.reads:
            yield Text(f"check {check.code} uses {', '.join(unknown) or 'no item of its form'}; name items that forms ask",
                       f"核查 {check.code} 使用了不存在的项目：{'、'.join(unknown) or '无'}，请更正")  # fmt: skip


def _endpoints(study: Study) -> Iterator[Text]:
    estimands = {estimand.code for estimand in study.estimands}
    for endpoint in study.endpoints:
        where = f"endpoint {endpoint.code}"
        if not study.has_form(endpoint.form):
            yield Text(f"{where} measures form {endpoint.form}, which is not defined", f"终点 {endpoint.code} 的表单 {endpoint.form} 未定义")
            continue
        for visit in (endpoint.at, endpoint.baseline):
            if visit is not None and not study.has_visit(visit):
                yield Text(f"{where} names visit {visit}, which is not defined", f"终点 {endpoint.code} 的访视 {visit} 未定义")
            elif visit is not None and endpoint.form not in study.visit(visit).forms:
                yield Text(f"{where} needs form {endpoint.form} at visit {visit}, where it is not filled",
                           f"终点 {endpoint.code} 需要访视 {visit} 的表单 {endpoint.form}，但该访视未安排")  # fmt: skip
        if endpoint.change and endpoint.baseline is None:
            yield Text(f"{where} is a change and has no baseline; name the baseline visit", f"终点 {endpoint.code} 为变化量但无基线访视")
        if endpoint.estimand is not None and endpoint.estimand not in estimands:
            yield Text(f"{where} names estimand {endpoint.estimand}, which is not defined", f"终点 {endpoint.code} 的估计目标 {endpoint.estimand} 未定义")
        if endpoint.primary and endpoint.estimand is None and (endpoint.at or endpoint.analyses):
            yield Text(f"{where} is primary and names no estimand", f"主要终点 {endpoint.code} 未指定估计目标")


def _strategies(study: Study) -> Iterator[Text]:
    known = ", ".join(STRATEGIES)
    for estimand in study.estimands:
        for event in estimand.events:
            if event.strategy not in STRATEGIES:
                yield Text(f"estimand {estimand.code} treats {event.code} by “{event.strategy}”, which is no strategy; there are {known}",
                           f"估计目标 {estimand.code} 对 {event.code} 采用“{event.strategy}”，该策略不存在；可用：{known}")  # fmt: skip
        if any(event.strategy == "composite" for event in estimand.events) and estimand.failure is None:
            yield Text(f"estimand {estimand.code} counts an event as failure; say which change a failure is worth where means are compared",
                       f"估计目标 {estimand.code} 将事件计为失败，须说明比较均数时失败所取的变化值")  # fmt: skip


def _analyses(study: Study) -> Iterator[Text]:
    """Every planned analysis names a method, a purpose, strategies, events and readings that exist."""
    methods, readings = {method.code for method in study.methods}, {reading.code for reading in study.readings}
    for endpoint in study.endpoints:
        for code in _twice(one.code for one in endpoint.analyses):
            yield Text(f"endpoint {endpoint.code} plans analysis {code} twice; rename one", f"终点 {endpoint.code} 的分析 {code} 重复，请改名")
        if endpoint.analyses and endpoint.estimand is None:
            yield Text(f"endpoint {endpoint.code} is analyzed and names no estimand", f"终点 {endpoint.code} 有分析但未指定估计目标")
        for reading in sorted(readings) if endpoint.primary and endpoint.analyses else ():
            first = [one.code for one in endpoint.analyses if one.purpose == "primary" and (not one.readings or reading in one.readings)]
            if len(first) != 1:
                yield Text(f"endpoint {endpoint.code} has {len(first)} primary analyses under reading {reading}; it needs exactly one",
                           f"终点 {endpoint.code} 在解读 {reading} 下有 {len(first)} 个主要分析，须恰好一个")  # fmt: skip
        events = _events(study, endpoint)
        for one in endpoint.analyses:
            where, zh = f"analysis {endpoint.code}.{one.code}", f"分析 {endpoint.code}.{one.code}"
            for what, words, named, known in (
                ("method", "方法", (one.method,), methods), ("purpose", "目的", (one.purpose,), set(PURPOSES)),
                ("intercurrent event", "伴发事件", tuple(event for event, _ in one.instead), events),
                ("strategy", "策略", tuple(strategy for _, strategy in one.instead), set(STRATEGIES)),
                ("reading", "解读", one.readings, readings),
            ):  # fmt: skip
                for name in named:
                    if name not in known:
                        yield Text(f"{where} names {what} {name}, which is not defined", f"{zh} 的{words} {name} 未定义")


def _events(study: Study, endpoint: Endpoint) -> set[str]:
    return {event.code for estimand in study.estimands if estimand.code == endpoint.estimand for event in estimand.events}


def _readings(study: Study) -> Iterator[Text]:
    if study.reading not in {reading.code for reading in study.readings}:
        yield Text(f"the study runs under reading {study.reading}, which it does not define", f"研究采用的解读 {study.reading} 未定义")
    arms, known = {arm.code for arm in study.arms}, {derivation.name for derivation in study.derivations}
    for reading in study.readings:
        if reading.method is Method.BY_RESPONSE and (reading.rule is None or not {reading.if_met, reading.if_not} <= arms):
            yield Text(f"reading {reading.code} allocates by response and needs a rule and the arms it leads to",
                       f"解读 {reading.code} 按反应分组，须给出规则及对应组别")  # fmt: skip
        if not {name for rule in (*reading.factors, *([reading.rule] if reading.rule else [])) for name in facts_of(rule)} <= known:
            yield Text(f"reading {reading.code} reads a fact that nothing derives", f"解读 {reading.code} 引用了无推导来源的事实")
        if reading.method is Method.RANDOMIZED and any(size < len(arms) or size % len(arms) for size in reading.blocks):
            yield Text(f"reading {reading.code}: a block must be a multiple of the {len(arms)} arms",
                       f"解读 {reading.code} 的区组大小须为组数 {len(arms)} 的倍数")  # fmt: skip
        if reading.coin is not None and not (reading.factors and 0 < reading.coin <= 1):
            yield Text(f"reading {reading.code} minimizes with probability {reading.coin}; it needs factors and a probability above 0 and at most 1",
                       f"解读 {reading.code} 的最小化概率为 {reading.coin}，须给出分层因素及 0 到 1 之间的概率")  # fmt: skip
