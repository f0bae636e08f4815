"""What a report is made from: one reader's view of the trial, its datasets, and whether the arms are open in it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl
from attrs import define, frozen

from trialwright.blinding.certificate import Certificate
from trialwright.protocol import Audience, Study, Text
from trialwright.record import Casebook
from trialwright.report.results import POOLED
from trialwright.report.table import Column, DataRow

T = TypeVar("T")
PLACE, ARM = "_PLACE", "_ARM"
"""Columns that the report adds: the place of a row in its dataset, and the code of the patient's arm."""

EVERYBODY = Text("all patients", "全部受试者")


@frozen(kw_only=True)
class Group:
    """A column of patients: one arm, or everybody. `hidden` while a blinded reader looks."""

    code: str
    title: Text
    n: int | None = None
    hidden: bool = False

    @property
    def column(self) -> Column:
        return Column(title=self.title, n=self.n)


def blind_view(casebook: Casebook) -> Casebook:
    """The casebook that follows from those entries alone that a blinded statistician may read: replay, not redaction."""
    return Casebook.of(entry for entry in casebook.everything if entry.event.label.admits(Audience.STATISTICIAN))


def drawn_by_lot(study: Study, sdtm: Mapping[str, pl.DataFrame], seed: int) -> Mapping[str, pl.DataFrame]:
    """The same tabulation with an arm drawn by lot for everybody who was enrolled: as many in each arm, whatever the true numbers are.

    What is drawn follows from the seed and the number of patients alone. Raises `ValueError` where the tabulation already holds an arm.
    """
    dm = sdtm["DM"]
    arms = {arm.code for arm in study.arms} | {arm.name.en for arm in study.arms}
    if any(value in arms for name in ("ARM", "ARMCD", "ACTARM", "ACTARMCD") for value in dm[name].to_list()):
        raise ValueError("the tabulation holds true arms; only one in which there are none can be scrambled")
    enrolled = dm["RFSTDTC"].is_not_null()
    places = np.random.Generator(np.random.Philox(seed)).permutation(int(enrolled.sum()))
    lots = iter([study.arms[place % len(study.arms)] for place in places.tolist()])
    given = [next(lots) if held else None for held in enrolled.to_list()]
    told = {
        "ARMCD": [arm.code if arm else own for arm, own in zip(given, dm["ARMCD"].to_list(), strict=True)],
        "ARM": [arm.name.en if arm else own for arm, own in zip(given, dm["ARM"].to_list(), strict=True)],
        "ARMNRS": [None if arm else own for arm, own in zip(given, dm["ARMNRS"].to_list(), strict=True)],
    }  # fmt: skip
    columns = [pl.Series(name, values, dtype=pl.String) for name, values in (told | {"ACTARMCD": told["ARMCD"], "ACTARM": told["ARM"]}).items()]
    return {**sdtm, "DM": dm.with_columns(columns)}


def placed(frame: pl.DataFrame) -> pl.DataFrame:
    """The dataset with the place of each row, counted from 1."""
    return frame.with_row_index(PLACE, offset=1) if PLACE not in frame.columns else frame


def rows_of(dataset: str, frame: pl.DataFrame) -> tuple[DataRow, ...]:
    """The names of these rows of a dataset."""
    return tuple(DataRow(dataset, place) for place in frame[PLACE].to_list())


def arm_codes(study: Study, told: pl.Series) -> pl.Series:
    """The arm codes of the study for treatments as a dataset writes them (code, name or description); others are null."""
    known: dict[str, str] = {}
    for arm in study.arms:
        known |= {words.casefold(): arm.code for words in (arm.code, arm.name.en, arm.treatment.en)}
    return pl.Series(ARM, [known.get(str(value).casefold()) if value is not None else None for value in told], dtype=pl.String)


def patients(study: Study, adam: Mapping[str, pl.DataFrame], flag: str, *, released: bool) -> pl.DataFrame:
    """The rows of ADSL in the population `flag`, with their places and (if the arms are open) their arm codes.

    The safety population is grouped by the treatment received, every other one by the treatment planned.
    """
    adsl = placed(adam["ADSL"])
    treatment = "TRT01A" if flag == "SAFFL" and "TRT01A" in adsl.columns else "TRT01P"
    codes = arm_codes(study, adsl[treatment]) if released else pl.Series(ARM, [None] * adsl.height, dtype=pl.String)
    return adsl.with_columns(codes).filter(pl.col(flag) == "Y")


def groups(study: Study, subjects: pl.DataFrame, *, released: bool) -> tuple[Group, ...]:
    """The arms in the order of the study, then everybody; without their numbers while the arms are closed."""
    arms = tuple(
        Group(code=arm.code, title=arm.name, hidden=not released, n=subjects.filter(pl.col(ARM) == arm.code).height if released else None)
        for arm in study.arms
    )
    return (*arms, Group(code=POOLED, title=EVERYBODY, n=subjects.height))


def members(group: Group, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of `frame` that belong to a group."""
    return frame if group.code == POOLED else frame.filter(pl.col(ARM) == group.code)


@define(kw_only=True, frozen=True, slots=False, eq=False)
class Source:
    """One reader's view, and the datasets that follow from it.

    `released`: the datasets hold arms; they are the true ones unless `scrambled` says by which seed they were drawn by lot.
    `virtual`: no patient was treated for these data. `certificate`: what was proved about the blinding, if it was handed in.
    """

    study: Study
    casebook: Casebook
    sdtm: Mapping[str, pl.DataFrame]
    adam: Mapping[str, pl.DataFrame]
    released: bool
    scrambled: int | None = None
    virtual: bool = False
    certificate: Certificate | None = None

    @property
    def opened(self) -> bool:
        """Whether the true arms are open to this reader, and with them all that could tell them."""
        return self.released and self.scrambled is None

    @cached_property
    def _kept(self) -> dict[str, Any]:
        return {}

    def once(self, name: str, made: Callable[[], T]) -> T:
        """What `made` gives, made when it is first asked for under this name: one source, one set of results."""
        if name not in self._kept:
            self._kept[name] = made()
        return cast("T", self._kept[name])

    @cached_property
    def _patients(self) -> dict[str, pl.DataFrame]:
        return {}

    @cached_property
    def arms(self) -> dict[str, str]:
        """The arm code of every patient whose planned arm is open to this reader."""
        if not self.released:
            return {}
        adsl = self.adam["ADSL"]
        codes = arm_codes(self.study, adsl["TRT01P"]).to_list()
        return {subject: code for subject, code in zip(adsl["USUBJID"].to_list(), codes, strict=True) if code}

    def patients(self, flag: str) -> pl.DataFrame:
        """The rows of ADSL in a population."""
        if flag not in self._patients:
            self._patients[flag] = patients(self.study, self.adam, flag, released=self.released)
        return self._patients[flag]

    def groups(self, flag: str) -> tuple[Group, ...]:
        """The columns of a table over a population."""
        return groups(self.study, self.patients(flag), released=self.released)

    def rows(self, dataset: str, flag: str) -> pl.DataFrame:
        """The rows of a dataset that belong to patients of a population, with places and arm codes."""
        frame = self.adam[dataset] if dataset in self.adam else self.sdtm.get(dataset, pl.DataFrame({"USUBJID": []}, schema={"USUBJID": pl.String}))
        return placed(frame).join(self.patients(flag).select("USUBJID", ARM), on="USUBJID", how="inner", maintain_order="left")


def need(frame: pl.DataFrame, dataset: str, columns: Iterable[str]) -> None:
    """Raises `LookupError` when a dataset lacks a column that a table needs."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise LookupError(f"{dataset} has no column {', '.join(missing)}; the report needs it. It has {', '.join(frame.columns)}.")
