"""A document on paper: a PDF made for keeping, the same on every machine, in which no character is lost."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from struct import unpack_from
from typing import Any, Literal

import typst

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Noto Sans CJK SC"
ARCHIVE: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")  # kept for decades (PDF/A-2a), read aloud by a screen reader (PDF/UA-1)

PRELUDE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: sys.inputs.title, date: datetime({date}))
#set smartquote(enabled: false)
#set text(font: "{family}", fallback: false, lang: "{language}", region: "{region}", size: 9pt)
"""


def pdf(template: str, data: Mapping[str, Any], title: str, language: str, *, at: datetime) -> bytes:
    """A PDF (PDF/A-2a and PDF/UA-1) from a typst template, which finds the facts under the name `data`.

    `data` is anything that JSON can say; what stands in it is printed as it is and never read as typst. `language` is "en" or "zh",
    `at` the moment of printing: the document's date. The fonts of the house alone are used, and the same input gives the same bytes.
    Raises `typst.TypstError` where the template is wrong: for example a heading level left out, or a picture without a description.

    >>> from datetime import UTC
    >>> made = pdf("= #data.greeting", {"greeting": "皮肤 #1"}, "Example", "zh", at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> made[:5], made == pdf("= #data.greeting", {"greeting": "皮肤 #1"}, "Example", "zh", at=datetime(2026, 1, 5, tzinfo=UTC))
    (b'%PDF-', True)
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} names no time zone, so nobody can say when it was")
    at = at.astimezone(UTC).replace(microsecond=0)
    date = f"year: {at.year}, month: {at.month}, day: {at.day}, hour: {at.hour}, minute: {at.minute}, second: {at.second}"
    chinese = language.startswith("zh")
    prelude = PRELUDE.format(date=date, family=FAMILY, language="zh" if chinese else "en", region="cn" if chinese else "us")
    known = {"data": json.dumps(printable(data, latin=not chinese), ensure_ascii=False), "title": printable(title, latin=not chinese)}
    made: bytes = typst.compile(
        (prelude + template).encode(), font_paths=_fonts(), sys_inputs=known, pdf_standards=list(ARCHIVE), timestamp=at,
    )  # fmt: skip
    return made


REMEMBERED = 10


def forget() -> None:
    """Has typst let go of the documents it made. It keeps each for ten more, which for ten long casebooks are two gigabytes."""
    for _ in range(REMEMBERED):
        typst.compile(b"", font_paths=_fonts())


def pages(template: str, data: Mapping[str, Any], language: str, *, mark: str = "item") -> dict[str, int]:
    """On which page each thing stands that the template marks: what `#metadata` says at each label `mark`, with its page number.

    >>> pages('#metadata(("first")) <item> #pagebreak() #metadata(("second")) <item>', {}, "en")
    {'first': 1, 'second': 2}
    """
    finder = f"\n#context [#metadata(query(<{mark}>).map(one => (one.value, one.location().page()))) <found-{mark}>]"
    prelude = PRELUDE.format(date="year: 2000, month: 1, day: 1", family=FAMILY, language="zh" if language.startswith("zh") else "en", region="us")
    known = {"data": json.dumps(printable(data), ensure_ascii=False), "title": ""}
    found = typst.query((prelude + template + finder).encode(), f"<found-{mark}>", field="value", one=True, font_paths=_fonts(), sys_inputs=known)
    return {str(name): int(page) for name, page in json.loads(found)}


STRAIGHT = str.maketrans("“”‘’", "\"\"''")
"""The quotation marks of the font are as wide as Chinese characters: among Latin letters straight ones are set."""


def printable(thing: Any, *, latin: bool = False) -> Any:
    """The same text, with the code of each character that the fonts do not hold; also inside lists and mappings. `latin`: it is English.

    >>> printable({"name": ("𠮷", "10⁹/L", "a\\tb")})
    {'name': ['[U+20BB7]', '10^9/L', 'a\\tb']}
    """
    if isinstance(thing, str):
        thing = thing.translate(STRAIGHT) if latin else thing
        return thing if held().issuperset(thing) else "".join(sign if sign in held() else _spelled(sign) for sign in thing)
    if isinstance(thing, Mapping):
        return {key: printable(value, latin=latin) for key, value in thing.items()}
    if isinstance(thing, Sequence) and not isinstance(thing, bytes):
        return [printable(one, latin=latin) for one in thing]
    return thing


def _spelled(sign: str) -> str:
    form = unicodedata.decomposition(sign)
    if form.startswith(("<super>", "<sub>")):
        return ("^" if form.startswith("<super>") else "_") + unicodedata.normalize("NFKC", sign)
    return f"[U+{ord(sign):04X}]"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@cache
def held() -> frozenset[str]:
    """The characters that can be printed: those of the font, and the ends of lines."""
    return frozenset("\n\t") | frozenset(map(chr, _mapped((FONTS / "NotoSansCJKsc-Regular.otf").read_bytes())))


def _mapped(font: bytes) -> frozenset[int]:
    """The code points for which a font has a glyph: its table `cmap`, format 4 (OpenType 1.9)."""
    tables = (unpack_from(">4sLLL", font, 12 + 16 * number) for number in range(*unpack_from(">4xH", font)))
    cmap = next(offset for name, _, offset, _ in tables if name == b"cmap")
    encodings = (unpack_from(">HHL", font, cmap + 4 + 8 * number) for number in range(*unpack_from(">2xH", font, cmap)))
    start = cmap + next(offset for platform, encoding, offset in encodings if (platform, encoding) == (3, 1))
    twice: int = unpack_from(">6xH", font, start)[0]
    ends, starts, deltas, offsets = (
        unpack_from(f">{twice // 2}H", font, start + 14 + twice * part + (2 if part else 0)) for part in range(4)
    )
    found = set()
    for place, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(first, min(last, 0xFFFD) + 1):
            at = start + 16 + twice * 3 + 2 * place + offset + 2 * (code - first)
            glyph = unpack_from(">H", font, at)[0] if offset else (code + delta) & 0xFFFF
            if glyph:
                found.add(code)
    return frozenset(found)
