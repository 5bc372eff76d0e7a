"""The contract's door (certificate-validation.md): one JSON line in, one JSON-able answer out."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.checks import Inputs
from ca_interop.rules.rfc5280.crl import Crl
from ca_interop.rules.rfc5280.der import moment_of
from ca_interop.rules.rfc5280.engine import Engine
from ca_interop.rules.rfc5280.faults import Budget, Fault, Malformed, TooComplex
from ca_interop.rules.rfc5280.peers import read_peer
from ca_interop.rules.rfc5280.policies import PolicyInputs

MAX_LINE = 16 * 1024 * 1024
_MAX_WIDE = 8 * 1024 * 1024  # other text than ASCII takes four times its size in memory
_MAX_COMMAS = 100_000  # JSON of small values takes fifty times its size
_MAX_NESTED = 1_000
MAX_ITEMS = 20_000
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,40}")
_ID = re.compile(rb'"id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.){0,400}")')
T = TypeVar("T")


def answer(line: bytes, budget: Budget) -> dict[str, object]:
    """The answer to one request line. Never raises: every failure is a refusal with a code."""
    identity: object = None
    try:
        if len(line) > MAX_LINE:
            raise TooComplex(f"a request of more than {MAX_LINE} bytes")
        fields = _fields(line)
        identity = fields.get("id")
        if not isinstance(identity, str):
            raise Malformed("id: not a text")
        return {"id": identity, "ok": True, "reason": "ok", **_validate(fields, budget)}
    except Fault as fault:
        return refusal(identity if identity is not None else guess_id(line), fault)
    except (RecursionError, MemoryError):
        return refusal(guess_id(line), TooComplex("nested or sized beyond what one request may have"))


def refusal(identity: object, fault: Fault) -> dict[str, object]:
    return {"id": identity, "ok": False, "reason": fault.code, "detail": fault.detail}


def guess_id(line: bytes) -> object:
    """The id of a line that is no JSON object, so that its answer can still be told apart."""
    found = _ID.search(line[:65536])
    try:
        return json.loads(found[1]) if found else None
    except ValueError:
        return None


def _fields(line: bytes) -> dict[str, object]:
    if line.count(b",") > _MAX_COMMAS or line.count(b"[") + line.count(b"{") > _MAX_NESTED:
        raise TooComplex("more values than one request may hold")
    if len(line) > _MAX_WIDE and not line.isascii():
        raise TooComplex("a long request with other text than ASCII")
    try:
        fields = json.loads(line)
    except (ValueError, UnicodeDecodeError) as error:
        raise Malformed("the line is not JSON") from error
    if not isinstance(fields, dict):
        raise Malformed("the line is not a JSON object")
    return fields


def _validate(fields: dict[str, object], budget: Budget) -> dict[str, object]:
    inputs = _inputs(fields)
    peer = _peer(fields.get("peer_name"))
    leaf = _read(fields.get("leaf"), Certificate, "leaf", budget)
    anchors = _list(fields, "anchors", Certificate, budget)
    others = _list(fields, "intermediates", Certificate, budget)
    crls = _list(fields, "crls", Crl, budget)
    required = _flag(fields, "require_revocation", False)
    engine = Engine(lambda: (anchors, others), crls, inputs, budget, require_revocation=required)
    verdict = engine.validate(leaf, peer)
    return {
        "detail": f"a valid path of {len(verdict.path)} certificates",
        "path": [base64.b64encode(c.der).decode() for c in verdict.path],
        "policies": verdict.policies,
    }


def _inputs(fields: dict[str, object]) -> Inputs:
    purpose = fields.get("purpose", "any")
    if purpose not in ("any", "server", "client"):
        raise Malformed("purpose: any, server or client")
    limit = fields.get("max_path_length")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise Malformed("max_path_length: not a count")
    policies = PolicyInputs(
        _policies(fields.get("policies")),
        _flag(fields, "explicit_policy", False),
        _flag(fields, "inhibit_policy_mapping", False),
        _flag(fields, "inhibit_any_policy", False),
    )
    allow_sha1 = _flag(fields, "allow_sha1", True)
    return Inputs(_time(fields.get("time")), policies, str(purpose), limit, allow_sha1)


def _flag(fields: dict[str, object], key: str, otherwise: bool) -> bool:
    value = fields.get(key, otherwise)
    if value is None:
        return otherwise
    if not isinstance(value, bool):
        raise Malformed(f"{key}: not true or false")
    return value


def _policies(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise Malformed("policies: not a list")
    for text in value:
        if not isinstance(text, str) or not _OID.fullmatch(text):
            raise Malformed("policies: not an object identifier")
    found = frozenset(value)
    return None if "2.5.29.32.0" in found else found


def _time(value: object) -> int:
    if not isinstance(value, str) or len(value) > 40:
        raise Malformed("time: not a time")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise Malformed("time: without its zone")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("time: not a time") from error
    # Whole seconds, as certificates count them: within the last second of a period it is still valid.
    return moment_of(at)


def _peer(value: object) -> tuple[int, str | bytes] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Malformed("peer_name: not an object")
    return read_peer(value.get("kind"), value.get("value"))


def _read(value: object, kind: Callable[[bytes], T], what: str, budget: Budget) -> T:
    if not isinstance(value, str):
        raise Malformed(f"{what}: not base64 text")
    budget.spend(10)
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{what}: not base64") from error
    try:
        return kind(data)
    except Malformed as error:
        raise Malformed(f"{what}: {error.detail}") from error


def _list(fields: dict[str, object], key: str, kind: Callable[[bytes], T], budget: Budget) -> list[T]:
    value = fields.get(key, [])
    if not isinstance(value, list):
        raise Malformed(f"{key}: not a list")
    if len(value) > MAX_ITEMS:
        raise TooComplex(f"{key}: more than {MAX_ITEMS}")
    return [
        _read(v, kind, key, budget) for v in dict.fromkeys(v if isinstance(v, str) else "!" for v in value)
    ]
