"""One settings file, all from the environment. Without any variable: the embedded deployment
(SQLite in WAL mode, in-process channel layer and tasks) for one machine.

Scale-out by environment only: DATABASE_URL, REDIS_URL, CELERY_BROKER_URL (default: REDIS_URL).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from journal import key_files

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("MINGTANG_VAR", BASE_DIR / "var"))


def _flag(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default).lower() in ("1", "true", "yes", "on")


def _secret() -> str:
    """The secret key: from the environment, else made once and kept beside the data (mode 0600)."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    return (
        key_files.once(VAR / "keys" / "django-secret", lambda: secrets.token_urlsafe(50).encode())
        .decode()
        .strip()
    )


def _database(url: str) -> dict[str, Any]:
    """``postgresql://user:password@host:port/name`` (host may be empty: the local socket)."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("DATABASE_URL: only postgresql:// is supported; leave it out for SQLite")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        **_connections(),
    }


def _service(prefix: str, address: str, name: str) -> dict[str, str]:
    """Another house: address, client id and secret from ``<prefix>_…``; only over TLS, or on this machine."""
    wanted = {"url": address, "client_id": "CLIENT_ID", "client_secret": "CLIENT_SECRET"}
    said = {field: os.environ.get(f"{prefix}_{word}", "").strip() for field, word in wanted.items()}
    if missing := [f"{prefix}_{wanted[field]}" for field, value in said.items() if not value]:
        raise ValueError(f"{prefix}: 还缺环境变量 / missing: {', '.join(missing)}")
    parts = urlsplit(said["url"])
    here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ValueError(f"{prefix}_{address}: 只能是 https / https only")
    return {**said, "name": os.environ.get(f"{prefix}_NAME", name)}


def _connections() -> dict[str, Any]:
    """An ASGI server has a thread for each request: a pool gives them connections, never more than so many.
    Workers and commands have a few threads that stay, each with a connection of its own."""
    pool = int(os.environ.get("DATABASE_POOL", "0"))
    if not pool:
        return {"CONN_MAX_AGE": 60}
    # Waiting longer than a rush takes means that the database does not answer.
    return {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 2, "max_size": pool, "timeout": 20}}}


SECRET_KEY = _secret()
DEBUG = _flag("DEBUG")
TRAINING = _flag("TRAINING")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
PLATFORM_NAME = os.environ.get("PLATFORM_NAME", "明堂公共资源交易平台")

REDIS_URL = os.environ.get("REDIS_URL", "")
#: One process that does everything (channel layer and tasks in process).
EMBEDDED = not REDIS_URL

INSTALLED_APPS = [
    "daphne",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "journal",
    "portal",
    "documents",
    "ca_interop",
    "parties",
    "trading",
    "guarantees",
    "evaluation",
    "agencies",
    "disclosure",
]  # fmt: skip

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.ContentSecurityPolicy",
    "portal.middleware.NoNul",
    "portal.middleware.Source",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "parties.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.middleware.Refusals",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "portal.context.shell",
            ],
        },
    },
]

if "DATABASE_URL" in os.environ:
    DATABASES = {"default": _database(os.environ["DATABASE_URL"])}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("SQLITE_FILE", str(VAR / "mingtang.sqlite3")),
            "OPTIONS": {
                # A write lock from the start: no transaction fails half way because another one wrote.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
            "TEST": {"NAME": os.environ.get("SQLITE_TEST_FILE", None)},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
if PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "documents.storage.DurableStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = os.environ.get("MEDIA_ROOT", str(VAR / "media"))
WHITENOISE_USE_FINDERS = True

CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        {"BACKEND": "channels.layers.InMemoryChannelLayer"}
        if EMBEDDED
        else {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # The layer waits 5 s for a message at a time; a socket that gives up in the same moment
            # (the client's default) would report a fault whenever nothing happens in a room.
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 15}]},
        }
    )
}

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", REDIS_URL or "memory://")
CELERY_TASK_ALWAYS_EAGER = EMBEDDED
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
#: A task of a worker that was killed is given to another one after so many seconds. One that takes longer
#: runs twice, which changes nothing.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": int(os.environ.get("CELERY_VISIBILITY_SECONDS", "300"))
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
#: A beat that nobody took in time is dropped: the next one does the same, and none pile up.
CELERY_BEAT_SCHEDULE = {
    "due": {"task": "journal.tasks.take_due_moves", "schedule": 5.0, "options": {"expires": 10}},
    "relay": {"task": "journal.tasks.relay_facts", "schedule": 5.0, "options": {"expires": 10}},
    "sequence": {"task": "journal.tasks.sequence_acts", "schedule": 1.0, "options": {"expires": 5}},
}

# -- the transparency log and the platform's own signatures
LOG_ORIGIN = os.environ.get("LOG_ORIGIN", "mingtang.example/log")
LOG_KEY_FILE = os.environ.get("LOG_KEY_FILE", str(VAR / "keys" / "log.key"))
PLATFORM_KEY_FILE = os.environ.get("PLATFORM_KEY_FILE", str(VAR / "keys" / "platform.pem"))

# -- recognized certification authorities
TRUST_LIST_PUBLISHERS = [p for p in os.environ.get("TRUST_LIST_PUBLISHERS", "").split(",") if p]
REVOCATION_TIMEOUT_SECONDS = float(os.environ.get("REVOCATION_TIMEOUT_SECONDS", "3"))
#: Acts (purposes of signed statements) that go on when nobody can tell whether the certificate is revoked.
REVOCATION_SOFT = frozenset(p for p in os.environ.get("REVOCATION_SOFT", "").split(",") if p)
#: Where the authorities' sandboxes are reached for the interoperability matrix; empty: it cannot be run.
CA_SANDBOX_URL = os.environ.get("CA_SANDBOX_URL", "")

# -- uploads
UPLOAD_MAX_BYTES = int(os.environ.get("UPLOAD_MAX_BYTES", str(2 * 1024**3)))
UPLOAD_MAX_OPEN = int(os.environ.get("UPLOAD_MAX_OPEN", "20000"))
#: How much of the disk uploads leave free.
UPLOAD_RESERVE_BYTES = int(os.environ.get("UPLOAD_RESERVE_BYTES", str(512 * 1024**2)))

# -- PDF: where fonts that can be embedded are looked for
PDF_FONT_DIRS = os.environ.get("PDF_FONT_DIRS", "/usr/share/fonts:/usr/local/share/fonts").split(":")

# -- gateways (each has a sandbox server that speaks the same protocol)
GUARANTORS_URL = os.environ.get("GUARANTORS_URL", "")
#: Whole time of one call to the three below; an outage refuses and leaves certificates.
GATEWAY_TIMEOUT_SECONDS = float(os.environ.get("GATEWAY_TIMEOUT_SECONDS", "4"))
#: Unified identity: ``IDENTITY_PROVIDERS=jszwfw`` and for each ``IDENTITY_JSZWFW_ISSUER``, ``…_CLIENT_ID``,
#: ``…_CLIENT_SECRET``, ``…_NAME`` (what people read). Without any there is no such way in.
IDENTITY_PROVIDERS = {
    key: _service(f"IDENTITY_{key.upper()}", "ISSUER", "统一身份认证")
    for key in os.environ.get("IDENTITY_PROVIDERS", "").split(",")
    if key
}
#: Electronic licences: ``LICENCE_URL``, ``LICENCE_CLIENT_ID``, ``LICENCE_CLIENT_SECRET``.
LICENCE_SERVICE = _service("LICENCE", "URL", "电子营业执照") if os.environ.get("LICENCE_URL") else None
#: Person codes at the desk: ``PERSON_CODE_URL``, ``PERSON_CODE_CLIENT_ID``, ``PERSON_CODE_CLIENT_SECRET``.
PERSON_CODES = _service("PERSON_CODE", "URL", "苏服码") if os.environ.get("PERSON_CODE_URL") else None
#: The register of legal persons: ``LEGAL_REGISTER_URL``, ``LEGAL_REGISTER_CLIENT_ID``, ``LEGAL_REGISTER_CLIENT_SECRET``.
LEGAL_PERSON_REGISTER = (
    _service("LEGAL_REGISTER", "URL", "法人库") if os.environ.get("LEGAL_REGISTER_URL") else None
)
OPENING_GRACE_SECONDS = float(os.environ.get("OPENING_GRACE_SECONDS", "3"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    # Refused requests are acts, sealed; a line here would tell the lot of a bid that was refused.
    "loggers": {"django.request": {"level": "ERROR"}},
}
