"""Works out what an import would do: which command each record becomes, and everything that stands in its way."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property

import polars as pl
from attrs import Factory, define, field, frozen

from trialwright.allocation.recorded import RecordAllocation
from trialwright.eligibility.enrollment import Enroll
from trialwright.exchange.datasets import Dataset, Fault, Unimportable
from trialwright.exchange.sdtm_mapping import Lookup, Pages, SdtmMapping, Where
from trialwright.exchange.sdtm_steps import LeftCount, Plan, Step, contradicted, events_of, still_to_say
from trialwright.protocol import Absence, Audience, Study, Text, Unreadable, Visit
from trialwright.record import Answer, Casebook, Command, Complete, Consent, FailScreening, Screen, Subject, Withdraw
from trialwright.record.answers import Entered

RECORD = "_record"
"""The column that counts the records of a data set from 1; no SDTM variable begins with an underscore."""


def plan(study: Study, mapping: SdtmMapping, datasets: Mapping[str, Dataset], book: Casebook) -> Plan:
    """What importing `datasets` into the trial as `book` knows it would do. Nothing is written.

    Raises `Unimportable` with every fault found: missing columns, records that no mapping takes, unknown subjects and
    visits, answers that their item does not accept.
    """
    numbered = {name: dataset.frame.with_row_index(RECORD, offset=1) for name, dataset in datasets.items()}
    work = _Work(study=study, mapping=mapping, datasets=datasets, frames=numbered, book=book)
    work.check_columns()
    left_out = work.account()
    work.gather_pages()
    lives = work.lives()
    if work.faults:
        raise Unimportable(sorted(work.faults, key=lambda fault: (fault.file, fault.record or 0)))
    steps = tuple(step for subject in sorted({*lives, *work.pages}) for step in work.steps(subject, lives.get(subject)))
    told = [step.command for step in steps if isinstance(step.command, Answer)]
    return Plan(
        steps=steps,
        subjects=len({*lives, *work.pages}),
        events=sum(events_of(step.command) for step in steps),
        pages=dict(Counter(answer.form for answer in told)),
        answers=dict(sum((Counter({answer.form: len(answer.entries)}) for answer in told), Counter[str]())),
        left_out=left_out,
    )


def chosen(where: Where) -> pl.Expr:
    """The condition that a record meets when every named column holds one of its values."""
    return pl.all_horizontal([pl.col(column).is_in(list(values)) for column, values in where.items()] or [pl.lit(True)])


Origin = tuple[str, int, str]
"""File, record and column of an answer."""


@define(kw_only=True)
class _Page:
    """A page under way: its answers, where each came from, and the record that names it."""

    entries: dict[str, Entered] = Factory(dict)
    sources: dict[str, str] = Factory(dict)
    origins: dict[str, Origin] = Factory(dict)


@frozen(kw_only=True)
class _Life:
    """The steps before the first page after enrollment, and those after the last page."""

    before: tuple[Step, ...] = ()
    entry: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()


@define(kw_only=True, slots=False)
class _Work:
    """The state of one planning."""

    study: Study
    mapping: SdtmMapping
    datasets: Mapping[str, Dataset]
    frames: Mapping[str, pl.DataFrame]
    book: Casebook
    faults: list[Fault] = field(factory=list)
    pages: dict[str, dict[tuple[str, str, str], _Page]] = field(factory=dict)

    def check_columns(self) -> None:
        """Every column that the mapping reads must be there, in every data set that was handed over."""
        who = self.mapping.subjects
        needs: dict[str, list[str]] = {who.dataset: [who.subject, who.site, who.arm, who.start]}
        for lookup in (who.consented, who.failed, who.ended):
            needs.setdefault(lookup.dataset, []).extend([who.subject, lookup.column, *lookup.where, *([lookup.reason] if lookup.reason else [])])
        for pages in self.mapping.pages:
            needs.setdefault(pages.dataset, []).extend(pages.columns())
        for left in self.mapping.left_out:
            needs.setdefault(left.dataset, []).extend(left.where)
        faults: list[Fault] = []
        for name, dataset in self.datasets.items():
            try:
                dataset.needs(needs[name])
            except Unimportable as problem:
                faults += problem.faults
        if faults:
            raise Unimportable(faults)

    def account(self) -> tuple[LeftCount, ...]:
        """Counts what is left out, and finds records that neither a page nor a reason takes."""
        who = self.mapping.subjects
        counts: list[LeftCount] = []
        for name, frame in self.frames.items():
            taken = [self._takes(pages) for pages in self.mapping.pages if pages.dataset == name]
            taken += [chosen(one.where) for one in (who.consented, who.failed, who.ended) if one.dataset == name]
            taken.append(pl.lit(name == who.dataset))
            left = [(reason, chosen(reason.where)) for reason in self.mapping.left_out if reason.dataset == name]
            for reason, condition in left:
                counts.append(LeftCount(dataset=name, records=frame.filter(condition).height, because=reason.because))
            lost = frame.filter(~pl.any_horizontal([*taken, *(condition for _, condition in left)]).fill_null(False))
            self.faults += [self._fault(name, record, None, Text(
                "the study says neither where this record goes nor why it is left out. Add it to the mapping of the study.",
                "研究未规定该记录的去向，也未说明为何不导入，请在研究的映射中补充。")) for record in lost[RECORD].to_list()]  # fmt: skip
        return tuple(counts)

    def _takes(self, pages: Pages) -> pl.Expr:
        where = chosen(pages.where)
        return where if pages.test is None else where & pl.col(pages.test).is_in(list(pages.items))

    def gather_pages(self) -> None:
        """Puts every record into its page."""
        for pages in self.mapping.pages:
            if pages.dataset in self.frames:
                records = self.frames[pages.dataset].filter(self._takes(pages)).select(RECORD, *pages.columns())
                for record in records.iter_rows(named=True):
                    self._take(pages, record)

    def _take(self, pages: Pages, record: Mapping[str, str | None]) -> None:
        number = int(record[RECORD] or 0)
        subject = record[pages.subject]
        if subject is None or not self._knows(subject):
            self._wrong(pages, number, pages.subject, Text(
                f"there is no subject {subject or '(empty)'} in {self.mapping.subjects.dataset} or in the trial. "
                "Import that subject first, or correct the code.",
                f"{self.mapping.subjects.dataset} 及试验中均无受试者 {subject or '（空）'}，请先导入该受试者或更正编号。"))  # fmt: skip
            return
        visit = self._visit(pages, record, number)
        if visit is None:
            return
        row = "" if visit else f"{pages.domain}-{record[pages.sequence]}"
        page = self.pages.setdefault(subject, {}).setdefault((visit, pages.form, row), _Page())
        source = f"{pages.domain} {subject} #{record[pages.sequence]}"
        for column, item in pages.once.items():
            self._put(pages, page, item, record[column], (source, number, column))
        if pages.test is None:
            for column, item in pages.items.items():
                self._put(pages, page, item, record[column], (source, number, column))
        elif pages.result is not None:
            item = pages.items[record[pages.test] or ""]
            result = record[pages.result] if record[pages.result] is not None else self._absence(pages, record)
            if result is None:
                self._wrong(pages, number, pages.result, Text(
                    "the result is empty and nothing says why. Enter it, or give the reason.", "结果为空且未说明原因，请填写结果或原因。"))  # fmt: skip
            elif item in page.entries:
                self._wrong(pages, number, pages.result, Text(
                    f"this is the second result of {record[pages.test]} at the same visit. Keep one of them.",
                    f"同一访视中 {record[pages.test]} 有两个结果，请保留其一。"))  # fmt: skip
            else:
                self._put(pages, page, item, result, (source, number, pages.result))

    def _absence(self, pages: Pages, record: Mapping[str, str | None]) -> Absence | None:
        return None if pages.status is None else pages.status.absences.get(record[pages.status.column] or "")

    def _put(self, pages: Pages, page: _Page, item: str, entered: str | Absence | None, origin: Origin) -> None:
        """One answer onto its page; the first record that gives it counts, a second one must agree."""
        if entered is None:
            return
        source, number, column = origin
        if isinstance(entered, str):
            entered = pages.terms.get(item, {}).get(entered, entered)
            try:
                entered = self.study.item(pages.form, item).canonical(entered)
            except Unreadable as problem:
                self._wrong(pages, number, column, problem.because)
                return
        if item not in page.entries:
            page.entries[item], page.sources[item] = entered, source
            page.origins[item] = (self.datasets[pages.dataset].file, number, column)
        elif page.entries[item] != entered:
            self._wrong(pages, number, column, Text(
                f"it says {entered}, an earlier record of the same page says {page.entries[item]}. Correct one of them.",
                f"此处为 {entered}，同一页较早的记录为 {page.entries[item]}，请更正其一。"))  # fmt: skip

    def _visit(self, pages: Pages, record: Mapping[str, str | None], number: int) -> str | None:
        """The code of the visit ("" for a log), or None after a fault."""
        if pages.visit is None:
            return pages.fixed_visit or ""
        told = record[pages.visit]
        visit = self._visits.get(told or "") or self._visits.get(_plain_number(told))
        if visit is None:
            known = ", ".join(self._visits)
            self._wrong(pages, number, pages.visit, Text(
                f"the study has no visit {told or '(empty)'}. Its visits are {known}. Correct the number, or add the visit to the study.",
                f"研究中没有访视 {told or '（空）'}，现有访视为 {known}，请更正或在研究中补充。"))  # fmt: skip
        elif pages.form not in visit.forms:
            self._wrong(pages, number, pages.visit, Text(
                f"form {pages.form} is not planned at visit {visit.code}. Correct the visit number.",
                f"访视 {visit.code} 未安排表单 {pages.form}，请更正访视号。"))  # fmt: skip
        else:
            return visit.code
        return None

    def _knows(self, subject: str) -> bool:
        return subject in self._arrivals or self.book.knows(subject)

    @cached_property
    def _arrivals(self) -> frozenset[str]:
        who = self.mapping.subjects
        if who.dataset not in self.frames:
            return frozenset()
        return frozenset(self.frames[who.dataset][who.subject].drop_nulls().to_list())

    @cached_property
    def _visits(self) -> dict[str, Visit]:
        return {f"{visit.number:g}": visit for visit in self.study.visits}

    def lives(self) -> dict[str, _Life]:
        """How each person of the subject data set entered and left the trial."""
        who = self.mapping.subjects
        if who.dataset not in self.frames:
            return {}
        found: dict[str, _Life] = {}
        told = {name: self._looked_up(lookup) for name, lookup in (("consented", who.consented), ("failed", who.failed), ("ended", who.ended))}
        for record in self.frames[who.dataset].iter_rows(named=True):
            if record[who.subject] in found:
                self.faults.append(self._fault(who.dataset, record[RECORD], who.subject, Text(
                    f"this is the second record of {record[who.subject]}. Keep one of them.",
                    f"{record[who.subject]} 已有一条记录，请保留其一。")))  # fmt: skip
                continue
            life = self._life(record, told)
            if life is not None:
                found[record[who.subject]] = life
                self._contradictions(record[who.subject], life)
        return found

    def _contradictions(self, subject: str, life: _Life) -> None:
        if not self.book.knows(subject):
            return
        for step in (*life.before, *life.entry, *life.after):
            both = contradicted(step.command, self.book.subject(subject))
            if both is not None:
                self.faults.append(Fault(file=step.file, record=step.record, because=Text(
                    f"the trial says {both[0]} of {subject}, the file says {both[1]}. Correct the file, or the trial by hand.",
                    f"受试者 {subject}：试验中为 {both[0]}，文件中为 {both[1]}，请更正文件或手工更正试验记录。")))  # fmt: skip

    def _looked_up(self, lookup: Lookup) -> dict[str, tuple[int, str, str]]:
        """Record, date and reason of each subject; a second record for the same subject is a fault."""
        subject = self.mapping.subjects.subject
        found: dict[str, tuple[int, str, str]] = {}
        if lookup.dataset not in self.frames:
            return found
        for record in self.frames[lookup.dataset].filter(chosen(lookup.where)).iter_rows(named=True):
            id, value = record[subject], record[lookup.column]
            if id in found:
                self.faults.append(self._fault(lookup.dataset, record[RECORD], subject, Text(
                    f"this is the second such record of {id}. Keep one of them.", f"{id} 已有同类记录，请保留其一。")))  # fmt: skip
            elif id is not None:
                found[id] = (record[RECORD], value or "", record[lookup.reason] if lookup.reason else "")
        return found

    def _life(self, record: Mapping[str, str], told: Mapping[str, Mapping[str, tuple[int, str, str]]]) -> _Life | None:
        who = self.mapping.subjects
        subject, number, arm = record[who.subject], int(record[RECORD]), record[who.arm]
        consented = self._day(who.consented, told["consented"].get(subject), number)
        if not subject or record[who.site] not in self.study.sites or (arm not in who.arms and arm not in who.failures):
            column = who.subject if not subject else who.site if record[who.site] not in self.study.sites else who.arm
            self.faults.append(self._fault(who.dataset, number, column, Text(
                f"“{record[column] or ''}” is not known to the study. Correct it, or add it to the study.",
                f"研究中没有“{record[column] or ''}”，请更正或在研究中补充。")))  # fmt: skip
            return None
        if consented is None:
            return None

        def step(command: Command, role: Audience) -> Step:
            return Step(command=command, role=role, file=self.datasets[who.dataset].file, record=number)

        carer = Audience.COORDINATOR
        before = (step(Screen(site=record[who.site], subject=subject), carer),
                  step(Consent(subject=subject, on=consented, version=who.consent_version), carer))  # fmt: skip
        lookup = who.failed if arm in who.failures else who.ended
        end = told["failed" if arm in who.failures else "ended"].get(subject)
        on = self._day(lookup, end, number)
        if on is None or end is None:
            return None
        if arm in who.failures:
            return _Life(before=before, entry=(), after=(step(FailScreening(subject=subject, on=on, criteria=(), because=end[2]), carer),))
        start = self._read_day(who.dataset, number, who.start, record[who.start])
        if start is None:
            return None
        closing: Command = Complete(subject=subject, on=on) if end[2] in who.completed else Withdraw(subject=subject, on=on, because=end[2])
        entry = (step(Enroll(subject=subject, on=start), Audience.PHYSICIAN),
                 step(RecordAllocation(subject=subject, arm=who.arms[arm], because=f"DM {subject} {who.arm} = {arm}"), Audience.CUSTODIAN))  # fmt: skip
        return _Life(before=before, entry=entry, after=(step(closing, carer),))

    def _day(self, lookup: Lookup, found: tuple[int, str, str] | None, number: int) -> date | None:
        if found is None:
            wanted = " and ".join(f"{column} = {'/'.join(values)}" for column, values in lookup.where.items())
            self.faults.append(self._fault(self.mapping.subjects.dataset, number, None, Text(
                f"{lookup.dataset} has no record for this subject where {wanted}. Add it.", f"{lookup.dataset} 中没有该受试者符合 {wanted} 的记录，请补充。")))
            return None
        return self._read_day(lookup.dataset, found[0], lookup.column, found[1])

    def _read_day(self, dataset: str, number: int, column: str, text: str | None) -> date | None:
        try:
            return date.fromisoformat((text or "")[:10])
        except ValueError:
            self.faults.append(self._fault(dataset, number, column, Text(
                f"“{text or ''}” is not a full date. Write year-month-day, for example 2014-03-05.",
                f"“{text or ''}”不是完整日期，请按 年-月-日 填写，例如 2014-03-05。")))  # fmt: skip
            return None

    def steps(self, subject: str, life: _Life | None) -> Iterator[Step]:
        """The commands about one subject, in the order in which they can be carried out; what the trial already says is left out."""
        told = self.book.subject(subject) if self.book.knows(subject) else None
        early = [place for place in self.pages.get(subject, {}) if place[0] and self.study.visit(place[0]).day < 0]
        late = [place for place in self.pages.get(subject, {}) if place not in early]
        life = life or _Life()
        yield from (step for step in life.before if still_to_say(step.command, told))
        yield from self._answers(subject, told, early)
        yield from (step for step in life.entry if still_to_say(step.command, told))
        yield from self._answers(subject, told, late)
        yield from (step for step in life.after if still_to_say(step.command, told))

    def _answers(self, subject: str, known: Subject | None, places: list[tuple[str, str, str]]) -> Iterator[Step]:
        for place in sorted(places, key=self._order):
            page = self.pages[subject][place]
            visit, form, row = place
            saved = known.page(visit, form, row).cells if known else {}
            fresh = {item: entered for item, entered in page.entries.items()
                     if item not in saved or entered not in (saved[item].value, saved[item].absence)}  # fmt: skip
            if fresh:
                command = Answer(subject=subject, visit=visit, form=form, row=row, entries=fresh,
                                 sources={item: page.sources[item] for item in fresh})  # fmt: skip
                file, record, _ = page.origins[next(iter(fresh))]
                yield Step(command=command, role=self._author(form), file=file, record=record, origins=page.origins)

    def _order(self, place: tuple[str, str, str]) -> tuple[float, str, int, str]:
        visit, form, row = place
        number = self.study.visit(visit).number if visit else float("inf")
        tail = row.rpartition("-")[2]
        return (number, form, int(tail) if tail.isdigit() else 0, row)

    def _author(self, form: str) -> Audience:
        """The first of the roles that may answer all items of the form."""
        page = self.study.form(form)
        return next(role for role in page.entered_by if all(item.audience.admits(role) and role in page.writers(item.code) for item in page.items))

    def _wrong(self, pages: Pages, number: int, column: str, because: Text) -> None:
        self.faults.append(self._fault(pages.dataset, number, column, because))

    def _fault(self, dataset: str, number: int, column: str | None, because: Text) -> Fault:
        return Fault(file=self.datasets[dataset].file, record=number, column=column, because=because)


def _plain_number(text: str | None) -> str:
    """A number without the digits that binary storage added ("9.299999999999999" is visit 9.3); "" when it is none."""
    try:
        return f"{float(text or ''):g}"
    except ValueError:
        return ""
