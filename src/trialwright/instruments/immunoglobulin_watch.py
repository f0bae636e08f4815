"""The watch on immunoglobulins under a drug against B cells: grades of low IgG, and when to alert, hold or stop."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from trialwright.protocol import TREATING, Audience, Instrument, Item, Kind, Score, Status, Text

Floats = NDArray[np.float64]

INSTRUMENT = Instrument(
    code="IG_WATCH",
    name=Text("immunoglobulin watch", "免疫球蛋白监测"),
    version="ig_watch/proposal/igg-5-4-3",
    licence="Our own proposal; the protocol confirms or replaces the rules.",
    references=(
        "Ginzler EM et al. 2012 (PMC3392829): a trial of a drug of the same target with mycophenolate was stopped; threshold IgG 3 g/L",
        "lower bounds of IgG 2 to 3, IgA 0.07 and IgM 0.4 g/L from primary antibody deficiency (PMC8478771)",
        "J-CANVAS cohort: IgG below 5 g/L, severe infection hazard ratio 1.75 (vasculitis)",
        "the grades and actions are proposed here: CTCAE 5 has no term for immunoglobulins",
    ),
    verified=False,
    higher_is_worse=True,
)

FORMULA = "IgG g/L: grade 1 below the laboratory's limit, 2 below 5, 3 below 4 (hold, repeat in 2 weeks), 4 below 3 (stop); IgA < 0.07 or IgM < 0.4: alert"
MISSING_RULE = "The grade needs IgG; grade 1 needs the laboratory's lower limit as well. Unknown IgA or IgM is named and never taken as normal."

TESTS = ("IGG", "IGA", "IGM")
ACTIONS = ("NONE", "ALERT", "HOLD", "STOP")
"""From none to the most severe; the most severe that applies is taken."""
SAMPLING_WEEKS = (0, 4, 8, 12)
"""Then every 4 to 8 weeks, and 12 weeks after the last dose."""
WEEKS_AFTER_LAST_DOSE = 12


@frozen(kw_only=True)
class Rule:
    """Below `below` g/L of `test` (None: below the laboratory's lower limit): this grade (IgG only) and this action."""

    test: str
    below: float | None
    grade: int = 0
    action: str = "NONE"
    repeat_days: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.test not in TESTS or self.action not in ACTIONS:
            raise ValueError(f"a rule is about {', '.join(TESTS)} and asks for {', '.join(ACTIONS)}, not {self.test} {self.action}")


PROPOSED = (
    Rule(test="IGG", below=None, grade=1),
    Rule(test="IGG", below=5.0, grade=2),
    Rule(test="IGG", below=4.0, grade=3, action="HOLD", repeat_days=14),
    Rule(test="IGG", below=3.0, grade=4, action="STOP"),
    Rule(test="IGA", below=0.07, action="ALERT"),
    Rule(test="IGM", below=0.4, action="ALERT"),
)
"""The proposed rules; a protocol passes its own."""


def items(audience: Audience = TREATING) -> tuple[Item, ...]:
    """IgG, IgA and IgM in g/L. They hint at the arm more than anything else: never for the evaluator."""
    rows = (("IGG", "IgG", 60), ("IGA", "IgA", 30), ("IGM", "IgM", 30))
    return tuple(
        Item(
            code=code,
            label=Text(name, name),
            kind=Kind.DECIMAL,
            audience=audience,
            hints_at_arm=True,
            unit="g/L",
            low=Decimal(0),
            high=Decimal(high),
        )
        for code, name, high in rows
    )


def _below(rule: Rule, values: Floats, lower_limits: Floats) -> Floats:
    """1 where the rule is met, 0 where not, NaN where value or limit is unknown; (n,)."""
    limit = lower_limits if rule.below is None else np.full(values.shape, rule.below)
    result: Floats = np.where(np.isnan(values) | np.isnan(limit), np.nan, (values < limit).astype(float))
    return result


def _checked(values: Floats) -> None:
    if values.ndim != 2 or values.shape[1] != len(TESTS):
        raise ValueError(f"values must have the shape (n, {len(TESTS)}): {', '.join(TESTS)}; not {values.shape}")
    if (values < 0).any() or (values > 100).any():
        raise ValueError("immunoglobulins are given in g/L, between 0 and 100 (mg/dL are divided by 100 first)")


def grades(values: Floats, lower_limits: Floats, rules: Sequence[Rule] = PROPOSED) -> Floats:
    """The grade of low IgG of many samples: values (n, 3) in g/L in the order of `TESTS`, the laboratory's lower limit of
    IgG (n,); NaN where IgG is unknown, or where the unknown limit decides.

    >>> grades(np.array([[6.1, 1, 1], [4.6, 1, 1], [3.4, 1, 1], [2.9, 1, 1]]), np.full(4, 8.6))
    array([1., 2., 3., 4.])
    """
    _checked(values)
    grade = np.zeros(len(values))
    open_ = np.zeros(len(values))
    for rule in rules:
        if rule.test == "IGG":
            met = _below(rule, values[:, 0], lower_limits)
            grade = np.where(met == 1, np.maximum(grade, rule.grade), grade)
            open_ = np.where(np.isnan(met), np.maximum(open_, rule.grade), open_)
    result: Floats = np.where(np.isnan(values[:, 0]) | (open_ > grade), np.nan, grade)
    return result


def actions(values: Floats, lower_limits: Floats, rules: Sequence[Rule] = PROPOSED) -> Floats:
    """The most severe action that the known values of many samples ask for, as a place in `ACTIONS`; shapes as `grades`.

    >>> actions(np.array([[9.0, 0.05, 1.0], [3.4, 1.0, 0.3], [np.nan, 1.0, 1.0]]), np.full(3, 8.6))
    array([1., 2., 0.])
    """
    _checked(values)
    found = np.zeros(len(values))
    for rule in rules:
        met = _below(rule, values[:, TESTS.index(rule.test)], lower_limits) == 1
        found = np.where(met, np.maximum(found, ACTIONS.index(rule.action)), found)
    return found


def score(
    values: Mapping[str, Decimal | None],
    lower_limit: Decimal | None,
    rules: Sequence[Rule] = PROPOSED,
) -> Score:
    """The grade of low IgG with the action in `parts` (and the days until the repeat); unknown values are named.

    `values` maps `TESTS` to g/L. An action that is due is given even when another value is missing.

    >>> found = score({"IGG": Decimal("3.4"), "IGA": Decimal("1.2"), "IGM": Decimal("0.6")}, Decimal("8.6"))
    >>> found.value, found.parts["action"], found.parts["repeat within days"]
    (Decimal('3'), 'HOLD', '14')
    """
    for test in values:
        if test not in TESTS:
            raise ValueError(f"{test} is not watched ({', '.join(TESTS)})")
    row = np.array([[_number(values.get(test)) for test in TESTS]])
    limit = np.array([_number(lower_limit)])
    grade = float(grades(row, limit, rules)[0])
    action = ACTIONS[int(actions(row, limit, rules)[0])]
    parts = {"version": INSTRUMENT.version if tuple(rules) == PROPOSED else "rules of the protocol", "action": action}
    again = [rule.repeat_days for rule in rules if rule.action == action and rule.repeat_days is not None]
    if again:
        parts["repeat within days"] = str(min(again))
    missing = tuple(f"{test} missing" for test, value in zip(TESTS, row[0], strict=True) if np.isnan(value))
    if np.isnan(grade):
        reasons = missing if np.isnan(row[0, 0]) else ("lower limit of the laboratory missing", *missing)
        return Score(value=None, status=Status.INCOMPLETE, reasons=reasons, parts=parts)
    return Score(value=Decimal(int(grade)), status=Status.SCORED, reasons=missing, parts=parts)


def _number(value: Decimal | None) -> float:
    return float("nan") if value is None else float(value)
