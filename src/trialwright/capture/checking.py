"""What a person is asked before a page is saved: whether what is unusual is right and why, and what falls with a changed answer."""

from attrs import Factory, frozen

from trialwright.capture.desk import Call
from trialwright.capture.fields import RANGE, Reading, Sent, agreed, reason_for
from trialwright.protocol import Form, Item, Text, Wrong
from trialwright.record import Page, Subject
from trialwright.record.answers import Entered, Told, fallen
from trialwright.record.checks import Finding, findings


@frozen(kw_only=True)
class Doubt:
    """A soft check that does not hold: `about` are the answers it was raised over, `why` what the person says about them."""

    code: str
    because: Text
    items: tuple[Item, ...]
    about: str
    why: str


@frozen(kw_only=True)
class Asked:
    """What must be settled before the page is saved (`wrongs`), all at once; and what the person has settled (`confirmed`)."""

    wrongs: tuple[Wrong, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    falls: tuple[Item, ...] = ()
    confirmed: dict[str, str] = Factory(dict)


def asked(call: Call, subject: Subject, form: Form, page: Page, reading: Reading, sent: Sent) -> Asked:
    """Holds what was sent against the checks of the study and against the answers that hang on it."""
    told = {code: _told(form.item(code), entered) for code, entered in reading.entries.items()}
    falls = fallen(form, page, told)
    after = page.answers | {code: value for code, (value, _) in told.items() if value is not None}
    answers = {code: value for code, value in after.items() if code not in falls and (code not in told or told[code][0] is not None)}
    doubts = [_doubt(form, one, answers, sent) for one in findings(call.study, subject, call.role, page.place, answers)
              if not one.check.hard and set(one.check.reads) & set(reading.entries)]  # fmt: skip
    wrongs = list(reading.wrongs)
    confirmed = {code: f"{RANGE}: {why}" for code, why in reading.confirmed.items()}
    for doubt in doubts:
        written = [item.code for item in doubt.items if item.code in reading.entries]
        if not agreed(sent, f"check.{doubt.code}", doubt.about):
            wrongs.append(Wrong(item=written[0], because=doubt.because))
        for code in written:
            confirmed[code] = "\n".join(filter(None, (confirmed.get(code), f"{doubt.code}: {doubt.why}")))
    if falls and sent.get("falls") != ",".join(falls):
        wrongs.append(Wrong(item=_cause(form, falls, told), because=_falling([form.item(code) for code in falls])))
    return Asked(wrongs=tuple(wrongs), doubts=tuple(doubts), falls=tuple(form.item(code) for code in falls), confirmed=confirmed)


def _told(item: Item, entered: Entered) -> Told:
    return (item.canonical(entered), None) if isinstance(entered, str) else (None, entered.value)


def _doubt(form: Form, found: Finding, answers: dict[str, str], sent: Sent) -> Doubt:
    about = "|".join(answers.get(item, "") for item in found.check.reads)
    return Doubt(code=found.check.code, because=found.because, items=tuple(form.item(item) for item in found.check.reads), about=about,
                 why=reason_for(sent, f"check.{found.check.code}", about))  # fmt: skip


def _cause(form: Form, falls: tuple[str, ...], told: dict[str, Told]) -> str:
    """The changed answer on which the first of the fallen hangs."""
    hangs = [shown.item for code in falls if (shown := form.item(code).shown) is not None]
    return next((item for item in hangs if item in told), hangs[0])


def _falling(items: list[Item]) -> Text:
    en, zh = ", ".join(f"“{item.label.en}”" for item in items), "、".join(f"“{item.label.zh}”" for item in items)
    return Text(f"With this answer {en} is no longer asked. What was saved there becomes “not applicable”, for the same reason; the history keeps it. "
                "Save again if that is meant.",
                f"按此答案，{zh} 不再需要填写，已保存的内容将以相同原因改为“不适用”，修改历史予以保留。如确认，请再次保存。")  # fmt: skip


@frozen(kw_only=True)
class Standing:
    """What a saved page shows of its checks: the sentence, whether it keeps the page from being signed, and why it was held to be right."""

    because: Text
    hard: bool
    items: tuple[Item, ...]
    why: str


def standing(call: Call, subject: Subject, form: Form, page: Page) -> tuple[Standing, ...]:
    """The findings on a page as it is saved."""
    if not page.cells:
        return ()
    return tuple(Standing(because=one.because, hard=one.check.hard, items=tuple(form.item(item) for item in one.check.reads),
                          why=_why(page, one)) for one in findings(call.study, subject, call.role, page.place, page.answers))  # fmt: skip


def _why(page: Page, found: Finding) -> str:
    begin = f"{found.check.code}: "
    lines = [line for item in found.check.reads if item in page.cells for line in page.cells[item].last.confirmed.split("\n")]
    return next((line.removeprefix(begin) for line in lines if line.startswith(begin)), "")
