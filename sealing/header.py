"""The envelope's public head: preamble, canonical header, the pseudonym's signature (SPEC.md §2, §4).

Nothing in it names the bidder; see :mod:`sealing.identity`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature

from kernel.canonical_json import canonical, parse
from kernel.errors import Reason, Refused, refuse_if
from sealing import fields, pseudonym
from sealing.keys import PseudonymKey
from sealing.padding import MIN_SIZE, padded_size
from sealing.recipients import MAX_SEALED
from sealing.refusals import (
    FOREIGN,
    HEADER_NOT_CANONICAL,
    HEADER_SIZE,
    NOT_AN_ENVELOPE,
    SIGNATURE_BAD,
    SUITE_MISMATCH,
    TRUNCATED,
    VERSION_UNKNOWN,
)
from sealing.suites import SUITES, TAG_SIZE, Suite, suite

MAGIC, VERSION = b"MTSE", 1
PREAMBLE_SIZE = 10
SIGNATURE_SIZE = pseudonym.SIGNATURE_SIZE
MAX_HEADER = 256 * 1024
MIN_CHUNK, DEFAULT_CHUNK, MAX_CHUNK = 1024, 1024 * 1024, 16 * 1024 * 1024
MAX_PLAINTEXT = 1 << 40
MAX_CUSTODIANS = 32
IDENTITY_LIMIT = 128 * 1024
SIGNATURE_DOMAIN = b"mingtang envelope v1 header\n"
CORE_DOMAIN = b"mingtang envelope v1 core\n"
WRAP_DOMAIN = b"mingtang envelope v1 wrap\n"

_CORE = ("v", "suite", "tender", "lot", "part", "chunk_size", "nonce_prefix", "size", "pseudonym",
         "key_commitment", "wraps", "shares")  # fmt: skip
_IDENTITY = ("identity_commitment", "identity_sealed")


@dataclass(frozen=True)
class Wrap:
    """The content key sealed to the bidder: ``kind`` is ``certificate`` or ``client``."""

    kind: str
    alg: str
    sealed: bytes

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "alg": self.alg, "sealed": fields.b64(self.sealed)}


@dataclass(frozen=True)
class SealedShare:
    """One key share sealed to one custodian (hex SHA-256 of its certificate's DER).

    ``check`` is a digest of the share, so that a wrong share is known by itself.
    """

    custodian: str
    index: int
    alg: str
    sealed: bytes
    check: bytes

    def as_json(self) -> dict[str, Any]:
        return {
            "custodian": self.custodian,
            "index": self.index,
            "alg": self.alg,
            "sealed": fields.b64(self.sealed),
            "check": self.check.hex(),
        }


@dataclass(frozen=True)
class Header:
    """A header whose structure has been checked. ``size`` is the padded plaintext's, in bytes."""

    suite: Suite
    tender: str
    lot: str
    part: str
    chunk_size: int
    nonce_prefix: bytes
    size: int
    pseudonym: bytes
    key_commitment: bytes
    wraps: tuple[Wrap, ...]
    threshold: int
    shares: tuple[SealedShare, ...]
    identity_commitment: bytes = b""
    identity_sealed: bytes = b""

    def core(self) -> dict[str, Any]:
        """The header without the identity fields: what the bidder's certificate signs."""
        return {
            "v": VERSION,
            "suite": self.suite.number,
            "tender": self.tender,
            "lot": self.lot,
            "part": self.part,
            "chunk_size": self.chunk_size,
            "nonce_prefix": self.nonce_prefix.hex(),
            "size": self.size,
            "pseudonym": self.pseudonym.hex(),
            "key_commitment": self.key_commitment.hex(),
            "wraps": [wrap.as_json() for wrap in self.wraps],
            "shares": {
                "k": self.threshold,
                "n": len(self.shares),
                "list": [share.as_json() for share in self.shares],
            },
        }

    def as_json(self) -> dict[str, Any]:
        return self.core() | {
            "identity_commitment": self.identity_commitment.hex(),
            "identity_sealed": fields.b64(self.identity_sealed),
        }

    def encode(self) -> bytes:
        """Preamble and header bytes, as they stand in the file before the signature."""
        body = canonical(self.as_json())
        return MAGIC + struct.pack(">BBI", VERSION, self.suite.number, len(body)) + body

    @property
    def core_digest(self) -> bytes:
        return self.suite.digest(CORE_DOMAIN, canonical(self.core()))

    @property
    def digest(self) -> bytes:
        """Digest of preamble and header: the associated data of every chunk."""
        return self.suite.digest(self.encode())

    @property
    def wrap_context(self) -> bytes:
        return wrap_context(self.suite, self.tender, self.lot, self.part, self.pseudonym, self.key_commitment)

    @property
    def chunks(self) -> int:
        return -(-self.size // self.chunk_size)

    def share(self, index: int) -> SealedShare | None:
        return next((s for s in self.shares if s.index == index), None)

    def sign(self, key: PseudonymKey) -> bytes:
        """Length-prefixed signature of the one-time key over preamble and header."""
        signature = pseudonym.sign(key, SIGNATURE_DOMAIN + self.encode())
        return struct.pack(">H", len(signature)) + signature


def wrap_context(of: Suite, tender: str, lot: str, part: str, public: bytes, commitment: bytes) -> bytes:
    """The 32 bytes that tie every wrapped key and share to one envelope."""
    said = {
        "suite": of.number,
        "tender": tender,
        "lot": lot,
        "part": part,
        "pseudonym": public.hex(),
        "key_commitment": commitment.hex(),
    }
    return of.digest(WRAP_DOMAIN, canonical(said))


def head_size(header: Header) -> int:
    """Where the first chunk begins, in bytes from the file's start."""
    return len(header.encode()) + 2 + SIGNATURE_SIZE


def envelope_size(header: Header) -> int:
    """The exact length of the whole file: lets a door tell truncation without any key."""
    return head_size(header) + header.size + header.chunks * TAG_SIZE


def check_target(header: Header, *, tender: str, lot: str, part: str) -> None:
    """``Refused(envelope.foreign)`` unless the envelope is for this tender, lot and part."""
    wanted = {
        "招标 tender": (header.tender, tender),
        "标段 lot": (header.lot, lot),
        "部分 part": (header.part, part),
    }
    refuse_if(_foreign(what, found, expected) for what, (found, expected) in wanted.items())


def _foreign(what: str, found: str, expected: str) -> Reason | None:
    return None if found == expected else FOREIGN(what=what, found=found, expected=expected)


def read_header(source: BinaryIO) -> Header:
    """Read and check the head, leaving ``source`` at the first chunk.

    Structure, canonical spelling, bounds and the pseudonym's signature are checked; raises
    ``Refused`` with an ``envelope.*`` or ``sealing.bad_field`` code. Reads at most 256 KiB.
    """
    preamble = source.read(PREAMBLE_SIZE)
    if preamble[:4] != MAGIC:
        raise Refused(NOT_AN_ENVELOPE())
    _whole(preamble, PREAMBLE_SIZE)
    version, number, length = struct.unpack(">BBI", preamble[4:])
    if version != VERSION:
        raise Refused(VERSION_UNKNOWN(version=version))
    chosen = suite(number)
    if not 1 <= length <= MAX_HEADER:
        raise Refused(HEADER_SIZE(size=length, limit=MAX_HEADER))
    body = _whole(source.read(length), length)
    value = parse(body)
    if canonical(value) != body:
        raise Refused(HEADER_NOT_CANONICAL())
    header = header_from_json(value, chosen)
    signature = _read_signature(source)
    try:
        key = pseudonym.public_key(header.pseudonym)
        pseudonym.verify(key, signature, SIGNATURE_DOMAIN + preamble + body)
    except InvalidSignature as error:
        raise Refused(SIGNATURE_BAD()) from error
    return header


def header_from_json(value: Any, chosen: Suite) -> Header:
    """A checked :class:`Header` from its JSON, made for the suite of the preamble."""
    got = fields.exact_keys(value, "", _CORE + _IDENTITY)
    fields.integer(got, "v", VERSION, VERSION)
    if fields.integer(got, "suite", 0, 255) != chosen.number:
        raise Refused(SUITE_MISMATCH(what=f"0x{chosen.number:02x}, {got['suite']}"))
    threshold, shares = _read_shares(got["shares"], chosen)
    wraps = tuple(_read_wrap(w, chosen) for w in fields.items(got, "wraps", 1, 2))
    if len({w.kind for w in wraps}) != len(wraps):
        raise fields.bad("wraps", "同类密钥重复 / a kind stands twice")
    header = Header(
        suite=chosen,
        tender=fields.text(got, "tender"),
        lot=fields.text(got, "lot"),
        part=fields.text(got, "part"),
        chunk_size=fields.integer(got, "chunk_size", MIN_CHUNK, MAX_CHUNK),
        nonce_prefix=fields.hex_bytes(got, "nonce_prefix", 7),
        size=fields.integer(got, "size", MIN_SIZE, MAX_PLAINTEXT),
        pseudonym=fields.hex_bytes(got, "pseudonym", chosen.pseudonym_size),
        key_commitment=fields.hex_bytes(got, "key_commitment", 32),
        wraps=wraps,
        threshold=threshold,
        shares=shares,
        identity_commitment=fields.hex_bytes(got, "identity_commitment", 32),
        identity_sealed=fields.b64_bytes(got, "identity_sealed", limit=IDENTITY_LIMIT + TAG_SIZE),
    )
    if padded_size(header.size) != header.size or header.chunks > 1 << 32:
        raise fields.bad("size", "不是规定的填充长度 / not a padded length")
    return header


def _read_wrap(value: Any, chosen: Suite) -> Wrap:
    got = fields.exact_keys(value, "wraps", ("kind", "alg", "sealed"))
    kind = fields.text(got, "kind", limit=20)
    if kind not in ("certificate", "client"):
        raise fields.bad("kind", "应为 certificate 或 client / must be certificate or client")
    return Wrap(kind, _read_alg(got, chosen), fields.b64_bytes(got, "sealed", limit=MAX_SEALED))


def _read_alg(got: Mapping[str, Any], chosen: Suite) -> str:
    alg = fields.text(got, "alg", limit=40)
    if any(alg in other.recipient_algs for other in SUITES.values() if other is not chosen):
        raise Refused(SUITE_MISMATCH(what=f"{chosen.name}, {alg}"))
    if alg not in chosen.recipient_algs:
        raise fields.bad("alg", f"套件不含 {alg} / {alg} is not in the suite")
    return alg


def _read_shares(value: Any, chosen: Suite) -> tuple[int, tuple[SealedShare, ...]]:
    got = fields.exact_keys(value, "shares", ("k", "n", "list"))
    n = fields.integer(got, "n", 2, MAX_CUSTODIANS)
    k = fields.integer(got, "k", 2, n)
    shares = tuple(_read_share(s, chosen) for s in fields.items(got, "list", n, n))
    if [s.index for s in shares] != list(range(1, n + 1)) or len({s.custodian for s in shares}) != n:
        raise fields.bad("shares", "分片编号或托管人重复、缺失 / indices must be 1…n, custodians distinct")
    return k, shares


def _read_share(value: Any, chosen: Suite) -> SealedShare:
    got = fields.exact_keys(value, "shares", ("custodian", "index", "alg", "sealed", "check"))
    return SealedShare(
        custodian=fields.hex_bytes(got, "custodian", 32).hex(),
        index=fields.integer(got, "index", 1, MAX_CUSTODIANS),
        alg=_read_alg(got, chosen),
        sealed=fields.b64_bytes(got, "sealed", limit=MAX_SEALED),
        check=fields.hex_bytes(got, "check", 32),
    )


def _read_signature(source: BinaryIO) -> bytes:
    (length,) = struct.unpack(">H", _whole(source.read(2), 2))
    if length != SIGNATURE_SIZE:
        raise Refused(SIGNATURE_BAD())
    return _whole(source.read(length), length)


def _whole(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise Refused(TRUNCATED(expected=size, actual=len(data)))
    return data
