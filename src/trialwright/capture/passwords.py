"""Passwords: long, not on the list of common ones, not the one before; and the ones that are used once."""

import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from trialwright.protocol import Text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST = 128
_RULES = {
    "password_too_short": Text("A password has at least 12 characters. Choose a longer one; several words are good.",
                               "密码至少 12 个字符，请选择更长的密码，可由几个词组成。"),
    "password_too_common": Text("This password is on the list of the most common ones. Choose another.", "该密码过于常见，请另选一个。"),
    "password_too_similar": Text("This password resembles the name of the account. Choose another.", "该密码与账号名过于相似，请另选一个。"),
}  # fmt: skip
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
    return SAME if user.password and user.check_password(password) else None


def one_time() -> str:
    """A random password (64 bits) that somebody else hands over and that must be changed at once."""
    return "-".join(secrets.token_hex(2) for _ in range(4))
