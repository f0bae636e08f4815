"""Licensed wording: loaded whole or not at all, shown on the pages with its credit line, and never in a data set or a report."""

import csv
import io
import json
import shutil
from itertools import count
from pathlib import Path

import pytest

from studies.telitacicept_ssc.protocol import STUDY
from tests.spec.cli.conftest import SSC, Say
from trialwright.exchange.acrf import acrf_html, acrf_text
from trialwright.exchange.study_folder import study_in
from trialwright.exchange.wording_files import FOLDER, template
from trialwright.protocol.wording import Question, Wording, worded, worded_forms

pytestmark = pytest.mark.spec
HAQ = "HAQ_DI"
NUMBERS = count()
"""Every study is a module of Python, and needs a name of its own."""
META = {
    "language": "en",
    "credit": "Words by the owner, used with permission.",
    "holder": "The Owner",
    "licence": "LIC-7",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a study with questionnaires, whose folder a test may change."""
    place = tmp_path / f"worded_{next(NUMBERS)}"
    place.mkdir()
    (place / "__init__.py").write_text('"""A study."""\n', encoding="utf-8")
    text = '"""The protocol."""\n\nfrom studies.telitacicept_ssc.protocol import STUDY as STUDY\n'
    (place / "protocol.py").write_text(text, encoding="utf-8")
    return place


def rows(language: str = "en", **changes: str) -> list[dict[str, str]]:
    """The template of the HAQ, filled in with invented words."""
    found = list(csv.DictReader(io.StringIO(template(STUDY, HAQ))))
    words = {"en": "Invented question", "zh-CN": "虚构的问题"}
    for row in found:
        answers = "|".join(
            f"{part}{'无' if language != 'en' else 'word'} {place}"
            for place, part in enumerate(row["answers"].split("|"))
        )
        row |= (
            META
            | {"language": language, "question": f"{words.get(language, 'x')} {row['item']}?", "answers": answers}
            | changes
        )
    return found


def as_csv(some: list[dict[str, str]], path: Path, encoding: str = "utf-8") -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(some[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(some)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def test_without_wording_every_questionnaire_says_so_in_both_languages(say: Say, folder: Path) -> None:
    told = json.loads(say("wording", "list", folder, "--json").out)
    assert {HAQ, "RAND36", "GIT2", "EQ5D5L_CN", "SHAQ"} <= {one["instrument"] for one in told}
    assert all(one["loaded"] == [] and one["licence"] for one in told)
    for form in worded_forms(STUDY):
        assert form.note is not None, form.code
        assert "wording" in form.note.en, form.code
        assert "文字" in form.note.zh, form.code


def test_loaded_words_and_the_credit_line_are_on_the_pages_in_both_languages(
    say: Say, folder: Path, tmp_path: Path
) -> None:
    before = study_in(folder)
    for language in ("en", "zh-CN"):
        said = say("wording", "add", folder, as_csv(rows(language), tmp_path / "haq.csv"))
        assert (said.code, said.err) == (0, "")
        assert "The definition of NCT06546540 has changed with it" in said.out
    after = study_in(folder)
    assert before.digest != after.digest
    assert after.digest in said.out
    item = after.item("HAQ", "HAQ07")
    assert item.hint is not None
    assert item.hint.en == "Invented question HAQ07? [0 = word 0; 1 = word 1; 2 = word 2; 3 = word 3]"
    assert item.hint.zh.startswith("虚构的问题 HAQ07")
    for text in (acrf_text(after), acrf_html(after)):
        assert "Invented question HAQ07?" in text
        assert "Words by the owner, used with permission. (The Owner; LIC-7)" in text
    assert "虚构的问题 HAQ07" in acrf_text(after, "zh")
    assert json.loads(say("wording", "list", folder, "--json").out)[1]["loaded"] == ["en", "zh-CN"]
    assert say("wording", "check", folder).out.startswith("2 wordings fit the study")


def test_labels_codes_and_annotations_stay_so_that_data_and_reports_never_hold_the_words() -> None:
    form = next(form for form in worded_forms(STUDY) if form.instrument == HAQ)
    found = worded(STUDY, [_wording()])
    for before, after in zip(form.items, found.form(form.code).items, strict=True):
        assert (before.code, before.label, before.sdtm, before.codelist) == (
            after.code,
            after.label,
            after.sdtm,
            after.codelist,
        )
    assert [one for one in found.forms if one.code != form.code] == [
        one for one in STUDY.forms if one.code != form.code
    ]


def _wording(**changes: str) -> Wording:
    version = next(one.version for one in STUDY.instruments if one.code == HAQ)
    questions = tuple(Question(item=row["item"], text=row["question"]) for row in rows())
    return Wording(**({"instrument": HAQ, "version": version} | META | changes), questions=questions)


def test_a_language_that_the_application_does_not_show_is_kept_and_told(say: Say, folder: Path, tmp_path: Path) -> None:
    before = study_in(folder).digest
    said = say("wording", "add", folder, as_csv(rows("bo"), tmp_path / "haq.csv"))
    assert (said.code, "the application shows English and Chinese only" in said.out) == (0, True)
    assert study_in(folder).digest == before
    said = say("wording", "add", folder, as_csv(rows("zh-CN"), tmp_path / "zh.csv"))
    hint = study_in(folder).item("HAQ", "HAQ01").hint
    assert hint is not None
    assert hint.en == "The wording is loaded in zh-CN only."


@pytest.mark.parametrize("kind", ["json", "toml", "both in one"])
def test_json_toml_and_several_languages_in_one_file(say: Say, folder: Path, tmp_path: Path, kind: str) -> None:
    first = rows()[0]
    questions = [{"item": row["item"], "text": row["question"]} for row in rows()]
    told = {name: first[name] for name in ("instrument", "version", "language", "credit", "holder", "licence")} | {
        "questions": questions
    }
    path = tmp_path / f"w.{'toml' if kind == 'toml' else 'json'}"
    if kind == "toml":
        lines = [f"{name} = {json.dumps(value)}" for name, value in told.items() if name != "questions"]
        lines += [
            f"[[questions]]\nitem = {json.dumps(one['item'])}\ntext = {json.dumps(one['text'])}" for one in questions
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        many = [told, told | {"language": "zh"}] if kind == "both in one" else [told]
        path.write_text(json.dumps({"wording": many}), encoding="utf-8")
    said = say("wording", "add", folder, path)
    assert (said.code, said.err) == (0, "")
    assert len(list((folder / FOLDER).iterdir())) == (2 if kind == "both in one" else 1)


def test_one_language_twice_in_a_file_is_refused(say: Say, folder: Path, tmp_path: Path) -> None:
    questions = [{"item": row["item"], "text": row["question"]} for row in rows()]
    told = {name: rows()[0][name] for name in ("instrument", "version", "language", "credit", "holder", "licence")} | {"questions": questions}
    path = tmp_path / "w.json"
    path.write_text(json.dumps([told, told]), encoding="utf-8")
    said = say("wording", "add", folder, path)
    assert (said.code, "HAQ_DI.en is in it twice" in said.err, (folder / FOLDER).exists()) == (1, True, False)


def test_loaded_wording_is_replaced_only_by_force(say: Say, folder: Path, tmp_path: Path) -> None:
    path = as_csv(rows(), tmp_path / "haq.csv")
    assert say("wording", "add", folder, path).code == 0
    again = as_csv(rows(credit="Another line."), tmp_path / "haq.csv")
    said = say("wording", "add", folder, again)
    assert (said.code, "--force" in said.err) == (1, True)
    assert "Another line." not in acrf_text(study_in(folder))
    assert say("wording", "add", folder, again, "--force").code == 0
    assert "Another line." in acrf_text(study_in(folder))


def first_with(**changes: str) -> list[dict[str, str]]:
    found = rows()
    found[0] |= changes
    return found


BAD = {
    "unknown item": (first_with(item="HAQ99"), "asks no item HAQ99"),
    "missing item": (rows()[1:], "HAQ01, column item: the item is missing"),
    "item twice": ([*rows(), rows()[0]], "HAQ01, column item: the item is there twice"),
    "unknown instrument": (rows(instrument="HAQ"), "HAQ is no questionnaire of this study"),
    "another version": (rows(version="haq/2"), "the wording is for haq/2"),
    "no language": (rows("in English!"), "is no language tag"),
    "no credit": (rows(credit=""), "column credit: it is empty"),
    "no holder": (rows(holder=""), "column holder: it is empty"),
    "no licence": (rows(licence=""), "column licence: it is empty"),
    "empty question": (first_with(question=""), "HAQ01, column question: it is empty"),
    "too long": (first_with(question="x" * 1001), "it has 1001 characters"),
    "turned text": (first_with(question="a\u202eb"), "U+202E cannot be kept"),
    "unknown answer": (first_with(answers="0=a|1=b|2=c|9=d"), "9 is no answer of this item"),
    "half the answers": (first_with(answers="0=a|1=b"), "give words for each of 0, 1, 2, 3"),
    "an answer without a code": (first_with(answers="none"), "no answer with its words"),
    "two credits": (first_with(credit="Another"), "record 2, column credit: it differs"),
    "no column": ([{key: value for key, value in row.items() if key != "answers"} for row in rows()], "column answers: the column is missing"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_wording_that_does_not_fit_is_refused_and_nothing_is_kept(
    say: Say, folder: Path, tmp_path: Path, bad: str
) -> None:
    some, told = BAD[bad]
    path = as_csv(some, tmp_path / "haq.csv")
    before = sorted(one.name for one in folder.iterdir())
    said = say("wording", "add", folder, path)
    assert (said.code, said.out) == (1, "")
    assert told in said.err
    assert str(path) in said.err
    assert sorted(one.name for one in folder.iterdir() if one.name != "__pycache__") == [
        name for name in before if name != "__pycache__"
    ]


HEADER = template(STUDY, HAQ).splitlines()[0].encode()
FILES = {
    "no file": ("none.csv", None, "there is no such file"), "a folder": ("some", b"", "there is no such file"),
    "empty": ("w.csv", b"", "the file is empty"), "another ending": ("w.docx", b"PK", "it is no .csv"),
    "UTF-16": ("w.csv", "item".encode("utf-16"), "UTF-16"), "GB18030": ("w.csv", "instrument,问题\n".encode("gb18030"), "GB18030"),
    "neither": ("w.csv", b"\xff\xff\x81 item", "not in UTF-8"), "semicolons": ("w.csv", b"instrument;item\n", "Separate columns by commas"),
    "only a header": ("w.csv", HEADER, "no item"), "no JSON": ("w.json", b"{", "this is no JSON"), "no TOML": ("w.toml", b"= 1", "this is no TOML"),
    "JSON of numbers": ("w.json", b"[1]", "another kind"), "JSON without questions": ("w.json", b"{}", "a part is missing"),
    "bytes": ("w.csv", bytes(20), "holds no text"), "number": ("w.json", b"7", "another kind"),
    "a field without an end": ("w.csv", HEADER + b"\nHAQ_DI,\"" + b"x" * 140_000, "this is no CSV"),
    "too few columns": ("w.csv", HEADER + b"\nHAQ_DI,1\n", "too many or too few columns"),
}  # fmt: skip


@pytest.mark.parametrize("bad", FILES)
def test_a_file_that_is_no_wording_is_refused(say: Say, folder: Path, tmp_path: Path, bad: str) -> None:
    name, content, told = FILES[bad]
    path = tmp_path / name
    if bad == "a folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    said = say("wording", "add", folder, path)
    assert (said.code, said.out, told in said.err) == (1, "", True), said.err
    assert not (folder / FOLDER).exists()


def test_loaded_wording_that_was_spoiled_later_is_named_by_every_command(
    say: Say, folder: Path, tmp_path: Path
) -> None:
    say("wording", "add", folder, as_csv(rows(), tmp_path / "haq.csv"))
    kept = folder / FOLDER / "HAQ_DI.en.json"
    kept.write_text(kept.read_text(encoding="utf-8").replace("HAQ01", "HAQ99"), encoding="utf-8")
    for words in (("wording", "check", folder), ("show", folder)):
        said = say(*words)
        assert (said.code, str(kept) in said.err, "HAQ99" in said.err) == (1, True, True)


def test_the_template_is_written_once_and_only_for_a_questionnaire_of_the_study(say: Say, tmp_path: Path) -> None:
    out = tmp_path / "haq.csv"
    assert say("wording", "template", SSC, HAQ, "--out", out).code == 0
    assert out.read_text(encoding="utf-8") == template(STUDY, HAQ)
    said = say("wording", "template", SSC, HAQ, "--out", out)
    assert (said.code, "is there already" in said.err) == (1, True)
    said = say("wording", "template", SSC, "SF36", "--out", tmp_path / "sf36.csv")
    assert (said.code, "Choose one of" in said.err) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["haq.csv"]


@pytest.mark.parametrize("command", ["add", "list", "check", "template"])
def test_each_has_help_with_an_example(say: Say, command: str) -> None:
    said = say("wording", command, "--help")
    assert (said.code, f"Example: trialwright wording {command}" in " ".join(said.out.split())) == (0, True)


def test_wording_is_not_committed_with_the_study() -> None:
    ignored = (SSC.parents[1] / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{FOLDER}/" in ignored
    assert shutil.which("git") is None or not (SSC / FOLDER).exists()


def test_a_wording_that_does_not_fit_is_never_shown() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        worded(STUDY, [_wording(version="2")])
    assert worded(STUDY, []) is STUDY
