"""What a person reads on screen or paper, in English and in Chinese."""

import unicodedata

from attrs import field, frozen
from attrs.validators import min_len


@frozen
class Text:
    """A sentence or a name in both languages of the study.

    >>> Text("face", "面部").in_("zh")
    '面部'
    """

    en: str = field(validator=min_len(1))
    zh: str = field(validator=min_len(1))

    def in_(self, language: str) -> str:
        """The wording in `language` ("en", or any tag that begins with "zh")."""
        return self.zh if language.startswith("zh") else self.en

    def __str__(self) -> str:
        return self.en


def legible(written: str) -> str:
    """What a person wrote as it is kept: without blanks around it, line ends as one character, Unicode in normal form C.

    Raises `ValueError` when it holds a character that cannot be kept (a control character, half a character) or that makes
    text read otherwise than it is written (a mark that turns its direction).

    >>> legible(" first\\r\\nsecond ")
    'first\\nsecond'
    """
    text = unicodedata.normalize("NFC", written.replace("\r\n", "\n").strip())
    for mark in text:
        if mark in _TURNING or (mark not in "\n\t" and unicodedata.category(mark) in ("Cc", "Cs")):
            raise ValueError(f"the character U+{ord(mark):04X} cannot be kept")
    if text and all(unicodedata.category(mark)[0] in "CZM" for mark in text):
        raise ValueError("nothing in it can be seen")
    return text


_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"


def same(words: str) -> Text:
    """A code or a proper name that is written alike in both languages."""
    return Text(words, words)
