"""JSON: the platform's keys, the trust list."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from ca_interop import queries
from ca_interop.commands import ImportTrustList
from ca_interop.platform_key import platform_public_key
from journal import clock, sequencer
from journal.door import perform
from portal.doors import json_door, key_of, object_field, signed_in


@json_door("GET")
def keys(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """``{"platform_public_key": hex, "log_vkey": vkey, "log_origin": text}``"""
    return {
        "platform_public_key": platform_public_key(),
        "log_vkey": sequencer.vkey(),
        "log_origin": settings.LOG_ORIGIN,
    }


@json_door("GET", "POST")
def trust_list(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """GET: the signed list in force. POST ``{"signed": …}``: import a newer one (trading center)."""
    if request.method == "POST":
        command = ImportTrustList(object_field(body, "signed"))
        return perform(command, signed_in(request), via="api", key=key_of(request)).result
    signed: dict[str, Any] = queries.version_at(clock.now()).signed
    return signed
