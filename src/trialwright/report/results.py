"""The results of the analyses by name: which method, from which rows, which number for which group."""

from typing import Protocol

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.numerals import decimal, p_value
from trialwright.report.table import DataRow

POOLED = "ALL"
"""The name of the group that holds every patient."""


@frozen(kw_only=True)
class Result:
    """One number: which operation gave it (MEAN, DIFFERENCE, P), for which group ("T", "T-C" or "ALL")."""

    operation: str
    group: str
    value: float

    @property
    def formatted(self) -> str:
        """The number as it is written where nothing else is asked for.

        >>> Result(operation="DIFFERENCE_P", group="T-C", value=0.0312).formatted
        '0.031'
        """
        last = self.operation.rpartition("_")[2]
        if last == "P":
            return p_value(self.value)
        return decimal(self.value, 0 if self.operation.startswith(("N_", "COUNT")) or self.operation == "N" else 2)


class Estimated(Protocol):
    """What every estimate of a method has, whichever distribution its interval comes from."""

    @property
    def value(self) -> float: ...
    @property
    def standard_error(self) -> float: ...
    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...
    @property
    def p(self) -> float: ...


def estimated(operation: str, group: str, estimate: Estimated) -> tuple[Result, ...]:
    """The results of one estimate: its value, standard error, limits and p."""
    parts = {"": estimate.value, "_SE": estimate.standard_error, "_LOWER": estimate.lower, "_UPPER": estimate.upper, "_P": estimate.p}
    return tuple(Result(operation=operation + part, group=group, value=float(value)) for part, value in parts.items())


@frozen(kw_only=True)
class Analysis:
    """One analysis, shaped after the CDISC Analysis Results Standard: purpose, method, data, rows used, results.

    `endpoint` and `method_id` name what was planned, `outcome` is the standard's word for the purpose, `variable` the
    column analyzed, `population` the analysis set, `condition` the data subset. `inputs` are the dataset rows that each
    group brought in, `entered` its number of patients. `refused` says in words why there is no result, `notes` what else must be known.
    """

    id: str
    title: Text
    purpose: str
    method: Text
    dataset: str
    condition: str
    inputs: tuple[tuple[str, tuple[DataRow, ...]], ...] = ()
    results: tuple[Result, ...] = ()
    refused: Text | None = None
    endpoint: str = ""
    method_id: str = ""
    outcome: str = ""
    variable: str = ""
    population: str = ""
    notes: tuple[Text, ...] = ()
    entered: tuple[tuple[str, int], ...] = ()

    @property
    def patients(self) -> dict[str, int]:
        """How many patients of each group entered."""
        return dict(self.entered)

    def get(self, operation: str, group: str) -> float | None:
        """The number, or None when this analysis did not give it."""
        return next((one.value for one in self.results if (one.operation, one.group) == (operation, group)), None)

    def rows(self, group: str) -> tuple[DataRow, ...]:
        """The rows behind the results of a group; a contrast ("T-C") or a pooled result rests on all."""
        named = dict(self.inputs)
        if group in named:
            return named[group]
        return tuple(sorted({row for rows in named.values() for row in rows}))

    def name(self, operation: str, group: str) -> str:
        """The public name of one result."""
        return f"{self.id} / {operation} / {group}"


@frozen
class Results:
    """All analyses of a trial, found by their id."""

    analyses: tuple[Analysis, ...]

    def of(self, endpoint: str) -> tuple[Analysis, ...]:
        """All analyses of one endpoint, in their order."""
        return tuple(one for one in self.analyses if one.endpoint == endpoint)

    def find(self, id: str) -> Analysis:
        """The analysis of this id. Raises `LookupError` that names those that exist."""
        for analysis in self.analyses:
            if analysis.id == id:
                return analysis
        raise LookupError(f"no analysis {id}; there are {', '.join(one.id for one in self.analyses)}.")
