"""A client of time-stamping authorities (RFC 3161 §3.4, HTTP), bounded in time and size. No Django: the
command line uses it too."""

from __future__ import annotations

import secrets
import ssl
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx

from ca_interop.rules.signatures import timestamps
from ca_interop.rules.signatures.reasons import STAMP_REFUSED
from kernel.errors import Refused

NONCE_BITS = 127


def stamp(
    url: str,
    signature: bytes,
    *,
    hash_name: str = "sha256",
    timeout: float = 5.0,
    now: datetime | None = None,
    verify: ssl.SSLContext | bool = True,
) -> bytes:
    """A token of the authority at ``url`` over ``signature``, checked against the request.

    ``now`` goes into the ``Date`` header, so that a training clock's stamps are of its own time.
    ``Refused(timestamp.*)``: not reachable in ``timeout`` seconds, not granted, or for another request.
    """
    nonce = secrets.randbits(NONCE_BITS)
    asked = timestamps.request(signature, nonce, hash_name)
    headers = {"Content-Type": "application/timestamp-query"}
    if now is not None:
        headers["Date"] = format_datetime(now.astimezone(UTC), usegmt=True)
    try:
        answer = _read(url, asked, headers, time.monotonic() + timeout, verify)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Refused(STAMP_REFUSED(why=str(error)[:160] or type(error).__name__)) from error
    return timestamps.token_of(answer, signature, nonce)


def _read(
    url: str, asked: bytes, headers: dict[str, str], until: float, verify: ssl.SSLContext | bool
) -> bytes:
    left = max(until - time.monotonic(), 0.05)
    # No proxy of the environment and no redirect: a stamp comes from where the list says, or not at all.
    with (
        httpx.Client(timeout=left, follow_redirects=False, trust_env=False, verify=verify) as client,
        client.stream("POST", url, headers=headers, content=asked) as response,
    ):
        if response.status_code != 200:
            raise ValueError(f"HTTP {response.status_code}")
        read = bytearray()
        for part in response.iter_bytes():
            read += part
            if len(read) > timestamps.MAX_TOKEN or time.monotonic() > until:
                raise ValueError("too large or too slow")
        return bytes(read)
