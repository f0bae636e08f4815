"""For tests: a logged-in client over any trial, with a clock that stands still and nothing random in what it answers."""

import copy
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialwright.blinding import Gate
from trialwright.capture.accounts import DEMO, make_account, prepare
from trialwright.capture.desk import DESK, Desk
from trialwright.capture.settings import LOCALHOST, Place, configure
from trialwright.protocol import Audience
from trialwright.protocol.dictionary import Dictionary
from trialwright.store import Attachments, Watch

if TYPE_CHECKING:
    from django.test import Client

PASSWORD = "correct horse battery"  # of test accounts alone
TOKEN = "0123456789abcdefghijklmnopqrstuv"  # a fixed token, so that two worlds can be compared byte by byte


def temporary_place() -> Place:
    """An accounts file for this process, in a folder that goes when the process ends; the same one for every trial."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="trialwright-")
    return Place(accounts=Path(_folder.name) / "accounts.db", hosts=(*LOCALHOST, "testserver"))


def temporary_attachments() -> Attachments:
    """The files beside the pages of all trials of this process, in the same folder."""
    return Attachments(temporary_place().accounts.parent / "attachments")


_folder: tempfile.TemporaryDirectory[str] | None = None


def client_for(gate: Gate, role: Audience | None, clock: Callable[[], datetime], *, language: str = "en", name: str = "",
               draw: Callable[[int], bytes] = lambda n: bytes(n), checked: bool = False, dictionaries: tuple[Dictionary, ...] = (),
               watch: Watch | None = None) -> "Client":  # fmt: skip
    """A Django test client at a desk over `gate`, logged in as an account of `role` (None: not logged in).

    Its answers depend on the trial, the requests and the clock alone: the session cookie is blanked in what is returned and
    the token against forged forms is fixed. `checked` makes it demand that token, as a browser must send it.
    """
    configure(temporary_place())
    prepare()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    client = _still_client()(enforce_csrf_checks=checked)
    defaults: dict[str, Any] = client.defaults
    defaults[DESK] = Desk(gate=gate, clock=clock, draw=draw, attachments=temporary_attachments(), dictionaries=dictionaries, watch=watch)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    if role is None:
        return client
    account = name or next(name for name, one in DEMO.items() if one is role)
    user = User.objects.filter(username=account).first() or make_account(account, role, PASSWORD, clock(), demo=True)
    session = SessionStore()
    now = clock().isoformat()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                    HASH_SESSION_KEY: user.get_session_auth_hash(), "language": language, "began": now, "seen": now, "_csrftoken": TOKEN})  # fmt: skip
    session.create()
    from django.conf import settings

    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


def _still_client() -> "type[Client]":
    """Django's test client, its answers without the value of the session cookie."""
    from django.conf import settings
    from django.test import Client

    class StillClient(Client):
        """Keeps the cookie for itself and returns answers without it."""

        def request(self, **request: Any) -> Any:
            response = super().request(**request)
            response.cookies = copy.deepcopy(response.cookies)
            for name in {settings.SESSION_COOKIE_NAME} & response.cookies.keys():
                response.cookies[name].set(name, "still", "still")
            return response

    return StillClient
