"""Taking over an allocation that was made elsewhere: the arm is recorded as it was, with the record that says so."""

from typing import ClassVar

from attrs import frozen

from trialwright.allocation.allocate import told_to
from trialwright.protocol import Audience
from trialwright.record import Act, Casebook, Events, refusal
from trialwright.record.commands import known, only, unlocked, worded
from trialwright.record.events import Allocated


@frozen(kw_only=True)
class RecordAllocation:
    """Record the arm into which another system put a subject. Told to those who treat, but to nobody who is blinded."""

    acts_as: ClassVar[Audience | None] = Audience.CUSTODIAN
    subject: str
    arm: str
    because: str

    def decide(self, book: Casebook, act: Act) -> Events:
        unlocked(book)
        only(act, Audience.CUSTODIAN)
        subject = known(book, self.subject)
        if subject.index_date is None:
            raise refusal("not-enrolled", subject=self.subject)
        if subject.allocated:
            raise refusal("already", when=act.day_of(subject.allocated.at))
        codes = [arm.code for arm in act.study.arms]
        if self.arm not in codes:
            raise refusal("no-arm", arm=self.arm, arms=", ".join(codes))
        return (Allocated(label=told_to(act.study), subject=self.subject, arm=self.arm,
                          method=act.study.chosen.method.value, because=worded(self.because)),)  # fmt: skip
