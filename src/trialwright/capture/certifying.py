"""Runs the whole proof for one study on this installation and issues the certificate of its blind."""

import hashlib
import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files as resources
from io import StringIO
from itertools import count
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any
from unittest.mock import patch

from attrs import define

from trialwright.blinding.certificate import (
    LIMITS,
    Asked,
    Bound,
    Caught,
    Certificate,
    Obligation,
    exemptions,
    observers,
)
from trialwright.capture.handed import files
from trialwright.capture.policy import ROUTES
from trialwright.capture.prober import at, still
from trialwright.capture.probes import METHODS, Unprobed, probes
from trialwright.capture.proof import Tale, prove
from trialwright.protocol import BLINDED, ROLE_NAMES, Audience, Study, Text, incoherences
from trialwright.rehearsal.canaries import heard, infested
from trialwright.rehearsal.touchstone import tiny_study
from trialwright.rehearsal.worlds import Betrayed, World

MOST = 200
"""In so many pairs of worlds a planted leak must have shown."""
FILED = 20
"""In one of so many pairs the files of the analysts are made and compared too."""

Told = Callable[[int, int], None]


def digest_of(folder: Path, kinds: Sequence[str] = ()) -> str:
    """SHA-256 over the files of a folder and their names, compiled ones left out; of those `kinds` of files alone, if any are named."""
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and (not kinds or file.suffix in kinds):
            whole.update(f"{file.relative_to(folder).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def bound(study: Study, folder: Path) -> Bound:
    """To what a certificate of this study belongs, here and now."""
    table = [f"{route.name} {route.pattern} {route.get.code} {route.post.code} {route.open}" for route in ROUTES]
    roles = "\n".join([*table, *(role.name or "" for role in Audience), study.roles.code, study.blinded.code])
    return Bound(study=study.digest, files=digest_of(folder, (".py",)), program=digest_of(Path(str(resources("trialwright")))),
                 roles=hashlib.sha256(roles.encode()).hexdigest())  # fmt: skip


@define(kw_only=True)
class Proof:
    """What has been found so far."""

    study: Study
    pairs: int
    seed: str
    report: Any
    tell: Told
    done: int = 0

    @property
    def all(self) -> int:
        from trialwright.capture.planted import PLANTED

        return len(observers(self.study)) * (self.pairs + 1) + len(PLANTED)

    def step(self) -> None:
        self.done += 1
        self.tell(self.done, self.all)


def certify(study: Study, folder: Path, report: Any, issued: datetime, *, pairs: int, seed: str, tell: Told) -> Certificate:
    """The certificate of `study`, whose files lie in `folder` and whose report, if any, is `report`: `pairs` pairs of worlds for each observer.

    Everything that is drawn follows from `seed`. Takes this process for itself: the application is opened in it, over virtual trials.
    """
    began = monotonic()
    with still(study.blinded | BLINDED), _overheard() as log, _cut_off() as calls:
        proof = Proof(study=study, pairs=pairs, seed=seed, report=report, tell=tell)
        tales: dict[Audience, Tale] = {}
        obligations = [_labels(study)]
        for observer in observers(study):
            tales[observer], found = _observed(proof, observer)
            obligations += found
        obligations += [_covered(tales), _canaries(proof, log), _silent(tales, calls)]
        caught = tuple(_caught(proof))
    missed = [f"{one.name} ({one.observer})" for one in caught if not one.pairs]
    obligations.append(Obligation(
        code="planted", what=Text("every planted leak is found", "植入的每种泄漏均被发现"), held=not missed,
        told=Text(f"{len(caught) - len(missed)} of {len(caught)} found" + (f"; not found: {', '.join(missed)}" if missed else ""),
                  f"{len(caught)} 种中发现 {len(caught) - len(missed)} 种" + (f"；未发现：{'、'.join(missed)}" if missed else "")),
    ))  # fmt: skip
    modes = sum((tale.pairs for tale in tales.values()), Counter[str]())
    return Certificate(
        code=study.code, version=study.version, reading=study.reading, bound=bound(study, folder), issued=issued.isoformat(timespec="seconds"), seed=seed,
        pairs=pairs, worlds=dict(sorted(modes.items())), seconds=round(monotonic() - began), observers=tuple(role.code for role in tales),
        obligations=tuple(obligations), routes=tuple(_routes(tales)), exempt=exemptions(study), caught=caught, limits=LIMITS,
    ).sealed()  # fmt: skip


def _labels(study: Study) -> Obligation:
    reasons = incoherences(study)
    what = Text("nothing that is shown rests on more than its reader may know", "所示内容均不依据读者无权知晓的信息")
    return Obligation(code="labels", what=what, held=not reasons,
                      told=reasons[0] if reasons else Text("held against every expression of the study", "已核对研究中的全部表达式"))  # fmt: skip


def _observed(proof: Proof, observer: Audience) -> tuple[Tale, list[Obligation]]:
    """The worlds of one observer, and what they show of him: no difference on his pages, and none in his files."""
    tale, problem, name, turn = Tale(), "", ROLE_NAMES[observer], count()

    def some(world: World) -> Any:  # both worlds of every FILED-th pair
        return files(world, proof.report) if next(turn) // 2 % FILED == 0 else None

    seeds = (f"{proof.seed}/{observer.code}/{place}" for place in range(proof.pairs))
    try:
        for so_far in prove(proof.study, observer, seeds, files=None if observer is Audience.EVALUATOR else some):
            tale = so_far
            proof.step()
        if not tale.differences:
            for whole in prove(proof.study, observer, [f"{proof.seed}/{observer.code}/whole"], share=1.0):
                tale.add(whole)
    except (Betrayed, Unprobed) as betrayed:
        problem = str(betrayed)
    proof.step()
    problem = problem or next((str(one) for one in tale.differences), "")
    asked, broken = tale.requests.total(), sum(number for (_, _, status), number in tale.requests.items() if status == 500)
    looks = Text(f"{tale.looks} views and {asked} answers compared, {tale.bytes / 1e6:.0f} MB, {tale.statements} statements",
                 f"比较视图 {tale.looks} 次、应答 {asked} 次，共 {tale.bytes / 1e6:.0f} MB，数据库语句 {tale.statements} 条")  # fmt: skip
    same = Text(f"what the {name.en} may not know changes no byte that he sees", f"{name.zh}无权知晓的内容不改变其所见的任何字节")
    sound = Text(f"no request of the {name.en} breaks the program", f"{name.zh}的任何请求不致程序出错")
    return tale, [
        Obligation(code=f"worlds {observer.code}", what=same, held=not problem, told=Text(problem, problem) if problem else looks),
        Obligation(code=f"whole {observer.code}", what=sound, held=not broken,
                   told=Text(f"{broken} of {asked} answers were 500", f"{asked} 次应答中 {broken} 次为 500")),
    ]  # fmt: skip


def _covered(tales: dict[Audience, Tale]) -> Obligation:
    """Every route was asked by every method, by every observer."""
    missed = [f"{role.code} {route.name} {method}" for role, tale in tales.items() for route in ROUTES for method in METHODS
              if not any(asked[:2] == (route.name, method) for asked in tale.requests)]  # fmt: skip
    return Obligation(code="routes", what=Text("every route is asked by every method", "每个路由的每种方法均被请求"), held=not missed,
                      told=Text(", ".join(missed[:5]) if missed else f"{len(ROUTES)} routes by {len(METHODS)} methods",
                                "、".join(missed[:5]) if missed else f"{len(ROUTES)} 个路由，{len(METHODS)} 种方法"))  # fmt: skip


def _canaries(proof: Proof, log: StringIO) -> Obligation:
    """Words planted in every hidden field reach neither pages nor files nor the observer's compartment nor the log."""
    planted, sung = 0, dict[str, str]()
    for observer in observers(proof.study):
        world, words = infested(proof.study, observer, f"{proof.seed}/{observer.code}")
        planted += len(words)
        with at(world) as browser:
            answers = [browser.ask(probe) for probe in probes(proof.study, observer, [world], Random(proof.seed), 0.1)]
        told = [*(one.body + repr((one.headers, one.mails)).encode() for one in answers), *(b"".join(line.content) for line in world.compartment())]
        if observer is not Audience.EVALUATOR:
            told += files(world, proof.report).values()
        sung |= heard(b"\n".join([*told, log.getvalue().encode()]), words)
    places = ", ".join(sorted(set(sung.values())))
    return Obligation(code="canaries", what=Text("words planted in hidden fields appear nowhere else", "植入隐藏字段的词不出现于别处"), held=not sung,
                      told=Text(f"found: {places}" if sung else f"{planted} words planted; pages, files, compartments and log searched in nine encodings",
                                f"发现：{places}" if sung else f"植入 {planted} 个词；以九种编码检索页面、文件、分区与日志"))  # fmt: skip


def _silent(tales: dict[Audience, Tale], calls: list[str]) -> Obligation:
    mails = sum(tale.mails for tale in tales.values())
    what = Text("no mail is sent and nothing else is called", "不发送邮件，亦不连接他处")
    told = Text(f"{mails} mails, {len(calls)} connections {' '.join(calls[:3])}".strip(), f"邮件 {mails} 封，连接 {len(calls)} 次")
    return Obligation(code="silence", what=what, held=not mails and not calls, told=told)


def _caught(proof: Proof) -> Iterator[Caught]:
    """Plants every known leak in turn and counts the pairs of worlds until it shows to the first observer who would learn from it.

    On a tiny study that has something of everything: in another one a leak may have nothing to tell.
    """
    from trialwright.capture.planted import PLANTED

    for leak in PLANTED:
        observer = next(iter(leak.roles))
        with leak.plant():
            yield Caught(name=leak.name, what=leak.what, observer=observer.code, pairs=_pairs_until(proof, leak, observer))
        proof.step()


def _pairs_until(proof: Proof, leak: Any, observer: Audience) -> int:
    made = files if leak.in_files else None
    number = 0
    try:
        for number, tale in enumerate(prove(tiny_study(), observer, (f"{proof.seed}/{leak.name}/{place}" for place in range(MOST)), files=made), 1):
            if tale.differences:
                return number
    except Betrayed:
        return number + 1
    return 0


def _routes(tales: dict[Audience, Tale]) -> Iterator[Asked]:
    for role, tale in tales.items():
        for route in sorted({name for name, _, _ in tale.requests}):
            answers = Counter[int]()
            for (name, _, status), number in tale.requests.items():
                if name == route:
                    answers[status] += number
            yield Asked(observer=role.code, route=route, requests=answers.total(), answers=", ".join(f"{code}: {n}" for code, n in sorted(answers.items())))


@contextmanager
def _overheard() -> Iterator[StringIO]:
    """Everything that is logged by anybody in this process."""
    told, root = StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = [logging.StreamHandler(told)]
    root.setLevel(logging.DEBUG)
    try:
        yield told
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@contextmanager
def _cut_off() -> Iterator[list[str]]:
    """No connection leaves this process; whoever tries is written down."""
    calls: list[str] = []

    def connect(self: socket.socket, address: Any) -> None:
        calls.append(str(address))
        raise OSError(f"the proof connects to nobody, and not to {address}")

    with patch("socket.socket.connect", connect):
        yield calls
