"""How much room words take, and where their lines end: Chinese characters are twice as wide as letters and break anywhere."""

import unicodedata
from itertools import pairwise


def width(words: str) -> int:
    """How many columns the words take in a terminal; a Chinese character takes two.

    >>> width("mRSS 评分")
    9
    """
    return len(words) if words.isascii() else sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def shortened(words: str, most: int = 400) -> str:
    """The words, or so many letters of them: what is longer stands whole in the file that they come from.

    >>> shortened("a long story", 6)
    'a long […]'
    """
    return words if len(words) <= most else f"{words[:most].rstrip()} […]"


def span(words: str, size: float) -> float:
    """About how wide the words are in letters of this size."""
    return width(words) * size * 0.53


def broken(words: str, room: float, size: float) -> tuple[str, ...]:
    """The words on lines that fit into `room`: English breaks between words, Chinese anywhere but before a closing mark.

    >>> broken("one two three", 50, 12)
    ('one two', 'three')
    """
    lines, line = [], ""
    for piece in _pieces(words):
        if line.strip() and span((line + piece).rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return (*lines, line.rstrip())


def _pieces(words: str) -> list[str]:
    pieces: list[str] = []
    for word in words.split(" "):
        wide = width(word) > len(word)
        pieces += [*word[:-1], word[-1:] + " "] if wide else [word + " "]
    joined: list[str] = []
    for before, piece in pairwise(["", *pieces]):
        if joined and (piece.strip() in ("，", "。", "；", "：", "）", "、") or before.strip() == "（"):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
