"""Every phrase exists in both languages, with the same gaps, and is used."""

import re
import string
from importlib.resources import files

import pytest

from trialwright.capture.words import PARTS, WORDS

pytestmark = pytest.mark.web
ROOM = files("trialwright.capture")
SOURCES = [path.read_text(encoding="utf-8") for folder in ("templates", "views", "static") for path in (ROOM / folder).iterdir()
           if path.name.endswith((".html", ".py"))]  # fmt: skip
SOURCES += [(ROOM / name).read_text(encoding="utf-8") for name in ("telling.py", "pages.py", "desk.py", "login.py", "upkeep.py")]


def gaps(words: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def test_no_phrase_is_told_twice() -> None:
    assert len(WORDS) == sum(len(part) for part in PARTS)


def test_both_languages_have_the_same_gaps_and_chinese_is_chinese() -> None:
    assert [word for word, text in WORDS.items() if gaps(text.en) != gaps(text.zh)] == []
    bare = {word: (re.sub(r"{\w+}", "", text.en), re.sub(r"{\w+}", "", text.zh)) for word, text in WORDS.items()}
    assert [word for word, (en, zh) in bare.items() if re.search(r"[a-z]{2}", en) and not re.search(r"[一-鿿]", zh)] == []


def test_every_phrase_that_is_said_exists() -> None:
    said = {word for source in SOURCES for word in re.findall(r"""say\(["']([\w-]+)["'][,) ]""", source)}
    assert {word for word in said if not word.endswith("-")} - set(WORDS) == set()


def test_no_phrase_is_left_over() -> None:
    everything = "\n".join(SOURCES)
    built = ("is-", "query-", "do-", "v-", "m-", "grade-", "ig-", "da-", "file-", "r-", "act-", "step-", "factor-", "ended-", "how-", "fate-")
    words = {key.removesuffix(":one") for key in WORDS}
    unused = [word for word in words if f'"{word}"' not in everything and f"'{word}'" not in everything and not word.startswith(built)]
    assert unused == []
