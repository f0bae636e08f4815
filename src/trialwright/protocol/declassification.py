"""Exceptions from the blind: which item that hints at the arm a blinded role may read all the same, why, and who approved it."""

import hashlib
import json
from datetime import date

from attrs import field, frozen
from attrs.validators import matches_re

from trialwright.protocol.audience import Audience
from trialwright.protocol.text import Text

APPROVERS = Audience.INVESTIGATOR | Audience.CUSTODIAN
"""Who may approve an exception; one of them must."""


@frozen(kw_only=True)
class Approval:
    """A name under one wording of an exception: `digest` is the one that the exception had on that day."""

    by: str
    role: Audience
    on: date
    digest: str


@frozen(kw_only=True)
class Declassification:
    """A named exception: the roles `to` may read the item `form.item` although it hints at the arm, because ...

    It counts only when one of `APPROVERS` approved exactly this wording; whoever changes a word needs a new approval.
    """

    code: str = field(validator=matches_re(r"[A-Z][A-Z0-9_]*"))
    form: str
    item: str
    to: Audience
    because: Text
    approvals: tuple[Approval, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the exception without its approvals: what an approval binds."""
        told = [self.code, self.form, self.item, self.to.code, self.because.en, self.because.zh]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    @property
    def approved(self) -> tuple[Approval, ...]:
        """The approvals that hold: by somebody who may, of this very wording."""
        return tuple(one for one in self.approvals if one.role in APPROVERS and len(one.role) == 1 and one.by.strip() and one.digest == self.digest)
