"""The reviewers' guides say what is in the package and what is wrong with it, tell the blinded nothing, and are the same for the same record."""

from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from attrs import evolve

from tests.histories import STUDY, History, example
from trialwright.adam import adsl, bds
from trialwright.exchange.conformance.examiners import FAILED, NOT_RUN, Verdict
from trialwright.instruments import eustar
from trialwright.protocol import Audience
from trialwright.report.delivery import Delivery
from trialwright.report.guide import Facts, conformity, guide_pdf
from trialwright.report.guide_words import SENTENCES, in_chinese
from trialwright.report.tabulation_guide import TITLE

pytestmark = pytest.mark.spec
FACTS = Facts(study=STUDY, book=History().seen_by(), at=datetime(2026, 3, 30, tzinfo=UTC))
NAMES = ("sdtm/csdrg.pdf", "sdtm/csdrg-zh.pdf", "adam/adrg.pdf", "adam/adrg-zh.pdf")


def words(path: Path) -> str:
    """All text, every white space as one blank."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(path).pages).split())


def written(told: History, out: Path, role: Audience | None = None) -> Path:
    book = told.seen_by(role) if role else told.seen_by()
    Delivery.of(STUDY, book, role or Audience.STATISTICIAN).write(out)
    return out


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(example(), tmp_path_factory.mktemp("package"))


def test_the_tabulation_is_told_as_it_is(package: Path) -> None:
    told = words(package / "sdtm" / "csdrg.pdf")
    for part in ("4 subjects signed consent and are in DM; 3 were enrolled, 1 failed at screening", "The data are not locked",
                 "CDISC CT, SDTM (NCI EVS) 2025-03-28", "MRSS0101 – MRSS0118 (18)", "Sum of the grades (0 to 3) of the 17 sites",
                 "patient on holiday", "kept as essential document",
                 "confounding by indication"):  # fmt: skip
        assert part in told, part
    assert "REHEARSAL" not in told


def test_the_analysis_is_told_as_it_is(package: Path) -> None:
    told = words(package / "adam" / "adrg.pdf")
    for part in ("ADRS.MRSSTOT", "RS.RSSTRESN where RSTESTCD is MRSS0118", "Y when ITTFL is Y and the primary endpoint has a baseline",
                 "Week 24: 169 (156–211)", "statistics.ancova", "trialwright.adam.adsl:rows"):  # fmt: skip
        assert part in told, part


def test_what_remains_is_explained_or_said_to_be_unexplained(package: Path) -> None:
    """Two uncoded events and an unanswered sex are explained; what an examiner finds besides is not, and the guide says so."""
    told = words(package / "sdtm" / "csdrg.pdf")
    assert "TW-P10 AE.AEDECOD 2 AEDECOD is required and empty The record holds no value, and none was invented." in told
    finding = {"rule": "TW-K01", "dataset": "LB", "record": 3, "variable": "LBSEQ", "value": "1", "wrong": "it occurs twice", "mend": "number anew"}
    said = (Verdict(examiner="One", part="xpt", state=FAILED, told="all", findings=(finding,)),
            Verdict(examiner="Two", part="xpt", state=NOT_RUN, told="no time"))  # fmt: skip
    _, examiners, findings = conformity(evolve(FACTS, verdicts=said))
    assert examiners.blocks[1]["rows"] == [["One", "xpt", "FAILED", "all"], ["Two", "xpt", "not run", "no time"]]
    assert findings.blocks[0]["rows"] == [["TW-K01", "LB.LBSEQ", "1", "it occurs twice", "Not explained: to be mended before submission. number anew"]]
    assert "has said nothing" in conformity(evolve(FACTS, verdicts=said[1:]))[2].blocks[0]["text"]


def test_both_languages_are_there_and_define_names_them(package: Path) -> None:
    assert "未作虚构" in words(package / "sdtm" / "csdrg-zh.pdf") and "分析人群" in words(package / "adam" / "adrg-zh.pdf")
    assert "由同一页的回答计算" in in_chinese("From the answers of one page") and "每名受试者" in words(package / "adam" / "adrg-zh.pdf")
    for name in NAMES:
        folder, _, file = name.partition("/")
        assert f'href="{file}"' in (package / folder / "define.xml").read_text(encoding="utf-8")
        assert pypdf.PdfReader(package / name).outline


def test_the_chinese_guide_says_rules_in_chinese() -> None:
    """Every rule by which a parameter or flag of the analysis data sets is derived has its sentence; codes and references stay."""
    derived = {one.words for one in bds.METHODS.values()} | {str(one) for one in adsl.METHODS.values()}
    told = [one for one in derived if one in SENTENCES]
    assert len(told) >= 15
    named = in_chinese(f"Points of the signs of the visit, added up. {eustar.INSTRUMENT.name.en}, rule a/b; Valentini 2017", (eustar.INSTRUMENT,))
    assert named == f"该访视各征象得分之和。{eustar.INSTRUMENT.name.zh}，规则 a/b；Valentini 2017"
    assert in_chinese("49 data sets, 29,900 records") == "49 个数据集，29,900 条记录" and in_chinese("words of nobody") == "words of nobody"


@pytest.mark.parametrize(("language", "says"), [("en", "REHEARSAL"), ("zh", "预演")])
def test_a_rehearsal_says_so_on_its_first_page(language: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "guide.pdf").write_bytes(guide_pdf(evolve(FACTS, virtual=True, language=language), TITLE, ()))
    assert says in words(tmp_path / "guide.pdf")


@pytest.mark.req("BLD-02", "BLD-05")
def test_the_guides_of_the_blinded_do_not_depend_on_the_arms(tmp_path: Path) -> None:
    for name, arms in (("one", ("T", "T", "C")), ("two", ("C", "T", "T"))):
        written(example(arms=arms), tmp_path / name, Audience.EVALUATOR)
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert "from whom the arms are hidden" in words(tmp_path / "one" / "sdtm" / "csdrg.pdf")
