"""A printed document: the same bytes for the same facts, made for keeping, in our fonts alone, with no character lost."""

import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typst
from pypdf import PdfReader

from trialwright.report.render.pdf import FONTS, held, pdf, printable

AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def read(made: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(made))


def test_the_same_facts_give_the_same_bytes_and_another_moment_another_date() -> None:
    def make(at: datetime) -> bytes:
        return pdf("= #data.name", {"name": "Skin 皮肤"}, "Title 题目", "zh", at=at)

    assert make(AT) == make(AT)
    assert make(AT) != make(AT.replace(hour=9))
    about = read(make(AT)).metadata
    assert about is not None and about.title == "Title 题目"
    assert about.creation_date == AT
    assert make(AT.astimezone(ZoneInfo("Asia/Shanghai")).replace(microsecond=7)) == make(AT)
    with pytest.raises(ValueError, match="names no time zone"):
        make(AT.replace(tzinfo=None))


@pytest.mark.req("REC-03")
def test_the_document_is_made_for_keeping_and_carries_its_fonts() -> None:
    made = read(pdf("= One\n*bold* #data.text", {"text": "皮肤"}, "T", "en", at=AT))
    metadata: Any = made.xmp_metadata
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata.stream.get_data()
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata.stream.get_data()
    fonts = [font.get_object() for font in made.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    inside = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert {str(one["/FontName"]).partition("+")[2] for one in inside} == {"NotoSansCJKsc-Regular", "NotoSansCJKsc-Bold"}
    assert all("/FontFile3" in one for one in inside)


def test_what_stands_in_the_facts_is_printed_and_never_obeyed() -> None:
    nasty = '#panic("no") *not bold* $x$ <label> @ref \\ "quote" [x] // comment'
    assert nasty in read(pdf("= T\n#data.text", {"text": nasty}, nasty, "en", at=AT)).pages[0].extract_text()


def test_every_character_that_counts_as_held_is_in_the_font() -> None:
    """A document for keeping may not hold a character without a glyph: typst refuses it, so this is its judgment on our list."""
    everything = "".join(sorted(held() - set("\n\t")))
    assert len(everything) == 8362
    words = [everything[start : start + 60] for start in range(0, len(everything), 60)]
    template = '= T\n#for line in data.lines [#line #linebreak()]\n#for line in data.lines [*#line* #linebreak()]'
    assert len(read(pdf(template, {"lines": words}, "All", "zh", at=AT)).pages) > 2
    with pytest.raises(typst.TypstError):
        pdf("= T \U00020bb7", {}, "T", "zh", at=AT)


@pytest.mark.parametrize(("text", "printed"), [("𠮷野", "[U+20BB7]野"), ("10⁹/L", "10^9/L"), ("H₂O₉", "H_2O_9"), ("\x00a\u200b", "[U+0000]a[U+200B]"),
                                                ("㎡ 皮肤 ≥ 3", "[U+33A1] 皮肤 ≥ 3")])  # fmt: skip
def test_a_character_without_a_glyph_is_printed_as_its_code(text: str, printed: str) -> None:
    assert printable(text) == printed
    assert printed in read(pdf("= #data.text", {"text": text}, "T", "zh", at=AT)).pages[0].extract_text()


def test_every_character_of_gb2312_can_be_printed() -> None:
    pairs = (bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    han = {sign for pair in pairs for sign in pair}
    assert len(han) == 6763
    assert han <= held()


def test_the_fonts_are_small_and_have_their_licence_beside_them() -> None:
    sizes = {path.name: path.stat().st_size for path in FONTS.glob("*.otf")}
    assert set(sizes) == {"NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"}
    assert max(sizes.values()) <= 4 * 1024 * 1024
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "LICENSE").read_text(encoding="utf-8")
