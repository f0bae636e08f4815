"""Licensed dictionaries come as files: read with the primary path above each term, kept whole, and refused with file, record and mend."""

from pathlib import Path

import pytest

from tests.dictionaries import DRUGS, SOC, TERMS, meddra
from trialwright.exchange.dictionary_files import (
    FOLDER,
    About,
    UnusableDictionary,
    add_dictionary,
    kept_dictionaries,
    read_dictionary,
)
from trialwright.protocol.dictionary import gathered

pytestmark = pytest.mark.spec
EVENTS = About(kind="MedDRA", name="INVENTED", version="1.0", language="en", credit="Invented for a test")
TABLE = About(kind="WHODrug", name="INVENTED-DRUGS", version="2026-03", language="en", credit="Invented for a test")


def refused(source: Path, about: About = EVENTS) -> list[str]:
    with pytest.raises(UnusableDictionary) as told:
        read_dictionary(source, about)
    assert all(fault.because.zh and "No dictionary was loaded." in str(told.value) for fault in told.value.faults)
    return [str(fault) for fault in told.value.faults]


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    file = meddra(folder) / name
    text = file.read_bytes().decode()
    assert old in text
    file.write_bytes(text.replace(old, new, 1).encode())
    return folder


def test_each_term_has_its_primary_path_and_says_whether_it_is_current(tmp_path: Path) -> None:
    found = read_dictionary(meddra(tmp_path / "MedAscii"), EVENTS)
    assert [(one.code, one.term, one.current) for one in found.entries] == [(code, term, current == "Y") for code, term, _, current in TERMS]
    dry = found.by_key["99000002"]
    assert [(level.name, level.code, level.term) for level in dry.path] == [
        ("PT", "99000001", "Cough"), ("HLT", "99100003", "Invented airways"), ("HLGT", "99100002", "Invented airways group"), ("SOC", *SOC),
    ]  # fmt: skip


def test_file_names_in_capitals_a_byte_order_mark_and_unix_lines_are_read(tmp_path: Path) -> None:
    folder = meddra(tmp_path / "MedAscii")
    for file in list(folder.iterdir()):
        content = file.read_text(encoding="utf-8").replace("\r\n", "\n")
        file.unlink()
        (folder / file.name.upper()).write_text("\ufeff" + content, encoding="utf-8")
    assert len(read_dictionary(folder, EVENTS).entries) == len(TERMS)


BROKEN = {
    "a term without its preferred term": ("llt.asc", "Dry cough$99000001", "Dry cough$99000077", "llt.asc, record 2: the term belongs to 99000077"),
    "a code of letters": ("llt.asc", "99000002$Dry", "9900000B$Dry", "llt.asc, record 2: “9900000B” is no code"),
    "a code twice": ("llt.asc", "99000002$Dry", "99000001$Dry", "llt.asc, record 2: the code 99000001 is there twice"),
    "too few fields": ("llt.asc", "$99000001$$$$$$$Y$$", "$99000001$", "llt.asc, record 1: the record has 4 fields, at least 10 are needed"),
    "neither current nor not": ("llt.asc", "$Y$", "$maybe$", "llt.asc, record 1: field 10 says whether the term is current and holds “maybe”"),
    "an empty term": ("pt.asc", "$Rash$", "$ $", "pt.asc, record 2: the term is empty"),
    "a control character": ("pt.asc", "$Rash$", "$Ra\x07sh$", "pt.asc, record 2: the term is empty or cannot be read"),
    "a path to nowhere": ("mdhier.asc", "99100003$", "99100009$", "mdhier.asc, record 1: HLT 99100009 is not in hlt.asc"),
    "two primary paths": ("mdhier.asc", "$N$", "$Y$", "mdhier.asc, record 2: the preferred term 99000001 has two primary paths"),
    "another release": ("meddra_release.asc", "1.0$", "2.0$", "the files are of version 2.0, not 1.0. Say --version 2.0"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_told_with_file_record_and_mend(tmp_path: Path, name: str) -> None:
    file, old, new, words = BROKEN[name]
    assert any(words in one for one in refused(changed(tmp_path / "MedAscii", file, old, new))), name


def test_all_faults_come_at_once_and_missing_files_are_named(tmp_path: Path) -> None:
    folder = meddra(tmp_path / "MedAscii", [("9", "x", "1", "Y")] * 5)
    assert len(refused(folder)) == 5
    (folder / "llt.asc").unlink()
    (folder / "soc.asc").unlink()
    assert [one.split(":")[0].rsplit("/", 1)[1] for one in refused(folder)] == ["llt.asc", "soc.asc"]
    assert "there is no such folder" in refused(tmp_path / "nowhere")[0]


def test_another_encoding_is_asked_for_and_then_read(tmp_path: Path) -> None:
    folder = meddra(tmp_path / "MedAscii", [("99000001", "咳嗽", "99000001", "Y")])
    file = folder / "llt.asc"
    file.write_bytes(file.read_text(encoding="utf-8").encode("gb18030"))
    assert "not in utf-8. Say its encoding" in refused(folder)[0]
    told = About(kind="MedDRA", name="INVENTED", version="1.0", language="zh-CN", credit="x", encoding="gb18030")
    assert read_dictionary(folder, told).entries[0].term == "咳嗽"


@pytest.mark.parametrize(("part", "value"), [("version", ""), ("version", "../1"), ("name", "a b"), ("credit", " "), ("language", "english!")])
def test_what_is_said_about_a_dictionary_can_be_a_name_of_a_folder(tmp_path: Path, part: str, value: str) -> None:
    said = {"kind": "MedDRA", "name": "INVENTED", "version": "1.0", "language": "en", "credit": "x"} | {part: value}
    assert refused(meddra(tmp_path / "MedAscii"), About(**said))


def test_a_drug_stands_once_for_each_of_its_classes(tmp_path: Path) -> None:
    file = tmp_path / "drugs.csv"
    file.write_text(DRUGS, encoding="utf-8")
    found = read_dictionary(file, TABLE)
    assert [one.key for one in found.entries] == ["X001/X01", "X001/X02", "X002"]
    assert [level.term for level in found.by_key["X001/X02"].path] == ["INVENTINE", "Invented class two"]


@pytest.mark.parametrize(("text", "words"), [
    ("", "the column is missing"), (DRUGS.replace("atc_text", "class"), "column atc_text: the column is missing"),
    (DRUGS + "X003,,NAME,,\n", "record 4: code, name or preferred name is empty"), (DRUGS + "X003,Name,NAME,X01,\n", "record 4"),
    (DRUGS + "X002,Other,OTHERINE,,\n", "record 4: this drug with this class is there twice"), (DRUGS + "X003,a,b\n", "too many or too few columns"),
    (DRUGS.split("\n")[0], "it holds no term"), ("\x00" * 10, "holds no text"),
])  # fmt: skip
def test_a_bad_table_of_drugs_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "drugs.csv"
    file.write_text(text, encoding="utf-8")
    assert any(words in one for one in refused(file, TABLE)), refused(file, TABLE)


def test_it_is_kept_as_it_came_and_read_again_to_the_same_digest(tmp_path: Path) -> None:
    source, study = meddra(tmp_path / "MedAscii"), tmp_path / "study"
    study.mkdir()
    found = add_dictionary(study, source, EVENTS)
    kept = study / FOLDER / "INVENTED-1.0-en"
    assert (kept / "llt.asc").read_bytes() == (source / "llt.asc").read_bytes()
    (again,) = kept_dictionaries(study)
    assert (again.digest, again.entries, again.credit) == (found.digest, found.entries, "Invented for a test")
    with pytest.raises(UnusableDictionary, match="loaded already"):
        add_dictionary(study, source, EVENTS)
    meddra(source, soc="Invented breathing, renamed")
    assert add_dictionary(study, source, EVENTS, force=True).digest != found.digest
    assert kept_dictionaries(study)[0].entries[0].path[3].term == "Invented breathing, renamed"


def test_a_bad_file_leaves_nothing_behind_and_what_was_kept_untouched(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    add_dictionary(study, meddra(tmp_path / "MedAscii"), EVENTS)
    before = sorted((file, file.read_bytes()) for file in study.rglob("*") if file.is_file())
    with pytest.raises(UnusableDictionary):
        add_dictionary(study, changed(tmp_path / "MedAscii", "llt.asc", "99000002$", "x$"), EVENTS, force=True)
    assert sorted((file, file.read_bytes()) for file in study.rglob("*") if file.is_file()) == before


def test_two_languages_of_one_version_are_one_dictionary_and_english_is_recorded(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    add_dictionary(study, meddra(tmp_path / "zh", [("99000001", "咳嗽", "99000001", "Y"), ("99000004", "皮疹", "99000004", "Y")]),
                   About(kind="MedDRA", name="INVENTED", version="1.0", language="zh-CN", credit="x"))  # fmt: skip
    english = add_dictionary(study, meddra(tmp_path / "en"), EVENTS)
    (one,) = gathered(kept_dictionaries(study))
    assert (one.version, one.digest) == ("1.0", english.digest)
    (found,) = [found for found in one.suggest("咳嗽") if found.how == "exact"]
    assert (found.entry.term, found.words) == ("Cough", "咳嗽")
