"""The page of the manual on the command line is current."""

from tests import cli_reference as reference


def test_the_page_of_the_manual_is_current() -> None:
    """Run `python -m tests.cli_reference` after changing a command."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_every_command_is_on_it_with_an_example() -> None:
    text = reference.PAGE.read_text(encoding="utf-8")
    for name in reference.commands():
        assert f"\n## {name}\n" in text
        assert f"\ntrialwright {name} " in text.replace(f"trialwright {name}\n", f"trialwright {name} \n")
