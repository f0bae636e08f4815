"""Everybody who can say whether a package is right: the house's own rules, other readers, published schemas, CDISC CORE. Who is absent is named."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from trialwright.exchange.conformance import examined
from trialwright.exchange.conformance.cdisc_core import NoCore, Ruling, core_archive, core_python, examine, examine_usdm
from trialwright.exchange.conformance.define import DOCUMENT
from trialwright.exchange.conformance.json_reading import read_json
from trialwright.exchange.conformance.package import FORMS, Package, differences, folders, read_package
from trialwright.exchange.conformance.schema_examiners import SCHEMAS, Schema, faults_in
from trialwright.exchange.conformance.xpt_reading import Unreadable
from trialwright.exchange.usdm.words import CT as USDM_CT
from trialwright.protocol import Text
from trialwright.sdtm import CT

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
STATES = {PASSED: Text("passed", "通过"), FAILED: Text("FAILED", "未通过"), NOT_RUN: Text("not run", "未运行")}
Tell = Callable[[int, int], None]


@frozen(kw_only=True)
class Verdict:
    """What one examiner said of one part of the package: `told` is what he looked at, or why he did not.

    A finding has rule, dataset, record, variable, value, wrong and mend, and where it is known the last two also in Chinese (wrong_zh, mend_zh).
    """

    examiner: str
    part: str
    state: str
    told: str
    findings: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"examiner": self.examiner, "part": self.part, "state": self.state, "told": self.told, "findings": [dict(one) for one in self.findings]}


def said(finding: Mapping[str, Any], what: str, language: str) -> str:
    """What is wrong, or the mend, in this language where the examiner speaks it."""
    return str(finding.get(f"{what}_zh") or finding[what]) if language.startswith("zh") else str(finding[what])


@frozen(kw_only=True)
class Tools:
    """What an examination may use: a folder of published schemas, and CDISC CORE (in its own Python, made in `home` when there is none)."""

    schemas: Path | None = None
    core: bool = False
    home: Path = field(factory=lambda: Path.home() / ".cache" / "trialwright" / "core")


def at_writing(place: Path) -> tuple[Verdict, ...]:
    """What the house itself finds in the transport files that it has just written; the guides, which will tell it, are not missed."""
    return _own(place, "xpt", guided=False)


def everybody(tools: Tools) -> Callable[[Path], tuple[Verdict, ...]]:
    """Has everybody look at a package that was just written, before its guides are."""

    def look(place: Path) -> tuple[Verdict, ...]:
        own = tuple(one for form in FORMS for one in _own(place, form, guided=False))
        return own + tuple(one for ask in examiners(place, tools)[len(FORMS) :] for one in ask())

    return look


def examiners(place: Path, tools: Tools) -> Sequence[Callable[[], Sequence[Verdict]]]:
    """Everybody in the order of the table, each ready to be asked. Raises `NoPackage` when there is nothing to look at."""
    folders(place)
    return (
        *((lambda form=form: _own(place, form)) for form in FORMS),
        lambda: _both_forms(place),
        lambda: (_second_reader(place),),
        *((lambda one=one: (_schema(place, one, tools),)) for one in SCHEMAS),
        *((lambda part=part: (_core(place, part, tools),)) for part in (*(f"sdtm {form}" for form in FORMS), "usdm")),
    )


def examination(place: Path, tools: Tools, tell: Tell = lambda done, total: None) -> tuple[Verdict, ...]:
    """The verdicts of everybody; `tell` hears how many have been asked, of how many."""
    asked = examiners(place, tools)
    told: list[Verdict] = []
    for done, ask in enumerate(asked):
        tell(done, len(asked))
        told += ask()
    return tuple(told)


def _verdict(examiner: str, part: str, told: str, findings: Sequence[Mapping[str, Any]]) -> Verdict:
    return Verdict(examiner=examiner, part=part, state=FAILED if findings else PASSED, told=told, findings=tuple(findings))


def _own(place: Path, form: str, *, guided: bool = True) -> tuple[Verdict, ...]:
    package = read_package(place, form)
    if not any(package.all) and not package.unread:
        return (Verdict(examiner="Trialwright", part=form, state=NOT_RUN, told=f"the package has no .{form} files"),)
    found = [one.told() for one in examined(package) if guided or one.rule is not DOCUMENT]
    return (_verdict("Trialwright", form, _counted(package), found),)


def _counted(package: Package) -> str:
    sets = list(package.all)
    return f"{len(sets)} data sets, {sum(one.frame.height for one in sets):,} records"


def _both_forms(place: Path) -> tuple[Verdict, ...]:
    found = tuple(differences(place))
    return (_verdict("Trialwright", "xpt = json", "every cell and label", [one.told() for one in found]),)


def _second_reader(place: Path) -> Verdict:
    """pyreadstat reads every transport file as Dataset-JSON has it."""
    name, part = "pyreadstat", "xpt = json"
    if importlib.util.find_spec("pyreadstat") is None:
        return Verdict(examiner=name, part=part, state=NOT_RUN, told="it is not installed (pip install pyreadstat)")
    pairs = [(path, path.with_suffix(".json")) for folder in folders(place).values() for path in sorted(folder.glob("*.xpt"))]
    found = [fault for xpt, json in pairs if json.is_file() for fault in _read_otherwise(xpt, json)]
    return _verdict(name, part, f"{len(pairs)} transport files", found)


def _read_otherwise(xpt: Path, json: Path) -> Iterator[Mapping[str, Any]]:
    import pyreadstat

    try:
        right = read_json(json)
        rows, about = pyreadstat.read_xport(xpt, disable_datetime_conversion=True, output_format="dict")
    except (Unreadable, pyreadstat.ReadstatError) as problem:
        yield _fault(xpt.name, "", str(problem))
        return
    if list(about.column_labels) != [one.label for one in right.fields]:
        yield _fault(xpt.name, "", "labels differ")
    for one in right.fields:
        values = right.frame[one.name].to_physical() + 3653 if one.day else right.frame[one.name]
        for number, (left, wanted) in enumerate(zip(rows[one.name], values.to_list(), strict=True), start=1):
            same = left == wanted or (wanted is None and (left is None or left == "" or left != left))
            if not same:
                yield _fault(xpt.name, one.name, f"“{left}”, in Dataset-JSON “{wanted}”", number)


def _fault(dataset: str, variable: str, wrong: str, record: int | None = None) -> Mapping[str, Any]:
    return {"rule": "", "dataset": dataset, "record": record, "variable": variable, "value": "", "wrong": wrong, "mend": "write the package again"}


def _schema(place: Path, schema: Schema, tools: Tools) -> Verdict:
    files = schema.files(place)
    why = _why_not(schema, files, tools)
    if why:
        return Verdict(examiner=schema.name, part=schema.part, state=NOT_RUN, told=why)
    assert tools.schemas is not None
    looked, found = faults_in(schema, tools.schemas / schema.path, files)
    return _verdict(schema.name, schema.part, looked, found)


def _why_not(schema: Schema, files: Sequence[Path], tools: Tools) -> str:
    if not files:
        return "the package has no such files"
    if tools.schemas is None:
        return "no schemas: name their folder with --schemas"
    if not (tools.schemas / schema.path).is_file():
        return f"the folder of schemas has no {schema.path}"
    if schema.path.endswith(".json") and importlib.util.find_spec("jsonschema") is None:
        return "jsonschema is not installed (pip install trialwright[conform])"
    return ""


def _core(place: Path, part: str, tools: Tools) -> Verdict:
    name = "CDISC CORE"
    folder = place / "usdm" if part == "usdm" else folders(place).get("sdtm")
    if not tools.core or folder is None or not folder.is_dir():
        there = folder is not None and folder.is_dir()
        told = "asked with --core only: it takes minutes and Python 3.12" if there else f"the package has no {part.split()[0]}/"
        return Verdict(examiner=name, part=part, state=NOT_RUN, told=told)
    try:
        kept = tools.schemas / "core-cache.tar.xz" if tools.schemas else None
        archive = kept if kept is not None and kept.is_file() else core_archive()
        python = core_python(tools.home)
        rulings = examine_usdm(python, archive, folder, ct=USDM_CT) if part == "usdm" else examine(python, archive, folder, part.split()[1], ct=CT)
    except NoCore as reason:
        return Verdict(examiner=name, part=part, state=NOT_RUN, told=str(reason))
    counts = ", ".join(f"{sum(one.status == status for one in rulings)} {status}" for status in ("pass", "skipped", "issue", "error"))
    return _verdict(name, part, counts, [one for ruling in rulings for one in _ruled(ruling)])


def _ruled(ruling: Ruling) -> Iterator[Mapping[str, Any]]:
    if ruling.status in ("issue", "error"):
        for found in ruling.found or ({},):
            yield {"rule": ruling.rule, "dataset": found.get("dataset", ""), "record": None, "variable": ", ".join(found.get("variables") or ()),
                   "value": str(found.get("first", "")), "mend": "",
                   "wrong": f"{found.get('message', ruling.status)} ({found.get('count', 1)} times)"}  # fmt: skip
