"""Coding: answers in words and the terms of a dictionary that stand for them; what waits, which dictionary is in use, one decision for equal words."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from attrs import frozen
from django.http import HttpResponse
from django.urls import reverse

from trialwright.capture.desk import Call
from trialwright.capture.pages import go, render
from trialwright.capture.policy import CODERS
from trialwright.capture.telling import place_of
from trialwright.capture.views.casereport import place
from trialwright.capture.views.matrix import Task
from trialwright.exchange.serious_events import said
from trialwright.protocol import Text, Wrong
from trialwright.protocol.dictionary import Dictionary, Entry, Suggestion, fold
from trialwright.record import Adopt, Code, Refused, Status, Verbatim, refusal, uncoded, verbatims
from trialwright.record.coding import Move, move, read_path
from trialwright.record.events import DictionaryAdopted

SHOWN = 100
_CHOOSE = Text("Choose one of the terms, or search for another.", "请选择一个术语，或另行查找。")


@frozen(kw_only=True)
class Words:
    """Equal words that wait for one decision: the answers in which they stand, since when, and why they wait."""

    all: tuple[Verbatim, ...]
    where: str
    href: str
    since: date
    serious: bool
    why: str

    @property
    def first(self) -> Verbatim:
        return self.all[0]


@frozen(kw_only=True)
class Other:
    """A loaded dictionary that is not in use, and what becomes of the codes in it, by their fate."""

    dictionary: Dictionary
    fates: Counter[str]
    moved: tuple[Move, ...]


@frozen(kw_only=True)
class Shelf:
    """One kind of dictionary: the one in use (`loaded` if its files are here), how far the coding has come, and what else is loaded."""

    kind: str
    adopted: DictionaryAdopted | None
    loaded: Dictionary | None
    done: int
    count: int
    others: tuple[Other, ...]
    carried: tuple[Move, ...]


def coding(call: Call) -> HttpResponse:
    """What waits for a code, the dictionaries, and what is coded."""
    if call.request.method == "POST":
        return _adopt(call) if call.request.POST.get("act") == "adopt" else _carry(call)
    kinds = {item.dictionary for form in call.study.forms for item in form.seen_by(call.role) if item.dictionary}
    found = list(verbatims(call.study, call.book))
    shelves = [_shelf(call, kind, [one for one in found if one.item.dictionary == kind]) for kind in sorted(kinds)]
    done = [one for one in found if one.done]
    waiting = list(_waiting(call))
    return render(call, "coding.html", shelves=shelves, waiting=waiting[:SHOWN], more=max(0, len(waiting) - SHOWN), done=done, path=read_path,
                  href=lambda one: _href(one), where=lambda one: place_of(call, one.page.place[0], one.page.place[1]),
                  reveals=any(one.item.hints_at_arm for one in found))  # fmt: skip


def _shelf(call: Call, kind: str, found: list[Verbatim]) -> Shelf:
    adopted = call.book.dictionaries.get(kind)
    loaded = in_use(call, kind)
    others = tuple(_other(one, found) for one in call.desk.dictionaries if one.kind == kind and one is not loaded)
    carried = tuple(one for verbatim in found if loaded and (one := move(verbatim, loaded)) and one.fate == "same")
    return Shelf(kind=kind, adopted=adopted, loaded=loaded, done=sum(one.done for one in found), count=len(found), others=others, carried=carried)


def _other(dictionary: Dictionary, found: Iterable[Verbatim]) -> Other:
    moves = [one for verbatim in found if (one := move(verbatim, dictionary))]
    return Other(dictionary=dictionary, fates=Counter(one.fate for one in moves), moved=tuple(one for one in moves if one.fate != "same")[:SHOWN])


def in_use(call: Call, kind: str) -> Dictionary | None:
    """The loaded dictionary that is in use for this kind, if its files are the ones that were put into use."""
    now = call.book.dictionaries.get(kind)
    return next((one for one in call.desk.dictionaries
                 if now and (one.kind, one.name, one.version, one.digest) == (kind, now.dictionary, now.version, now.digest)), None)  # fmt: skip


def _adopt(call: Call) -> HttpResponse:
    which = call.request.POST.get("which", "")
    wanted = next((one for one in call.desk.dictionaries if which == f"{one.kind}/{one.name}/{one.version}"), None)
    if wanted is None:
        raise refusal("not-found")
    call.do(Adopt(kind=wanted.kind, dictionary=wanted.name, version=wanted.version, digest=wanted.digest))
    return go(call, "coding", say=call.say("adopted-now", dictionary=wanted.name, version=wanted.version))


def _carry(call: Call) -> HttpResponse:
    """The codes that stand unchanged in the dictionary in use are taken over into it, in one save."""
    loaded = [dictionary for kind in call.book.dictionaries if (dictionary := in_use(call, kind))]
    found = [coded(verbatim, dictionary, moved.entry) for verbatim in verbatims(call.study, call.book) for dictionary in loaded
             if (moved := move(verbatim, dictionary)) and moved.entry and moved.fate == "same"]  # fmt: skip
    call.do(*found)
    return go(call, "coding", say=call.say("carried-now", count=len(found)))


def coded(verbatim: Verbatim, dictionary: Dictionary, entry: Entry, reason: str = "") -> Code:
    """The command that gives an answer this term."""
    visit, form, row = verbatim.page.place
    return Code(subject=verbatim.subject, visit=visit, form=form, row=row, item=verbatim.item.code, dictionary=dictionary.name, version=dictionary.version,
                code=entry.code, term=entry.term, path=entry.path, reason=reason)  # fmt: skip


def _waiting(call: Call) -> Iterator[Words]:
    """Equal words together, those of serious events first, then the oldest."""
    found: dict[tuple[str, str], list[Verbatim]] = {}
    for one in uncoded(call.study, call.book, call.role):
        found.setdefault((one.item.dictionary or "", fold(one.words)), []).append(one)
    groups = [_group(call, sorted(some, key=lambda one: one.cell[-1].at)) for some in found.values()]
    yield from sorted(groups, key=lambda group: (not group.serious, group.since, group.first.words))


def _group(call: Call, some: list[Verbatim]) -> Words:
    first = some[0]
    form = call.study.form(first.page.place[1])
    why = "why-fell" if first.fell else "why-version" if first.coded else "why-new"
    serious = any(said(form, one.page.answers).get("AESER") == "Y" for one in some)
    return Words(all=tuple(some), where=place_of(call, first.page.place[0], form.code), href=_href(first), serious=serious, why=why,
                 since=first.cell[-1].at.astimezone(call.zone).date())  # fmt: skip


def _href(one: Verbatim) -> str:
    visit, form, row = one.page.place
    where = {"subject": one.subject, "form": form, "item": one.item.code}
    return reverse("row-code", kwargs={**where, "row": row}) if row else reverse("code", kwargs={**where, "visit": visit})


def tasks(call: Call) -> Iterator[Task]:
    """For the inbox of those who code: that words wait, how many, and since when; never which."""
    waiting = [] if call.role not in CODERS or call.book.locked else list(_waiting(call))
    if waiting:
        since = min(one.since for one in waiting)
        yield Task(rank=1 if waiting[0].serious else 4, day=since, subject="", status=Status.DUE, when=call.age(since), verb=call.say("open"),
                   what=call.say("words-wait", count=len(waiting)), href=reverse("coding"))  # fmt: skip


@frozen(kw_only=True)
class Equal:
    """Another answer in equal words: its name in the form that is sent, and whether the decision is meant for it too."""

    verbatim: Verbatim
    id: str
    where: str
    chosen: bool


def code(call: Call, subject: str, form: str, item: str, visit: str = "", row: str = "") -> HttpResponse:
    """One answer in words: what it may mean, a search, and the choice, for it alone or for equal words too."""
    here = place(call, subject, visit, form, row)
    found = list(verbatims(call.study, call.book))
    one = next((one for one in found if (one.subject, one.page.place, one.item.code) == (subject, (visit, form, row), item)), None)
    if one is None:
        raise KeyError(item)
    dictionary, problem = in_use(call, one.item.dictionary or ""), None
    equals = _equals(call, one, found)
    if call.request.method == "POST":
        try:
            return _decided(call, one, dictionary, equals)
        except Refused as refused:
            problem = refused
    offered, sought = _offered(call, one, dictionary)
    context = [(other, here.page.cells.get(other.code)) for other in here.items if other.code != item and other.code in here.page.cells]
    return render(call, "code.html", status=422 if problem else 200, place=here, subject=here.subject, form=here.form, one=one, dictionary=dictionary,
                  adopted=one.adopted, offered=offered, sought=sought, equals=equals, problem=problem, context=context, path=read_path,
                  reason=call.request.POST.get("reason", ""), key=call.request.POST.get("key", ""), reveals=one.item.hints_at_arm)  # fmt: skip


def _equals(call: Call, one: Verbatim, found: Iterable[Verbatim]) -> list[Equal]:
    sent = call.request.POST.getlist("also") if call.request.method == "POST" else None
    some = []
    for other in found:
        if other is not one and other.item.dictionary == one.item.dictionary and fold(other.words) == fold(one.words):
            id = "|".join((other.subject, *other.page.place, other.item.code))
            alike = not other.done or bool(one.coded and other.coded and one.coded.code == other.coded.code)
            where = f"{other.subject} · {place_of(call, other.page.place[0], other.page.place[1])}"
            some.append(Equal(verbatim=other, id=id, where=where, chosen=alike if sent is None else id in sent))
    return some


def _offered(call: Call, one: Verbatim, dictionary: Dictionary | None) -> tuple[tuple[Suggestion, ...], str]:
    """What is offered, and the words that were sought."""
    sought = (call.request.POST.get("q", "") or call.request.GET.get("q", ""))[:200].strip()
    if dictionary is None:
        return (), sought
    return (dictionary.search(sought) or dictionary.suggest(sought) if sought else dictionary.suggest(one.words)), sought


def _decided(call: Call, one: Verbatim, dictionary: Dictionary | None, equals: Iterable[Equal]) -> HttpResponse:
    entry = dictionary.find(call.request.POST.get("key", "")) if dictionary else None
    if dictionary is None or entry is None or not entry.current:
        raise refusal("wrong-entries", wrongs=(Wrong(item="KEY", because=_CHOOSE),), count=1)
    chosen = [one, *(other.verbatim for other in equals if other.chosen)]
    done = call.do(*(coded(each, dictionary, entry, call.request.POST.get("reason", "")) for each in chosen))
    return go(call, "coding", say=call.say("coded-now", words=one.words, term=entry.term, count=len(done)))


