"""The licensed wording of a questionnaire: shown under the number of each item where the hospital supplied it, and nowhere else."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from attrs import evolve, frozen

from trialwright.protocol.forms import Form, Item, Kind
from trialwright.protocol.study import Study
from trialwright.protocol.text import Text, legible

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A language tag such as en, zh-CN or zh-Hans-CN (BCP 47)."""
LONGEST = {"question": 1000, "answer": 200, "credit": 500, "holder": 200, "licence": 200}
_CATEGORY = re.compile(r"QSCAT = (.+?)(?: and |;|$)")


@frozen(kw_only=True)
class Question:
    """The words of one item: the question, and the words for its answers (code and text) where there are some."""

    item: str
    text: str
    answers: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class Wording:
    """The words of one instrument in one language, who owns them, under which licence the hospital uses them, and how they are credited."""

    instrument: str
    version: str
    language: str
    questions: tuple[Question, ...]
    credit: str
    holder: str
    licence: str

    @property
    def name(self) -> str:
        return f"{self.instrument}.{self.language}"


@frozen(kw_only=True)
class Flaw:
    """What is wrong with a wording: at which item ("" for the whole), in which part of it, and how to mend it."""

    item: str
    part: str
    because: Text


def worded_forms(study: Study) -> tuple[Form, ...]:
    """The forms that are scored by an instrument and have items of a questionnaire, whose words may be loaded."""
    return tuple(form for form in study.forms if form.instrument is not None and form.instrument in _known(study) and own_items(form))


def own_items(form: Form) -> tuple[Item, ...]:
    """The items of a form that are the questionnaire's: those of one category of the tabulation, without dates and additions."""
    found = [(item, match.group(1)) for item in form.items if (match := _CATEGORY.search(item.sdtm or ""))]
    return tuple(item for item, category in found if category == found[0][1])


def _known(study: Study) -> dict[str, str]:
    return {instrument.code: instrument.version for instrument in study.instruments}


def flaws(study: Study, wording: Wording) -> tuple[Flaw, ...]:
    """Everything that keeps `wording` from being used in `study`; empty when it fits."""
    form = next((form for form in worded_forms(study) if form.instrument == wording.instrument), None)
    if form is None:
        names = ", ".join(str(one.instrument) for one in worded_forms(study)) or "none"
        return (Flaw(item="", part="instrument", because=Text(
            f"{wording.instrument or 'nothing'} is no questionnaire of this study. Write one of {names}.",
            f"{wording.instrument or '空'} 不是本研究的问卷，请填写 {names} 之一。")),)  # fmt: skip
    return tuple(chain(_whole(study, wording), _coverage(form, wording), *(_words(form, one) for one in wording.questions)))


def _whole(study: Study, wording: Wording) -> Iterator[Flaw]:
    version = _known(study)[wording.instrument]
    if wording.version != version:
        other = wording.version or "-"
        yield Flaw(item="", part="version", because=Text(f"the study scores {version}, the wording is for {other}. Load that of {version}.",
                                                         f"研究使用 {version}，而文字属于 {other}，请载入 {version} 的文字。"))  # fmt: skip
    if not LANGUAGE.fullmatch(wording.language):
        yield Flaw(item="", part="language", because=Text(f"“{wording.language}” is no language tag. Write for example en or zh-CN.",
                                                          f"“{wording.language}”不是语言标签，请填写如 en 或 zh-CN。"))  # fmt: skip
    for part in ("credit", "holder", "licence"):
        yield from _told("", part, getattr(wording, part))


def _coverage(form: Form, wording: Wording) -> Iterator[Flaw]:
    own, given = [item.code for item in own_items(form)], [one.item for one in wording.questions]
    for code in dict.fromkeys(given):
        if code not in own:
            yield Flaw(item=code, part="item", because=Text(
                f"{form.code} asks no item {code or '-'} of this questionnaire. See `trialwright wording template`.",
                f"{form.code} 的问卷中没有项目 {code or '-'}，见 `trialwright wording template`。"))  # fmt: skip
        elif given.count(code) > 1:
            yield Flaw(item=code, part="item", because=Text("the item is there twice. Keep one.", "项目重复，请保留一个。"))
    for code in own:
        if code not in given:
            yield Flaw(item=code, part="item", because=Text("the item is missing. Load all items of a questionnaire together.",
                                                            "缺少该项目，请一次载入全部项目。"))  # fmt: skip


def _words(form: Form, question: Question) -> Iterator[Flaw]:
    yield from _told(question.item, "question", question.text)
    if not form.asks(question.item):
        return
    given, codes = [code for code, _ in question.answers], answer_codes(form.item(question.item))
    for code, text in question.answers:
        if code not in codes:
            yield Flaw(item=question.item, part="answers", because=Text(f"{code} is no answer of this item. Its answers are {', '.join(codes) or 'no choice'}.",
                                                                        f"{code} 不是该项目的答案，可选：{'、'.join(codes) or '非选择题'}。"))  # fmt: skip
        yield from _told(question.item, "answer", text)
    if given and (set(codes) - set(given) or len(set(given)) < len(given)):
        yield Flaw(item=question.item, part="answers", because=Text(f"give words for each of {', '.join(codes)} once, or for none.",
                                                                    f"请为 {'、'.join(codes)} 各填写一次文字，或全部留空。"))  # fmt: skip


def answer_codes(item: Item) -> tuple[str, ...]:
    """The answers of an item that can have words: those of a choice, or a few whole numbers."""
    if item.codelist is not None:
        return tuple(term.code for term in item.codelist.terms)
    if item.kind is Kind.INTEGER and item.low is not None and item.high is not None and item.high - item.low <= 10:
        return tuple(str(number) for number in range(int(item.low), int(item.high) + 1))
    return ()


def _told(item: str, part: str, text: str) -> Iterator[Flaw]:
    longest = LONGEST[part]
    try:
        empty = not legible(text)
    except ValueError as problem:
        yield Flaw(item=item, part=part, because=Text(f"{problem}. Type it again without pasting.", "含有无法保存的字符，请手工重新输入。"))
        return
    if empty:
        yield Flaw(item=item, part=part, because=Text("it is empty. Fill it in.", "为空，请填写。"))
    elif len(text) > longest:
        yield Flaw(item=item, part=part, because=Text(f"it has {len(text)} characters, at most {longest} are shown. Is it the right cell?",
                                                      f"共 {len(text)} 个字符，最多 {longest} 个，请核对。"))  # fmt: skip


def worded(study: Study, wordings: Iterable[Wording]) -> Study:
    """`study` with the words of its questionnaires under the numbers of their items, and the credit line on each form.

    Labels stay as they are, so that data sets and reports never hold the words. Of several languages the application shows
    one in English and one in Chinese. Raises `ValueError` when a wording does not fit.
    """
    by: dict[str, list[Wording]] = {}
    for one in wordings:
        if flaws(study, one):
            raise ValueError(f"the wording {one.name} does not fit {study.code}")
        by.setdefault(one.instrument, []).append(one)
    if not by:
        return study
    return evolve(study, forms=tuple(_form(form, by.get(form.instrument or "", [])) if form in worded_forms(study) else form for form in study.forms))


def _form(form: Form, wordings: Sequence[Wording]) -> Form:
    if not wordings:
        return form
    english, chinese = (next((one for one in wordings if one.language.lower().split("-")[0] == tag), None) for tag in ("en", "zh"))
    if english is None and chinese is None:
        return form
    names = ", ".join(one.language for one in (english, chinese) if one)
    elsewhere = Text(f"The wording is loaded in {names} only.", f"仅载入 {names} 文字。")
    sections = tuple(evolve(section, items=tuple(_item(item, english, chinese, elsewhere) for item in section.items)) for section in form.sections)
    credit = Text(_credit(english) if english else f"{elsewhere.en} {_credit(chinese)}", _credit(chinese) if chinese else f"{elsewhere.zh}{_credit(english)}")
    return evolve(form, sections=sections, note=credit)


def _credit(wording: Wording | None) -> str:
    return f"{wording.credit} ({wording.holder}; {wording.licence})" if wording else ""


def _item(item: Item, english: Wording | None, chinese: Wording | None, elsewhere: Text) -> Item:
    en, zh = _question(item, english), _question(item, chinese)
    if en is None and zh is None:
        return item
    words = tuple((code, Text(_word(en, code), _word(zh, code))) for code in answer_codes(item)) if (en and en.answers) or (zh and zh.answers) else ()
    return evolve(item, hint=Text(_line(en) if en else elsewhere.en, _line(zh) if zh else elsewhere.zh),
                  question=Text(en.text if en else elsewhere.en, zh.text if zh else elsewhere.zh), words=words)  # fmt: skip


def _question(item: Item, wording: Wording | None) -> Question | None:
    return next((one for one in wording.questions if one.item == item.code), None) if wording else None


def _word(question: Question | None, code: str) -> str:
    """The words of one answer; its code where there are none in this language."""
    return dict(question.answers).get(code, code) if question else code


def _line(question: Question) -> str:
    answers = "; ".join(f"{code} = {text}" for code, text in question.answers)
    return f"{question.text} [{answers}]" if answers else question.text
