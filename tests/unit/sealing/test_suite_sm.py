"""Suite 2, the national algorithms: what it seals opens, what is changed does not, and suites never mix."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Refused
from sealing import (
    SoftwareSigner,
    Ticket,
    combine,
    open_body,
    open_identity,
    open_share,
    read_header,
    sm2,
    statements,
    unwrap_as_bidder,
)
from sealing.keys import check_issued_directly, public_key_of
from sealing.keyshares import check_custodians
from sealing.signer import from_pem, from_pkcs12
from sealing.sm2 import library
from sealing.suites import AES_SHA2, SM4_SM3, Sm4Gcm
from tests.unit.sealing.cast import certificate, custodians, sealed, signer
from tests.vectors.sealing.cast import HERE, player

PUBLISHED = json.loads((HERE / "sm_published.json").read_text())
THREE = custodians(kind="sm2")
HOLDERS = [c.encryption_certificate for c in THREE]


def sm_sealed(data: bytes, **more: Any) -> tuple[bytes, Ticket]:
    return sealed(data, **({"bidder": signer("国密投标人", "sm2"), "custodians": HOLDERS} | more))


def opened(envelope: bytes, holder: Any) -> bytes:
    source, out = io.BytesIO(envelope), io.BytesIO()
    header = read_header(source)
    open_body(source, header, unwrap_as_bidder(header, holder), out)
    return out.getvalue()


def test_sm3_as_published() -> None:
    for message, digest in PUBLISHED["sm3"]["cases"]:
        state = hashes.Hash(hashes.SM3())
        state.update(bytes.fromhex(message))
        assert state.finalize().hex() == digest
        assert SM4_SM3.digest(bytes.fromhex(message)).hex() == digest


def test_sm4_as_published_a_million_times_too() -> None:
    said = PUBLISHED["sm4"]
    block = bytes.fromhex(said["plain"])
    state = Cipher(SM4(bytes.fromhex(said["key"])), modes.ECB()).encryptor()
    for count in range(1_000_000):
        block = state.update(block)
        if count == 0:
            assert block.hex() == said["cipher"]
    assert block.hex() == said["after_1000000"]


def test_sm4_gcm_as_published() -> None:
    said = {name: bytes.fromhex(value) for name, value in PUBLISHED["sm4_gcm"].items() if name != "origin"}
    aead = Sm4Gcm(said["key"])
    together = aead.encrypt(said["nonce"], said["plain"], said["aad"])
    assert together == said["cipher"] + said["tag"]
    assert aead.decrypt(said["nonce"], together, said["aad"]) == said["plain"]
    for damaged in (together[:-1], together[:15], b"", together[:-1] + b"\0"):
        with pytest.raises(InvalidTag):
            aead.decrypt(said["nonce"], damaged, said["aad"])


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=3000), st.sampled_from(["client", "certificate"]), st.sampled_from([1024, 65536]))
def test_open_of_seal_is_the_same(data: bytes, own_key: str, chunk_size: int) -> None:
    envelope, ticket = sm_sealed(data, own_key=own_key, chunk_size=chunk_size)
    again = Ticket.from_json(json.loads(json.dumps(ticket.as_json())))
    assert opened(envelope, again if own_key == "client" else signer("国密投标人", "sm2")) == data


def test_the_quorum_opens_it_and_the_identity_is_inside() -> None:
    envelope, ticket = sm_sealed(b"bid")
    source, out = io.BytesIO(envelope), io.BytesIO()
    header = read_header(source)
    assert (envelope[5], header.suite, len(header.pseudonym)) == (2, SM4_SM3, 33)
    assert {share.alg for share in header.shares} | {wrap.alg for wrap in header.wraps} == {"sm2-c1c3c2"}
    key = combine(header, [open_share(header, THREE[0]), open_share(header, THREE[2])])
    open_body(source, header, key, out)
    assert out.getvalue() == b"bid"
    evidence = open_identity(header, key)
    assert evidence.leaf == signer("国密投标人", "sm2").chain[0]
    assert evidence.facts["alg"] == "sm2-sm3"
    submitted = statements.verify(ticket.submission(), purpose="bid-submission")
    assert submitted.public_key_hex == ticket.pseudonym == header.pseudonym.hex()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    envelope, ticket = FLIPPED
    place = data.draw(st.integers(0, len(envelope) * 8 - 1))
    damaged = bytearray(envelope)
    damaged[place // 8] ^= 1 << place % 8
    with pytest.raises(Refused):
        opened(bytes(damaged), ticket)


FLIPPED = sm_sealed(b"small", chunk_size=1024)


def code(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    return caught.value.code


def test_suites_never_mix() -> None:
    mixed = [HOLDERS[0], *[c.encryption_certificate for c in custodians(2)]]
    assert code(check_custodians, mixed, 2) == "envelope.suite_mismatch"
    assert code(sm_sealed, b"", custodians=mixed) == "envelope.suite_mismatch"
    assert code(sm_sealed, b"", suite=AES_SHA2) == "envelope.suite_mismatch"
    assert code(sealed, b"", suite=SM4_SM3) == "envelope.suite_mismatch"
    # The bidder's certificate of another suite can hold no wrap, but may sign: it takes a key of its own.
    assert code(sm_sealed, b"", bidder=signer("投标人"), own_key="certificate") == "envelope.suite_mismatch"
    assert (
        code(sealed, b"", bidder=signer("国密投标人", "sm2"), own_key="certificate")
        == "envelope.suite_mismatch"
    )
    for envelope, ticket in (
        sm_sealed(b"x", bidder=signer("投标人")),
        sealed(b"x", bidder=signer("国密投标人", "sm2")),
    ):
        assert opened(envelope, ticket) == b"x"
    envelope, _ = sm_sealed(b"x")
    other, _ = sealed(b"x")
    assert code(read_header, io.BytesIO(envelope[:5] + b"\1" + envelope[6:])) == "envelope.suite_mismatch"
    assert code(read_header, io.BytesIO(other[:5] + b"\2" + other[6:])) == "envelope.suite_mismatch"
    assert code(read_header, io.BytesIO(other[:5] + b"\3" + other[6:])) == "envelope.suite_unknown"


def test_statements_by_sm2_and_by_nobody_else() -> None:
    who = signer("国密投标人", "sm2")
    signed = statements.sign(statements.statement("login", {"a": 1}), who)
    assert signed["signature"]["alg"] == "sm2-sm3"
    assert statements.verify(signed, purpose="login").leaf == who.chain[0]
    signed["statement"]["payload"]["a"] = 2
    assert code(statements.verify, signed) == "statement.signature_bad"
    signed["signature"]["alg"] = "ecdsa-p256-sha256"
    assert code(statements.verify, signed) == "statement.alg_unsupported"
    stranger = statements.sign(statements.statement("login", {}), signer("投标人"))
    stranger["signature"]["alg"] = "sm2-sm3"
    assert code(statements.verify, stranger) == "statement.alg_unsupported"


def test_a_certificates_sm2_key_is_no_pseudonym() -> None:
    key = sm2.Sm2PrivateKey.generate(os.urandom)
    bare = statements.sign(statements.statement("key-lost", {}), key)
    assert statements.verify(bare).public_key_hex == key.public_key().compressed.hex()
    assert (
        statements.verify(
            statements.sign(statements.statement("login", {}), signer("x", "sm2"))
        ).public_key_hex
        == ""
    )


def test_the_pair_of_certificates(tmp_path: Path) -> None:
    """双证: one signs, the other one opens."""
    signing, opening = signer("签名", "sm2"), signer("加密", "sm2")
    pair = SoftwareSigner(signing._key, signing.chain, (opening._key, opening.encryption_certificate))
    envelope, _ = sm_sealed(b"pair", bidder=pair, own_key="certificate")
    assert opened(envelope, pair) == b"pair"
    assert code(opened, envelope, signing) == "envelope.wrap_bad"


def test_a_machine_without_the_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = _pem()
    monkeypatch.setattr(library, "_load", lambda: None)
    assert not sm2.available()
    fresh = certificate(ec.generate_private_key(ec.SECP256R1()), "P-256 needs none")
    assert public_key_of(fresh) == fresh.public_key()
    assert code(sm2.Sm2PrivateKey.generate(os.urandom).sign, b"") == "sm2.no_library"
    assert code(from_pem, pem, None) == "sm2.no_library"


def _pem() -> bytes:
    who = signer("PEM", "sm2")
    body = base64.encodebytes(who._key.pkcs8).decode()  # type: ignore[union-attr]
    text = f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n".encode()
    return text + who.chain[0].public_bytes(Encoding.PEM)


def test_signers_from_files() -> None:
    from_file = from_pem(_pem())
    assert from_file.alg == "sm2-sm3"
    assert from_file.chain == signer("PEM", "sm2").chain
    assert code(from_pkcs12, b"nothing", b"pw") == "key.file_bad"


def test_who_issued_a_certificate() -> None:
    for leaf, issuer in (player("bidder_sm2").chain, player("bidder_p256").chain):
        check_issued_directly(leaf, issuer)
    (leaf, national), (_, plain) = player("bidder_sm2").chain, player("bidder_p256").chain
    false = sm2.issue(leaf, sm2.Sm2PrivateKey.generate(os.urandom))
    for below, above in ((leaf, plain), (false, national), (player("bidder_p256").chain[0], national)):
        with pytest.raises((InvalidSignature, ValueError)):
            check_issued_directly(below, above)


@pytest.mark.parametrize("named", ["02" + "ff" * 32, "05" + "00" * 32, "03" + "00" * 32])
def test_a_bare_key_that_is_no_point_is_refused(named: str) -> None:
    signed = statements.sign(statements.statement("key-lost", {}), sm2.Sm2PrivateKey.generate(os.urandom))
    assert code(statements.verify, signed | {"public_key": named}) in (
        "key.unsupported",
        "statement.signature_bad",
    )
