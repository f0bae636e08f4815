"""What came of a screened registry, as a picture in letters: who fails where, and which single answer would decide how many."""

from collections.abc import Iterator, Mapping

from trialwright.exchange.registry.screening import Screened
from trialwright.protocol import Text

WIDE = 32
LISTED = 12


def funnel(done: Screened, language: str = "en") -> str:
    """The counts of `done`, to be looked at rather than read, in English or Chinese."""
    parts = (_criteria, _steps, _joining, _deciding, _unread)
    title = Text(
        f"{done.registry.study.code}: {done.counts.people:,} people under the rules {done.rules}",
        f"{done.registry.study.code}：{done.counts.people:,} 人，规则版本 {done.rules}",
    )
    return "\n".join([title.in_(language), *(line for part in parts for line in part(done, language))])


def _criteria(done: Screened, language: str) -> Iterator[str]:
    head = Text("Each criterion by itself", "各项标准").in_(language)
    words = Text("met|not met|unknown|met █ unknown ▒ not met ·", "符合|不符合|未知|符合 █ 未知 ▒ 不符合 ·").in_(language).split("|")
    yield ""
    yield f"{head}\n     {words[0]:>10} {words[1]:>10} {words[2]:>10}  {words[3]}"
    for criterion in done.registry.study.criteria:
        found = done.counts.verdicts[criterion.code]
        share = (_length(found["met"], done), _length(found["met"] + found["unknown"], done))
        bar = "█" * share[0] + "▒" * (share[1] - share[0]) + "·" * (WIDE - share[1])
        name = criterion.text.in_(language)
        shown = name if len(name) <= 60 else name[:59] + "…"
        yield f"{criterion.code:>4} {found['met']:>10,} {found['not met']:>10,} {found['unknown']:>10,}  {bar}  {shown}"


def _steps(done: Screened, language: str) -> Iterator[str]:
    yield ""
    yield Text("Left after each step (who fails nothing so far); the last number fails that criterion alone",
               "逐项筛选后剩余人数（至此无不符合项）；末列为仅不符合该项的人数").in_(language)  # fmt: skip
    yield f"     {done.counts.people:>10,}  {'█' * WIDE}"
    for code, left in done.counts.remaining.items():
        bar = "█" * _length(left, done)
        yield f"{code:>4} {left:>10,}  {bar:<{WIDE}}  {done.counts.failed_alone[code]:>9,}"


def _joining(done: Screened, language: str) -> Iterator[str]:
    found = done.counts.eligible
    yield ""
    yield Text(f"May join: {found['yes']:,} yes, {found['no']:,} no, {found['unknown']:,} not known yet",
               f"可入组：是 {found['yes']:,}，否 {found['no']:,}，尚不确定 {found['unknown']:,}").in_(language)  # fmt: skip


def _deciding(done: Screened, language: str) -> Iterator[str]:
    open_ = done.counts.eligible["unknown"]
    if not open_:
        return
    labels = {one.name: one.label.in_(language) for one in done.registry.study.derivations}
    yield ""
    yield Text(f"Of the {open_:,} not known yet: how many one single answer would decide, whatever it is",
               f"尚不确定的 {open_:,} 人中，仅凭一个答案（无论结果）即可判定的人数").in_(language)  # fmt: skip
    yield from _bars(done.counts.settled_by, labels, open_)
    yield Text("and of how many it can (an answer that speaks against joining)", "及可能判定的人数（若答案为不符合）").in_(language)
    yield from _bars(done.counts.may_settle, labels, open_)


def _bars(counts: Mapping[str, int], labels: Mapping[str, str], whole: int) -> Iterator[str]:
    for name, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        if count:
            bar = "█" * max(1, round(WIDE * count / whole))
            yield f"     {count:>10,}  {bar:<{WIDE}}  {name} ({labels.get(name, name)})"


def _unread(done: Screened, language: str) -> Iterator[str]:
    registry = done.registry
    absent = [*registry.matched.absent, *([] if registry.log else [registry.plan.log])]
    if absent:
        yield ""
        names = ", ".join(absent)
        yield Text(f"Not in the files, so unknown for everybody: {names}", f"文件中没有，故所有人均为未知：{names}").in_(language)
    if registry.matched.left_out:
        names = ", ".join(registry.matched.left_out[:LISTED]) + (" …" if len(registry.matched.left_out) > LISTED else "")
        yield Text(f"Columns that no criterion reads: {names}", f"未使用的列：{names}").in_(language)
    if registry.strangers:
        yield Text(f"Rows of the log about nobody in {registry.persons.name}: {registry.strangers:,}",
                   f"用药记录中不属于 {registry.persons.name} 任何人的行数：{registry.strangers:,}").in_(language)  # fmt: skip
    if registry.findings.total:
        yield ""
        yield Text(f"{registry.findings.total:,} entries could not be read and count as unknown; the first of them:",
                   f"{registry.findings.total:,} 个数据无法识别，按未知处理，例如：").in_(language)  # fmt: skip
        for fault in registry.findings.shown:
            yield f"  - {fault.place.in_(language)}: {fault.because.in_(language)}"


def _length(count: int, done: Screened) -> int:
    return round(WIDE * count / max(1, done.counts.people))
