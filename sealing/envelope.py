"""Sealing and opening envelopes as streams (SPEC.md). Memory is a few chunks, whatever the size."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Literal

from cryptography import x509

from kernel.errors import Refused
from sealing import fields, identity, stream
from sealing import pseudonym as pseudonyms
from sealing.header import (
    DEFAULT_CHUNK,
    MAX_CHUNK,
    MAX_PLAINTEXT,
    MIN_CHUNK,
    Header,
    Wrap,
    envelope_size,
    read_header,
    wrap_context,
)
from sealing.keys import PseudonymKey, public_key_of
from sealing.keyshares import (
    ContentKey,
    Share,
    check_custodians,
    check_key,
    check_share,
    combine,
    open_share,
    split_to,
    wrap_key,
)
from sealing.padding import LENGTH_SIZE, padded_size
from sealing.recipients import KEY_TAG, read_wrap, unseal
from sealing.refusals import PADDING_BAD, SOURCE_SIZE, SUITE_MISMATCH, WRAP_MISSING
from sealing.shamir import Random
from sealing.signer import Signer
from sealing.statements import SignatureEvidence
from sealing.suites import KEY_SIZE, Suite
from sealing.ticket import Ticket

__all__ = ["ContentKey", "Header", "Share", "Ticket", "check_identity", "check_key", "check_share", "combine",
           "envelope_size", "open_body", "open_identity", "open_share", "read_header", "seal",
           "unwrap_as_bidder"]  # fmt: skip

OwnKey = Literal["certificate", "client"]


def seal(
    source: BinaryIO,
    target: BinaryIO,
    *,
    size: int,
    tender: str,
    lot: str,
    part: str,
    bidder: Signer,
    own_key: OwnKey,
    custodians: Sequence[x509.Certificate],
    threshold: int,
    chunk_size: int = DEFAULT_CHUNK,
    suite: Suite | None = None,
    rng: Random = os.urandom,
    pseudonym: PseudonymKey | None = None,
) -> Ticket:
    """Seal ``size`` bytes of ``source`` into ``target`` and answer the ticket the bidder must keep.

    ``own_key="client"`` makes a P-256 or SM2 key here (in the ticket); ``"certificate"`` wraps to the bidder's
    encryption certificate, of whose key the CA may hold an escrow copy. Neither stream need be seekable.
    The suite is that of the custodians' keys; another one asked for is ``envelope.suite_mismatch``.
    ``rng(n)`` gives n secret random bytes; only test vectors replace it. ``pseudonym``: the one-time key of a bid
    in several parts, the same for each of them and for no other bid; without one it is made here.
    """
    _check_arguments(size, tender, lot, part, chunk_size)
    suite = suite or check_custodians(custodians, threshold)
    pseudonym = pseudonym or suite.pseudonym(rng)
    key, salt = rng(KEY_SIZE), rng(identity.SALT_SIZE)
    public = pseudonyms.public_bytes(pseudonym.public_key())
    if len(public) != suite.pseudonym_size:
        raise Refused(SUITE_MISMATCH(what=f"{suite.name}, pseudonym"))
    context = wrap_context(suite, tender, lot, part, public, suite.commitment(key))
    client = suite.client_key(rng) if own_key == "client" else None
    recipient = client.public_key() if client else public_key_of(bidder.encryption_certificate)
    header = Header(
        suite=suite,
        tender=tender,
        lot=lot,
        part=part,
        chunk_size=chunk_size,
        nonce_prefix=rng(7),
        size=padded_size(size + LENGTH_SIZE),
        pseudonym=public,
        key_commitment=suite.commitment(key),
        wraps=(wrap_key(suite, own_key, recipient, key, context, rng),),
        threshold=threshold,
        shares=split_to(custodians, threshold, key, context, suite, rng),
    )
    who = identity.make(header, bidder)
    header = replace(
        header,
        identity_commitment=identity.commitment(header, salt, who),
        identity_sealed=identity.conceal(header, key, salt, who),
    )
    digest, written = _write(source, target, size, header, key, pseudonym)
    return Ticket(
        tender, lot, part, digest, written, header.key_commitment, pseudonym, salt, who, client, suite.number
    )


def _check_arguments(size: int, tender: str, lot: str, part: str, chunk_size: int) -> None:
    for name, value in (("tender", tender), ("lot", lot), ("part", part)):
        fields.text({name: value}, name)
    fields.integer({"size": size}, "size", 0, MAX_PLAINTEXT // 2)
    fields.integer({"chunk_size": chunk_size}, "chunk_size", MIN_CHUNK, MAX_CHUNK)


def _write(
    source: BinaryIO, target: BinaryIO, size: int, header: Header, key: bytes, pseudonym: PseudonymKey
) -> tuple[str, int]:
    """Write head and body; ``(hex SHA-256, length)`` of what was written."""
    digest, written = hashlib.sha256(), 0

    def put(data: bytes) -> None:
        nonlocal written
        digest.update(data)
        target.write(data)
        written += len(data)

    put(header.encode())
    put(header.sign(pseudonym))
    plain = _plaintext(source, size, header.size, header.chunk_size)
    aead = header.suite.body(key)
    for sealed in stream.encrypt(plain, header.chunks, aead, header.nonce_prefix, header.digest):
        put(sealed)
    return digest.hexdigest(), written


def _plaintext(source: BinaryIO, size: int, padded: int, chunk_size: int) -> Iterator[bytes]:
    """Chunks of ``u64 length | source | zeros``."""
    head, left, total = struct.pack(">Q", size), size, 0
    while total < padded:
        room = min(chunk_size, padded - total) - len(head)
        data = stream.read_exactly(source, min(room, left))
        if len(data) < min(room, left):
            raise Refused(SOURCE_SIZE(expected=size, actual=size - left + len(data)))
        left -= len(data)
        chunk = head + data + bytes(room - len(data))
        head = b""
        total += len(chunk)
        yield chunk
    if source.read(1):
        raise Refused(SOURCE_SIZE(expected=size, actual=f"> {size}"))


def open_body(source: BinaryIO, header: Header, content_key: ContentKey, target: stream.Sink) -> int:
    """Decrypt the body at ``source``'s position (after :func:`read_header`); the payload's length.

    Refuses any truncation, reordering, damage, trailing bytes and padding that is not zero. What has
    been written to ``target`` counts only if this returns: discard it on ``Refused``.
    """
    check_key(header, content_key)
    aead = header.suite.body(content_key.value)
    chunks = stream.decrypt(source, header.size, header.chunk_size, aead, header.nonce_prefix, header.digest)
    first = next(chunks)
    (length,) = struct.unpack(">Q", first[:LENGTH_SIZE])
    if padded_size(length + LENGTH_SIZE) != header.size:
        raise Refused(PADDING_BAD())
    left = length - _write_payload(first[LENGTH_SIZE:], length, target)
    for chunk in chunks:
        left -= _write_payload(chunk, left, target)
    return int(length)


def _write_payload(data: bytes, left: int, target: stream.Sink) -> int:
    payload = data[:left]
    if data.count(0, len(payload)) != len(data) - len(payload):
        raise Refused(PADDING_BAD())
    target.write(payload)
    return len(payload)


def check_identity(header: Header, salt: bytes, who: Any) -> x509.Certificate:
    """The bidder's certificate, if salt and identity fit the envelope (door and opening)."""
    return identity.leaf_of(identity.check(header, salt, who))


def open_identity(header: Header, content_key: ContentKey) -> SignatureEvidence:
    """Reveal and check the identity inside: chain, and the signature over this header's core."""
    check_key(header, content_key)
    salt, who = identity.reveal(header, content_key.value)
    return identity.check(header, salt, who)


def unwrap_as_bidder(header: Header, holder: Signer | Ticket) -> ContentKey:
    """The content key with the bidder's own key: a ticket's client key, or the certificate's key."""
    kind = "client" if isinstance(holder, Ticket) else "certificate"
    wrap = next((w for w in header.wraps if w.kind == kind), None)
    if wrap is None or (isinstance(holder, Ticket) and holder.client_key is None):
        raise Refused(WRAP_MISSING(kind=kind))
    plain = _unwrap(wrap, holder, header.wrap_context)
    key = ContentKey(read_wrap(plain, KEY_TAG, header.wrap_context)[1])
    check_key(header, key)
    return key


def _unwrap(wrap: Wrap, holder: Signer | Ticket, context: bytes) -> bytes:
    if isinstance(holder, Ticket):
        if holder.client_key is None:
            raise Refused(WRAP_MISSING(kind="client"))
        return unseal(holder.client_key, wrap.alg, wrap.sealed, context)
    return holder.unwrap(wrap.alg, wrap.sealed, context)
