"""Taking a person into the study: only when every criterion is met and consent is given."""

from datetime import date
from typing import ClassVar

from attrs import frozen

from trialwright.eligibility.screening import screen
from trialwright.protocol import ALL, Audience, Text
from trialwright.record import Act, Casebook, Events, SubjectChart, refusal
from trialwright.record.commands import known, not_future, only, unlocked
from trialwright.record.events import Enrolled


@frozen(kw_only=True)
class Enroll:
    """Enroll a subject; `on` is the index date from which all visits count, the same for every arm."""

    acts_as: ClassVar[Audience | None] = None
    subject: str
    on: date

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.PHYSICIAN | Audience.INVESTIGATOR)
        subject = known(book, self.subject)
        if subject.enrolled or subject.failed:
            raise refusal("already", when=act.day_of(book.entries(self.subject)[-1].at))
        if subject.consented is None:
            raise refusal("no-consent", subject=self.subject)
        if not_future(act, self.on) < subject.consented:
            raise refusal("too-early", when=self.on, what=Text(f"the consent of {subject.consented}", f"知情同意日期 {subject.consented}"))
        screening = screen(act.study, SubjectChart(act.study, subject, start=self.on))
        if not screening.eligible:
            open_ = [one for one in screening.decisions if one.fulfilled is not True]
            because = Text("; ".join(f"{one.criterion.code}: {one.because.en}" for one in open_),
                           "；".join(f"{one.criterion.code}：{one.because.zh}" for one in open_))  # fmt: skip
            raise refusal("not-eligible", subject=self.subject, because=because)
        return (Enrolled(label=ALL, subject=self.subject, on=self.on),)
