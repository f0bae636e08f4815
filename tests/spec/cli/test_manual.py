"""The manual is true: every command line in it is understood, every example runs, every link leads somewhere."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli_reference import commands, named_in
from trialwright import sdtm
from trialwright.exchange.study_folder import study_in
from trialwright.protocol import EVALUATION, Audience, Instrument, Text
from trialwright.report.writing import View, source_of
from trialwright.sdtm import Source
from trialwright.store import open_trial

pytestmark = pytest.mark.spec
ROOT = Path(__file__).resolve().parents[3]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("[!se]*/*.md")))
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def lines() -> list[tuple[str, str]]:
    """Every line of the manual that is to be typed after the name of the program."""
    found = []
    for page in PAGES:
        for _, block in FENCED.findall(page.read_text(encoding="utf-8")):
            found += [(page.name, line) for line in block.splitlines() if re.match(r"trialwright [a-z]", line)]
    return found


def example(page: str) -> dict[str, Any]:
    """What the Python example of a how-to defines."""
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    blocks = [block for kind, block in FENCED.findall(text) if kind == "python"]
    assert blocks
    made: dict[str, Any] = {}
    for block in blocks:  # one goes on where the other ended
        exec(compile(block, page, "exec"), made)
    return made


@pytest.mark.parametrize(("page", "line"), lines())
def test_every_command_line_of_the_manual_is_understood(page: str, line: str) -> None:
    words = shlex.split(re.split(r"\s{3,}|\s#", line)[0])
    name = named_in(words[1:])
    assert name is not None, f"{page}: there is no command {words[1]}"
    command, rest = commands()[name], words[1 + len(name.split()) :]
    if "[OPTIONS]" in words:
        return
    options = {name for one in command.params for name in one.opts if name.startswith("-")}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, page
    command.make_context(name, rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_every_how_to_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("[!sea]*/*.md"):
        assert f"({page.relative_to(ROOT / 'docs')})" in index


def test_the_example_of_an_instrument_scores() -> None:
    made = example("add-an-instrument.md")
    assert isinstance(made["INSTRUMENT"], Instrument)
    assert [item.code for item in made["items"](EVALUATION)] == ["LEFT", "RIGHT"]
    assert str(made["score"]({"LEFT": 20, "RIGHT": 41}).value) == "30.5"
    assert made["score"]({"LEFT": 20}).reasons == ("RIGHT missing",)
    assert str(made["watch"]("HANDS").by({"LEFT": 20, "RIGHT": 41}).low) == "30.5"
    assert made["watch"]("HANDS").by({"LEFT": 20}).missing == ("RIGHT",)


def test_the_example_of_a_domain_gives_a_data_set(study: Path, rehearsed: Path) -> None:
    """Its frame has the columns of its specification; with the annotation of another domain it gives that domain's records."""
    made = example("add-an-sdtm-domain.md")
    found, kept = study_in(study), open_trial(rehearsed / "trial.db", study_in(study))
    book = kept.gate.casebook(Audience.STATISTICIAN)
    kept.close()
    frame = made["rows"](Source(found, book))
    assert [name for name in frame.columns if not name.startswith("_")] == [one.name for one in made["SPEC"].variables]
    assert frame.height == 0
    assert sdtm.build(found, book)["QS"].height > 0


@pytest.mark.parametrize(("blinded", "first"), [(False, "2"), (True, "xx")])
def test_the_example_of_a_table_counts_and_hides(study: Path, rehearsed: Path, blinded: bool, first: str) -> None:
    made = example("add-a-table.md")
    found = study_in(study)
    kept = open_trial(rehearsed / "trial.db", found)
    source = source_of(found, kept.gate.casebook(Audience.STATISTICIAN), View(blinded=blinded))
    kept.close()
    table = made["table"](source, number="14.1.3", title=Text("Ages", "年龄"), population_name=Text("All", "全部"))
    assert table.cell("r1c1").text.en == first
    assert table.cell("r1c3").text.en == "4"
    assert len(table.cell("r1c3").rows) == 4
