"""What is inside the product: every locked package with its license, as a bill of materials that any scanner reads (CycloneDX).

The bill follows from the lock and the reviewed list of licenses alone, so that it is the same bytes on every machine; who needs whom is read from the
installed packages. It names no time, no host and no place.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REVIEWED = Path(__file__).with_suffix(".toml")
_WORD = re.compile(r"[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.-]+)?")


@frozen(kw_only=True)
class Component:
    """One thing that is inside: its name and version, its SPDX license, the digests that the lock admits, and which others it needs."""

    name: str
    version: str
    license: str
    digests: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    packaged: bool = True

    @property
    def purl(self) -> str:
        """Its name for scanners."""
        return f"pkg:{'pypi' if self.packaged else 'generic'}/{self.name}@{self.version}"


@frozen(kw_only=True)
class Reviewed:
    """What a person read about licenses: which may be inside, the license of each package, and what else lies in the repository."""

    allowed: frozenset[str]
    packages: Mapping[str, str]
    parts: tuple[Component, ...]


def reviewed() -> Reviewed:
    """The reviewed list of licenses that is shipped."""
    told = tomllib.loads(REVIEWED.read_text(encoding="utf-8"))
    return Reviewed(allowed=frozenset(told["allowed"]), packages=told["packages"], parts=tuple(Component(packaged=False, **part) for part in told["parts"]))


@frozen(kw_only=True)
class Pin:
    """One package of a lock file: its version, the digests of its files, and whether it belongs on this machine."""

    version: str
    digests: tuple[str, ...]
    here: bool


def pinned(lock: str) -> dict[str, Pin]:
    """Every package of a lock file, whatever the machine it is for.

    >>> pins = pinned("b==2 ; python_version < '3' --hash=sha256:bb\\nA_x==1.0 --hash=sha256:aa --hash=sha256:ab")
    >>> pins["b"].here, pins["a-x"]
    (False, Pin(version='1.0', digests=('aa', 'ab'), here=True))
    """
    found: dict[str, Pin] = {}
    for line in lock.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            wanted, *digests = re.split(r"\s+--hash=sha256:", line.strip())
            one = Requirement(wanted)
            found[canonicalize_name(one.name)] = Pin(version=str(one.specifier).removeprefix("=="), digests=tuple(digests),
                                                     here=one.marker is None or one.marker.evaluate())  # fmt: skip
    return found


def needed_by(name: str, asked: Iterable[str] = ()) -> set[str]:
    """Which packages an installed one needs on some machine, by itself and for the extras `asked` of it; none if it is not installed here."""
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return set()
    needs: set[str] = set()
    for line in map(Requirement, lines):
        extra = re.search(r"extra == ['\"]([^'\"]+)", str(line.marker))
        if extra is None or extra[1] in asked:
            needs |= {canonicalize_name(line.name)} | needed_by(line.name, line.extras) if line.extras else {canonicalize_name(line.name)}
    return needs


def components(lock: str, parts: Sequence[Component] = ()) -> tuple[Component, ...]:
    """Everything that is inside, by name; a package whose license nobody has read has none."""
    known, pins = reviewed(), pinned(lock)
    packages = (Component(name=name, version=pin.version, license=known.packages.get(name, ""), digests=pin.digests,
                          needs=tuple(sorted(needed_by(name) & pins.keys()))) for name, pin in pins.items())  # fmt: skip
    return tuple(sorted((*packages, *known.parts, *parts), key=lambda one: (one.packaged, one.name)))


def licenses(expression: str) -> tuple[str, ...]:
    """The licenses that an SPDX expression names.

    >>> licenses("MPL-2.0 AND (Apache-2.0 OR MIT) AND GPL-3.0-or-later WITH GCC-exception-3.1")
    ('MPL-2.0', 'Apache-2.0', 'MIT', 'GPL-3.0-or-later WITH GCC-exception-3.1')
    """
    return tuple(word for word in _WORD.findall(expression) if word not in ("AND", "OR"))


def not_allowed(inside: Iterable[Component]) -> tuple[str, ...]:
    """What is inside under a license that is not on the list, or under none that anybody has read."""
    allowed = reviewed().allowed
    return tuple(f"{one.name} {one.version}: {one.license or 'no license was read'}" for one in inside
                 if not one.license or not set(licenses(one.license)) <= allowed)  # fmt: skip


def bill(inside: Sequence[Component], version: str, needs: Iterable[str]) -> bytes:
    """The bill of materials as CycloneDX 1.6 in JSON; `needs` are the packages that the product itself asks for.

    A component is followed by the SHA-256 of every file that the lock admits for it, one for each kind of machine.
    """
    product = {"type": "application", "bom-ref": f"pkg:generic/trialwright@{version}", "name": "trialwright", "version": version,
               "licenses": [{"license": {"id": "Apache-2.0"}}]}  # fmt: skip
    refs = {one.name: one.purl for one in inside}
    asked = sorted({refs[name] for name in needs if name in refs} | {one.purl for one in inside if not one.packaged})
    told = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": product},
        "components": [_told(one) for one in inside],
        "dependencies": [{"ref": product["bom-ref"], "dependsOn": asked},
                         *({"ref": one.purl, "dependsOn": [refs[name] for name in one.needs]} for one in inside)],
    }  # fmt: skip
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _told(one: Component) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl}
    if one.license:
        told["licenses"] = [{"expression": one.license}]
    if one.digests:
        told["hashes"] = [{"alg": "SHA-256", "content": digest} for digest in one.digests]
    return told
