"""The variables that the standard has for each data set (SDTMIG 3.4, SDTM 2.0): names, labels, types and order are never typed by hand."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from trialwright.sdtm._domain.methods import Method
from trialwright.sdtm._domain.specification import Domain, Type, Variable

SDTMIG, SDTM = "3.4", "2.0"
INTEGERS = ("SEQ", "DY", "TAETORD", "AGE", "TPTNUM", "TDORDER", "TDNUMRPT", "LLTCD", "PTCD", "HLTCD", "HLGTCD", "BDSYCD", "SOCCD")
"""How the names of numbers end that are whole."""


class Listed(NamedTuple):
    """One data set of the guide, or (with a `*`) one class of the model."""

    code: str
    klass: str
    label: str
    structure: str
    variables: tuple[Variable, ...]


def tabulated(
    code: str,
    keys: str,
    *more: str,
    like: str = "",
    label: str = "",
    methods: Mapping[str, Method] | None = None,
    tests: Mapping[str, Method] | None = None,
) -> Domain:
    """The data set `code` with all variables of the guide and, in their place, `more` of the model (as "MHSOC").

    `keys` are parted by blanks. A data set that the guide does not list under this code is built `like` another
    (SUPPAE like SUPPQUAL) and has its own `label`. `methods` say how variables are derived, `tests` how results are that nobody measured.

    >>> tabulated("MH", "STUDYID USUBJID MHTERM", "MHSOC").names[16:19]
    ('MHREASND', 'MHBODSYS', 'MHSOC')
    """
    one = guide()[like or code]
    own = one.variables
    if more:
        rank = {name: place for place, name in enumerate(_order(one.klass, code))}
        own = tuple(sorted((*own, *(_of_model(code, name, one.klass) for name in more)), key=lambda variable: rank[variable.name]))
    return Domain(code=code, label=label or one.label, klass=one.klass, structure=one.structure, keys=tuple(keys.split()), variables=own,
                  methods=methods or {}, tests=tests or {})  # fmt: skip


@cache
def guide() -> dict[str, Listed]:
    """Everything that the table of the guide says, by code."""
    text = (files("trialwright.sdtm") / "_domain" / "sdtmig_3_4.txt").read_text(encoding="utf-8")
    return {one.code: one for one in (_listed(block) for block in text.split("\n=")[1:])}


def _listed(block: str) -> Listed:
    head, *lines = block.strip().splitlines()
    code, klass, label, structure = head.split("|")
    return Listed(code, klass, label, structure, tuple(_variable(line) for line in lines))


def _variable(line: str) -> Variable:
    name, label, kind, core, role, lists = line.split("|")
    return Variable(name=name, label=label[:40], type=_type(name, kind), core=core, role=role, codelists=tuple(lists.split()))


def _type(name: str, kind: str) -> Type:
    if kind == "Num":
        return "integer" if name.endswith(INTEGERS) else "float"
    return "datetime" if name.endswith("DTC") else "text"


def _order(klass: str, code: str) -> Iterator[str]:
    """The order of the model: identifiers, what the class is about, times."""
    general = [(one.name, one.role == "Identifier") for one in guide()["*General Observations"].variables]
    own = [one.name for one in guide()["*" + ("Findings" if klass == "Findings About" else klass)].variables]
    if klass == "Findings About":
        own.insert(own.index("--TEST") + 1, "--OBJ")
    for name in (*(one for one, first in general if first), *own, *(one for one, first in general if not first)):
        yield name.replace("--", code)


def _of_model(code: str, name: str, klass: str) -> Variable:
    wanted = "--" + name.removeprefix(code)
    for where in (klass, "General Observations"):
        for one in guide()[f"*{where}"].variables:
            if one.name == wanted:
                return Variable(name=name, label=one.label, type=_type(name, "Num" if one.type in ("float", "integer") else "Char"), role=one.role)
    raise LookupError(f"SDTM {SDTM} has no variable {wanted} for {klass}")
