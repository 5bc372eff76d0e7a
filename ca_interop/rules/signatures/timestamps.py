"""RFC 3161 time-stamps: the request, the answer, and the token beside a signature."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import core, tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca_interop.rules.certificates import display_name
from ca_interop.rules.evidence import Evidence, Trail
from ca_interop.rules.signatures import message, oids
from ca_interop.rules.signatures.checking import check, digest
from ca_interop.rules.signatures.reasons import (
    NOT_SIGNED,
    STAMP_IMPRINT,
    STAMP_MALFORMED,
    STAMP_NONCE,
    STAMP_REFUSED,
    STAMP_USE,
)
from kernel.clock import beijing
from kernel.errors import Refused

MAX_TOKEN = 256 * 1024


@dataclass(frozen=True)
class Stamp:
    """A token whose signature and imprint are right; the chain is yet to be judged at ``at``."""

    at: datetime
    chain: tuple[x509.Certificate, ...]
    crls: tuple[bytes, ...]
    steps: tuple[Evidence, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.chain[0]


def request(signature: bytes, nonce: int, hash_name: str = "sha256") -> bytes:
    """TimeStampReq over ``signature``, asking for the authority's certificate too."""
    imprint = {
        "hash_algorithm": {"algorithm": oids.HASH_OIDS[hash_name]},
        "hashed_message": digest(hash_name, signature),
    }
    asked = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    return bytes(asked.dump())


def token_of(answer: bytes, signature: bytes, nonce: int) -> bytes:
    """The token in a TimeStampResp, after checking status, imprint, nonce and signature.

    ``Refused(timestamp.refused | malformed | other_imprint | wrong_nonce …)``.
    """
    if len(answer) > MAX_TOKEN:
        raise Refused(STAMP_MALFORMED(why=f"> {MAX_TOKEN}"))
    token: bytes = _guarded(lambda: _granted(answer))
    read(token, signature, nonce)
    return token


def _granted(answer: bytes) -> bytes:
    # Two fields, the second optional (RFC 3161 §2.4.2); asn1crypto's class demands both.
    fields = core.SequenceOf.load(answer, spec=core.Any) if answer[:1] == b"\x30" else None
    if fields is None or not 1 <= len(fields) <= 2:
        raise ValueError("TimeStampResp")
    status = fields[0].parse(spec=tsp.PKIStatusInfo)
    if status["status"].native not in ("granted", "granted_with_mods") or len(fields) < 2:
        said = status["status_string"].native or [status["status"].native]
        raise Refused(STAMP_REFUSED(why="; ".join(str(s) for s in said)[:200]))
    token: bytes = fields[1].dump()
    return token


def read(token: bytes, signature: bytes, nonce: int | None = None) -> Stamp:
    """Check one token over ``signature``; ``Refused(timestamp.* | signature.*)``."""
    if len(token) > MAX_TOKEN:
        raise Refused(STAMP_MALFORMED(why=f"> {MAX_TOKEN}"))
    said = message.read(token, "时间戳")
    if said.content_type != oids.TST_INFO or said.content is None:
        raise Refused(STAMP_MALFORMED(why=f"content type {said.content_type}"))
    if len(said.signers) != 1:
        raise Refused(NOT_SIGNED(what="时间戳"))
    content = said.content
    info = _guarded(lambda: _info(content))
    hash_name = oids.HASHES.get(info["imprint"][0], info["imprint"][0])
    if not hmac.compare_digest(digest(hash_name, signature), info["imprint"][1]):
        raise Refused(STAMP_IMPRINT())
    if nonce is not None and info["nonce"] != nonce:
        raise Refused(STAMP_NONCE())
    signer = said.signers[0]
    steps = _guarded(lambda: check(signer, content, oids.TST_INFO))
    leaf = signer.certificate
    assert leaf is not None  # check() has refused without
    _check_use(leaf)
    trail, at = Trail(), info["at"]
    trail.add(
        "timestamp.token",
        f"时间戳：「{display_name(leaf)}」证明此签名在 {beijing(at)} 已经存在",
        f"time-stamp: {display_name(leaf)} proves that the signature existed at {at.isoformat()}",
        at=at.isoformat(),
        policy=info["policy"],
        serial=f"{info['serial']:x}",
        algorithm=str(signer.algorithm),
    )
    others = tuple(c for c in said.certificates if c != leaf)
    return Stamp(at, (leaf, *others), said.crls, (*trail.steps, *steps[-1:]))


def _info(content: bytes) -> dict[str, Any]:
    info = tsp.TSTInfo.load(content, strict=True)
    at = info["gen_time"].native
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ValueError("genTime")
    imprint = info["message_imprint"]
    return {
        "at": at,
        "imprint": (imprint["hash_algorithm"]["algorithm"].dotted, bytes(imprint["hashed_message"])),
        "nonce": info["nonce"].native,
        "policy": info["policy"].dotted,
        "serial": info["serial_number"].native,
    }


def _check_use(leaf: x509.Certificate) -> None:
    """RFC 3161 §2.3: extendedKeyUsage critical, and timeStamping alone."""
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        good = uses.critical and list(uses.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        good = False
    if not good:
        raise Refused(STAMP_USE(subject=display_name(leaf)))


def _guarded(parse: Any) -> Any:
    return message.guarded(parse, "时间戳")
