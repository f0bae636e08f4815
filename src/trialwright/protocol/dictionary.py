"""A dictionary that the hospital is licensed to use (MedDRA, WHODrug): terms with what lies above each, and how words find them."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from heapq import nlargest
from itertools import chain
from math import log

from attrs import define, frozen

KINDS = ("MedDRA", "WHODrug")
"""The two sorts of dictionary: events in five levels, and drugs with their class."""
ALIKE, CLOSE = 0.6, 0.3
"""From which share of common letter pairs on two words, or two terms, count as alike."""
CANDIDATES = 300
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


@frozen
class Level:
    """One step above a term: its name (PT, HLT, HLGT, SOC; PREFERRED, ATC), its code and its term."""

    name: str
    code: str
    term: str


Path = tuple[Level, ...]


@frozen(kw_only=True)
class Entry:
    """A term of a dictionary that an answer can be coded with, and the path above it; `current` is false for one no longer to be used."""

    code: str
    term: str
    path: Path
    current: bool = True

    @property
    def key(self) -> str:
        """What tells this choice from every other: a drug has one for each of its classes."""
        return "/".join((self.code, *(level.code for level in self.path if level.name == "ATC")))


@define(frozen=True, kw_only=True, slots=False)
class Edition:
    """One language of one version of a dictionary. `name` is "MedDRA" or "WHODrug" for the real one; an invented one says so in its name."""

    kind: str
    name: str
    version: str
    language: str
    credit: str
    digest: str
    entries: tuple[Entry, ...]

    @cached_property
    def by_key(self) -> dict[str, Entry]:
        return {entry.key: entry for entry in self.entries}

    @cached_property
    def folded(self) -> dict[str, list[Entry]]:
        """The entries that may be used, by their folded term."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.current:
                found.setdefault(fold(entry.term), []).append(entry)
        return found

    @cached_property
    def by_word(self) -> dict[str, list[str]]:
        """The folded terms in which each word stands."""
        found: dict[str, list[str]] = {}
        for term in self.folded:
            for word in set(_WORD.findall(term)):
                found.setdefault(word, []).append(term)
        return found

    def holding(self, words: str) -> list[str]:
        """The folded terms in which every word of `words` begins a word, the shortest first."""
        wanted = _WORD.findall(fold(words))
        if not wanted:
            return []
        each = [{term for one, terms in self.by_word.items() if one.startswith(word) for term in terms} for word in wanted]
        return sorted(set.intersection(*each), key=lambda term: (len(term), term))

    def alike(self, words: str) -> list[str]:
        """The folded terms that look most like `words`, the most alike first."""
        whole = fold(words)
        weights: dict[str, float] = {}
        for word in set(_WORD.findall(whole)):
            for one in self._near(word):
                for term in self.by_word[one]:
                    weights[term] = weights.get(term, 0.0) + log(1 + len(self.folded) / len(self.by_word[one]))
        likely = nlargest(CANDIDATES, weights, key=lambda term: (weights[term], term))
        scored = [(likeness(whole, term), term) for term in likely]
        return [term for score, term in sorted(scored, key=lambda one: (-one[0], one[1])) if score >= CLOSE]

    def _near(self, word: str) -> list[str]:
        """The words of this edition that are, begin with, or look like `word`."""
        if word in self.by_word:
            return [word]
        return [one for one in self.by_word if likeness(word, one) >= ALIKE or (len(word) > 3 and one.startswith(word))]


@frozen(kw_only=True)
class Suggestion:
    """A choice offered for some words: the entry, how it was found ("exact", "folded", "close", "search"), and in which words."""

    entry: Entry
    how: str
    words: str


@define(frozen=True, slots=False)
class Dictionary:
    """One version of a dictionary in every language in which it was loaded. What is recorded is English where there is English."""

    editions: tuple[Edition, ...]

    @cached_property
    def main(self) -> Edition:
        return next((one for one in self.editions if one.language.lower().startswith("en")), self.editions[0])

    @property
    def kind(self) -> str:
        return self.main.kind

    @property
    def name(self) -> str:
        return self.main.name

    @property
    def version(self) -> str:
        return self.main.version

    @property
    def digest(self) -> str:
        return self.main.digest

    def find(self, key: str) -> Entry | None:
        return self.main.by_key.get(key)

    def suggest(self, words: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """What `words` may mean: the very term, the term but for case and punctuation, then terms that look like it."""
        return self._offered(words, limit, lambda edition: edition.alike(words), "close")

    def search(self, words: str, limit: int = 30) -> tuple[Suggestion, ...]:
        """The terms in which all of `words` stand, begun at least."""
        return self._offered(words, limit, lambda edition: edition.holding(words), "search")

    def _offered(self, words: str, limit: int, more: Callable[[Edition], list[str]], how: str) -> tuple[Suggestion, ...]:
        found: dict[str, Suggestion] = {}
        for one in chain(self._told(words, lambda _: [fold(words)], "folded"), self._told(words, more, how)):
            if len(found) == limit:
                break
            found.setdefault(one.entry.key, one)
        return tuple(found.values())

    def _told(self, words: str, terms: Callable[[Edition], list[str]], how: str) -> Iterator[Suggestion]:
        for edition in self.editions:
            for term in terms(edition):
                for entry in edition.folded.get(term, ()):
                    recorded = self.find(entry.key)
                    if recorded is not None and recorded.current:
                        yield Suggestion(entry=recorded, how="exact" if entry.term == words.strip() else how, words=entry.term)


def gathered(editions: Iterable[Edition]) -> tuple[Dictionary, ...]:
    """The dictionaries that these editions make: those of one name and version belong together."""
    found: dict[tuple[str, str, str], list[Edition]] = {}
    for one in editions:
        found.setdefault((one.kind, one.name, one.version), []).append(one)
    return tuple(Dictionary(tuple(many)) for _, many in sorted(found.items()))


def fold(words: str) -> str:
    """Words without what does not matter when they are compared: case, width, punctuation, blanks.

    >>> fold("  Injection-site  ERYTHEMA. "), fold("肺部感染（轻度）")
    ('injection site erythema', '肺部感染 轻度')
    """
    plain = unicodedata.normalize("NFKC", words).casefold()
    return " ".join("".join(mark if mark.isalnum() else " " for mark in plain).split())


def likeness(one: str, other: str) -> float:
    """The share of letter pairs that two folded texts have in common (Dice): 1 when they are the same, 0 when nothing is.

    >>> round(likeness("coughing", "cough"), 2), likeness("cough", "fever")
    (0.67, 0.0)
    """
    pairs, others = _pairs(one), _pairs(other)
    return 2 * len(pairs & others) / (len(pairs) + len(others))


def _pairs(text: str) -> set[str]:
    padded = f" {text}"
    return {padded[place : place + 2] for place in range(len(padded))}
