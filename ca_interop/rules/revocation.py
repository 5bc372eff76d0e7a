"""Revocation documents as they are fetched and kept: CRLs and OCSP answers, bytes to values and back.

What they say about a certificate is judged by the engine (``rfc5280/revocation.py``, docs/adr/0013).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from ca_interop.rules.reasons import MALFORMED, OCSP_FAILED, TOO_LARGE
from ca_interop.rules.rfc5280.crl import Crl
from ca_interop.rules.rfc5280.der import time_of
from ca_interop.rules.rfc5280.faults import Fault
from ca_interop.rules.rfc5280.ocsp import Answer, read_answer
from kernel.errors import Refused

MAX_CRL = 16 * 1024 * 1024
MAX_OCSP = 64 * 1024
_KEPT = 256 * 1024  # greater lists are read again each time rather than held in memory

REASON_ZH = {
    0: "未说明原因",
    1: "私钥失密",
    2: "机构私钥失密",
    3: "所属关系变更",
    4: "已被新证书取代",
    5: "停止使用",
    6: "暂停使用",
    8: "从列表移除",
    9: "权限已撤销",
    10: "属性机构失密",
}


@dataclass(frozen=True)
class OcspAnswer:
    """One OCSP response (DER) and the nonce of the request it answers, when one was sent."""

    der: bytes
    nonce: bytes | None = None


@dataclass(frozen=True)
class RevocationEvidence:
    """Everything fetched for one chain, unordered; may hold documents that do not belong."""

    crls: tuple[bytes, ...] = ()
    ocsp: tuple[OcspAnswer, ...] = ()


NOTHING_FETCHED = RevocationEvidence()


def read_crl(data: bytes) -> Crl:
    """A CRL from DER. ``Refused(certificate.malformed | too_large)`` otherwise."""
    if len(data) > MAX_CRL:
        raise Refused(TOO_LARGE(what="吊销列表", size=len(data), limit=MAX_CRL))
    try:
        crl = _kept_crl(data) if len(data) <= _KEPT else Crl(data)
        _ = crl.issuer, crl.extensions, crl.period
    except Fault as fault:
        raise Refused(MALFORMED(what="吊销列表", why=fault.detail)) from fault
    return crl


@lru_cache(maxsize=256)
def _kept_crl(data: bytes) -> Crl:
    return Crl(data)


def crl_valid_until(data: bytes) -> datetime | None:
    """nextUpdate of a CRL; ``Refused`` as :func:`read_crl`."""
    end = read_crl(data).period[1]
    return time_of(end) if end is not None else None


def read_ocsp(answer: OcspAnswer) -> Answer:
    """An OCSP response. ``Refused(certificate.malformed | too_large)``, or ``revocation.ocsp_failed`` when the
    responder gave an error instead of an answer."""
    if len(answer.der) > MAX_OCSP:
        raise Refused(TOO_LARGE(what="OCSP 应答", size=len(answer.der), limit=MAX_OCSP))
    try:
        found = _kept_ocsp(answer.der, answer.nonce)
    except Fault as fault:
        raise Refused(MALFORMED(what="OCSP 应答", why=fault.detail)) from fault
    if found.failure:
        raise Refused(OCSP_FAILED(why=found.failure))
    return found


@lru_cache(maxsize=1024)
def _kept_ocsp(der: bytes, nonce: bytes | None) -> Answer:
    return read_answer(der, nonce)


def ocsp_valid_until(data: bytes) -> datetime | None:
    """The earliest nextUpdate of an OCSP response; ``Refused`` as :func:`read_ocsp`."""
    ends = [s.end for s in read_ocsp(OcspAnswer(data)).singles]
    return time_of(min(e for e in ends if e is not None)) if ends and None not in ends else None
