"""Passwords: long, not on the list of common ones, not the one before; and the ones that are used once."""

import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from trialwright.protocol import Text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST = 128
GUESSED = ("trialwright", "telitacicept", "scleroderma", "coordinator", "datamanager", "statistician", "investigator", "evaluator", "physician", "custodian",
           "monitor", "password", "hospital", "clinical", "patient", "doctor", "trial", "study", "admin", "nurse",
           "密码", "医院", "试验", "研究", "患者", "医生", "管理员")  # fmt: skip
"""Words that somebody who knows this place tries first, the longer ones before those that they contain."""
REMAINDER = 8
"""So many letters, digits or signs a password has besides them."""
_RULES = {
    "password_too_short": Text("A password has at least 12 characters. Choose a longer one; several words are good.",
                               "密码至少 12 个字符，请选择更长的密码，可由几个词组成。"),
    "password_too_common": Text("This password is on the list of the most common ones. Choose another.", "该密码过于常见，请另选一个。"),
    "password_too_similar": Text("This password resembles the name of the account. Choose another.", "该密码与账号名过于相似，请另选一个。"),
}  # fmt: skip
_GUESSED = Text("This password is made of words that anybody would try here, like trial or hospital. Add other words.",
                "该密码由此处容易猜到的词组成，例如“试验”或“医院”，请加入其他词。")  # fmt: skip
_LONG = Text("A password has at most 128 characters. Choose a shorter one.", "密码最多 128 个字符，请缩短。")
SAME = Text("This is the password you have now. Choose another.", "新密码与当前密码相同，请另选一个。")


def wrong_with(password: str, user: "User") -> Text | None:
    """What is wrong with a new password of `user`, or None. Nothing is demanded but length, rarity and that it is new."""
    if len(password) > LONGEST:
        return _LONG
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return _RULES[str(refused.error_list[0].code)]
    if guessed(password):
        return _GUESSED
    return SAME if user.password and user.check_password(password) else None


def guessed(password: str) -> bool:
    """Whether little is left of a password without the words that anybody would try here and without numbers at its ends.

    >>> guessed("Trialwright-Study-2026"), guessed("correct horse trial battery")
    (True, False)
    """
    left = password.casefold()
    for word in GUESSED:
        left = left.replace(word, "")
    return left != password.casefold() and len(left.strip(" .-_!?0123456789")) < REMAINDER


def one_time() -> str:
    """A random password (64 bits) that somebody else hands over and that must be changed at once."""
    return "-".join(secrets.token_hex(2) for _ in range(4))
