"""Known weaknesses of what is inside, looked up in a list of advisories that needs no network (the OSV format)."""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from attrs import frozen
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

SHIPPED = Path(__file__).with_suffix(".json")
FRESH = 30
"""After so many days a list is too old to say that nothing is known."""


@frozen(kw_only=True)
class Advisories:
    """A list of advisories as records of OSV, and the day up to which it was collected."""

    as_of: date
    records: tuple[Mapping[str, Any], ...]

    def old(self, today: date) -> bool:
        """Whether more may have become known since than it holds."""
        return (today - self.as_of).days > FRESH

    def about(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these packages the list says anything about."""
        return frozenset(names) & {_named(one) for record in self.records for one in record.get("affected", ())}


@frozen(kw_only=True)
class Weakness:
    """A package in a version that an advisory names."""

    package: str
    version: str
    advisory: str
    severity: str
    says: str
    fixed: str

    def __str__(self) -> str:
        mend = f"mended in {self.fixed}" if self.fixed else "no mended version is named"
        return f"{self.package} {self.version}: {self.advisory} ({self.severity}), {self.says.rstrip('.')}; {mend}"


def shipped() -> Advisories:
    """The list that comes with the product: partial, and it says so."""
    told = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return Advisories(as_of=date.fromisoformat(told["as_of"]), records=tuple(told["advisories"]))


def from_archive(file: Path, names: Iterable[str]) -> Advisories:
    """What the archive of an ecosystem (one JSON file for each advisory) says about some packages; its day is that of its newest record.

    Raises ValueError when the file is no such archive.
    """
    wanted, records, newest = frozenset(names), [], ""
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    record = json.loads(archive.read(name))
                    newest = max(newest, str(record["modified"]))
                    if any(_named(one) in wanted for one in record.get("affected", ())):
                        records.append(record)
        return Advisories(as_of=date.fromisoformat(newest[:10]), records=tuple(records))
    except (zipfile.BadZipFile, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise ValueError(f"{file} is not an archive of advisories in the OSV format ({wrong})") from wrong


def weaknesses(versions: Mapping[str, str], known: Advisories) -> tuple[Weakness, ...]:
    """The packages (name to version) that an advisory names in this version, each with each advisory once; withdrawn advisories count no more.

    Every package is looked up. A version or a range that cannot be compared counts as named: better a false alarm than a false calm.
    """
    return tuple(sorted(set(_hits(versions, known)), key=lambda one: (one.package, one.advisory)))


def _hits(versions: Mapping[str, str], known: Advisories) -> Iterator[Weakness]:
    for record in known.records:
        for one in record.get("affected", ()) if not record.get("withdrawn") else ():
            name = _named(one)
            if name in versions and named(versions[name], one):
                yield Weakness(package=name, version=versions[name], advisory=record["id"], severity=_severity(record),
                               says=record.get("summary") or " ".join(record.get("details", "no words").split())[:160], fixed=_fixed(one))  # fmt: skip


def named(version: str, affected: Mapping[str, Any]) -> bool:
    """Whether an advisory's `affected` names this version: in its list of versions, or between the two ends of one of its ranges.

    >>> affected = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "5.2"}, {"fixed": "5.2.8"}]}]}
    >>> named("5.2.7", affected), named("5.2.8", affected), named("4.2.1", affected)
    (True, False, False)
    """
    ranges = [one["events"] for one in affected.get("ranges", ()) if one.get("type") in ("ECOSYSTEM", "SEMVER")]
    return version in affected.get("versions", ()) or any(_within(version, events) for events in ranges) or not (ranges or affected.get("versions"))


def _within(version: str, events: Iterable[Mapping[str, str]]) -> bool:
    """Whether a version lies in a range: after its last `introduced`, before `fixed`, up to `last_affected`."""
    try:
        here, inside = Version(version), False
        for event in sorted(events, key=lambda one: Version(*one.values())):
            ((kind, end),) = event.items()
            if kind == "introduced" and here >= Version(end):
                inside = True
            elif (kind == "fixed" and here >= Version(end)) or (kind == "last_affected" and here > Version(end)):
                inside = False
        return inside
    except (InvalidVersion, TypeError):
        return True


def _named(affected: Mapping[str, Any]) -> str:
    return canonicalize_name(str(affected.get("package", {}).get("name", "")))


def _severity(record: Mapping[str, Any]) -> str:
    return str(record.get("database_specific", {}).get("severity", "not rated")).lower()


def _fixed(affected: Mapping[str, Any]) -> str:
    """The versions in which it is mended, as the advisory gives them."""
    return ", ".join(event["fixed"] for one in affected.get("ranges", ()) if one.get("type") != "GIT" for event in one["events"] if "fixed" in event)
