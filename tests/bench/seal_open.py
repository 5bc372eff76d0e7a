"""Seal and open one bid against the bare cipher and hash over the same bytes, in either suite."""

from __future__ import annotations

import hashlib
import io
import os
from functools import partial
from typing import Any

from sealing import open_body, read_header, unwrap_as_bidder
from sealing.suites import AES_SHA2, SM4_SM3, Suite
from tests.bench.measure import Result, in_turn, result
from tests.unit.sealing.cast import custodians, sealed, signer

SIZE = 64 << 20
CHUNK = 1 << 20
RUNS = 5


class _Sink(io.RawIOBase):
    """Takes bytes and forgets them: the disk is not what is measured."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return len(memoryview(data))  # type: ignore[arg-type]


def run() -> Result:
    return _run("seal_open", AES_SHA2)


def national() -> Result:
    """Suite 2, with SM2 certificates throughout."""
    holders = [one.encryption_certificate for one in custodians(kind="sm2")]
    return _run("seal_open_sm", SM4_SM3, bidder=signer("国密投标人", "sm2"), custodians=holders)


def _run(name: str, suite: Suite, **arguments: Any) -> Result:
    data = os.urandom(SIZE)
    nonce = os.urandom(12)
    cipher = suite.aead(os.urandom(suite.aead_key_size))
    seal = partial(sealed, **arguments)
    chunks = [data[at : at + CHUNK] for at in range(0, SIZE, CHUNK)]

    def ours() -> None:
        envelope, ticket = seal(data)
        # The platform compares the envelope with its receipt before it opens it.
        assert hashlib.sha256(envelope).hexdigest() == ticket.envelope_sha256
        source = io.BytesIO(envelope)
        header = read_header(source)
        open_body(source, header, unwrap_as_bidder(header, ticket), _Sink())  # type: ignore[arg-type]

    def limit() -> None:
        written, stored = hashlib.sha256(), hashlib.sha256()
        secret = [cipher.encrypt(nonce, chunk, None) for chunk in chunks]
        for chunk in secret:
            written.update(chunk)
        for chunk in secret:
            stored.update(chunk)
            cipher.decrypt(nonce, chunk, None)

    mine, bare = in_turn(ours, limit, RUNS)
    return result(
        name,
        f"密封并开启 {SIZE >> 20} MiB 的投标文件（含三份密钥分片、签名、摘要核对）",
        f"{suite.name.split(' +')[0]} 加密、解密与两次 SHA-256",
        mine,
        bare,
        bytes=SIZE,
    )
