"""Checks across the answers of a page, and against other pages: what cannot be, and what is unusual and wants a reason."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import ClassVar

from attrs import Factory, field, frozen
from attrs.validators import matches_re

from trialwright.protocol.forms import Value
from trialwright.protocol.text import Text


@frozen(kw_only=True)
class Glance:
    """All that a check may look at: the answers it `reads` on this page, those it names `elsewhere` by form and item (with the
    visit, "" for a row of a log), the window of the visit, and two days that everybody who fills pages knows. Absent answers are
    left out; `labels` are the names of the items of this page.
    """

    here: Mapping[str, Value]
    labels: Mapping[str, Text]
    elsewhere: Mapping[tuple[str, str], tuple[tuple[str, Value], ...]] = Factory(dict)
    window: tuple[date, date] | None = None
    consented: date | None = None
    index_date: date | None = None


GLANCES = ("window", "consented", "index_date")
"""The days that a check may look at beside the answers."""


@frozen(kw_only=True)
class Check:
    """What must hold between answers. `by` tells in a sentence what is wrong and how to mend it, or None.

    A soft check asks "it is right, because ..." when the page is saved; a `hard` one keeps the page from being signed. It is put
    to those alone who may read every item that it uses, and whoever may fill the form must be one of them.
    """

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9_]*"))
    form: str
    reads: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...] = ()
    by: Callable[[Glance], Text | None]
    hard: bool = False

    @property
    def glances(self) -> tuple[str, ...]:
        """Which days it looks at beside the answers: what its rule says in `glances`; of a rule that does not say, all."""
        return tuple(getattr(self.by, "glances", GLANCES))

    @property
    def items(self) -> tuple[tuple[str, str], ...]:
        """Every item it uses, with its form."""
        return (*((self.form, item) for item in self.reads), *self.elsewhere)


def _written(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def before(first: Value, second: Value) -> bool:
    """Whether a day, perhaps partly known, surely lies before another one.

    >>> before("2026-03", date(2026, 4, 1)), before("2026", date(2026, 4, 1))
    (True, False)
    """
    one, other = _written(first), _written(second)
    known = min(len(one), len(other))
    return one[:known] < other[:known]


@frozen
class InOrder:
    """The day `second` does not lie before the day `first`."""

    glances: ClassVar[tuple[str, ...]] = ()
    first: str
    second: str

    def __call__(self, seen: Glance) -> Text | None:
        one, other = seen.here.get(self.first), seen.here.get(self.second)
        if one is None or other is None or not before(other, one):
            return None
        first, second = seen.labels[self.first], seen.labels[self.second]
        return Text(f"“{second.en}” ({other}) lies before “{first.en}” ({one}). Correct one of the two dates.",
                    f"“{second.zh}”（{other}）早于“{first.zh}”（{one}），请更正其中一个日期。")  # fmt: skip


@frozen
class SinceConsent:
    """The day does not lie before the consent."""

    glances: ClassVar[tuple[str, ...]] = ("consented",)
    day: str

    def __call__(self, seen: Glance) -> Text | None:
        day = seen.here.get(self.day)
        if day is None or seen.consented is None or not before(day, seen.consented):
            return None
        label = seen.labels[self.day]
        return Text(f"“{label.en}” ({day}) lies before the consent of {seen.consented}. Check both, or say why it is right.",
                    f"“{label.zh}”（{day}）早于知情同意日期 {seen.consented}，请核对，或说明原因。")  # fmt: skip


@frozen
class BornBeforeConsent:
    """The birth date lies before the consent."""

    glances: ClassVar[tuple[str, ...]] = ("consented",)
    day: str

    def __call__(self, seen: Glance) -> Text | None:
        day = seen.here.get(self.day)
        if day is None or seen.consented is None or before(day, seen.consented):
            return None
        return Text(f"The birth date {day} does not lie before the consent of {seen.consented}. Check the year.",
                    f"出生日期 {day} 不早于知情同意日期 {seen.consented}，请核对年份。")  # fmt: skip


@frozen
class SinceIndexDate:
    """The day does not lie before the index date, from which treatment counts."""

    glances: ClassVar[tuple[str, ...]] = ("index_date",)
    day: str

    def __call__(self, seen: Glance) -> Text | None:
        day = seen.here.get(self.day)
        if day is None or seen.index_date is None or not before(day, seen.index_date):
            return None
        label = seen.labels[self.day]
        return Text(f"“{label.en}” ({day}) lies before the index date {seen.index_date}. Check it, or say why it is right.",
                    f"“{label.zh}”（{day}）早于起始日期 {seen.index_date}，请核对，或说明原因。")  # fmt: skip


@frozen
class InWindow:
    """The day lies in the window of its visit."""

    glances: ClassVar[tuple[str, ...]] = ("window",)
    day: str

    def __call__(self, seen: Glance) -> Text | None:
        day, window = seen.here.get(self.day), seen.window
        if not isinstance(day, date) or window is None or window[0] <= day <= window[1]:
            return None
        first, last = window
        off = (first - day).days if day < first else (day - last).days
        en, zh = ("before", "早于") if day < first else ("after", "晚于")
        return Text(f"{day} is {off} days {en} the window of this visit ({first} to {last}). Correct it, or say why it was so.",
                    f"{day} {zh}本次访视窗口期（{first} 至 {last}）{off} 天，请更正，或说明原因。")  # fmt: skip


@frozen
class NotAbove:
    """The number `part` is not above the number `whole`."""

    glances: ClassVar[tuple[str, ...]] = ()
    part: str
    whole: str

    def __call__(self, seen: Glance) -> Text | None:
        part, whole = seen.here.get(self.part), seen.here.get(self.whole)
        if not isinstance(part, Decimal | int) or not isinstance(whole, Decimal | int) or part <= whole:
            return None
        one, other = seen.labels[self.part], seen.labels[self.whole]
        return Text(f"“{one.en}” ({part}) is above “{other.en}” ({whole}). Check the report: perhaps the two were exchanged.",
                    f"“{one.zh}”（{part}）高于“{other.zh}”（{whole}），请核对报告，是否填反。")  # fmt: skip


@frozen
class SumNotAbove:
    """The numbers `parts` together are not above the number `whole`, but for `rounding`."""

    glances: ClassVar[tuple[str, ...]] = ()
    parts: tuple[str, ...]
    whole: str
    rounding: Decimal

    def __call__(self, seen: Glance) -> Text | None:
        parts, whole = [seen.here.get(part) for part in self.parts], seen.here.get(self.whole)
        numbers = [part for part in parts if isinstance(part, Decimal)]
        if len(numbers) < len(parts) or not isinstance(whole, Decimal) or sum(numbers) <= whole + self.rounding:
            return None
        en, zh = ", ".join(seen.labels[part].en for part in self.parts), "、".join(seen.labels[part].zh for part in self.parts)
        other = seen.labels[self.whole]
        return Text(f"{en} add up to {sum(numbers)}, above “{other.en}” ({whole}). Check the report and its units.",
                    f"{zh} 之和为 {sum(numbers)}，高于“{other.zh}”（{whole}），请核对报告及单位。")  # fmt: skip


@frozen
class Steady:
    """A measure that hardly changes in a grown person differs by at most `most` from what other pages say."""

    glances: ClassVar[tuple[str, ...]] = ()
    item: str
    elsewhere: tuple[tuple[str, str], ...]
    most: Decimal

    def __call__(self, seen: Glance) -> Text | None:
        value = seen.here.get(self.item)
        others = [other for place in self.elsewhere for _, other in seen.elsewhere.get(place, ()) if isinstance(other, Decimal)]
        if not isinstance(value, Decimal) or not others:
            return None
        far = max(others, key=lambda other: abs(other - value))
        if abs(far - value) <= self.most:
            return None
        label = seen.labels[self.item]
        return Text(f"“{label.en}” is {value} here and {far} on another page: they differ by more than {self.most}. Correct one, or say why.",
                    f"“{label.zh}”本页为 {value}，另一页为 {far}，相差超过 {self.most}，请更正其一，或说明原因。")  # fmt: skip


@frozen
class Dated:
    """Whoever gives one of these results also gives their day."""

    glances: ClassVar[tuple[str, ...]] = ()
    day: str
    results: tuple[str, ...]

    def __call__(self, seen: Glance) -> Text | None:
        told = [result for result in self.results if result in seen.here]
        if not told or self.day in seen.here:
            return None
        day, first = seen.labels[self.day], seen.labels[told[0]]
        return Text(f"“{first.en}” has a value, and “{day.en}” is missing. Enter the day.", f"“{first.zh}”已填写，但缺少“{day.zh}”，请填写日期。")


@frozen
class Implies:
    """Where `item` is one of `among`, the answer `other` is one of `then` (as soon as it is given)."""

    glances: ClassVar[tuple[str, ...]] = ()
    item: str
    among: tuple[str, ...]
    other: str
    then: tuple[str, ...]
    message: Text

    def __call__(self, seen: Glance) -> Text | None:
        told, other = seen.here.get(self.item), seen.here.get(self.other)
        return self.message if told is not None and other is not None and str(told) in self.among and str(other) not in self.then else None


@frozen
class OneOf:
    """Where `item` has the answer `code`, at least one of `others` has it too (as soon as all are answered)."""

    glances: ClassVar[tuple[str, ...]] = ()
    item: str
    code: str
    others: tuple[str, ...]
    message: Text

    def __call__(self, seen: Glance) -> Text | None:
        told = [seen.here.get(other) for other in self.others]
        return self.message if seen.here.get(self.item) == self.code and None not in told and self.code not in told else None


def windowed(form: str, day: str) -> Check:
    """The soft check that the day of a page lies in the window of its visit."""
    return Check(code=f"{form}_WINDOW", form=form, reads=(day,), by=InWindow(day))
