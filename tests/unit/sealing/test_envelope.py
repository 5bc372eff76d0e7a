import io
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel.errors import Refused
from sealing import (
    ContentKey,
    Share,
    SoftwareSigner,
    Ticket,
    check_identity,
    combine,
    envelope_size,
    open_body,
    open_identity,
    open_share,
    read_header,
    unwrap_as_bidder,
)
from sealing.header import Header, check_target, head_size
from tests.unit.sealing.cast import certificate, custodians, sealed, signer

DATA = bytes(range(256)) * 700
CHUNK = 65536


def head(data: bytes) -> tuple[io.BytesIO, Header]:
    source = io.BytesIO(data)
    return source, read_header(source)


def refusal(data: bytes, key: ContentKey | None = None, ticket: Ticket | None = None) -> str:
    with pytest.raises(Refused) as caught:
        source, header = head(data)
        open_body(source, header, key or unwrap_as_bidder(header, ticket), io.BytesIO())  # type: ignore[arg-type]
    return caught.value.code


def test_bidder_and_custodians_open_the_same_plaintext() -> None:
    data, ticket = sealed(DATA, chunk_size=CHUNK)
    source, header = head(data)
    key = unwrap_as_bidder(header, ticket)
    assert combine(header, [open_share(header, c) for c in custodians()[1:]]) == key
    out = io.BytesIO()
    assert open_body(source, header, key, out) == len(DATA)
    assert out.getvalue() == DATA
    assert envelope_size(header) == len(data) == ticket.size


def test_own_key_may_be_the_certificate_rsa_or_ec() -> None:
    for kind in ("rsa", "ec"):
        bidder = signer(f"bidder {kind}", kind)
        data, ticket = sealed(b"x", own_key="certificate", bidder=bidder)
        header = head(data)[1]
        assert ticket.client_key is None
        assert [w.kind for w in header.wraps] == ["certificate"]
        assert unwrap_as_bidder(header, bidder) == combine(
            header, [open_share(header, c) for c in custodians()]
        )
        with pytest.raises(Refused, match="envelope.wrap_missing"):
            unwrap_as_bidder(header, ticket)
        with pytest.raises(Refused, match="envelope.wrap_bad"):
            unwrap_as_bidder(header, signer("another", kind))


def test_nothing_in_the_envelope_names_the_bidder() -> None:
    bidder = signer("华东建设集团有限公司")
    data, ticket = sealed(b"x", bidder=bidder, own_key="certificate")
    leaf = bidder.chain[0]
    for name in ("华东".encode(), leaf.fingerprint(leaf.signature_hash_algorithm).hex().encode()):  # type: ignore[arg-type]
        assert name not in data
    header = head(data)[1]
    assert check_identity(header, ticket.salt, ticket.identity) == leaf
    assert open_identity(header, unwrap_as_bidder(header, bidder)).leaf == leaf


def test_identity_of_another_envelope_or_with_another_salt_is_refused() -> None:
    data, ticket = sealed(b"x")
    _, other = sealed(b"x")
    header = head(data)[1]
    for salt, who in ((other.salt, ticket.identity), (ticket.salt, other.identity)):
        with pytest.raises(Refused, match="identity.commitment_differs"):
            check_identity(header, salt, who)


def test_identity_signed_for_another_core_is_refused_even_when_committed() -> None:
    data, ticket = sealed(b"x")
    header = head(data)[1]
    from sealing import identity

    moved = replace(header, lot="2")
    moved = replace(moved, identity_commitment=identity.commitment(moved, ticket.salt, ticket.identity))
    with pytest.raises(Refused, match="identity.other_header"):
        check_identity(moved, ticket.salt, ticket.identity)


def test_truncation_reordering_damage_and_trailing_bytes_have_their_own_codes() -> None:
    data, ticket = sealed(DATA, chunk_size=CHUNK)
    start = head_size(head(data)[1])
    first, second = data[start : start + CHUNK + 16], data[start + CHUNK + 16 : start + 2 * (CHUNK + 16)]
    tail = data[start + 2 * (CHUNK + 16) :]
    assert tail
    assert refusal(data[:-1], ticket=ticket) == "envelope.truncated"
    assert refusal(data[: start + CHUNK + 16], ticket=ticket) == "envelope.truncated"
    assert refusal(data + b"\0", ticket=ticket) == "envelope.trailing"
    assert refusal(data[:start] + second + first + tail, ticket=ticket) == "envelope.chunk_reordered"
    assert refusal(data[:start] + first + first + tail, ticket=ticket) == "envelope.chunk_reordered"
    assert refusal(data[:-1] + bytes([data[-1] ^ 1]), ticket=ticket) == "envelope.chunk_damaged"


def test_a_body_of_another_envelope_does_not_fit() -> None:
    data, ticket = sealed(DATA)
    other, _ = sealed(DATA)
    start = head_size(head(data)[1])
    spliced = data[:start] + other[head_size(head(other)[1]) :]
    assert refusal(spliced, ticket=ticket) == "envelope.chunk_damaged"


def test_the_head_is_refused_by_its_own_codes() -> None:
    data, _ = sealed(b"x")
    cases = {
        "envelope.not_an_envelope": b"PK\3\4" + data[4:],
        "envelope.version_unknown": data[:4] + b"\x02" + data[5:],
        "envelope.suite_unknown": data[:5] + b"\x03" + data[6:],
        "envelope.header_size": data[:6] + b"\xff\xff\xff\xff" + data[10:],
        "envelope.truncated": data[:300],
        "envelope.header_not_canonical": data[:6] + (len_of(data) + 1).to_bytes(4, "big") + b" " + data[10:],
        "json.malformed": data[:10] + b"[" + data[11:],
        "envelope.signature_bad": data.replace(b'"lot":"1"', b'"lot":"2"', 1),
        "sealing.bad_field": data.replace(b'"k":2', b'"k":1', 1),
    }
    assert {code: refusal(case) for code, case in cases.items()} == {code: code for code in cases}


def len_of(data: bytes) -> int:
    return int.from_bytes(data[6:10], "big")


def test_the_header_needs_every_field_and_no_other() -> None:
    data, _ = sealed(b"x")
    length = len_of(data)
    good = json.loads(data[10 : 10 + length])
    from kernel.canonical_json import canonical

    for key in good:
        body = canonical({k: v for k, v in good.items() if k != key})
        assert (
            refusal(data[:6] + len(body).to_bytes(4, "big") + body + data[10 + length :])
            == "sealing.bad_field"
        )
    body = canonical(good | {"bidder": "x"})
    assert (
        refusal(data[:6] + len(body).to_bytes(4, "big") + body + data[10 + length :]) == "sealing.bad_field"
    )


def test_target_is_checked() -> None:
    header = head(sealed(b"x")[0])[1]
    check_target(header, tender="T-2026-001", lot="1", part="whole")
    with pytest.raises(Refused) as caught:
        check_target(header, tender="T-2026-002", lot="2", part="whole")
    assert [r.code for r in caught.value.reasons] == ["envelope.foreign"] * 2


def test_shares_too_few_wrong_double_or_foreign_are_refused() -> None:
    data, _ = sealed(b"x")
    other, _ = sealed(b"y")
    header, foreign = head(data)[1], head(other)[1]
    one, two = (open_share(header, c) for c in custodians()[:2])
    strange = open_share(foreign, custodians()[1])
    cases = {
        "share.too_few": [one],
        "share.duplicate": [one, one],
        "share.wrong": [one, strange],
        "share.unknown": [one, Share(9, two.value)],
    }
    for code, shares in cases.items():
        with pytest.raises(Refused) as caught:
            combine(header, shares)
        assert caught.value.code == code
    with pytest.raises(Refused, match="share.not_a_custodian"):
        open_share(header, signer("stranger"))


def test_a_dishonest_split_is_told_from_a_wrong_share() -> None:
    header = head(sealed(b"x")[0])[1]
    shares = [open_share(header, c) for c in custodians()]
    lying = replace(header, threshold=3, shares=header.shares)
    # three points of a line give the same value at 0; with another commitment the key is another
    liar = replace(lying, key_commitment=bytes(32))
    from sealing import keyshares

    checks = tuple(
        replace(
            s, check=keyshares.share_check(liar.suite, s.index, shares[s.index - 1].value, liar.wrap_context)
        )
        for s in liar.shares
    )
    with pytest.raises(Refused, match="share.split_dishonest"):
        combine(replace(liar, shares=checks), shares)


def test_a_wrong_content_key_is_refused_before_any_decryption() -> None:
    data, _ = sealed(b"x")
    assert refusal(data, ContentKey(bytes(32))) == "envelope.content_key_wrong"
    assert refusal(data, ContentKey(b"")) == "envelope.content_key_wrong"


def test_custodians_must_be_two_distinct_keys_of_known_kinds() -> None:
    same = [custodians()[0].encryption_certificate] * 2
    small, odd = rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP384R1())
    good = custodians()[0].encryption_certificate
    cases = [
        (same, 2, "envelope.custodians_bad"),
        ([good], 2, "envelope.custodians_bad"),
        ([c.encryption_certificate for c in custodians()], 1, "envelope.custodians_bad"),
        ([good, certificate(small, "small")], 2, "key.unsupported"),
        ([good, certificate(odd, "odd")], 2, "key.unsupported"),
    ]
    for list_, k, code in cases:
        with pytest.raises(Refused) as caught:
            sealed(b"x", custodians=list_, k=k, threshold=k)
        assert caught.value.code == code


def test_source_must_have_the_declared_size() -> None:
    for size in (1, 3):
        with pytest.raises(Refused, match="envelope.source_size"):
            sealed(b"xx", size=size)


def test_ticket_survives_json_and_hides_its_secrets() -> None:
    data, ticket = sealed(b"x")
    again = Ticket.from_json(json.loads(json.dumps(ticket.as_json())))
    assert again.as_json() == ticket.as_json()
    header = head(data)[1]
    assert unwrap_as_bidder(header, again) == unwrap_as_bidder(header, ticket)
    assert ticket.pseudonym_key.private_bytes_raw().hex() not in repr(ticket)
    assert repr(ContentKey(b"k" * 32)) == "ContentKey()"
    with pytest.raises(Refused, match="sealing.bad_field"):
        Ticket.from_json({"v": 1})


def test_key_and_certificate_must_belong_together() -> None:
    with pytest.raises(Refused, match="key.not_of_certificate"):
        SoftwareSigner(ec.generate_private_key(ec.SECP256R1()), signer("a").chain)
    with pytest.raises(Refused, match="key.unsupported"):
        SoftwareSigner(ec.generate_private_key(ec.SECP384R1()), signer("a").chain)


def test_another_pseudonym_cannot_sign_the_header() -> None:
    data, _ = sealed(b"x")
    header = head(data)[1]
    forged = header.encode() + header.sign(Ed25519PrivateKey.generate()) + data[head_size(header) :]
    assert refusal(forged) == "envelope.signature_bad"
