"""The questions of a study: items with their units, ranges and code lists, gathered on forms."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import assert_never

from attrs import define, field, frozen
from attrs.validators import instance_of, matches_re

from trialwright.protocol.absences import Absence
from trialwright.protocol.audience import Audience
from trialwright.protocol.text import Text, legible

NOT_DEFINED = {"defined": False}
"""Marks what a running trial adds to its study: no part of the definition, nor of its hash."""


class Kind(Enum):
    """What sort of answer an item takes."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    CHOICE = "choice"
    DATE = "date"
    PARTIAL_DATE = "partial date"
    TEXT = "text"


Value = int | Decimal | date | str
"""An answer as the analysis reads it; a partial date and a choice are text."""


@frozen
class Term:
    """One allowed answer: its code (the submission value), what is shown, and a CDISC concept id where there is one."""

    code: str
    label: Text
    concept: str | None = None


@frozen(kw_only=True)
class Codelist:
    """The closed list of answers that a choice item accepts."""

    code: str
    terms: tuple[Term, ...]

    @cached_property
    def labels(self) -> dict[str, Text]:
        return {term.code: term.label for term in self.terms}


@frozen(kw_only=True)
class Wrong:
    """What is wrong with one entry: which item, and a sentence that says what was expected and how to mend it."""

    item: str
    because: Text


@frozen(kw_only=True)
class Shown:
    """Skip logic: the item is asked only while another item of the same form has one of these answers."""

    item: str
    among: tuple[str, ...]

    def holds(self, answers: dict[str, str]) -> bool:
        return answers.get(self.item) in self.among


_PARTIAL = re.compile(r"[0-9]{4}(-([0-9]{2}|UK)(-([0-9]{2}|UK))?)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"(?=.{1,20}$)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")


@frozen(kw_only=True)
class Normal:
    """A reference interval of the local laboratory, in the unit of its item: for a sex (F, M, None: both) from an age in
    years (included) to an age (not included). A bound that the laboratory does not give is None."""

    low: Decimal | None = None
    high: Decimal | None = None
    sex: str | None = None
    from_age: int = 0
    to_age: int = 200

    def fits(self, sex: str | None, age: float) -> bool:
        """Whether it is the interval of a person of `sex` and `age` (years).

        >>> Normal(low=Decimal(115), high=Decimal(150), sex="F").fits("F", 50.2)
        True
        """
        return self.sex in (None, sex) and self.from_age <= age < self.to_age


@define(frozen=True, kw_only=True, slots=False)
class Item:
    """One question. `audience` says who may ever read its answers and has no default.

    `hints_at_arm` marks what would tell a blinded person who received the drug; `sdtm` is the annotation of the
    case report form ("RE.REORRES where RETESTCD = FVC"); ranges are inclusive: beyond `low`..`high` an entry is
    impossible and refused, beyond `usual_low`..`usual_high` it is unusual and asks for a confirmation. `normal` are the
    reference intervals of the laboratory, one for each sex and age where they differ. `writers` are the only ones of those who
    fill the form that may answer it (a judgment for the physician alone); None: all of them. `question` and `words` (for each
    answer) are licensed wording, where it is loaded.
    `dictionary` names the kind of dictionary ("MedDRA", "WHODrug") with which the answers are coded. `retired` is an item that
    a running trial no longer asks: its answers stay readable. `since` is when an amendment brought it; the trial says so, not the study.
    """

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9_]*"))
    label: Text
    kind: Kind
    audience: Audience = field(validator=instance_of(Audience))
    hints_at_arm: bool = False
    unit: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    usual_low: Decimal | None = None
    usual_high: Decimal | None = None
    decimals: int | None = None
    codelist: Codelist | None = None
    required: bool = True
    absences: tuple[Absence, ...] = (Absence.NOT_DONE, Absence.UNKNOWN)
    shown: Shown | None = None
    sdtm: str | None = None
    hint: Text | None = None
    normal: tuple[Normal, ...] = ()
    longest: int = 200
    writers: Audience | None = None
    question: Text | None = None
    words: tuple[tuple[str, Text], ...] = ()
    dictionary: str | None = None
    retired: bool = False
    since: datetime | None = field(default=None, metadata=NOT_DEFINED)

    def read(self, entered: str) -> Value:
        """The typed value of what a person entered. Raises `ValueError` with a `Text` that says how to mend it.

        Full-width digits and a decimal comma are understood.
        """
        text = entered.strip().translate(_FULL_WIDTH)
        match self.kind:
            case Kind.INTEGER | Kind.DECIMAL:
                return self._number(text)
            case Kind.CHOICE:
                return self._choice(text)
            case Kind.DATE:
                return _date(text)
            case Kind.PARTIAL_DATE:
                return _partial_date(text)
            case Kind.TEXT:
                return self._text(entered)
            case _:
                assert_never(self.kind)

    def recall(self, saved: str) -> Value:
        """The typed value of a saved answer. It was read under the ranges of its own time, so those of today are not asked.
        Raises `ValueError` for what is no answer of this kind (one that was erased).

        >>> Item(code="FVC", label=Text("FVC", "FVC"), kind=Kind.DECIMAL, audience=Audience.MONITOR, high=Decimal(5)).recall("7.10")
        Decimal('7.10')
        """
        try:
            return _RECALLED.get(self.kind, str)(saved)
        except (ValueError, ArithmeticError):
            raise Unreadable(self._expected(saved, Text("a saved answer", "已保存的答案"))) from None

    def canonical(self, entered: str) -> str:
        """The one way in which this answer is written in the ledger (" ３,50 " becomes "3.50")."""
        value = self.read(entered)
        if isinstance(value, Decimal):
            return f"{value:f}"
        return value.isoformat() if isinstance(value, date) else str(value)

    def unusual(self, value: Value) -> bool:
        """Whether a possible value lies outside the usual range, so that the person is asked to confirm it."""
        if not isinstance(value, int | Decimal):
            return False
        low, high = self.usual_low, self.usual_high
        return (low is not None and value < low) or (high is not None and value > high)

    def _number(self, text: str) -> int | Decimal:
        if self.kind is Kind.INTEGER:
            if not _WHOLE.fullmatch(text):
                raise Unreadable(self._expected(text, Text("a whole number", "整数")))
            number: int | Decimal = int(text)
        else:
            if not _NUMBER.fullmatch(text.replace(",", ".")):
                raise Unreadable(self._expected(text, Text("a number such as 12.5", "数字，例如 12.5")))
            number = Decimal(text.replace(",", ".")) + 0  # there is no minus zero
            if self.decimals is not None and -int(number.as_tuple().exponent) > self.decimals:
                raise Unreadable(Text(f"{text} has too many decimals. At most {self.decimals} are kept: round it.",
                                      f"{text} 小数位过多，最多保留 {self.decimals} 位，请四舍五入。"))  # fmt: skip
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            unit = f" {self.unit}" if self.unit else ""
            low = "" if self.low is None else str(self.low)
            high = "" if self.high is None else str(self.high)
            raise Unreadable(Text(
                f"{text}{unit} is outside the possible range {low} to {high}{unit}. Check the source and enter it again.",
                f"{text}{unit} 超出可能范围 {low}–{high}{unit}，请核对原始记录后重新填写。"))  # fmt: skip
        return number

    def _choice(self, text: str) -> str:
        codes = [term.code for term in self.codelist.terms] if self.codelist else []
        if text not in codes:
            raise Unreadable(Text(f"“{text[:40]}” is not one of the answers offered ({', '.join(codes[:12])}). Choose one of them.",
                                  f"“{text[:40]}”不在可选答案中（{'、'.join(codes[:12])}），请从中选择。"))  # fmt: skip
        return text

    def _text(self, entered: str) -> str:
        try:
            text = legible(entered)
        except ValueError:
            raise Unreadable(Text("The text holds a control character. Type it again without pasting.",
                                  "文本含有控制字符，请手工重新输入。")) from None  # fmt: skip
        if not text or len(text) > self.longest:
            raise Unreadable(Text(f"Write between 1 and {self.longest} characters (now {len(text)}).",
                                  f"请填写 1 至 {self.longest} 个字符（现为 {len(text)} 个）。"))  # fmt: skip
        return text

    def _expected(self, text: str, what: Text) -> Text:
        return Text(f"“{text[:40]}” cannot be read. Expected {what.en} for {self.label.en}.",
                    f"“{text[:40]}”无法识别，{self.label.zh}应填写{what.zh}。")  # fmt: skip


class Unreadable(ValueError):
    """An entry that cannot be a value of its item; carries the sentence for the person who typed it."""

    def __init__(self, because: Text) -> None:
        super().__init__(because.en)
        self.because = because


_RECALLED: dict[Kind, Callable[[str], Value]] = {Kind.INTEGER: int, Kind.DECIMAL: Decimal, Kind.DATE: date.fromisoformat}
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－，", "0123456789.-,")


def _date(text: str) -> date:
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise Unreadable(Text(f"“{text[:40]}” is not a date. Write year-month-day, for example 2026-03-05.",
                              f"“{text[:40]}”不是有效日期，请按 年-月-日 填写，例如 2026-03-05。")) from None  # fmt: skip
    _year(text)
    return day


def _year(text: str) -> None:
    if not 1900 <= int(text[:4]) <= 2199:
        raise Unreadable(Text(f"{text} lies outside the years 1900 to 2199. Check the year.",
                              f"{text} 不在 1900 至 2199 年之间，请核对年份。"))  # fmt: skip


def _partial_date(text: str) -> str:
    text = text.upper()
    if not _PARTIAL.fullmatch(text):
        raise Unreadable(Text(f"“{text[:40]}” is not a date. Write 2026-03-05, or 2026-03-UK or 2026 when a part is unknown.",
                              f"“{text[:40]}”不是有效日期，请填写 2026-03-05；部分未知时填写 2026-03-UK 或 2026。"))  # fmt: skip
    _year(text)
    known = [part for part in text.split("-") if part != "UK"]
    if len(known) == 3:
        _date(text)
    elif len(known) == 2 and "-UK-" not in text and not 1 <= int(known[1]) <= 12:
        raise Unreadable(Text(f"{text} has no month {known[1]}. Write a month from 01 to 12, or UK.",
                              f"{text} 中没有 {known[1]} 月，请填写 01 至 12，或 UK。"))  # fmt: skip
    elif "-UK-" in text and not text.endswith("-UK"):
        raise Unreadable(Text(f"{text}: a day cannot be known while the month is not. Write {text[:4]}-UK-UK.",
                              f"{text}：月份未知时日期不可能已知，请填写 {text[:4]}-UK-UK。"))  # fmt: skip
    return "-".join(known)


@frozen(kw_only=True)
class Section:
    """A heading on a form and the items below it."""

    title: Text
    items: tuple[Item, ...]


@define(frozen=True, kw_only=True, slots=False)
class Form:
    """A page of the case report form. `repeats` marks a log with one row per dose, drug or event.

    `entered_by` are the roles that may fill it; `instrument` names the shelf file that scores it;
    `body_map` asks for the picture of 17 skin sites.
    """

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9_]*"))
    title: Text
    sections: tuple[Section, ...]
    entered_by: Audience
    repeats: bool = False
    instrument: str | None = None
    body_map: bool = False
    note: Text | None = None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def _by_code(self) -> dict[str, Item]:
        return {item.code: item for item in self.items}

    def item(self, code: str) -> Item:
        """The item called `code`; raises `KeyError` when the form does not ask it."""
        return self._by_code[code]

    def asks(self, code: str) -> bool:
        return code in self._by_code

    def writers(self, code: str) -> Audience:
        """Who may answer the item called `code`: those whom it names itself, else everybody who fills the form."""
        own = self.item(code).writers
        return self.entered_by if own is None else own

    def seen_by(self, role: Audience) -> tuple[Item, ...]:
        """The items of this form that `role` may read."""
        if role not in self._seen:
            self._seen[role] = tuple(item for item in self.items if item.audience.admits(role))
        return self._seen[role]

    @cached_property
    def _seen(self) -> dict[Audience, tuple[Item, ...]]:
        """What `seen_by` found out, because one page of a matrix asks it thousands of times."""
        return {}

    @cached_property
    def day(self) -> Item | None:
        """The item that holds the day of the page: its first date."""
        return next((item for item in self.items if item.kind is Kind.DATE), None)

    @property
    def by_patient(self) -> bool:
        """Whether the patient fills it himself, on his own phone."""
        return Audience.PATIENT in self.entered_by

    @cached_property
    def retired(self) -> bool:
        """Whether nothing on it is asked any more."""
        return all(item.retired for item in self.items)

    @cached_property
    def audience(self) -> Audience:
        """Everybody who may read at least one item."""
        label = Audience(0)
        for item in self.items:
            label |= item.audience
        return label


def one_section(title: Text, items: Sequence[Item]) -> tuple[Section, ...]:
    """The sections of a form that needs no headings but one."""
    return (Section(title=title, items=tuple(items)),)


def yes_no() -> Codelist:
    """CDISC NY, the two answers that a box can have."""
    return Codelist(code="NY", terms=(Term("Y", Text("yes", "是"), "C49488"), Term("N", Text("no", "否"), "C49487")))
