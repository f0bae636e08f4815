"""Who may read what: every item carries the set of roles that may see it, and nothing is seen by default."""

from enum import Flag, auto
from functools import cache, lru_cache

from trialwright.protocol.text import Text


class Audience(Flag):
    """A set of roles. What is derived from two things may be seen by `a & b`, those who may see both.

    >>> (SITE & BLINDED).admits(Audience.EVALUATOR)
    False
    """

    COORDINATOR = auto()
    EVALUATOR = auto()
    PHYSICIAN = auto()
    SAFETY = auto()
    MONITOR = auto()
    DATA_MANAGER = auto()
    STATISTICIAN = auto()
    INVESTIGATOR = auto()
    PATIENT = auto()
    CUSTODIAN = auto()

    def admits(self, role: "Audience") -> bool:
        """Whether `role`, one role or several at once, may read what carries this label. No role at all may read nothing."""
        wanted = role.value
        return not (not wanted or wanted & ~self.value)

    @property
    def code(self) -> str:
        """The label as it is written in the ledger: its roles, in a fixed order, joined by a plus sign."""
        return _code(self.value)


@cache
def _code(value: int) -> str:
    return "+".join(role.name or "" for role in Audience if role.value & value)


@lru_cache(maxsize=256)
def audience(code: str) -> Audience:
    """The audience that `code` (as written by `Audience.code`) stands for.

    >>> audience("COORDINATOR+PHYSICIAN") == Audience.COORDINATOR | Audience.PHYSICIAN
    True
    """
    members = [Audience[name] for name in code.split("+")]
    label = members[0]
    for member in members[1:]:
        label |= member
    return label


_A = Audience
CUSTODY = _A.CUSTODIAN
"""Allocation lists and seeds: nobody who treats, measures or analyses."""
TREATING = _A.COORDINATOR | _A.PHYSICIAN | _A.SAFETY | _A.MONITOR | _A.INVESTIGATOR | _A.CUSTODIAN
"""Whatever hints at the arm: doses, allocation, immunoglobulins, adverse events, earlier response to treatment."""
SITE = TREATING | _A.DATA_MANAGER | _A.STATISTICIAN
"""Clinical data that do not name the arm: everybody at work except the evaluator."""
EVALUATION = _A.EVALUATOR | _A.DATA_MANAGER | _A.STATISTICIAN | _A.MONITOR | _A.INVESTIGATOR | _A.CUSTODIAN
"""What the blinded evaluator records; those who treat the patient do not read it while the trial runs."""
BARE = SITE | _A.EVALUATOR
"""Bare facts that everybody at work needs: the study is open, it is locked."""
ALL = BARE | _A.PATIENT
"""Bare facts that the patient needs too, each about himself alone: he is enrolled, his follow-up has ended."""
SELF = SITE | _A.PATIENT
"""What the patient tells of himself on a phone: he and everybody at work, except the evaluator."""

BLINDED = _A.EVALUATOR | _A.DATA_MANAGER | _A.STATISTICIAN
"""The roles that must not learn an arm before the data are locked."""

ROLE_NAMES = {
    _A.COORDINATOR: Text("coordinator", "研究协调员"),
    _A.EVALUATOR: Text("blinded evaluator", "盲态评估者"),
    _A.PHYSICIAN: Text("treating physician", "治疗医师"),
    _A.SAFETY: Text("safety officer", "安全性负责人"),
    _A.MONITOR: Text("monitor", "监查员"),
    _A.DATA_MANAGER: Text("data manager", "数据管理员"),
    _A.STATISTICIAN: Text("statistician", "统计师"),
    _A.INVESTIGATOR: Text("principal investigator", "主要研究者"),
    _A.PATIENT: Text("patient", "受试者"),
    _A.CUSTODIAN: Text("custodian", "盲底保管人"),
}


def role_names(roles: Audience) -> Text:
    """The names of several roles in one line.

    >>> role_names(Audience.PHYSICIAN | Audience.INVESTIGATOR).en
    'treating physician / principal investigator'
    """
    names = [ROLE_NAMES[role] for role in roles]
    return Text(" / ".join(name.en for name in names), "／".join(name.zh for name in names))
