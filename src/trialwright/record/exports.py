"""Copies of the study that leave the house: nobody takes one without saying for what, for whom, and on which ground he may."""

from typing import ClassVar

from attrs import frozen

from trialwright.protocol import SITE, Audience, Study
from trialwright.record.casebook import Casebook
from trialwright.record.commands import Act, Events, only, worded
from trialwright.record.events import Exported

EXPORTERS = Audience.INVESTIGATOR | Audience.DATA_MANAGER | Audience.MONITOR | Audience.STATISTICIAN


def informed(study: Study, role: Audience) -> Audience:
    """Who may read why somebody in `role` took a copy: the words of those who know the arms go to nobody who is blind."""
    return SITE if role in study.blinded else SITE & ~study.blinded


@frozen(kw_only=True)
class Export:
    """Say that a copy of the study was made, in the view of its author; `digest` is the SHA-256 of the file that he gets."""

    acts_as: ClassVar[Audience | None] = None
    purpose: str
    recipient: str
    basis: str
    digest: str

    def decide(self, book: Casebook, act: Act) -> Events:
        only(act, EXPORTERS)
        return (Exported(label=informed(act.study, act.role), view=act.role, digest=self.digest, purpose=worded(self.purpose),
                         recipient=worded(self.recipient, 200), basis=worded(self.basis, 200)),)  # fmt: skip
