"""Judging a signature: bits, then time, then chain and standing at that time, as a report.

A failure is a step of the report, not an exception: a reader wants to know everything that was found.
Only a file that cannot be read at all is ``Refused``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.certificates import CertificateFacts, display_name, facts, fingerprint, issuer_name
from ca_interop.rules.reasons import REVOKED
from ca_interop.rules.revocation import NOTHING_FETCHED, OcspAnswer, RevocationEvidence
from ca_interop.rules.signatures import message, timestamps
from ca_interop.rules.signatures.checking import check
from ca_interop.rules.signatures.message import SignedMessage, SignerInfo
from ca_interop.rules.signatures.reasons import (
    DIGEST,
    NO_CONTENT,
    NOT_SIGNED,
    OTHER_CONTENT,
    STAMP_IMPRINT,
    WRONG,
)
from ca_interop.rules.signatures.report import Report, SignatureReport, Steps
from ca_interop.rules.signatures.timestamps import Stamp
from ca_interop.rules.trust_list import TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, validate
from kernel.clock import beijing
from kernel.errors import Refused

#: A wrong path is no disproof (EN 319 102-1: indeterminate): another certificate of the issuer may be the right one.
_DISPROVEN = {REVOKED.code}
_TIME_WORDS = {
    "given": ("记录的签名时间", "the recorded time of signing"),
    "now": (
        "核验时间（没有可信时间戳，不能证明签名更早）",
        "the time of checking (nothing proves an earlier one)",
    ),
}


@dataclass(frozen=True)
class Circumstances:
    """By what a file is judged. ``at`` counts for a signature without a time-stamp; ``given`` says that it is
    the known time of signing (from a log), not merely now. ``evidence``: known besides what the file brings."""

    trust: TrustList
    at: datetime
    given: bool = False
    evidence: RevocationEvidence = NOTHING_FETCHED

    def with_evidence(self, crls: Sequence[bytes], ocsp: Sequence[bytes]) -> Circumstances:
        answers = (*self.evidence.ocsp, *(OcspAnswer(der) for der in ocsp))
        return replace(self, evidence=RevocationEvidence((*self.evidence.crls, *crls), answers))


def judge_message(data: bytes, content: bytes | None, by: Circumstances) -> Report:
    """Judge a CMS or GB/T 35275 message; ``content`` for a detached one. ``Refused`` when unreadable,
    ``signature.no_content`` without the file, ``signature.not_signed`` without any signature."""
    said = message.read(data)
    if not said.signers:
        raise Refused(NOT_SIGNED(what="文件"))
    if said.content is None and content is None:
        raise Refused(NO_CONTENT())
    signed = said.content if said.content is not None else content
    assert signed is not None
    found = []
    for number, signer in enumerate(said.signers, 1):
        steps = Steps()
        _coverage(said, content, steps)
        found.append(judge_signer(said, signer, signed, by, steps, number))
    return Report(
        said.kind, hashlib.sha256(data).hexdigest(), len(data), by.at, by.trust.digest, tuple(found)
    )


def _coverage(said: SignedMessage, content: bytes | None, steps: Steps) -> None:
    if said.content is None:
        sha256 = hashlib.sha256(content or b"").hexdigest()
        steps.say("coverage", "passed", "signature.detached", f"分离式签名，对象是给出的文件（SHA-256 {sha256}）",
                  f"a detached signature over the given file (SHA-256 {sha256})", sha256=sha256)  # fmt: skip
    elif content is not None and content != said.content:
        steps.refused("coverage", [OTHER_CONTENT()])
    else:
        sha256 = hashlib.sha256(said.content).hexdigest()
        steps.say("coverage", "passed", "signature.enveloped", f"被签的内容在签名文件之内（SHA-256 {sha256}）",
                  f"the signed content is inside the message (SHA-256 {sha256})", sha256=sha256)  # fmt: skip


def judge_signer(
    said: SignedMessage, signer: SignerInfo, content: bytes, by: Circumstances, steps: Steps, number: int,
    field: str = "",
) -> SignatureReport:  # fmt: skip
    """Judge one signature of a message over ``content``; ``steps`` may hold earlier findings."""
    by = by.with_evidence(said.crls, said.ocsp)
    try:
        steps.passed("integrity", message.guarded(lambda: check(signer, content, said.content_type), "签名"))
    except Refused as refusal:
        steps.refused("integrity", refusal.reasons)
    at, time_from = _time(signer, by, steps)
    leaf = signer.certificate
    valid = _chain(leaf, said.certificates, by, at, steps) if leaf is not None else None
    who = valid.facts if valid is not None else _facts(leaf)
    return SignatureReport(
        number=number,
        field=field,
        signer=display_name(leaf) if leaf is not None else "",
        organization=who.organization if who else "",
        credit_code=who.credit_code if who else "",
        person=who.person if who else "",
        authority=valid.authority_name if valid else (issuer_name(leaf) if leaf is not None else ""),
        certificate=fingerprint(leaf) if leaf is not None else "",
        algorithm=str(signer.algorithm),
        at=at,
        time_from=time_from,
        verdict=steps.verdict,
        steps=tuple(steps.list),
        certificates=_given(leaf, said.certificates),
    )


def _given(leaf: x509.Certificate | None, certificates: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    """Leaf first, then what else the message brought, as much as a chain may hold."""
    if leaf is None:
        return ()
    others = [c for c in certificates if c != leaf]
    return tuple(c.public_bytes(Encoding.DER) for c in (leaf, *others[:7]))


def _facts(leaf: x509.Certificate | None) -> CertificateFacts | None:
    """What an unrecognized certificate says of itself."""
    if leaf is None:
        return None
    try:
        return message.guarded(lambda: facts(leaf), "证书")
    except Refused:
        return None


def _time(signer: SignerInfo, by: Circumstances, steps: Steps) -> tuple[datetime, str]:
    """When the signature was there for certain: the earliest good time-stamp, else ``by.at``."""
    proven: list[datetime] = []
    for token in signer.timestamps:
        own = Steps()
        try:
            proven.append(_stamped(token, signer.signature, by, own).at)
        except Refused as refusal:
            # A time-stamp that proves nothing does not make the signature wrong; it is as if absent.
            own.refused("time", refusal.reasons, "undecided")
        steps.list += own.list
    if (claimed := signer.claimed_time) is not None:
        steps.say("time", "note", "time.claimed", f"签名人自称的签名时间：{beijing(claimed)}（不作为证据）",
                  f"the signer's own statement of time: {claimed.isoformat()} (no evidence)")  # fmt: skip
    if proven:
        return min(proven), "timestamp"
    time_from = "given" if by.given else "now"
    zh, en = _TIME_WORDS[time_from]
    steps.say("time", "passed" if by.given else "note", f"time.{time_from}", f"按{zh} {beijing(by.at)} 判断证书",
              f"certificates are judged at {by.at.isoformat()}, {en}")  # fmt: skip
    return by.at, time_from


def _stamped(token: bytes, stamped: bytes, by: Circumstances, steps: Steps) -> Stamp:
    """A time-stamp over ``stamped`` whose authority is recognized and was good at its own time."""
    stamp = timestamps.read(token, stamped)
    steps.passed("time", stamp.steps)
    told = by.with_evidence(stamp.crls, ())
    found = message.guarded(
        lambda: validate(
            stamp.leaf, stamp.chain[1:], by.trust, stamp.at, Purpose.SIGN, told.evidence, RevocationPolicy.HARD
        ),
        "时间戳证书",
    )  # fmt: skip
    steps.passed("time", found.steps)
    return stamp


def judge_stamp(
    token: bytes, stamped: bytes, by: Circumstances, steps: Steps, number: int, field: str
) -> SignatureReport:
    """A time-stamp that stands by itself, over ``stamped``."""
    name, certificate, at, time_from = "", "", by.at, "now"
    try:
        stamp = _stamped(token, stamped, by, steps)
        name, certificate, at, time_from = (
            display_name(stamp.leaf),
            fingerprint(stamp.leaf),
            stamp.at,
            "timestamp",
        )
    except Refused as refusal:
        failed = refusal.code in _DISPROVEN | {STAMP_IMPRINT.code, WRONG.code, DIGEST.code}
        steps.refused("time", refusal.reasons, "failed" if failed else "undecided")
    return SignatureReport(
        number=number, field=field, signer=name, organization="", credit_code="", person="", authority="",
        certificate=certificate, algorithm="RFC 3161", at=at, time_from=time_from, verdict=steps.verdict,
        steps=tuple(steps.list),
    )  # fmt: skip


def _chain(
    leaf: x509.Certificate, certificates: Sequence[x509.Certificate], by: Circumstances, at: datetime, steps: Steps
) -> Validation | None:  # fmt: skip
    others = [c for c in certificates if c != leaf]
    try:
        found = message.guarded(
            lambda: validate(
                leaf, others, by.trust, at, Purpose.SIGN, by.evidence, RevocationPolicy.HARD
            ),
            "证书",
        )  # fmt: skip
    except Refused as refusal:
        result = "failed" if refusal.code in _DISPROVEN else "undecided"
        steps.refused("chain", refusal.reasons, result)
        return None
    steps.passed("chain", found.steps)
    return found
