"""What a person reads on screen or paper, in English and in Chinese."""

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


def same(words: str) -> Text:
    """A code or a proper name that is written alike in both languages."""
    return Text(words, words)
