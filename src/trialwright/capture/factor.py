"""The second factor: a code from a phone, for whoever can see unblinded data; and codes on paper for the day the phone is lost."""

import base64
import re
import secrets
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from trialwright.capture.standing import Standing, write
from trialwright.protocol import TREATING, Study

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_otp.plugins.otp_totp.models import TOTPDevice  # type: ignore[import-untyped]  # carries no types

PAPER = 8
GROUPS = 5
"""A code on paper has five groups of five signs, 120 bits: nobody tries that many, not even with a stolen accounts file."""
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def needed(study: Study, holder: Standing) -> bool:
    """Whether this account signs in with a second factor: its role can see unblinded data. Demonstration accounts stand for nobody."""
    return not holder.demo and holder.role is not None and holder.role in TREATING & ~study.blinded


def device_of(user: "User") -> "TOTPDevice | None":
    """The phone with which an account is enrolled."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def enrolled() -> frozenset[str]:
    """The accounts that have a phone."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return frozenset(TOTPDevice.objects.filter(confirmed=True).values_list("user__username", flat=True))


def device_to_enroll(user: "User") -> "TOTPDevice":
    """The phone that is being enrolled: the same secret until a code of it was typed."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "phone"})[0]


def secret_of(device: "TOTPDevice") -> str:
    """The secret as one types it into a phone that cannot read the picture."""
    return base64.b32encode(device.bin_key).decode("ascii").rstrip("=")


def picture(device: "TOTPDevice", issuer: str) -> str:
    """The secret as a picture for the phone's camera: an SVG element without styles or scripts."""
    import segno

    label = quote(f"{issuer}:{device.user.get_username()}", safe=":")
    address = f"otpauth://totp/{label}?" + urlencode({"secret": secret_of(device), "issuer": issuer, "digits": device.digits, "period": device.step})
    drawn = segno.make(address, error="m", micro=False)
    return drawn.svg_inline(scale=5, border=4, light="#fff", svgclass=None, lineclass=None)


def fits(device: "TOTPDevice", code: str, at: datetime) -> bool:
    """Whether a code is the one of this half minute, the one before or the one after. A code fits once."""
    from django_otp.oath import TOTP  # type: ignore[import-untyped]  # carries no types
    from django_otp.plugins.otp_totp.models import TOTPDevice

    written = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", written):
        return False
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    clock.time = at.timestamp()
    if not clock.verify(int(written), device.tolerance, device.last_t + 1):
        return False
    used = clock.t()
    taken = TOTPDevice.objects.filter(pk=device.pk, last_t__lt=used).update(last_t=used, confirmed=True, last_used_at=at)
    return bool(taken == 1)


def paper_codes(account: str, at: datetime) -> tuple[str, ...]:
    """Fresh codes for the day the phone is lost, shown once; only keyed digests are kept, and the ones before are void."""
    codes = tuple("-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(GROUPS)) for _ in range(PAPER))
    write("recovery codes", account, account, at, digests=[_digest(account, code) for code in codes])
    return codes


def paper_fits(holder: Standing, code: str, at: datetime) -> bool:
    """Whether this is one of the codes on paper, which is used up with it."""
    digest = _digest(holder.account, code)
    if digest not in holder.recovery:
        return False
    write("recovery code used", holder.account, holder.account, at, digest=digest)
    return True


def _digest(account: str, code: str) -> str:
    from django.utils.crypto import salted_hmac

    written = re.sub(r"[^0-9A-Z]", "", code.upper())
    return salted_hmac("trialwright.recovery", f"{account}:{written}", algorithm="sha256").hexdigest()


def forget(user: "User", actor: str, at: datetime) -> None:
    """Takes phone and paper codes away from an account: it must enroll again at the next login."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    write("second factor removed", user.get_username(), actor, at)
    write("recovery codes", user.get_username(), actor, at, digests=[])
    TOTPDevice.objects.filter(user=user).delete()
