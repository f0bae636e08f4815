"""The page of rules is that of the code, and no two rules share a name."""

from collections import Counter

from tests import conformance_reference as reference
from tests.spec.conformance.faults import FAULTS


def test_the_page_of_the_manual_is_current() -> None:
    """Run `python -m tests.conformance_reference` after changing a rule."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_no_two_rules_share_a_name_and_planted_faults_name_rules_that_exist() -> None:
    names = [rule.id for chapter in reference.CHAPTERS for rule in reference.rules(chapter)]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert {fault.rule for fault in FAULTS} <= set(names)
