"""Writes the tables of names that the tabulation is built from: `python -m tests.standards_tables SCHEMAS`.

SCHEMAS is a folder with `ig/sdtmig-3-4.json`, `ct/sdtmct-2025-03-28.slim.json.xz` and `core-cache.tar.xz` (for the model
SDTM 2.0). Only names, labels, types, roles and codes are taken: they are facts; the sentences of the guides are not.
"""

import json
import lzma
import pickle
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOM = Path(__file__).resolve().parents[1] / "src" / "trialwright" / "sdtm" / "_domain"
GUIDE = ROOM / "sdtmig_3_4.txt"
TERMS = ROOM / "sdtm_ct_2025_03_28.txt.xz"
CLASSES = ("General Observations", "Interventions", "Events", "Findings", "Findings About")


def guide(schemas: Path) -> str:
    """The data sets of SDTMIG 3.4 and, as `*` and a class, the variables of SDTM 2.0 that any data set of the class may have."""
    lines = ["# SDTMIG 3.4 and SDTM 2.0 (CDISC, 2021): data set | class | label | structure; then name | label | type | core | role | code lists"]
    for code, one in json.loads((schemas / "ig" / "sdtmig-3-4.json").read_text(encoding="utf-8")).items():
        lines.append(f"={code}|{one['class']}|{one['label']}|{one['structure']}")
        lines += [_variable(v["name"], v["label"], v["type"], v["core"], v["role"], v["codelists"]) for v in one["vars"]]
    for one in _model(schemas)["classes"]:
        if one["name"] in CLASSES:
            lines.append(f"=*{one['name']}|||")
            lines += [_variable(v["name"], v["label"], v["simpleDatatype"], "", v["role"], ()) for v in one["classVariables"]]
    return "\n".join([*lines, ""])


def _variable(name: str, label: str, kind: str, core: str, role: str, lists: Iterable[str]) -> str:
    return f"{name}|{label}|{kind}|{core}|{role}|{' '.join(lists)}"


def _model(schemas: Path) -> Any:
    with tarfile.open(schemas / "core-cache.tar.xz") as packed:
        member = next(one for one in packed if one.name.endswith("standards_models.pkl"))
        return pickle.load(packed.extractfile(member))["models/sdtm/2-0"]  # type: ignore[arg-type]


def terms(schemas: Path) -> bytes:
    """Every code list of CDISC CT 2025-03-28 (NCI EVS): code | submission value | name | x if it may be extended; then code | term."""
    with lzma.open(schemas / "ct" / "sdtmct-2025-03-28.slim.json.xz") as packed:
        text = "\n".join(_terms(json.load(packed)))
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def _terms(lists: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in sorted(lists, key=lambda one: str(one["c"])):
        yield f"={one['c']}|{one['s']}|{one['n']}|{'x' if one['x'] else ''}"
        yield from (f"{code}|{term}" for code, term, *_ in one["t"])


if __name__ == "__main__":
    GUIDE.write_text(guide(Path(sys.argv[1])), encoding="utf-8")
    TERMS.write_bytes(terms(Path(sys.argv[1])))
