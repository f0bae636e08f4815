"""Turns arms, visits, sites and baseline values into the columns of a model, and says which combinations are means."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from math import prod

import numpy as np
from attrs import frozen

from trialwright.statistics.arguments import FloatArray, StatisticsError, complete_labels, complete_numbers
from trialwright.statistics.arguments import declared_levels as checked_levels

Part = tuple[float, FloatArray]  # a variable's share of a combination: constant, and one number per column it makes


@frozen(kw_only=True, eq=False)
class FactorialDesign:
    """Columns of a model with an intercept: factors by their levels (the first is the reference), numbers as they are.

    ``terms`` are tuples of variable names; ``columns`` the named design columns; ``levels`` those of each factor;
    ``numbers`` the numeric variables as handed in.
    """

    terms: tuple[tuple[str, ...], ...]
    levels: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, FloatArray]
    columns: tuple[tuple[str, FloatArray], ...]

    def level(self, factor: str, level: object) -> Part:
        """The share of one level of a factor."""
        self._known(factor, str(level))
        return 1.0, np.array([float(str(level) == name) for name in self.levels[factor][1:]])

    def average(self, factor: str) -> Part:
        """The share of a factor averaged over its levels with equal weights (SAS LSMEANS)."""
        size = len(self.levels[factor])
        return 1.0, np.full(size - 1, 1.0 / size)

    def combination(self, parts: Mapping[str, Part]) -> FloatArray:
        """The weights of the columns, from the share of every variable.

        A column takes the numbers of the variables it is made of and the constants of all others.
        """
        weights: list[float] = []
        entries = {name: part[1].tolist() for name, part in parts.items()}
        for term in ((), *self.terms):
            constant = prod(part[0] for name, part in parts.items() if name not in term)
            weights.extend(constant * prod(entry) for entry in product(*(entries[name] for name in term)))
        return np.array(weights)

    def type_three(self, term: Sequence[str]) -> FloatArray:
        """The combinations that a type III test of ``term`` sets to zero (q x columns).

        Differences of the factors in the term, averaged with equal weights over the factors outside it; numbers
        outside the term at zero, as SAS does.
        """
        if tuple(term) not in self.terms:
            raise StatisticsError(
                f"no term {'*'.join(term)}; the terms are {', '.join('*'.join(t) for t in self.terms)}."
            )
        parts: dict[str, Part] = {}
        for name in self._variables():
            if name in term:
                parts[name] = (0.0, np.empty(0))
            else:
                parts[name] = self.average(name) if name in self.levels else (1.0, np.zeros(1))
        choices = [np.eye(len(self.levels[name]) - 1) if name in self.levels else np.ones((1, 1)) for name in term]
        rows = []
        for choice in product(*choices):
            chosen = {name: (0.0, share) for name, share in zip(term, choice, strict=True)}
            rows.append(self.combination(parts | chosen))
        return np.array(rows)

    def _variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for term in self.terms for name in term))

    def _known(self, factor: str, level: str) -> None:
        if factor not in self.levels:
            raise StatisticsError(f"no factor {factor!r}; the factors are {', '.join(self.levels)}.")
        if level not in self.levels[factor]:
            raise StatisticsError(f"{factor}: no level {level!r}; the levels are {', '.join(self.levels[factor])}.")


def factorial_design(
    variables: Mapping[str, Iterable[object]],
    terms: Sequence[str | tuple[str, ...]],
    *,
    levels: Mapping[str, Sequence[object]],
) -> FactorialDesign:
    """Build the columns of ``terms`` from ``variables`` (one value per row each).

    A variable with declared ``levels`` is a factor, any other a number. A tuple of names is their interaction; the
    terms it contains must be there too.

    Raises StatisticsError for unknown names, undeclared or empty levels, missing values, and incomplete terms.

    >>> design = factorial_design({"arm": ["C", "T", "C", "T"], "visit": [1, 1, 2, 2]},
    ...     ["arm", "visit", ("arm", "visit")], levels={"arm": ("C", "T"), "visit": (1, 2)})
    >>> [name for name, _ in design.columns]
    ['intercept', 'arm[T]', 'visit[2]', 'arm[T]:visit[2]']
    >>> design.type_three(("arm",)).tolist()
    [[0.0, 1.0, 0.0, 0.5]]
    """
    wanted = tuple((term,) if isinstance(term, str) else tuple(term) for term in terms)
    names = tuple(dict.fromkeys(name for term in wanted for name in term))
    _refuse_incomplete(wanted, names, variables)
    values = {name: tuple(variables[name]) for name in names}
    length = len(next(iter(values.values()))) if values else 0
    factors = {name: complete_labels(values[name], name, length=length) for name in names if name in levels}
    order = {name: checked_levels(labels, levels[name], name) for name, labels in factors.items()}
    numbers = {name: _number(values[name], name, length) for name in names if name not in levels}
    made: dict[str, list[tuple[str, FloatArray]]] = {name: [(name, column)] for name, column in numbers.items()}
    for name, labels in factors.items():
        codes = np.array([order[name].index(label) for label in labels])
        made[name] = [(f"{name}[{level}]", (codes == i).astype(float)) for i, level in enumerate(order[name]) if i]
    columns: list[tuple[str, FloatArray]] = [("intercept", np.ones(length))]
    for term in wanted:
        for parts in product(*(made[name] for name in term)):
            columns.append((":".join(label for label, _ in parts), np.prod([column for _, column in parts], axis=0)))
    return FactorialDesign(terms=wanted, levels=order, numbers=numbers, columns=tuple(columns))


def _number(values: tuple[object, ...], name: str, length: int) -> FloatArray:
    column = complete_numbers(np.array(values, dtype=object), name)
    if column.size != length:
        raise StatisticsError(f"{name}: {column.size} values for {length} rows.")
    return column


def _refuse_incomplete(
    terms: tuple[tuple[str, ...], ...], names: tuple[str, ...], variables: Mapping[str, Iterable[object]]
) -> None:
    if not terms:
        raise StatisticsError("terms: none; name at least one variable.")
    if unknown := [name for name in names if name not in variables]:
        raise StatisticsError(f"terms: no variable {', '.join(unknown)} among {', '.join(variables)}.")
    present = {frozenset(term) for term in terms}
    if len(present) != len(terms) or any(len(set(term)) != len(term) for term in terms):
        raise StatisticsError("terms: a term, or a variable within a term, is named twice.")
    for term in terms:
        for size in range(1, len(term)):
            for part in combinations(term, size):
                if frozenset(part) not in present:
                    raise StatisticsError(f"terms: {'*'.join(term)} needs {'*'.join(part)} beside it.")
