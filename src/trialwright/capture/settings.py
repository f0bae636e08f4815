"""How the web shell is set up: accounts in their own file, strict headers, short sessions, and nothing clinical in Django."""

import logging
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import django
from attrs import frozen
from django.conf import settings

from trialwright.protocol import Audience

_SAFE_WAL = (3, 51, 3)
IDLE_MINUTES = 15
LONGEST_HOURS = 12
FAILURES = 5
SHORTEST = 12
LOCKED_MINUTES = 15
REMEMBERED = 31_536_000
"""Seconds, a year, for which a browser that came over TLS once comes over nothing else."""
HELD = 25 * 1024 * 1024
"""Bytes of a request with files that are held in memory."""
TAKEN = 64 * 1024 * 1024
"""Bytes of a request that are read at all; what lies between is told in words that it is too long."""
LOCALHOST = ("localhost", "127.0.0.1", "[::1]")


@frozen(kw_only=True)
class Place:
    """Where the shell runs: the accounts file, the host names it answers to, whether it is reached over TLS, and for which role alone (`only`)."""

    accounts: Path
    hosts: tuple[str, ...] = LOCALHOST
    tls: bool = False
    only: Audience | None = None


def configure(place: Place) -> None:
    """Sets Django up for this process, once. A process serves one accounts file; a second one is a mistake."""
    if settings.configured:
        if Path(settings.DATABASES["default"]["NAME"]) != place.accounts.resolve():
            raise RuntimeError(f"this process already keeps its accounts in {settings.DATABASES['default']['NAME']}; start another one")
        return
    place.accounts.parent.mkdir(parents=True, exist_ok=True)
    if not place.accounts.exists():
        _private(place.accounts, "")  # an empty file is an empty database
    settings.configure(**chosen(place, secret(place.accounts)))
    django.setup()
    for noisy in ("django.request", "axes"):  # what people do is in the account log; the console hears of failures of the program alone
        logging.getLogger(noisy).setLevel(logging.ERROR)


def secret(accounts: Path) -> str:
    """The key that signs sessions: random, kept beside the accounts in a file that only its owner may read."""
    path = accounts.resolve().with_suffix(".key")
    if not path.exists():
        _private(path, secrets.token_urlsafe(64))
    return path.read_text(encoding="ascii")


def _private(path: Path, content: str) -> None:
    """A new file that only its owner may read, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(content)


def chosen(place: Place, key: str) -> dict[str, Any]:
    """Every setting that differs from Django's own."""
    return {
        "SECRET_KEY": key,
        "DEBUG": False,
        "ALLOWED_HOSTS": list(place.hosts),
        "ROOT_URLCONF": "trialwright.capture.urls_evaluator" if place.only else "trialwright.capture.urls",
        "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "axes", "csp",
                           "django_otp", "django_otp.plugins.otp_totp"],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "csp.middleware.CSPMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "trialwright.capture.door.never_stored",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "trialwright.capture.door.Door",
            "django.middleware.csrf.CsrfViewMiddleware",
            "axes.middleware.AxesMiddleware",
        ],
        "DATABASES": {"default": _database(place.accounts.resolve())},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "USE_I18N": False,
        "APPEND_SLASH": False,
        "LOGGING_CONFIG": None,
        "FILE_UPLOAD_MAX_MEMORY_SIZE": HELD,
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler", "trialwright.capture.uploads.TooLong"],
        **_accounts(),
        **_headers(place.tls),
    }


def _database(path: Path) -> dict[str, Any]:
    """Accounts and sessions in SQLite; the slower journal where the SQLite of Python is too old for a safe write-ahead log."""
    journal = "WAL" if sqlite3.sqlite_version_info >= _SAFE_WAL else "PERSIST"
    durable = "FULL" if journal == "WAL" else "EXTRA"
    start = f"PRAGMA journal_mode={journal}; PRAGMA synchronous={durable}; PRAGMA foreign_keys=ON; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": start},
    }


def _accounts() -> dict[str, Any]:
    from datetime import timedelta

    return {
        "AUTHENTICATION_BACKENDS": ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": SHORTEST}},
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
        ],
        "AXES_FAILURE_LIMIT": FAILURES,
        "AXES_COOLOFF_TIME": timedelta(minutes=LOCKED_MINUTES),
        "AXES_LOCKOUT_PARAMETERS": ["username"],
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_LOCKOUT_CALLABLE": "trialwright.capture.login.locked_out",
        "AXES_VERBOSE": False,
        "SILENCED_SYSTEM_CHECKS": ["axes.W003"],
    }


def _headers(tls: bool) -> dict[str, Any]:
    return {
        "SESSION_ENGINE": "trialwright.capture.remembering",
        "SESSION_COOKIE_NAME": "__Host-trialwright" if tls else "trialwright",
        "SESSION_COOKIE_AGE": LONGEST_HOURS * 3600,
        "SESSION_COOKIE_SECURE": tls,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_USE_SESSIONS": True,
        "CSRF_FAILURE_VIEW": "trialwright.capture.door.forged",
        "SECURE_HSTS_SECONDS": REMEMBERED if tls else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {
            "default-src": ["'self'"],
            "base-uri": ["'none'"],
            "form-action": ["'self'"],
            "frame-ancestors": ["'none'"],
            "object-src": ["'none'"],
        }},
    }  # fmt: skip
