"""``python -m tests.vectors.sealing.make``: write every vector of this folder anew, byte for byte the same.

The random source of :func:`sealing.seal` is replaced by a SHAKE256 stream of a label. The libraries draw the
seed of RSA-OAEP and the k of SM2 themselves and take none, so here, and nowhere else, RSAES-OAEP is computed from
RFC 8017 and SM2 from GB/T 32918 with the seed or k from the stream (a signature's from key and message); what they
make is opened and verified by the libraries.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa

from sealing import Ticket, bundle, keyshares, open_share, read_header, seal, unwrap_as_bidder
from sealing.header import Header, head_size
from sealing.keys import pkcs8
from sealing.padding import padded_size
from sealing.recipients import RSA_OAEP, SM2_CIPHER, wrap
from sealing.sm2 import DEFAULT_ID, Sm2PrivateKey, Sm2PublicKey
from tests.vectors.sealing import refusals, sm2_reference
from tests.vectors.sealing.cast import HERE, b64, player

THREE = ("center_p256", "authority_rsa", "owner_p256")
FIVE = (*THREE, "notary_rsa", "auditor_p256")
SM_THREE = ("center_sm2", "authority_sm2", "owner_sm2")
SM_FIVE = (*SM_THREE, "notary_sm2", "auditor_sm2")


@dataclass(frozen=True)
class Case:
    """What goes into one envelope. ``payload``: a number of bytes (byte i is i mod 251), or ``bundle``."""

    name: str
    why: str
    payload: int | Literal["bundle"]
    bidder: str
    own_key: Literal["client", "certificate"]
    custodians: tuple[str, ...]
    threshold: int
    chunk_size: int = 1 << 20
    tender: str = "YC2026-SZ-0417"
    lot: str = "1"
    part: str = "whole"

    @property
    def label(self) -> str:
        return f"mingtang vector {self.name}"


CASES = (
    Case("empty", "no payload at all; the key is the client's", 0, "bidder_p256", "client", THREE, 2),
    Case("one_byte", "one byte; the key is the P-256 certificate's", 1, "bidder_p256", "certificate", THREE, 2),
    Case(
        "one_chunk", "length and payload fill exactly one chunk; RSA certificate", 65536 - 8,
        "bidder_rsa", "certificate", THREE, 2, 65536,
    ),
    Case(
        "chunk_and_one", "one byte more: padded to 67584, two chunks; 3 of 5", 65536 - 7,
        "bidder_rsa", "client", FIVE, 3, 65536,
    ),
    Case(
        "end_of_chunk", "the payload ends where chunk 0 ends; 63 chunks of zeros follow", 1024 - 8,
        "bidder_p256", "client", THREE, 2, 1024,
    ),
    Case(
        "past_chunk", "the payload ends one byte into chunk 1; texts with Chinese and escapes", 1024 - 7,
        "bidder_p256", "client", FIVE, 3, 1024, "盐城〔2026〕0417号", '第"一"标段', "技术/\\标",
    ),
    Case("bundle", "a whole bid as a ZIP (SPEC.md §8)", "bundle", "bidder_rsa", "client", THREE, 2),
    Case("sm_bidder", "suite 1, the bidder's certificate is SM2", 1, "bidder_sm2", "client", THREE, 2),
    Case("sm_empty", "suite 2: no payload; the key is the client's", 0, "bidder_sm2", "client", SM_THREE, 2),
    Case(
        "sm_one_chunk", "suite 2: exactly one chunk; the key is the certificate's", 65536 - 8,
        "bidder_sm2", "certificate", SM_THREE, 2, 65536,
    ),
    Case(
        "sm_chunk_and_one", "suite 2: two chunks; 3 of 5; texts with Chinese", 65536 - 7,
        "bidder_sm2", "client", SM_FIVE, 3, 65536, "盐城〔2026〕0417号", '第"一"标段', "技术/\\标",
    ),
    Case("sm_foreign_bidder", "suite 2, the bidder's certificate is RSA", 1, "bidder_rsa", "client", SM_THREE, 2),
)  # fmt: skip


class Stream:
    """``rng(n)``: the next n bytes of SHAKE256(label); ``taken`` counts them."""

    def __init__(self, label: str) -> None:
        self._state = hashlib.shake_256(label.encode())
        self.taken = 0

    def __call__(self, n: int) -> bytes:
        self.taken += n
        return self._state.digest(self.taken)[-n:]


def oaep(public: rsa.RSAPublicKey, message: bytes, seed: bytes) -> bytes:
    """RSAES-OAEP (RFC 8017 §7.1.1) with SHA-256, MGF1-SHA-256, empty label and the given 32-byte seed."""
    size = (public.key_size + 7) // 8
    label = hashlib.sha256(b"").digest()
    block = label + bytes(size - len(message) - 66) + b"\x01" + message
    masked = _xor(block, _mgf1(seed, len(block)))
    encoded = b"\0" + _xor(seed, _mgf1(masked, 32)) + masked
    numbers = public.public_numbers()
    return pow(int.from_bytes(encoded, "big"), numbers.e, numbers.n).to_bytes(size, "big")


def _mgf1(seed: bytes, size: int) -> bytes:
    blocks = (hashlib.sha256(seed + i.to_bytes(4, "big")).digest() for i in range(-(-size // 32)))
    return b"".join(blocks)[:size]


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _wrap(
    public: Any, tag: bytes, index: int, secret: bytes, context: bytes, random: Any
) -> tuple[str, bytes]:
    if isinstance(public, rsa.RSAPublicKey):
        return RSA_OAEP, oaep(public, tag + bytes([index]) + secret + context, random(32))
    if isinstance(public, Sm2PublicKey):
        point, plain = sm2_reference.affine(public.point), tag + bytes([index]) + secret + context
        return SM2_CIPHER, sm2_reference.ciphertext(*sm2_reference.encrypt(point, plain, _scalar(random(40))))
    return wrap(public, tag, index, secret, context, random)


def _scalar(data: bytes) -> int:
    return int.from_bytes(data, "big") % (sm2_reference.N - 1) + 1


def _sm2_sign(key: Sm2PrivateKey, message: bytes, signer_id: bytes = DEFAULT_ID) -> bytes:
    """Its k is SHAKE256("mingtang vector k" ‖ scalar ‖ message), 40 bytes."""
    assert signer_id == DEFAULT_ID
    k = _scalar(hashlib.shake_256(b"mingtang vector k" + key.scalar + message).digest(40))
    made = sm2_reference.sign(int.from_bytes(key.scalar, "big"), message, k)
    assert made is not None
    return sm2_reference.signature(*made)


@contextmanager
def seeded() -> Iterator[None]:
    """While inside, RSA and SM2 wraps take seed and k from ``rng`` too, and SM2 signatures repeat."""
    drawn = Sm2PrivateKey.sign
    keyshares.wrap = _wrap
    Sm2PrivateKey.sign = _sm2_sign  # type: ignore[method-assign]
    try:
        yield
    finally:
        keyshares.wrap = wrap
        Sm2PrivateKey.sign = drawn  # type: ignore[method-assign]


def payload(case: Case) -> bytes:
    if case.payload != "bundle":
        return bytes(i % 251 for i in range(case.payload))
    out = io.BytesIO()
    bundle.build(refusals.sources(), out)
    return out.getvalue()


def sealed(case: Case) -> tuple[bytes, Ticket]:
    """Envelope and ticket of a case, the same each time."""
    data, out = payload(case), io.BytesIO()
    ticket = seal(
        io.BytesIO(data),
        out,
        size=len(data),
        tender=case.tender,
        lot=case.lot,
        part=case.part,
        bidder=player(case.bidder),
        own_key=case.own_key,
        custodians=[player(name).encryption_certificate for name in case.custodians],
        threshold=case.threshold,
        chunk_size=case.chunk_size,
        rng=Stream(case.label),
    )
    return out.getvalue(), ticket


def described(case: Case, envelope: bytes, ticket: Ticket) -> dict[str, Any]:
    header = read_header(io.BytesIO(envelope))
    data = payload(case)
    return {
        "name": case.name,
        "why": case.why,
        "file": f"{case.name}.mtse",
        "input": _input(case, data),
        "ticket": ticket.as_json(),
        "submission": ticket.submission(),
        "expected": _expected(case, header, envelope, ticket),
    }


def _input(case: Case, data: bytes) -> dict[str, Any]:
    return {
        "rng_label": case.label,
        "payload": case.payload,
        "payload_size": len(data),
        "payload_sha256": hashlib.sha256(data).hexdigest(),
        "tender": case.tender,
        "lot": case.lot,
        "part": case.part,
        "bidder": case.bidder,
        "own_key": case.own_key,
        "custodians": list(case.custodians),
        "threshold": case.threshold,
        "chunk_size": case.chunk_size,
    }


def _expected(case: Case, header: Header, envelope: bytes, ticket: Ticket) -> dict[str, Any]:
    own = ticket if case.own_key == "client" else player(case.bidder)
    key = unwrap_as_bidder(header, own).value
    shares = [open_share(header, player(name)) for name in case.custodians]
    client = ticket.client_key
    return {
        "suite": header.suite.number,
        "envelope_sha256": hashlib.sha256(envelope).hexdigest(),
        "envelope_size": len(envelope),
        "head_size": head_size(header),
        "size": header.size,
        "chunks": header.chunks,
        "header_digest": header.digest.hex(),
        "core_digest": header.core_digest.hex(),
        "wrap_context": header.wrap_context.hex(),
        "nonce_prefix": header.nonce_prefix.hex(),
        "pseudonym": header.pseudonym.hex(),
        "key_commitment": header.key_commitment.hex(),
        "identity_commitment": header.identity_commitment.hex(),
        "content_key": key.hex(),
        "body_key": header.suite.derive(key, "body", header.suite.aead_key_size).hex(),
        "identity_key": header.suite.derive(key, "identity", header.suite.aead_key_size).hex(),
        "client_key": b64(pkcs8(client)) if client else None,
        "shares": [
            {"index": s.index, "custodian": name, "value": s.value.hex(), "check": sealed_.check.hex()}
            for s, name, sealed_ in zip(shares, case.custodians, header.shares, strict=True)
        ],
    }


def vectors() -> dict[str, bytes]:
    """File name → bytes of everything that is made here."""
    with seeded():
        return _vectors()


def _vectors() -> dict[str, bytes]:
    made = {case.name: sealed(case) for case in CASES}
    files = {f"{name}.mtse": envelope for name, (envelope, _) in made.items()}
    files["vectors.json"] = _text(
        {
            "format": "mingtang envelope v1",
            "padding": [[n, padded_size(n)] for n in _LENGTHS],
            "cases": [described(case, *made[case.name]) for case in CASES],
        }
    )
    files["refusals.json"] = _text({"format": "mingtang envelope v1", "cases": refusals.cases(made)})
    return files


_LENGTHS = (8, 65536, 65537, 67584, 67585, 1 << 20, (1 << 20) + 1, 50_000_000, 1 << 31, (1 << 31) + 9)


def _text(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def main() -> None:
    for name, data in vectors().items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
