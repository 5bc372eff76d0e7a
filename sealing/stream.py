"""STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): AEAD over chunks, constant memory.

Nonce = prefix(7) | chunk counter u32 BE | final flag (0 or 1). Associated data of each chunk is the
digest of the whole head, so a chunk fits one place of one envelope only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag

from kernel.errors import Refused
from sealing.refusals import CHUNK_DAMAGED, CHUNK_REORDERED, TRAILING, TRUNCATED
from sealing.suites import TAG_SIZE, Aead


class Sink(Protocol):
    """Takes bytes: a file, or what looks at them as they go by."""

    def write(self, data: bytes, /) -> object: ...


#: How many places a foreign chunk is tried in, to tell reordering from damage.
_DIAGNOSIS = 4096


def nonce(prefix: bytes, counter: int, final: bool) -> bytes:
    return prefix + struct.pack(">IB", counter, int(final))


def encrypt(plain: Iterable[bytes], chunks: int, aead: Aead, prefix: bytes, bound: bytes) -> Iterator[bytes]:
    """Ciphertext of each of exactly ``chunks`` plaintext chunks."""
    for counter, chunk in enumerate(plain):
        yield aead.encrypt(nonce(prefix, counter, counter == chunks - 1), chunk, bound)


def decrypt(
    source: BinaryIO, size: int, chunk_size: int, aead: Aead, prefix: bytes, bound: bytes
) -> Iterator[bytes]:
    """Plaintext chunks of a body of ``size`` plaintext bytes at ``source``'s position.

    Raises ``Refused`` with ``envelope.truncated``, ``.trailing``, ``.chunk_reordered`` or
    ``.chunk_damaged``. What was yielded before is authentic, but belongs to an unfinished whole.
    """
    chunks = -(-size // chunk_size)
    expected = size + chunks * TAG_SIZE
    done = 0
    for counter in range(chunks):
        final = counter == chunks - 1
        wanted = (size - counter * chunk_size if final else chunk_size) + TAG_SIZE
        data = read_exactly(source, wanted)
        done += len(data)
        if len(data) < wanted:
            raise Refused(TRUNCATED(expected=expected, actual=done))
        try:
            plain = aead.decrypt(nonce(prefix, counter, final), data, bound)
        except InvalidTag as error:
            raise _diagnose(data, counter, chunks, aead, prefix, bound) from error
        yield plain
    if source.read(1):
        raise Refused(TRAILING(expected=expected))


def read_exactly(source: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or fewer at the end; a raw source may give less at a time."""
    data = source.read(size)
    if len(data) == size or not data:
        return data
    parts = [data]
    missing = size - len(data)
    while missing and (more := source.read(missing)):
        parts.append(more)
        missing -= len(more)
    return b"".join(parts)


def _diagnose(data: bytes, counter: int, chunks: int, aead: Aead, prefix: bytes, bound: bytes) -> Refused:
    for other in range(min(chunks, _DIAGNOSIS)):
        if other == counter:
            continue
        try:
            aead.decrypt(nonce(prefix, other, other == chunks - 1), data, bound)
        except InvalidTag:
            continue
        return Refused(CHUNK_REORDERED(chunk=counter, found=other))
    return Refused(CHUNK_DAMAGED(chunk=counter))
