"""The code lists of the tabulation as they are used: the values that occur or are offered, with the concepts of the terminology."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from attrs import evolve

from trialwright.exchange.metadata import Codes, Column, Term, occurring
from trialwright.exchange.origins import Annotated
from trialwright.protocol import Codelist, Study
from trialwright.record.events import DictionaryAdopted
from trialwright.sdtm import CODED, controlled, targets

PAIRS = {"TESTCD": "TEST", "ARMCD": "ARM", "ETCD": "ELEMENT", "QNAM": "QLABEL", "TSPARMCD": "TSPARM", "PARAMCD": "PARAM", "AVISITN": "AVISIT"}
"""By the end of the name of a code: the name of the variable that says what it means."""
FREE = ("STRESC", "ORRES", "TSVAL", "DSTERM")
"""Variables whose list holds for some of their values only: they are described value by value."""


def codes(domain: str, name: str, label: str, lists: Sequence[str], frame: pl.DataFrame, asked: Sequence[Annotated]) -> Codes | None:
    """The code list of one variable; None for one that takes any value."""
    offers = bool(asked) and all(one.item.codelist is not None for one in asked)
    meaning = meanings(name, frame)
    if name.endswith(FREE) or not (lists or offers or meaning):
        return None
    values = sorted(occurring(frame.select(written(frame, name)).to_series()))
    offered = _offered(asked, values) if offers else {}
    if lists:
        found = [controlled(one) for one in lists]
        known = {term: concept for one in found for term, concept in one.terms.items()}
        wanted = tuple(dict.fromkeys((*values, *(term for term in offered if term in known))))
        terms = tuple(Term(value=one, decode=meaning.get(one, ""), concept=known.get(one, ""), extended=one not in known) for one in sorted(wanted))
        own = next((one for one in found if any(term.value in one.terms for term in terms)), found[0])
        return Codes(name=own.name, concept=own.concept, terms=_decoded(terms)) if terms else None
    if offered or meaning:
        terms = tuple(Term(value=one, decode=meaning.get(one) or offered.get(one, "")) for one in sorted({*values, *offered}))
        return Codes(name=label, terms=_decoded(terms)) if terms else None
    return None


def external(study: Study, adopted: Mapping[str, DictionaryAdopted]) -> dict[str, Codes]:
    """The dictionaries (MedDRA, WHODrug) by the variables that hold their terms: name and version, for their terms may not be handed on.

    `adopted` are the versions with which the answers of a reader's view are coded, by kind.
    """
    found: dict[str, Codes] = {}
    for form in study.forms:
        for item in form.items:
            one = adopted.get(item.dictionary or "")
            domains = {target.domain for target in targets(item.sdtm)} if one else set()
            terms = {f"{domain}{term}" for domain in domains for level in CODED.values() for term, _ in level}
            found |= {name: Codes(name=f"{one.dictionary} {one.version}", dictionary=one.dictionary, version=one.version) for name in terms if one}
    return found


def with_dictionaries(columns: Iterable[Column], frame: pl.DataFrame, dictionaries: Mapping[str, Codes]) -> tuple[Column, ...]:
    """The variables; those that hold terms of a dictionary with its name and version as their code list."""
    return tuple(evolve(one, codes=dictionaries[one.name]) if one.name in dictionaries and frame[one.name].null_count() < frame.height else one
                 for one in columns)  # fmt: skip


def of_item(codelist: Codelist, label: str) -> Codes:
    """The answers that a question offers."""
    return Codes(name=label, terms=tuple(Term(value=one.code, decode=one.label.en, concept=one.concept or "") for one in codelist.terms))


def meanings(name: str, frame: pl.DataFrame) -> Mapping[str, str]:
    """What the values of a code mean, as the variable beside it says."""
    beside = next((name.removesuffix(code) + text for code, text in PAIRS.items() if name.endswith(code)), None)
    if beside is None or beside not in frame.columns:
        return {}
    pairs = frame.select(written(frame, name), beside).drop_nulls().unique(maintain_order=True)
    return dict(pairs.rows())


def written(frame: pl.DataFrame, name: str) -> pl.Expr:
    """The values of a variable as text, a whole number without a point.

    >>> frame = pl.DataFrame({"AVISITN": [5.0, 5.01]})
    >>> frame.select(written(frame, "AVISITN")).to_series().to_list()
    ['5', '5.01']
    """
    text = pl.col(name).cast(pl.String)
    return text.str.strip_suffix(".0") if frame[name].dtype.is_float() else text


def _offered(asked: Sequence[Annotated], values: Sequence[str]) -> dict[str, str]:
    """The answers that the pages offer, if they go into the variable as they are."""
    offered = {term.code: term.label.en for one in asked if one.item.codelist for term in one.item.codelist.terms}
    return offered if set(values) <= set(offered) else {}


def _decoded(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Either all terms say what they mean or none does: a code list is of one sort."""
    if all(one.decode for one in terms):
        return terms
    return tuple(Term(value=one.value, concept=one.concept, extended=one.extended) for one in terms)
