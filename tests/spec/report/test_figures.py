"""The figures: letters as letters, arms told apart without color, the same numbers in a table, and sense with one patient, one arm or nobody."""

import re
from collections.abc import Iterator
from functools import partial
from xml.etree import ElementTree

import pytest

from studies.telitacicept_ssc.report import REPORT
from tests.spec.report.conftest import SIX, Patient, told
from trialwright.protocol import same
from trialwright.report.drawing import LOOKS, Canvas, Frame, Scale, key
from trialwright.report.figure import Figure
from trialwright.report.figures import cumulative, forest, swimmer
from trialwright.report.figures.forest import Mark
from trialwright.report.source import Source
from trialwright.report.writing import Composed

SVG = "{http://www.w3.org/2000/svg}"
ARMED = ("14.2.1", "14.2.2", "14.2.3", "14.2.4", "14.1.2", "14.3.1")
"""Figures in which both arms are drawn into the same axes."""


def drawn(figure: Figure, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(figure.svg(language))


def figures(source: Source) -> Iterator[Figure]:
    return (part for section in REPORT.sections(source) for part in section.parts if isinstance(part, Figure))


@pytest.fixture(scope="module")
def whole(opened: Composed) -> dict[str, Figure]:
    return {figure.number: figure for figure in opened.document.figures}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_letters_stay_letters(whole: dict[str, Figure], language: str) -> None:
    """Each drawing is well-formed, says in words what it shows, holds its text as text and refers to nothing outside itself."""
    assert len(whole) >= 10
    for number, figure in whole.items():
        svg = drawn(figure, language)
        words = [element.text for element in svg.iter(f"{SVG}text") if element.text]
        assert svg.get("role") == "img" and svg.get("aria-label") == figure.alternative.in_(language), number
        assert len(words) > 5, number
        assert not {name for element in svg.iter() for name in element.attrib if "href" in name or name in ("id", "style", "onload")}
        assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {"svg", "g", "title", "path", "rect", "circle", "text"}


def test_nothing_is_cut_off(whole: dict[str, Figure]) -> None:
    """No word begins or ends outside its drawing."""
    for number, figure in whole.items():
        for language in ("en", "zh"):
            svg = drawn(figure, language)
            wide, high = float(svg.get("width", 0)), float(svg.get("height", 0))
            for element in svg.iter(f"{SVG}text"):
                x, y = float(element.get("x", -1)), float(element.get("y", -1))
                half = len(element.text or "") * float(element.get("font-size", 12)) * (0.5 if language == "en" else 0.75)
                left, right = {"end": (x - half, x), "middle": (x - half / 2, x + half / 2)}.get(element.get("text-anchor", ""), (x, x + half))
                if not element.get("transform"):
                    assert left >= -6 and right <= wide + 12 and 0 <= y <= high, (number, language, element.text)


@pytest.mark.parametrize("number", ARMED)
def test_arms_differ_without_color(whole: dict[str, Figure], number: str) -> None:
    """Printed in gray, the arms still differ: by dashes, by the shape of marks, or by hatching."""
    svg = drawn(whole[number])
    looks = {}
    for element in svg.iter():
        color = element.get("stroke")
        if color in (LOOKS[0].color, LOOKS[1].color):
            looks.setdefault(color, set()).add((element.tag.removeprefix(SVG), element.get("stroke-dasharray"), element.get("fill") == "#ffffff"))
    assert len(looks) == 2 and looks[LOOKS[0].color] != looks[LOOKS[1].color]


def test_the_numbers_behind_each_figure(whole: dict[str, Figure], opened: Composed) -> None:
    """Every figure but the flow chart, whose counts stand in a table, has its numbers beside it; each of them leads back to its rows."""
    for number, figure in whole.items():
        if number == "14.1.1":
            continue
        assert figure.data is not None and figure.data.rows, number
        assert all(cell.rows for _, cell in figure.data.names if cell.opens and cell.text.en != "0"), number
        assert opened.document.table(f"{number} data") is figure.data


def test_the_sites_add_up(whole: dict[str, Figure], opened: Composed) -> None:
    """The mean changes of the 17 sites add up to the mean change of the total."""
    data = whole["14.2.5"].data
    assert data is not None and len(data.rows) == 17
    for place in (0, 1):
        total = sum(float(row.cells[place].text.en.split(" ")[0].replace("\u2212", "-")) for row in data.rows)
        name = next(f"r{r}c{place + 1}" for r, row in enumerate(opened.document.table("14.2.1").rows, start=1)
                    if row.label.en == "mean (SD)" and r > 6)  # fmt: skip
        told = float(opened.document.table("14.2.1").cell(name).text.en.split(" ")[0].replace("\u2212", "-"))
        assert total == pytest.approx(told, abs=0.12)


@pytest.mark.req("BLD-05")
def test_closed_arms_are_not_drawn(blinded: Composed) -> None:
    """While the arms are closed no arm is named in any drawing, the immunoglobulins are not drawn at all, and no comparison is."""
    names = re.compile("telitacicept|conventional|泰它西普|常规治疗")
    for figure in blinded.document.figures:
        said = figure.svg("en") + figure.svg("zh") + figure.alternative.en + figure.alternative.zh
        assert not names.search(said), figure.number
    empty = {figure.number for figure in blinded.document.figures if figure.draw is None}
    assert {"14.3.1", "14.2.2", "14.2.6", "14.2.7"} <= empty


@pytest.mark.parametrize("patients", [(), SIX[:1], SIX[:3], SIX[3:], (SIX[0], SIX[3]), SIX, tuple(Patient(id=f"P{n}", arm="TC"[n % 2]) for n in range(60))])
def test_few_none_and_many(patients: tuple[Patient, ...]) -> None:
    """With nobody, one patient, one arm or sixty patients all alike, each figure is a whole drawing or says why there is none."""
    for released in (True, False):
        for figure in figures(told(patients, released=released)):
            assert (figure.draw is None) == (figure.empty is not None), figure.number
            if figure.draw:
                words = "".join(element.text or "" for element in drawn(figure).iter(f"{SVG}text"))
                assert words and "nan" not in figure.svg("en") + figure.svg("zh") and "inf" not in words
    assert cumulative.figure(told(()), number="1", title=same("x"), parameter="MRSSTOT", measure=same("m"), visit="W24", population_name=same("p")).empty


def test_limits_without_end(opened: Composed) -> None:
    """An interval without an end is drawn to the edge, with its numbers beside it."""
    marks = (Mark(label=same("one"), value=-1.0, lower=float("-inf"), upper=float("inf")), Mark(label=same("two"), value=2.0, lower=1.0, upper=3.0))
    figure = forest.figure(opened.trail.source, marks, number="1", title=same("x"), axis=same("a"), population_name=same("p"), data_source=same("d"))
    assert "−∞ to ∞" in figure.svg("en") and "nan" not in figure.svg("en")


def test_who_is_still_there(opened: Composed) -> None:
    """The lanes are as long as the patients stayed; each event stands on its day."""
    figure = next(one for one in opened.document.figures if one.number == "14.1.2")
    assert figure.data is not None and len(figure.data.rows) == 20
    adsl = {row["SUBJID"]: row for row in opened.trail.source.adam["ADSL"].to_dicts()}
    for row in figure.data.rows:
        person = adsl[row.label.en.split(",")[0]]
        assert row.cells[0].text.en == f"{(person['EOSDT'] - person['ENRLDT']).days / 7:.1f}"
    nobody = swimmer.figure(told(()), (), number="1", title=same("x"), population_name=same("p"))
    assert nobody.draw is None and nobody.empty is not None


def test_words_cannot_be_commands() -> None:
    """Letters that mean something in SVG are drawn, not obeyed."""
    canvas = Canvas(height=100)
    with canvas.told("</title><script>"):
        canvas.words(1, 1, '<b>"&')
    Frame(x=Scale(1, 1, 0, 10), y=Scale(0, 0, 10, 0)).axes(canvas, across=(1,), up=(0,))
    key(canvas, 0, 10, [(LOOKS[0], "x" * 200), (LOOKS[1], "y" * 200)])
    svg = ElementTree.fromstring(canvas.svg('"><script>'))
    assert next(element.text for element in svg.iter(f"{SVG}text")) == '<b>"&' and svg.get("aria-label") == '"><script>'
    assert partial(Canvas, height=1)().width == 720
