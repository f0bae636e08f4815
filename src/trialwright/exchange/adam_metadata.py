"""The analysis data sets with everything that is said about them: copied from where, derived how, and what each parameter rests on."""

from collections.abc import Iterator, Mapping

import polars as pl
from attrs import evolve

from trialwright import adam, sdtm
from trialwright.exchange.code_lists import codes, meanings, with_dictionaries
from trialwright.exchange.metadata import Codes, Column, Origin, Table, Term, Value, Where, table
from trialwright.exchange.value_level import value
from trialwright.sdtm import Domain, Variable

ADAMIG, OCCDS, CT = "1.3", "1.1", "2026-03-27"
YES_NO = "C66742"
LISTS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "DTYPE": ("C81224", "Derivation Type", {"LOCF": "C81198", "AVERAGE": "C81209"}),
    "DTF": ("C81223", "Date Imputation Flag", {"D": "C81212", "M": "C81211", "Y": "C81210"}),
    "EOSSTT": ("C124296", "Subject Trial Status", {"COMPLETED": "C25250", "DISCONTINUED": "C25484", "ONGOING": "C53279"}),
    "EOTSTT": ("C124296", "Subject Trial Status", {"COMPLETED": "C25250", "DISCONTINUED": "C25484", "ONGOING": "C53279"}),
}
"""Code lists of the analysis (CDISC ADaM CT 2026-03-27, NCI EVS) by the variable or the end of its name: concept, name, concepts of the terms in use."""
NUMBERED = {"TRTPN": "TRTP", "TRTAN": "TRTA", "TRT01PN": "TRT01P", "TRT01AN": "TRT01A"}
VALUES = ("AVAL", "AVALC")

Frames = Mapping[str, pl.DataFrame]


def adam_tables(frames: Frames, tabulated: Frames, dictionaries: Mapping[str, Codes] = {}) -> tuple[Table, ...]:
    """The analysis data sets that go out, ADSL first; `tabulated` is the tabulation that they come from, `dictionaries` as in `sdtm_tables`."""
    ordered = sorted(frames, key=lambda code: (code != "ADSL", code))
    return tuple(_table(code, frames[code], tabulated, dictionaries) for code in ordered if frames[code].height)


def _table(code: str, frame: pl.DataFrame, tabulated: Frames, dictionaries: Mapping[str, Codes]) -> Table:
    domain = adam.SPECS[code]
    plain = table(domain, frame)
    columns = with_dictionaries((_column(domain, one, plain.frame) for one in plain.columns), frame, dictionaries)
    values = tuple(_values(evolve(plain, columns=columns), tabulated))
    described = {one.of for one in values}
    return evolve(plain, columns=tuple(evolve(one, origin=None, method=None) if one.name in described else one for one in columns), values=values)


def _column(domain: Domain, column: Column, frame: pl.DataFrame) -> Column:
    variable = domain.variable(column.name)
    method, source = domain.methods.get(column.name), predecessor(domain, variable)
    origin = Origin(kind="Predecessor", from_=source) if source else Origin(kind="Derived" if method else "Assigned", source="Sponsor")
    filled = column.mandatory and not frame[column.name].null_count()  # a required variable of ADaM must be there; it may be empty
    return evolve(column, origin=origin, method=None if source else method, codes=_codes(domain, column, frame, source), mandatory=filled)


def predecessor(domain: Domain, variable: Variable) -> str:
    """From where a variable is copied ("DM.SEX"); "" for one that is not."""
    if variable.name in domain.sources:
        return domain.sources[variable.name]
    if variable.origin != "Predecessor":
        return ""
    if domain.code != "ADSL" and variable.name in adam.SPECS["ADSL"].names:
        return f"ADSL.{variable.name}"
    found = next((code for code, spec in sdtm.SPECS.items() if variable.name in spec.names), "")
    return f"{'DM' if domain.code == 'ADSL' else found}.{variable.name}"


def _codes(domain: Domain, column: Column, frame: pl.DataFrame, source: str) -> Codes | None:
    name = column.name
    listed = next((told for end, told in LISTS.items() if name.endswith(end)), None)
    if listed is not None:
        concept, title, known = listed
        terms = tuple(Term(value=one, concept=known.get(one, ""), extended=one not in known) for one in frame[name].drop_nulls().unique().sort())
        return Codes(name=title, concept=concept, terms=terms, standard="STD.CT.ADAM") if terms else None
    if name in NUMBERED:
        pairs = frame.select(pl.col(name).cast(pl.String), NUMBERED[name]).drop_nulls().unique().sort(name).rows()
        return Codes(name=column.label, terms=tuple(Term(value=code, decode=words) for code, words in pairs)) if pairs else None
    return codes(domain.code, name, column.label, _of_the_tabulation(name, source), frame, ())


def _of_the_tabulation(name: str, source: str) -> tuple[str, ...]:
    """The code lists that a variable has from where it is copied."""
    if name.endswith("FL"):
        return (YES_NO,)
    domain, _, variable = source.partition(".")
    if domain == "ADSL":
        domain = "DM"
    spec = sdtm.SPECS.get(domain)
    return spec.variable(variable).codelists if spec is not None and variable in spec.names else ()


def _values(own: Table, tabulated: Frames) -> Iterator[Value]:
    """What each parameter is: the record of the tabulation from which it is copied, or the rule that gives it."""
    if "PARAMCD" not in own.by_name:
        return
    meant = meanings("PARAMCD", own.frame)
    for name in own.frame["PARAMCD"].unique().sort():
        here = own.frame.filter(pl.col("PARAMCD") == name)
        for of in VALUES:
            if of in own.by_name and here[of].null_count() < here.height:
                yield _value(own, of, name, here, tabulated, meant)


def _value(own: Table, of: str, name: str, here: pl.DataFrame, tabulated: Frames, meant: Mapping[str, str]) -> Value:
    method = own.domain.tests.get(name)
    found = value(own, of, (Where(name="PARAMCD", values=(name,)),), here, Origin(kind="Derived", source="Sponsor"), meant)
    if method is None:
        return evolve(found, column=evolve(found.column, origin=Origin(kind="Predecessor", from_=_source(here, tabulated))))
    return evolve(found, column=evolve(found.column, method=method))


def _source(here: pl.DataFrame, tabulated: Frames) -> str:
    """The variable of the tabulation behind a parameter, and the test of the records that SRCSEQ names."""
    told = []
    for domain, variable in here.select("SRCDOM", "SRCVAR").drop_nulls().unique().sort("SRCDOM").rows():
        keys = here.filter(pl.col("SRCDOM") == domain).select("USUBJID", pl.col("SRCSEQ").alias(f"{domain}SEQ"))
        behind = tabulated[domain].join(keys, on=["USUBJID", f"{domain}SEQ"], how="semi")
        tests = behind[f"{domain}TESTCD"].unique().sort().to_list() if f"{domain}TESTCD" in behind.columns else []
        told.append(f"{domain}.{variable}" + (f" where {domain}TESTCD is {', '.join(tests)}" if tests else ""))
    return "; ".join(told)

