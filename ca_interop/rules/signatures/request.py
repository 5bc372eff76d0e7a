"""One question about one file as JSON, and its answer: what runs in a process of its own.

Request: ``{"file": b64, "content"?: b64, "trust_list": payload, "signer"?: hex, "at": time, "given"?: bool,
"crls"?: [b64], "ocsp"?: [b64]}``. Answer: ``{"report": {…}}`` (:mod:`report`) or ``{"reasons": [{code, zh, en, law,
field, kind}]}``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence
from ca_interop.rules.signatures import pdf_reading
from ca_interop.rules.signatures.judging import Circumstances, judge_message
from ca_interop.rules.signatures.reasons import MALFORMED, UNKNOWN_KIND
from ca_interop.rules.signatures.report import Report
from ca_interop.rules.trust_list import TrustList, read_payload
from kernel.canonical_json import parse
from kernel.clock import iso, parse_iso
from kernel.errors import Refused

MAX_REQUEST = 512 * 1024 * 1024


def judge(data: bytes, content: bytes | None, by: Circumstances) -> Report:
    """Judge a file of any known kind; ``Refused(signature.* | pdf.*)`` when it is none or unreadable."""
    if pdf_reading.is_pdf(data) and data[:1] != b"\x30":
        return pdf_reading.judge_pdf(data, by)
    # DER and BER begin with a SEQUENCE, PEM with dashes, bare base64 of a SEQUENCE with M.
    if data[:1] in (b"\x30", b"M") or data[:64].lstrip().startswith(b"-----BEGIN"):
        return judge_message(data, content, by)
    raise Refused(UNKNOWN_KIND())


def question(data: bytes, content: bytes | None, by: Circumstances) -> dict[str, Any]:
    """The request for :func:`answer`."""
    asked: dict[str, Any] = {
        "file": _b64(data),
        "trust_list": by.trust.as_payload(),
        "signer": by.trust.signer,
        "at": iso(by.at),
        "given": by.given,
        "crls": [_b64(crl) for crl in by.evidence.crls],
        "ocsp": [_b64(answer.der) for answer in by.evidence.ocsp],
    }
    return asked if content is None else {**asked, "content": _b64(content)}


def answer(line: bytes) -> dict[str, Any]:
    """The answer to one request; bad requests are answered with reasons too."""
    try:
        asked = parse(line)
        if not isinstance(asked, Mapping):
            raise Refused(MALFORMED(what="请求", why="JSON object"))
        content = _bytes(asked, "content") if "content" in asked else None
        return {"report": judge(_bytes(asked, "file"), content, _circumstances(asked)).as_json()}
    except Refused as refusal:
        return {"reasons": [{**reason.as_json(), "kind": reason.kind.value} for reason in refusal.reasons]}


def _circumstances(asked: Mapping[str, Any]) -> Circumstances:
    trust: TrustList = read_payload(asked.get("trust_list"), str(asked.get("signer", "")))
    try:
        at = parse_iso(str(asked.get("at")))
    except ValueError as error:
        raise Refused(MALFORMED(what="请求", why="at")) from error
    crls = tuple(_list(asked, "crls"))
    answers = tuple(OcspAnswer(der) for der in _list(asked, "ocsp"))
    return Circumstances(trust, at, bool(asked.get("given")), RevocationEvidence(crls, answers))


def _list(asked: Mapping[str, Any], name: str) -> list[bytes]:
    rows = asked.get(name, [])
    if not isinstance(rows, list):
        raise Refused(MALFORMED(what="请求", why=name))
    return [_bytes({name: row}, name) for row in rows]


def _bytes(asked: Mapping[str, Any], name: str) -> bytes:
    value = asked.get(name)
    try:
        if not isinstance(value, str):
            raise ValueError(name)
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(MALFORMED(what="请求", why=name)) from error


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
