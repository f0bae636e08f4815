"""The results of the analyses by name: which method, from which rows, which number for which group."""

from attrs import frozen

from trialwright.protocol import Text
from trialwright.report.table import DataRow

POOLED = "ALL"
"""The name of the group that holds every patient."""


@frozen(kw_only=True)
class Result:
    """One number: which operation gave it (MEAN, DIFFERENCE, P), for which group ("T", "T-C" or "ALL")."""

    operation: str
    group: str
    value: float


@frozen(kw_only=True)
class Analysis:
    """One analysis, shaped after the CDISC Analysis Results Standard: purpose, method, data, rows used, results.

    `inputs` are the dataset rows that each group brought in. `refused` says in words why there is no result.
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

    def find(self, id: str) -> Analysis:
        """The analysis of this id. Raises `LookupError` that names those that exist."""
        for analysis in self.analyses:
            if analysis.id == id:
                return analysis
        raise LookupError(f"no analysis {id}; there are {', '.join(one.id for one in self.analyses)}.")
