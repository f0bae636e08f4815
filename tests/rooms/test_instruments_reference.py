"""The shelf of instruments describes itself: every file declares what it is, and the page of the manual is current."""

import re
from collections import Counter
from types import ModuleType

import pytest

from tests import instruments_reference as reference
from trialwright.protocol import Instrument

SHELF = reference.shelf()
EVERY = [instrument for module in SHELF for instrument in reference.instruments(module)]
CONFESSIONS = (
    "not verified",
    "unverified",
    "proposed",
    "our own",
    "our rule",
    "not validated",
    "from memory",
    "not read",
    "not be verified",
)


def test_the_page_of_the_manual_is_current() -> None:
    """Run `python -m tests.instruments_reference` after changing an instrument."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


@pytest.mark.parametrize("module", SHELF, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_file_of_the_shelf_declares_an_instrument(module: ModuleType) -> None:
    assert isinstance(module.INSTRUMENT, Instrument)
    assert reference.formula(module)


def test_no_two_instruments_share_a_code_or_a_version() -> None:
    for told in ([one.code for one in EVERY], [one.version for one in EVERY]):
        assert [name for name, times in Counter(told).items() if times > 1] == []


def test_every_instrument_has_a_source_a_licence_and_a_version_that_names_its_variant() -> None:
    for one in EVERY:
        assert one.references
        assert all(len(source) > 10 for source in one.references)
        assert len(one.licence) > 10
        assert "/" in one.version


def test_what_is_not_verified_says_what() -> None:
    """Each instrument that declares its formula and is not verified names, among its sources, what was not read."""
    silent = [
        one.code
        for module in SHELF
        if hasattr(module, "FORMULA")
        for one in reference.instruments(module)
        if not one.verified and not any(word in source for source in one.references for word in CONFESSIONS)
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["haq_di", "git2", "facit_f", "eq5d5l", "rand36"])
def test_licensed_wording_is_not_shipped(name: str) -> None:
    """The items of copyrighted questionnaires carry a number and nothing else; only the question on aids of the HAQ has our own words."""
    module = next(module for module in SHELF if module.__name__.endswith(f".{name}"))
    named = [item for item in reference.items(module) if not item.code.startswith("AID_")]
    assert named
    neutral = re.compile(
        r"[A-Z0-9. -]+|(GIT 2\.0|HAQ|EQ-5D-5L|RAND-36) (item \d+|第 \d+ [题项]|scale 0 to 100|0–100 评分)"
    )
    assert [text for item in named for text in (item.label.en, item.label.zh) if not neutral.fullmatch(text)] == []
