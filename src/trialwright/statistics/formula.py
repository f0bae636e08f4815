"""Writes a model as a formula, such as ``CHG ~ BASE + ARM * AVISIT``, over a table with named columns."""

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from trialwright.statistics.ancova import Ancova, Margins
from trialwright.statistics.ancova import ancova as ancova_of_arrays
from trialwright.statistics.arguments import (
    FloatArray,
    StatisticsError,
    complete_labels,
    complete_numbers,
    declared_levels,
)
from trialwright.statistics.covariance_structures import CovarianceName
from trialwright.statistics.factorial_design import FactorialDesign, factorial_design
from trialwright.statistics.least_squares import Covariance, LeastSquares
from trialwright.statistics.least_squares import least_squares as least_squares_of_arrays
from trialwright.statistics.mmrm import InferenceName, Mmrm
from trialwright.statistics.mmrm import mmrm as mmrm_of_arrays
from trialwright.statistics.mmrm_likelihood import Criterion

if TYPE_CHECKING:
    import polars

Levels = Mapping[str, Sequence[object]]
Columns = Sequence[tuple[str, FloatArray]]

_TRANSFORMS = ("I", "log", "log2", "log10", "exp", "center", "scale", "poly", "bs", "cr", "cs", "cc")
_ARITHMETIC = (
    ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.keyword, ast.Add, ast.Sub,
    ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd,
)  # fmt: skip


@frozen(kw_only=True, eq=False)
class _Table:
    """The columns by name, and the levels of those that are factors."""

    columns: Mapping[str, tuple[object, ...]]
    levels: Mapping[str, tuple[str, ...]]


@frozen(kw_only=True)
class _Formula:
    """Outcome, terms as tuples of expressions, columns used; ``plain`` if terms are columns alone, with an intercept."""

    outcome: str
    terms: tuple[tuple[str, ...], ...]
    used: tuple[str, ...]
    right: str
    plain: bool


def mmrm(
    formula: str,
    data: "Mapping[str, Any] | polars.DataFrame",
    *,
    subject: str,
    visit: str,
    visits: Sequence[object] | None = None,
    levels: Levels | None = None,
    covariance: CovarianceName = "unstructured",
    criterion: Criterion = "REML",
    inference: InferenceName = "kenward-roger",
    degrees: InferenceName | None = None,
    group: str | None = None,
    weights: str | None = None,
    coordinates: Sequence[str] = (),
    ladder: Sequence[CovarianceName] = (),
    drop_aliased: bool = False,
    confidence: float = 0.95,
) -> Mmrm:
    """Fit a mixed model for repeated measures; everything as in ``trialwright.statistics.mmrm``, columns by name.

    ``data`` is a polars data frame or a mapping of columns; texts are factors, and so is what ``levels`` names, in the order
    declared there (otherwise sorted, or that of a polars Enum); the first level is the reference. ``visits`` is by default
    the order of the levels of ``visit``. The outcome may be missing, nothing else may.

    Raises StatisticsError if formulaic is not installed, for a formula that is none or names what is not there, for anything
    in it that is neither a column nor a known transform, and as the array interface does.

    >>> data = {"y": [0.7, 1.9, -1.6, 0.8, -0.2, 1.1, -1.2, 0.1, -0.1, -0.1], "who": list("aabbccddee"), "drug": ["A", "B"] * 5}
    >>> fit = mmrm("y ~ drug", data, subject="who", visit="drug")
    >>> round(fit.coefficient("drug[B]").value, 4), round(fit.coefficient("drug[B]").standard_error, 4)
    (1.24, 0.3803)
    """
    table = _table(data, {visit: visits, **(levels or {})} if visits else levels or {})
    wanted = _parsed(formula, table)
    order = table.levels.get(visit) or sorted(set(_labels(table, visit)))
    points = np.column_stack([_numbers(table, name) for name in coordinates]) if coordinates else None
    return mmrm_of_arrays(
        _outcome(table, wanted.outcome),
        _labels(table, subject),
        _labels(table, visit),
        _columns(table, wanted),
        visits=order,
        covariance=covariance,
        criterion=criterion,
        inference=inference,
        degrees=degrees,
        group=None if group is None else _labels(table, group),
        weights=None if weights is None else _numbers(table, weights),
        coordinates=points,
        ladder=ladder,
        drop_aliased=drop_aliased,
        confidence=confidence,
    )


def ancova(
    formula: str,
    data: "Mapping[str, Any] | polars.DataFrame",
    *,
    group: str,
    reference: object,
    levels: Levels | None = None,
    margins: Margins = "balanced",
    covariance: Covariance = "model",
    confidence: float = 0.95,
) -> Ancova:
    """Compare the levels of ``group``: outcome ~ group, at most one number (the baseline), and factors, without interactions.

    Everything else is as in ``trialwright.statistics.ancova``; for interactions or several numbers see ``least_squares``.

    >>> data = {"CHG": [3, 4, 6, 1, 2, 2], "ARM": list("AAABBB"), "BASE": [10, 12, 15, 10, 13, 14]}
    >>> found = ancova("CHG ~ ARM + BASE", data, group="ARM", reference="A")
    >>> round(found.differences[0].estimate.value, 4), found.df
    (-2.6667, 3)
    """
    table = _table(data, levels or {})
    wanted = _parsed(formula, table)
    names = [term[0] for term in wanted.terms]
    numbers = [name for name in names if name not in table.levels]
    if not wanted.plain or any(len(term) > 1 for term in wanted.terms) or group not in names or len(numbers) > 1:
        raise StatisticsError(
            f"formula: {formula!r} is no covariance analysis of {group}: it must name {group}, factors, and at most one "
            "number, as columns and without interactions. Use least_squares for anything else."
        )
    if group not in table.levels:
        raise StatisticsError(f"group: {group} is a number; declare its levels (levels={{{group!r}: (...)}}).")
    return ancova_of_arrays(
        _outcome(table, wanted.outcome),
        _labels(table, group),
        _numbers(table, numbers[0]) if numbers else None,
        levels=table.levels[group],
        reference=reference,
        factors={name: _labels(table, name) for name in names if name in table.levels and name != group},
        margins=margins,
        covariance=covariance,
        confidence=confidence,
    )


def least_squares(
    formula: str,
    data: "Mapping[str, Any] | polars.DataFrame",
    *,
    levels: Levels | None = None,
    covariance: Covariance = "model",
    confidence: float = 0.95,
) -> LeastSquares:
    """Fit any linear model by least squares, as ``trialwright.statistics.least_squares`` does.

    >>> found = least_squares("y ~ log2(dose)", {"y": [1, 3, 2, 5], "dose": [1, 2, 4, 8]})
    >>> found.names, round(found.coefficient("log2(dose)").value, 6)
    (('intercept', 'log2(dose)'), 1.1)
    """
    table = _table(data, levels or {})
    wanted = _parsed(formula, table)
    return least_squares_of_arrays(
        _outcome(table, wanted.outcome), _columns(table, wanted), covariance=covariance, confidence=confidence
    )


def design(
    formula: str, data: "Mapping[str, Any] | polars.DataFrame", *, levels: Levels | None = None
) -> FactorialDesign:
    """The factorial design behind a formula of columns and their products, for ``least_squares_means`` and its kin.

    >>> found = design("y ~ arm * visit", {"y": [1.0] * 4, "arm": list("CTCT"), "visit": list("1122")})
    >>> [name for name, _ in found.columns]
    ['intercept', 'arm[T]', 'visit[2]', 'arm[T]:visit[2]']
    """
    table = _table(data, levels or {})
    wanted = _parsed(formula, table)
    if not wanted.plain:
        raise StatisticsError(
            f"formula: {formula!r} has a transform, lacks the intercept, or lacks a part of an interaction."
        )
    return _factorial(table, wanted)


def _parsed(formula: str, table: _Table) -> _Formula:
    """Read the formula, and refuse whatever is neither a column nor arithmetic with known transforms."""
    try:
        from formulaic import Formula
        from formulaic.errors import FormulaicError
    except ModuleNotFoundError as error:
        raise StatisticsError(
            "formula: the package formulaic is not installed. Install trialwright with its extra 'formula' "
            "(pip install 'trialwright[formula]'), or pass columns to the array interface, which needs nothing."
        ) from error
    left, tilde, right = formula.partition("~")
    if not tilde or "~" in right or not left.strip():
        raise StatisticsError(f"formula: {formula!r}; write outcome ~ terms, for example 'CHG ~ BASE + ARM'.")
    try:
        found = [
            tuple((factor.expr, factor.eval_method.value) for factor in term.factors) for term in Formula(right.strip())
        ]
    except FormulaicError as error:
        raise StatisticsError(f"formula: {formula!r} cannot be read ({str(error).splitlines()[0]})") from error
    used = [name for term in found for expression, method in term for name in _named(expression, method, table)]
    terms = tuple(tuple(e for e, _ in term) for term in found if any(method != "literal" for _, method in term))
    looked_up = all(method == "lookup" for term in found if term[0][1] != "literal" for _, method in term)
    intercept = any(term[0] == ("1", "literal") for term in found)
    present = {frozenset(term) for term in terms}
    whole = all(frozenset(term) - {name} in present for term in terms for name in term if len(term) > 1)
    outcome = left.strip().strip("`")
    return _Formula(
        outcome=outcome,
        terms=terms,
        used=tuple(dict.fromkeys(used)),
        right=right.strip(),
        plain=bool(terms) and looked_up and intercept and whole,
    )


def _named(expression: str, method: str, table: _Table) -> tuple[str, ...]:
    """The columns in an expression. Formulas are code to formulaic: only columns, arithmetic and known transforms may run."""
    if method == "literal":
        return ()
    if method == "lookup":
        return (_known(table, expression),)
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError as error:
        raise StatisticsError(f"formula: {expression!r} is no expression.") from error
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    if unknown := [node.id for node in names if id(node) in called and node.id not in _TRANSFORMS]:
        raise StatisticsError(f"formula: no transform {unknown[0]!r}; there are {', '.join(_TRANSFORMS)}.")
    if not all(isinstance(node, _ARITHMETIC) for node in ast.walk(tree)):
        raise StatisticsError(f"formula: {expression!r} may hold columns, numbers, + - * / ** and transforms alone.")
    return tuple(_known(table, node.id) for node in names if id(node) not in called)


def _columns(table: _Table, wanted: _Formula) -> Columns:
    """The design: our own for plain formulas, formulaic's otherwise."""
    if wanted.plain:
        return _factorial(table, wanted).columns
    length = len(_column(table, wanted.outcome))
    if not wanted.used:
        return (("intercept", np.ones(length)),)
    import polars
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError

    frame = polars.DataFrame(
        {
            name: polars.Series(_labels(table, name), dtype=polars.Enum(_checked(table, name)))
            if name in table.levels
            else _numbers(table, name)
            for name in wanted.used
        }
    )
    try:
        matrix = model_matrix(wanted.right, frame, output="numpy", context={}, na_action="raise")
    except FormulaicError as error:
        raise StatisticsError(
            f"formula: {wanted.right!r} cannot be evaluated ({str(error).splitlines()[0]})"
        ) from error
    names = ["intercept" if name == "Intercept" else name for name in matrix.model_spec.column_names]
    return tuple(zip(names, np.asarray(matrix, dtype=np.float64).T, strict=True))


def _factorial(table: _Table, wanted: _Formula) -> FactorialDesign:
    levels = {name: table.levels[name] for name in wanted.used if name in table.levels}
    return factorial_design({name: table.columns[name] for name in wanted.used}, wanted.terms, levels=levels)


def _table(data: "Mapping[str, Any] | polars.DataFrame", levels: Levels) -> _Table:
    """The columns as they are; a factor is what has declared levels, holds texts or yes and no, or is an Enum."""
    columns, known = _contents(data)
    if absent := [name for name in levels if name not in columns]:
        raise StatisticsError(f"levels: no column {', '.join(absent)} among {', '.join(columns)}.")
    if len({len(values) for values in columns.values()}) != 1:
        raise StatisticsError("data: no columns, or columns of different lengths.")
    found = {name: tuple(str(level) for level in order) for name, order in (known | dict(levels)).items()}
    for name, values in columns.items():
        if name not in found and any(isinstance(value, str | bool | np.str_ | np.bool_) for value in values):
            found[name] = tuple(sorted({str(value) for value in values if value is not None}))
    return _Table(columns=columns, levels=found)


def _contents(data: "Mapping[str, Any] | polars.DataFrame") -> tuple[dict[str, tuple[object, ...]], dict[str, Any]]:
    """Columns, and the levels that a polars Enum declares."""
    if isinstance(data, Mapping):
        return {str(name): tuple(values) for name, values in data.items()}, {}
    import polars

    if not isinstance(data, polars.DataFrame):
        raise StatisticsError(
            f"data: a polars data frame or a mapping of columns is needed, not {type(data).__name__}; of a pandas data frame "
            "pass df.to_dict('list')."
        )
    enums = {series.name: series.dtype.categories for series in data if isinstance(series.dtype, polars.Enum)}
    return {series.name: tuple(series.to_list()) for series in data}, {name: list(c) for name, c in enums.items()}


def _known(table: _Table, name: str) -> str:
    if name not in table.columns:
        raise StatisticsError(f"formula: no column {name!r} among {', '.join(table.columns)}.")
    return name


def _column(table: _Table, name: str) -> tuple[object, ...]:
    return table.columns[_known(table, name)]


def _labels(table: _Table, name: str) -> tuple[str, ...]:
    values = _column(table, name)
    return complete_labels(values, name, length=len(values))


def _checked(table: _Table, name: str) -> tuple[str, ...]:
    return declared_levels(_labels(table, name), table.levels[name], name)


def _numbers(table: _Table, name: str) -> FloatArray:
    return complete_numbers(np.array(_column(table, name), dtype=object), name)


def _outcome(table: _Table, name: str) -> FloatArray:
    """The outcome; None becomes NaN, which the method refuses or leaves missing."""
    if name in table.levels:
        raise StatisticsError(f"formula: the outcome {name} is not a column of numbers.")
    return np.array(_column(table, name), dtype=np.float64)
