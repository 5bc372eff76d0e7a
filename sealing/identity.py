"""Who the bidder is, hidden until opening but bound from the start (SPEC.md §5).

The identity is a signed statement ``mingtang/bid-identity`` over the digest of the header core, with
the bidder's certificates. The header carries ``SHA-256(salt ‖ canonical(identity))`` and the same
two sealed under a subkey of the content key, padded so that its length does not tell the CA.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidTag

from kernel.canonical_json import canonical, parse
from kernel.errors import Refused
from sealing import fields, statements
from sealing.header import IDENTITY_LIMIT, Header
from sealing.refusals import IDENTITY_COMMITMENT, IDENTITY_OTHER_HEADER, IDENTITY_UNREADABLE
from sealing.statements import SignatureEvidence, Signing

PURPOSE = "bid-identity"
STEP = 16 * 1024
SALT_SIZE = 32


def make(header: Header, bidder: Signing) -> dict[str, Any]:
    """The identity for a header whose core is final."""
    return statements.sign(statements.statement(PURPOSE, _payload(header)), bidder)


def commitment(header: Header, salt: bytes, identity: Mapping[str, Any]) -> bytes:
    return header.suite.digest(salt, canonical(dict(identity)))


def conceal(header: Header, content_key: bytes, salt: bytes, identity: Mapping[str, Any]) -> bytes:
    """u32 length | canonical {salt, identity} | zeros to a 16 KiB step, sealed under the subkey."""
    said = canonical({"salt": fields.b64(salt), "identity": dict(identity)})
    plain = struct.pack(">I", len(said)) + said
    plain += bytes(-len(plain) % STEP)
    if len(plain) > IDENTITY_LIMIT:
        raise fields.bad("identity", "证书链过长 / the certificate chain is too long")
    # The subkey seals this one message only, so its nonce may be zero.
    return header.suite.identity(content_key).encrypt(bytes(12), plain, header.core_digest)


def reveal(header: Header, content_key: bytes) -> tuple[bytes, dict[str, Any]]:
    """``(salt, identity)`` as sealed; the caller checks them with :func:`check`."""
    try:
        plain = header.suite.identity(content_key).decrypt(
            bytes(12), header.identity_sealed, header.core_digest
        )
    except (InvalidTag, ValueError) as error:
        raise Refused(IDENTITY_UNREADABLE()) from error
    (length,) = struct.unpack(">I", plain[:4])
    if len(plain) % STEP or length > len(plain) - 4 or any(plain[4 + length :]):
        raise Refused(IDENTITY_UNREADABLE())
    got = fields.exact_keys(parse(plain[4 : 4 + length]), "identity", ("salt", "identity"))
    return fields.b64_bytes(got, "salt", limit=SALT_SIZE, low=SALT_SIZE), dict(
        fields.mapping(got["identity"], "identity")
    )


def check(header: Header, salt: bytes, identity: Any) -> SignatureEvidence:
    """Commitment, signature and binding to this header; the chain itself is ``ca_interop``'s."""
    if len(salt) != SALT_SIZE or not isinstance(identity, dict):
        raise fields.bad(
            "identity", "应为 32 字节盐值与签名声明 / 32 bytes of salt and a statement are needed"
        )
    if not hmac.compare_digest(commitment(header, salt, identity), header.identity_commitment):
        raise Refused(IDENTITY_COMMITMENT())
    evidence = statements.verify(identity, purpose=PURPOSE)
    if dict(evidence.payload) != _payload(header) or evidence.leaf is None:
        raise Refused(IDENTITY_OTHER_HEADER())
    return evidence


def leaf_of(evidence: SignatureEvidence) -> x509.Certificate:
    if evidence.leaf is None:
        raise Refused(IDENTITY_OTHER_HEADER())
    return evidence.leaf


def _payload(header: Header) -> dict[str, Any]:
    return {
        "tender": header.tender,
        "lot": header.lot,
        "part": header.part,
        "pseudonym": header.pseudonym.hex(),
        "header_core": header.core_digest.hex(),
    }
