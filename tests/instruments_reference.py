"""Writes docs/reference/instruments.md from the shelf itself: `python -m tests.instruments_reference`."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import trialwright.instruments
from trialwright.protocol import ALL, Instrument, Item, Kind

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "instruments.md"
DIRECTIONS = {True: "higher is worse", False: "higher is better", None: "no direction"}
INTRODUCTION = """# Instruments

Every measure on the shelf `trialwright.instruments`, as the code declares it. This page is written by
`python -m tests.instruments_reference`; a test fails when it is out of date.

A version names the exact scoring, so that a stored score can be computed again. *Verified* means that the constants of the default score
were read in the source that is named; *not verified* means that some were not, and the references say which. Wording of copyrighted
questionnaires is never included: items are shown by their codes until the hospital supplies the wording that it is licensed to use.
No score is ever imputed: a missing answer leads to no score, or to one with the missing items as its reasons.
"""


def shelf() -> list[ModuleType]:
    """The modules of the shelf, by name."""
    return [import_module(f"trialwright.instruments.{one.name}") for one in sorted(iter_modules(trialwright.instruments.__path__))]


def instruments(module: ModuleType) -> list[Instrument]:
    """The instruments that a module declares, the principal one first."""
    return [value for value in vars(module).values() if isinstance(value, Instrument)]


def formula(module: ModuleType) -> str:
    """What the module says of its formula, or else its first sentence."""
    return str(getattr(module, "FORMULA", (module.__doc__ or "").partition("\n\n")[0]))


def items(module: ModuleType) -> tuple[Item, ...]:
    """The items that a module declares for every audience; none when it has none, or they depend on a table."""
    ask = getattr(module, "items", None)
    if ask is None:
        return ()
    needed = [one.name for one in inspect.signature(ask).parameters.values() if one.default is inspect.Parameter.empty]
    return tuple(ask(ALL)) if needed in ([], ["audience"]) else ()


def answers(item: Item) -> str:
    """What an item accepts, in words."""
    unit = f" {item.unit}" if item.unit else ""
    if item.codelist is not None:
        return ", ".join(term.code for term in item.codelist.terms)
    if item.kind not in (Kind.INTEGER, Kind.DECIMAL):
        return item.kind.value
    whole = "whole number " if item.kind is Kind.INTEGER else ""
    return whole + (f"{item.low} to {item.high}{unit}" if item.high is not None else f"from {item.low}{unit}")


def item_lines(module: ModuleType) -> Iterator[str]:
    """One line for each run of items that accept the same answers."""
    for accepted, run in groupby(items(module), key=answers):
        codes = [item.code for item in run]
        named = f"`{codes[0]}` to `{codes[-1]}`" if len(codes) > 3 else ", ".join(f"`{code}`" for code in codes)
        yield f"- {named}: {accepted}"


def described(instrument: Instrument) -> Iterator[str]:
    """One instrument of a module."""
    yield f"### {instrument.code}: {instrument.name.en}\n"
    yield f"{instrument.name.zh}\n"
    yield f"- **Version** `{instrument.version}`, {'verified' if instrument.verified else '**not verified**'}; {DIRECTIONS[instrument.higher_is_worse]}"
    if instrument.minimal_important_difference:
        yield f"- **Important difference** {instrument.minimal_important_difference}"
    yield f"- **Licence** {instrument.licence}"
    yield from (f"- **Source** {reference}" for reference in instrument.references)
    yield ""


def section(module: ModuleType) -> Iterator[str]:
    """One module: formula, missing rule, items, and its instruments."""
    name = module.__name__.rpartition(".")[2]
    yield f"## {name}\n"
    yield f"{formula(module)}\n"
    if hasattr(module, "MISSING_RULE"):
        yield f"**When something is missing.** {module.MISSING_RULE}\n"
    lines = list(item_lines(module))
    if lines:
        yield "**Items**\n"
        yield from lines
        yield ""
    for instrument in instruments(module):
        yield from described(instrument)


def page() -> str:
    """The whole page."""
    modules = shelf()
    rows = [
        f"| {one.name.en} | {one.name.zh} | `{one.version}` | {'yes' if one.verified else 'no'} |" for module in modules for one in instruments(module)
    ]
    overview = ["| Instrument | 量表 | Version | Verified |", "|---|---|---|---|", *rows, ""]
    return "\n".join([INTRODUCTION, *overview, *(line for module in modules for line in section(module))]).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
