"""Makes a report: the reader's view becomes datasets, the study names the exhibits, and a page is written."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import polars as pl
from attrs import frozen

import trialwright
from trialwright import adam, sdtm
from trialwright.blinding.certificate import Certificate
from trialwright.protocol import Audience, Study, Text, same
from trialwright.record import Casebook
from trialwright.record.amending import versions
from trialwright.record.events import CodeBroken
from trialwright.report.document import Document, Listing, Prose, Section
from trialwright.report.provenance import Trail, trace
from trialwright.report.render.html import page
from trialwright.report.render.text import document_text
from trialwright.report.results import Results
from trialwright.report.source import Source, blind_view, drawn_by_lot


class Report(Protocol):
    """What the report.py of a study offers as `REPORT`. With `results(source)` it also hands out all analyses by name (`Results`)."""

    def sections(self, source: Source) -> tuple[Section, ...]:
        """The chapters of the report, with their tables and figures in order."""


@frozen(kw_only=True)
class Composed:
    """A finished report, the way back from its numbers, and the results of its analyses."""

    document: Document
    trail: Trail
    results: Results

    def write(self, *outs: Path, language: str = "en") -> None:
        """Writes the report in the form that the ending of each file names. Raises `ValueError` for another ending; then nothing is written.

        The forms are made side by side: the typesetter works beside the page.
        """
        forms = [_form(out) for out in outs]
        with ThreadPoolExecutor() as pool:
            finished = list(pool.map(lambda form: form(self, language), forms))
        for out, made in zip(outs, finished, strict=True):
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(made)


@frozen(kw_only=True)
class View:
    """How the arms are shown: as far as they are open (the default); `blinded`, although they are open; or drawn by lot with the seed `scrambled`.

    `virtual` says that nobody was treated for these data; `certificate` is the blinding certificate to be told.
    """

    blinded: bool = False
    scrambled: int | None = None
    virtual: bool = False
    certificate: Certificate | None = None


USUAL = View()


def source_of(study: Study, casebook: Casebook, view: View = USUAL) -> Source:
    """The datasets that follow from a view. The arms are open only after they were opened for the whole study, to this reader.

    Until then, and whenever the view is not to know them, everything is made again from the entries that a blinded statistician may read.
    """
    by_lot = view.scrambled is not None
    opened = casebook.released is not None and not view.blinded and not by_lot and _opened(casebook)
    read = casebook if opened else blind_view(casebook)
    tabulated: Mapping[str, pl.DataFrame] = sdtm.build(study, read)
    if view.scrambled is not None:
        tabulated = drawn_by_lot(study, tabulated, view.scrambled)
    return Source(study=study, casebook=read, sdtm=tabulated, adam=adam.build(study, tabulated), released=opened or by_lot, scrambled=view.scrambled,
                  virtual=view.virtual, certificate=view.certificate)  # fmt: skip


def _opened(casebook: Casebook) -> bool:
    event = casebook.released.event if casebook.released else None
    return isinstance(event, CodeBroken) and not event.subject and Audience.STATISTICIAN in event.to


def compose(report: Report, study: Study, casebook: Casebook, view: View = USUAL) -> Composed:
    """The whole report as data, from one reader's view of the trial."""
    source = source_of(study, casebook, view)
    document = Document(code=study.code, title=study.title, subtitle=study.official_title, banner=_banner(source), status=_status(source),
                        standing=_standing(source, casebook), sections=report.sections(source), as_of=source.casebook.as_of, mark=_mark(source))  # fmt: skip
    return Composed(document=document, trail=Trail(source=source), results=_results(report, source))


def _results(report: Report, source: Source) -> Results:
    """All analyses of a study, as far as its report hands them out."""
    told: Callable[[Source], Results] | None = getattr(report, "results", None)
    return Results(()) if told is None else told(source)


def write(report: Report, study: Study, casebook: Casebook, *outs: Path, language: str = "en", view: View = USUAL) -> Composed:
    """Writes the report in the form that the ending of each file names and gives it back. Raises `ValueError` for another ending."""
    for out in outs:
        _form(out)
    composed = compose(report, study, casebook, view)
    composed.write(*outs, language=language)
    return composed


def _form(out: Path) -> Callable[[Composed, str], bytes]:
    if out.suffix not in FORMS:
        raise ValueError(f"a report is not written as {out.suffix or 'a file without an ending'}. Name a file that ends in {', '.join(FORMS)}.")
    return FORMS[out.suffix]


def _paper(made: Composed, language: str) -> bytes:
    from trialwright.report.render.paper import printed  # the typesetter is only loaded for those who print

    return printed(made.document, language)


def _rich_text(made: Composed, language: str) -> bytes:
    from trialwright.report.render.rtf import rich_text  # loads for a second

    return rich_text(made.document, language)


FORMS: Mapping[str, Callable[[Composed, str], bytes]] = {
    ".html": lambda made, language: page(made.document, made.trail, language).encode(),
    ".pdf": _paper,
    ".rtf": _rich_text,
    ".txt": lambda made, language: document_text(made.document, language).encode(),
}
"""In which forms a report is written, by the ending of the file: the whole of it, or (.rtf) its tables."""


def follow(report: Report, study: Study, casebook: Casebook, table: str, cell: str, *, language: str = "en", view: View = USUAL) -> str:
    """What stands behind one number of the report. Raises `LookupError` that names the tables or cells that exist."""
    composed = compose(report, study, casebook, view)
    return trace(composed.document, composed.trail, table, cell, language)


def _banner(source: Source) -> Prose:
    if source.scrambled is not None:
        view = Text(
            f"Scrambled arms (seed {source.scrambled}). The arm of every patient was drawn by lot for this report, from data in which the true arms are not. "
            "It shows how the report will look; no column, difference or p-value in it says anything about a treatment.",
            f"分组已打乱（种子 {source.scrambled}）。各受试者的组别为本报告随机抽取，所用数据不含真实分组。"
            "仅用于展示报告样式；其中任何组别、差值或 p 值均不说明治疗效果。",
        )
    elif source.released:
        view = Text("Unblinded view. The data are locked and the arms have been opened to the statistician.",
                    "揭盲视图。数据已锁定，已向统计师揭盲。")  # fmt: skip
    else:
        view = Text("Blinded view. The arms are not open: arm columns show xx, and only figures over all patients are given. No comparison was computed.",
                    "盲态视图。尚未揭盲：各组列显示 xx，仅给出全部受试者的合并数字，未进行任何组间比较。")  # fmt: skip
    if not source.virtual:
        return Prose(text=view, warning=not source.opened)
    return Prose(warning=True, text=Text(
        f"Rehearsal: every patient in this report is virtual. No drug was given and nothing here is a finding about a treatment. {view.en}",
        f"演练：本报告中的受试者均为虚拟，未使用任何药物，所有数字均不构成对任何治疗的发现。{view.zh}"))  # fmt: skip


def _status(source: Source) -> Text:
    """What stands at the head of every printed page: whether it is final, who may read it, and whether the patients are real."""
    told = [] if source.casebook.locked else [Text("DRAFT: data not locked", "草稿：数据未锁定")]
    if source.scrambled is not None:
        lot = source.scrambled
        told.append(Text(f"SCRAMBLED ARMS (seed {lot}): drawn by lot, not the true ones", f"分组已打乱（种子 {lot}）：随机抽取，非真实分组"))
    else:
        told.append(Text("UNBLINDED: tells the arms", "已揭盲：含分组信息") if source.released else Text("BLINDED: arms closed", "盲态：未揭盲"))
    told += [Text("REHEARSAL: virtual patients", "演练：虚拟受试者")] if source.virtual else []
    return Text(" · ".join(one.en for one in told), " · ".join(one.zh for one in told))


def _mark(source: Source) -> Text:
    """Which data these are, short enough for the foot of a page: the first letters of the digest, or up to when."""
    digest = getattr(source.casebook.locked.event, "digest", "") if source.casebook.locked else ""
    if digest:
        return Text(f"locked record {digest[:12]}", f"锁定记录 {digest[:12]}")
    when = source.casebook.as_of
    return Text(f"data up to {when:%Y-%m-%d %H:%M} UTC", f"数据截至 {when:%Y-%m-%d %H:%M} UTC") if when else same("–")


def _standing(source: Source, casebook: Casebook) -> Listing:
    """Which data, which view, which definition, which program."""
    study, view = source.study, source.casebook
    locked = view.locked
    known = versions(view)
    digest = same(study.digest)
    if known and known[-1].digest != study.digest:
        digest = Text(f"{study.digest}; NOT the definition under which the ledger stands: {known[-1].digest}",
                      f"{study.digest}；与台账现行定义不一致：{known[-1].digest}")  # fmt: skip
    if len(known) > 1:
        past = ", ".join(f"{one.version} ({one.since:%Y-%m-%d})" for one in known)
        digest = Text(f"{digest.en}; versions in force since: {past}", f"{digest.zh}；各版本生效日期：{past}")
    state = getattr(locked.event, "digest", "") if locked else ""
    unknown = Text("told when the arms are open", "揭盲后给出") if locked else Text("none: not locked", "无：未锁定")
    when = view.as_of.strftime("%Y-%m-%d %H:%M:%S UTC") if view.as_of else None
    seen = Text("statistician, arms open", "统计师，已揭盲") if source.opened else Text("statistician, blinded", "统计师，盲态")
    if source.scrambled is not None:
        seen = Text(f"statistician, blinded; arms drawn by lot with seed {source.scrambled}", f"统计师，盲态；组别以种子 {source.scrambled} 随机抽取")
    lock = Text(f"locked {locked.at:%Y-%m-%d %H:%M} UTC", f"已锁定 {locked.at:%Y-%m-%d %H:%M} UTC") if locked else Text("not locked", "未锁定")
    return Listing(entries=(
        (Text("Registry", "注册号"), same(study.registry)),
        (Text("View", "视图"), seen),
        (Text("Data up to", "数据截止"), same(when) if when else Text("no entry yet", "尚无记录")),
        (Text("State of the data", "数据状态"), lock),
        (Text("Digest of the locked record (SHA-256)", "锁定记录摘要（SHA-256）"), same(state) if state else unknown),
        (Text("Study definition", "研究定义"), Text(f"version {study.version}, reading {study.reading}", f"版本 {study.version}，解读 {study.reading}")),
        (Text("Digest of the study definition (SHA-256)", "研究定义摘要（SHA-256）"), digest),
        (Text("Program", "程序"), same(f"Trialwright {trialwright.__version__}")),
    ))  # fmt: skip
