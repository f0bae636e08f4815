"""Whatever few patients there are, the whole report can be written: page, paper and tables, open, blinded and in both languages."""

import random
import re

import pytest

from studies.telitacicept_ssc.report import REPORT
from tests.spec.report.conftest import Patient, told
from trialwright.protocol import same
from trialwright.report.document import Document, Listing, Prose
from trialwright.report.provenance import Trail
from trialwright.report.render.html import page
from trialwright.report.render.paper import printed
from trialwright.report.render.rtf import rich_text
from trialwright.report.render.text import document_text


def somebody(dice: random.Random, place: int) -> Patient:
    """A patient with anything that a record may hold or lack."""
    score = dice.choice((None, 0.0, 51.0, float(dice.randint(10, 45))))
    events = tuple((dice.choice(("rash", "{\\b} #x $y$", "肺炎")), dice.choice("YN"), dice.choice(("POSSIBLE", "UNLIKELY", "ODD")), dice.randint(1, 5))
                   for _ in range(dice.choice((0, 0, 1, 3))))  # fmt: skip
    return Patient(id=f"P{place}", arm=dice.choice("TC"), age=dice.randint(18, 90), baseline=score, later=dice.choice((None, 0.0, 20.0, 51.0)),
                   guess=dice.choice(("T", "C", "DK")), events=events)  # fmt: skip


def written(seed: int) -> None:
    """A trial of 0 to 9 patients, written in every form; nothing crashes and no number is “nan”."""
    dice = random.Random(seed)
    patients = tuple(somebody(dice, place) for place in range(dice.choice((0, 1, 1, 2, 3, 4, 6, 9))))
    source = told(patients, released=dice.random() < 0.7)
    document = Document(code="X", title=same("x"), subtitle=same("x"), banner=Prose(text=same("x")), status=same("x"), standing=Listing(entries=()),
                        sections=REPORT.sections(source))  # fmt: skip
    cells = [words for table in document.grids for _, cell in table.names for words in (cell.text.en, cell.text.zh)]
    drawn = "".join(re.findall(r"<svg.*?</svg>", page(document, Trail(source=source)), re.DOTALL))
    assert not [words for words in cells if re.search(r"\bnan\b|\binf\b|\bNone\b", words)], seed
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b", drawn) and document_text(document, "zh"), seed
    language = dice.choice(("en", "zh"))
    assert printed(document, language).startswith(b"%PDF-") and rich_text(document, language).startswith(rb"{\rtf1")


@pytest.mark.parametrize("seed", range(3))
def test_a_few(seed: int) -> None:
    written(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1000, 1060))
def test_many(seed: int) -> None:
    written(seed)
