"""Why a question has no answer: a closed list of reasons, and one that nobody can choose."""

from enum import Enum

from trialwright.protocol.text import Text


class Absence(Enum):
    """Why there is no value: never an empty box, and never a zero."""

    NOT_DONE = "not done"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    NOT_APPLICABLE = "not applicable"
    NOT_ASSESSABLE = "not assessable"
    ERASED = "erased"

    @classmethod
    def _missing_(cls, value: object) -> "Absence | None":
        """An answer that two people erased says who, when and why ("erased on ..."): nobody can choose that, and no item offers it."""
        return cls.ERASED if isinstance(value, str) and value.startswith("erased on ") else None


ABSENCE_NAMES = {
    Absence.NOT_DONE: Text("not done", "未做"),
    Absence.UNKNOWN: Text("unknown", "未知"),
    Absence.REFUSED: Text("refused by the patient", "受试者拒绝"),
    Absence.NOT_APPLICABLE: Text("not applicable", "不适用"),
    Absence.NOT_ASSESSABLE: Text("cannot be assessed", "无法评估"),
    Absence.ERASED: Text("erased", "已抹除"),
}


def absence_name(told: str) -> Text:
    """Why there is no value, in words; of one that was erased also who did it, when and why.

    >>> absence_name("erased on 2026-03-01 by anna and ben, because a telephone number").zh
    '已抹除（2026-03-01，anna and ben：a telephone number）'
    """
    name = ABSENCE_NAMES[Absence(told)]
    if told == Absence(told).value:
        return name
    day, _, rest = told.removeprefix("erased on ").partition(" by ")
    who, _, because = rest.partition(", because ")
    return Text(told, f"{name.zh}（{day}，{who}：{because}）")
