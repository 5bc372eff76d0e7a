"""Which pages may ask: origins given at the start, compared exactly; and the address the agent itself has."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from bidtool.agent.refusals import BAD_ORIGIN, NO_ORIGIN, NOT_LOOPBACK
from kernel.errors import Refused

_DEFAULT = {"http": 80, "https": 443}
_LOCAL = ("127.0.0.1", "localhost", "[::1]")


def allowed(given: Iterable[str]) -> frozenset[str]:
    """The origins as browsers write them; ``Refused`` for none, for wildcards, paths, and http beyond this computer."""
    found = frozenset(origin_of(text) for text in given)
    if not found:
        raise Refused(NO_ORIGIN())
    return found


def origin_of(text: str) -> str:
    """``https://host`` or ``https://host:port``, lower case, without the scheme's own port."""
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(BAD_ORIGIN(origin=text)) from error
    named = f"[{host}]" if ":" in host else host
    plain = parts.scheme == "https" or (parts.scheme == "http" and named in _LOCAL)
    if not plain or not host or "*" in host or parts.path or parts.query or parts.fragment or parts.username:
        raise Refused(BAD_ORIGIN(origin=text))
    return f"{parts.scheme}://{named}" + (f":{port}" if port not in (None, _DEFAULT[parts.scheme]) else "")


def listening(text: str) -> tuple[str, int]:
    """``(address, port)`` of ``127.0.0.1:17710`` or ``[::1]:17710``; nothing but loopback, port 0 for any."""
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError as error:
        raise Refused(NOT_LOOPBACK(listen=text)) from error
    if not address.is_loopback or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Refused(NOT_LOOPBACK(listen=text))
    return str(address), int(port)


def hosts(port: int) -> frozenset[str]:
    """``Host`` headers of honest requests; another name that leads here is DNS rebinding."""
    return frozenset(f"{name}:{port}" for name in _LOCAL)
