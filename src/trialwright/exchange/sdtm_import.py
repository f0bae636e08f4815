"""Takes SDTM data sets into a trial through the same gate and the same commands as people use: all of it or nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import evolve, frozen

from trialwright.blinding import Actor, Gate
from trialwright.exchange.datasets import Dataset, Fault, Unimportable
from trialwright.exchange.sdtm_mapping import SdtmMapping
from trialwright.exchange.sdtm_plan import plan
from trialwright.exchange.sdtm_steps import LeftCount, Plan, Step
from trialwright.protocol import Audience, Text
from trialwright.record import Act, Answer, Casebook, Events, OpenStudy, Refused

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@frozen(kw_only=True)
class Imported:
    """What an import did, or (before anything is written) would do: pages and answers by form, and what is left out."""

    written: bool
    subjects: int
    pages: Mapping[str, int]
    answers: Mapping[str, int]
    events: int
    left_out: tuple[LeftCount, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether the trial already says all of this."""
        return self.events == 0


def preview(gate: Gate, mapping: SdtmMapping, datasets: Mapping[str, Dataset]) -> Imported:
    """What `import_sdtm` would do with these data sets; nothing is written. Raises `Unimportable` as it would."""
    return _told(_plan(gate, mapping, datasets), written=False)


def import_sdtm(gate: Gate, mapping: SdtmMapping, datasets: Mapping[str, Dataset], *, by: str, at: datetime,
                reason: str = "", progress: Progress | None = None) -> Imported:  # fmt: skip
    """Carries out the import as one save, in the name of the account `by` as custodian.

    Each command is decided on the view and with the duties of the role whose task it is; the audit trail names the
    custodian, the time and, for each answer, the record it came from. What the trial already says is not said again:
    the same files twice change nothing. A saved answer that now differs is corrected if `reason` says why, else refused.

    Raises `Unimportable` with the file, record and column of every fault; then nothing was written.
    """
    found = _plan(gate, mapping, datasets)
    if not found.steps:
        return _told(found, written=True)
    total = len(found.steps)
    commands = tuple(_Told(step=step, reason=reason, done=number, total=total, progress=progress) for number, step in enumerate(found.steps, start=1))
    gate.do_all(Actor(name=by, role=Audience.CUSTODIAN), (OpenStudy(), *commands), at)  # type: ignore[arg-type]  # acts_as differs from step to step
    return _told(found, written=True)


def _plan(gate: Gate, mapping: SdtmMapping, datasets: Mapping[str, Dataset]) -> Plan:
    return plan(gate.study, mapping, datasets, gate.casebook(Audience.CUSTODIAN))


def _told(found: Plan, *, written: bool) -> Imported:
    return Imported(written=written, subjects=found.subjects, pages=found.pages, answers=found.answers,
                    events=found.events, left_out=found.left_out)  # fmt: skip


@frozen(kw_only=True)
class _Told:
    """A step as a command of its own: decided in its role, and a refusal names the record that caused it."""

    step: Step
    reason: str
    done: int
    total: int
    progress: Progress | None

    @property
    def acts_as(self) -> Audience:
        return self.step.command.acts_as or self.step.role

    def decide(self, book: Casebook, act: Act) -> Events:
        command = self.step.command
        if self.reason and isinstance(command, Answer):
            command = evolve(command, reason=self.reason)
        try:
            events = command.decide(book, evolve(act, role=self.step.role))
        except Refused as refused:
            raise Unimportable(self._faults(refused)) from refused
        if self.progress:
            self.progress(self.done, self.total)
        return events

    def _faults(self, refused: Refused) -> tuple[Fault, ...]:
        step = self.step
        if not refused.wrongs:
            return (Fault(file=step.file, record=step.record, because=refused.because),)
        places = {wrong.item: step.origins.get(wrong.item, (step.file, step.record, wrong.item)) for wrong in refused.wrongs}
        more = Text(" Give --reason.", "请用 --reason 说明。") if refused.code == "reason-needed" else Text(" ", " ")
        return tuple(
            Fault(file=places[wrong.item][0], record=places[wrong.item][1], column=places[wrong.item][2],
                  because=Text((wrong.because.en + more.en).rstrip(), (wrong.because.zh + more.zh).rstrip()))
            for wrong in refused.wrongs
        )  # fmt: skip


def describe(found: Imported) -> Text:
    """The outcome in a few lines, for the person who imports."""
    en = [f"{form}: {found.pages[form]} pages, {found.answers.get(form, 0)} answers" for form in sorted(found.pages)]
    zh = [f"{form}：{found.pages[form]} 页，{found.answers.get(form, 0)} 个答案" for form in sorted(found.pages)]
    for left in found.left_out:
        en.append(f"left out of {left.dataset}: {left.records} records, {left.because.en}")
        zh.append(f"{left.dataset} 未导入 {left.records} 条：{left.because.zh}")
    if found.changes_nothing:
        return Text("\n".join(["The trial already says all of this. Nothing changes.", *en]), "\n".join(["试验中已有全部内容，未作更改。", *zh]))
    verb_en, verb_zh = ("Imported", "已导入") if found.written else ("Would import", "将导入")
    return Text("\n".join([f"{verb_en} {found.events} events about {found.subjects} subjects.", *en]),
                "\n".join([f"{verb_zh} {found.subjects} 名受试者的 {found.events} 个事件。", *zh]))  # fmt: skip
