"""Writes docs/reference/cli.md from the commands themselves: `python -m tests.cli_reference`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from trialwright.cli import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"
INTRODUCTION = """# The command line

Every command as it describes itself. This page is written by `python -m tests.cli_reference`; a test fails when it is out of date.

Exit status: 0 when all is well; 1 when something is wrong that a person can mend (an incoherent study, a damaged trial, a source that
cannot be read), with the reason on the error stream; 2 when the command itself was not understood; 130 when it was interrupted.
`--json`, where there is one, writes one JSON value to the standard output.
"""


def commands() -> dict[str, Any]:
    """All commands by name, in the order in which `trialwright --help` lists them; those of a group as "wording add"."""
    return dict(_within(typer.main.get_command(app), ""))


def _within(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _within(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def named_in(words: list[str]) -> str | None:
    """The name of the command with which these words (after the name of the program) begin."""
    known = commands()
    return next((name for many in (2, 1) if (name := " ".join(words[:many])) in known), None)


def chapter(name: str, command: Any) -> str:
    """One command: what it does, an example, its arguments and options."""
    what, _, example = " ".join(command.help.split()).partition(" Example: ")
    asked = [one for one in command.params if one.name != "help"]
    usage = " ".join([f"trialwright {name}", *(_named(one) for one in asked if one.param_type_name == "argument"), "[OPTIONS]"])
    rows = [f"| `{_named(one)}` | {one.help} | {_default(one)} |" for one in asked]
    table = ["| Argument or option | Meaning | Default |", "|---|---|---|", *rows]
    return "\n".join([f"## {name}", "", what, "", "```", usage, example, "```", "", *table, ""])


def _named(one: Any) -> str:
    return one.name.upper() if one.param_type_name == "argument" else ", ".join(one.opts)


def _default(one: Any) -> str:
    if one.required:
        return "must be given"
    return "" if one.default is None or one.default is False or one.default == "" else f"`{one.default}`"


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(chapter(name, command) for name, command in commands().items())])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
