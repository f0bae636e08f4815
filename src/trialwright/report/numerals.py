"""How numbers are written in tables: fixed decimals, a true minus sign, p-values that never read as zero."""

from decimal import ROUND_HALF_UP, Decimal
from math import inf, isinf

from trialwright.protocol import Text

MINUS = "\u2212"


def decimal(value: float, places: int = 1) -> str:
    """A number with `places` decimals, halves rounded away from zero; zero has no sign, and infinity is a sign of its own.

    >>> decimal(-3.25, 1), decimal(-0.01, 1), decimal(float("inf"), 1)
    ('−3.3', '0.0', '∞')
    """
    if isinf(value):
        return "∞" if value == inf else f"{MINUS}∞"
    text = str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def interval(lower: float, upper: float, places: int = 1) -> Text:
    """Two limits, joined by a word rather than by a dash that could be read as a minus sign.

    >>> interval(-6.1, 0.4).en
    '−6.1 to 0.4'
    """
    low, high = decimal(lower, places), decimal(upper, places)
    return Text(f"{low} to {high}", f"{low} 至 {high}")


def counted(count: int, one: str, several: str = "") -> str:
    """A count with the thing counted, in English.

    >>> counted(1, "patient"), counted(3, "patient"), counted(0, "dose")
    ('1 patient', '3 patients', '0 doses')
    """
    return f"{count} {one if count == 1 else several or one + 's'}"


def p_value(p: float) -> str:
    """A p-value with three decimals; smaller ones are "<0.001".

    >>> p_value(0.0123), p_value(0.0004), p_value(1.0)
    ('0.012', '<0.001', '1.000')
    """
    return "<0.001" if p < 0.001 else decimal(p, 3)


def count_percent(count: int, total: int) -> str:
    """A count and its share; a group without anybody has no share.

    >>> count_percent(3, 12), count_percent(0, 12), count_percent(0, 0)
    ('3 (25.0 %)', '0', '0')
    """
    return f"{count} ({decimal(100 * count / total)} %)" if count and total else str(count)


def mean_sd(mean: float, standard_deviation: float | None, places: int = 1) -> str:
    """A mean with its standard deviation to one decimal more; a single value has none.

    >>> mean_sd(21.4, 5.678), mean_sd(20, None)
    ('21.4 (5.68)', '20.0 (–)')
    """
    spread = "–" if standard_deviation is None else decimal(standard_deviation, places + 1)
    return f"{decimal(mean, places)} ({spread})"
