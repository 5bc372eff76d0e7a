"""Signing in as people do: a client with a certificate and the JSON doors."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from sealing import statements
from sealing.signer import SoftwareSigner


def post(client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(path, json.dumps(body or {}), content_type="application/json", headers=headers)


def answer(client: Client, signer: SoftwareSigner) -> dict[str, Any]:
    """A fresh challenge, signed."""
    return statements.sign(post(client, "/api/v1/login/challenge").json()["statement"], signer)


def register(client: Client, signer: SoftwareSigner, role: str = "", **more: Any) -> Any:
    return post(client, "/api/v1/register", {"signed": answer(client, signer), "role": role, **more})


def sign_in(client: Client, signer: SoftwareSigner) -> Any:
    return post(client, "/api/v1/login", {"signed": answer(client, signer)})
