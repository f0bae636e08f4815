"""The command that lists what is inside: every package with its license and what is known against it, and the bill of materials."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialwright.cli.shell import AsJson, Failed, now

if TYPE_CHECKING:
    from trialwright.report.advisories import Advisories
    from trialwright.report.components import Component
    from trialwright.report.qualification import Finding

ROOT = Path(__file__).resolve().parents[3]
ARCHIVE = typer.Option(help="All advisories about Python packages, as one zip of JSON files in the OSV format; else the partial list that is shipped")


def components(
    out: Annotated[Path | None, typer.Option(help="Write the bill of materials there (CycloneDX JSON)")] = None,
    advisories: Annotated[Path | None, ARCHIVE] = None,
    as_json: AsJson = False,
) -> None:
    """List what is inside, its licenses and what is known against it. Example: trialwright components --out components.cdx.json"""
    import orjson
    from attrs import asdict

    inside, today = all_inside(), now().date()
    findings = tuple(found_in(inside, today, advisories))
    if out is not None:
        out.write_bytes(the_bill(inside))
    if as_json:
        told = {"components": [{"name": one.name, "version": one.version, "license": one.license} for one in inside], "findings": list(map(asdict, findings))}
        print(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(inside, findings)
    if not all(one.good for one in findings):
        raise typer.Exit(1)


def _show(inside: "Sequence[Component]", findings: "Sequence[Finding]") -> None:
    wide = max(len(one.name) + len(one.version) for one in inside) + 1
    for one in inside:
        print(f"{f'{one.name} {one.version}':{wide}}  {one.license}")
    for found in findings:
        print(f"\n{found.name}: {found.value}." + ("" if found.good else f" {found.mend}"))


def all_inside() -> "tuple[Component, ...]":
    """Every locked package, and the database engine in the version that really runs."""
    from trialwright.report.components import Component
    from trialwright.report.components import components as listed
    from trialwright.store.engine import sqlite

    if not (ROOT / "requirements.lock").is_file():
        raise Failed("the list of locked packages is not here. In the folder in which Trialwright was unpacked: `python3 start.py -- components`.")
    engine = Component(name="sqlite", version=sqlite.sqlite_version, license="blessing", packaged=False)
    return listed((ROOT / "requirements.lock").read_text(encoding="utf-8"), (engine,))


def the_bill(inside: "Sequence[Component]") -> bytes:
    """The bill of materials of this version."""
    import tomllib

    from packaging.requirements import Requirement

    import trialwright
    from trialwright.report.components import bill

    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return bill(inside, trialwright.__version__, {Requirement(line).name for line in asked})


def found_in(inside: "Sequence[Component]", today: date, archive: Path | None = None) -> "Sequence[Finding]":
    """Whether every license is one that may be inside, and whether anything is known against a version that is."""
    from trialwright.report.components import not_allowed
    from trialwright.report.qualification import Finding

    wrong = not_allowed(inside)
    licenses = Finding(name="Licenses", value="; ".join(wrong) or f"{len(inside)}, each on the list of those that may be inside", good=not wrong,
                       mend="Read the license; then put it into report/components.toml, or take the package out.")  # fmt: skip
    return (licenses, *(_known_against(inside, today, one) for one in _lists(inside, archive)))


def _lists(inside: "Sequence[Component]", archive: Path | None) -> "Sequence[Advisories]":
    """The list that is shipped, which alone knows the database engine, or an archive together with it."""
    from trialwright.report.advisories import Advisories, from_archive, shipped

    if archive is None:
        return (shipped(),)
    try:
        whole = from_archive(archive, [one.name for one in inside])
    except ValueError as wrong:
        raise Failed(f"{wrong}. Take the file all.zip of the ecosystem PyPI from the OSV project.") from wrong
    return (Advisories(as_of=whole.as_of, records=whole.records + shipped().records),)


def _known_against(inside: "Sequence[Component]", today: date, known: "Advisories") -> "Finding":
    from trialwright.report.advisories import FRESH, weaknesses
    from trialwright.report.qualification import Finding

    versions = {one.name: one.version for one in inside}
    hits, about = weaknesses(versions, known), known.about(versions)
    told = f"{len(versions)} looked up in {len(known.records)} advisories of {known.as_of}, which tell of {len(about)} of them"
    if hits:
        return Finding(name="Known weaknesses", value=f"{told}: {'; '.join(map(str, hits))}", good=False,
                       mend="Move to a mended version (docs/security/components.md says how soon).")  # fmt: skip
    old = known.old(today)
    return Finding(name="Known weaknesses", value=f"{told}: none is known" + (f", but the list is more than {FRESH} days old" if old else ""), good=not old,
                   mend="Give a current archive: trialwright components --advisories all.zip (docs/security/components.md).")  # fmt: skip
