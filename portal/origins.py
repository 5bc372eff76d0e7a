"""Which pages may open a socket: those of this deployment only, by scheme, host and port (RFC 6454).

A browser sends its cookies to another port of the same host too, so comparing hosts is not enough.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

_PORTS = {"http": "80", "https": "443"}
Application = Callable[[dict[str, Any], Any, Any], Awaitable[Any]]


class SameOrigin:
    """ASGI middleware: a handshake's Origin is ``PUBLIC_URL``, or the very host and port it asks for."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if may_connect(headers.get(b"origin", ""), headers.get(b"host", "")):
            return await self.inner(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


def may_connect(origin: str, host: str) -> bool:
    """``origin`` and ``host`` as the headers say them; without an origin nobody."""
    came_from = _place(origin)
    if came_from is None:
        return False
    if came_from == _place(settings.PUBLIC_URL):
        return True
    name, _ = split_domain_port(host)
    # Behind a gateway the browser's scheme is not known; where the public address is https, a plain page may not.
    schemes = ["https"] if settings.PUBLIC_URL.startswith("https:") else list(_PORTS)
    asked = {_place(f"{scheme}://{host}") for scheme in schemes}
    return validate_host(name, settings.ALLOWED_HOSTS) and came_from in asked


def _place(url: str) -> tuple[str, str, str] | None:
    """``(scheme, host, port)``; ``None`` for what is no web origin."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname.lower(), str(port or _PORTS[parts.scheme])
