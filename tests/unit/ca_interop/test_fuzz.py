"""Every door that reads certificates, lists and answers, fed with broken ones: a refusal, never another error.

A few hundred cases with the suite; ``FULL=1`` does 120,000 (``FUZZ_SEED`` chooses others).
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from ca_interop.rules.certificates import facts, load_certificate
from ca_interop.rules.profiles import GENERIC
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence, read_crl, read_ocsp
from ca_interop.rules.rfc5280.der import item_at
from ca_interop.rules.rfc5280.faults import Budget, Malformed
from ca_interop.rules.rfc5280.ocsp import key_bits
from ca_interop.rules.rfc5280.request import answer
from ca_interop.rules.trust_list import Authority, TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, validate
from kernel.errors import Refused
from tests.unit.ca_interop.rfc5280.forge import (
    GOOD,
    answer_about,
    b64,
    ca,
    cert,
    crl,
    dn,
    entry,
    entry_issuer,
    ext,
    gone,
    idp,
    inhibit_any,
    mappings,
    oid,
    point,
    points,
    pol,
    rdn,
    reason,
    san,
    seq,
    subtrees,
    tlv,
    usage,
)

CASES = 120_000 if os.environ.get("FULL") else 400
SEED = int(os.environ.get("FUZZ_SEED", "5280"))
AT = datetime(2026, 6, 1, tzinfo=UTC)
TOP = ca("Fuzz root")
ISSUER = ca(
    dn("O=盐城", "CN=Fuzz issuer", tag=0x0C), TOP, pol("1.2.3", "2.5.29.32.0"), mappings(("1.2.3", "1.2.4")),
    inhibit_any(3), subtrees(["dns:a.cn", "mail:a.cn", dn("O=W")], ["ip:0a000000ff000000", "uri:.b.cn"]),
)  # fmt: skip
LEAF = cert(
    dn("O=W", "CN=Fuzz leaf"), ISSUER, usage(0, 1), pol("1.2.4"),
    san("dns:x.a.cn", "mail:u@a.cn", "ip:0b000001", "uri:http://c.cn/", "other:1.2.3", dn("O=W")),
    points(point(["uri:http://a.cn/1"], reasons=(1, 2)), point(relative=rdn("CN=p"), issuer=dn("Lister"))),
    ext("2.5.29.35", seq(tlv(0x80, b"key"), tlv(0xA1, tlv(0xA4, dn("Fuzz root"))), tlv(0x82, b"\1"))),
    ext("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.1"))),
)  # fmt: skip
RESPONDER = cert("Responder", ISSUER, usage(0), ext("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.9"))))
LIST = crl(
    ISSUER, LEAF, entry(77, reason(6), entry_issuer(dn("Else"))), entry(78, ext("2.5.29.24", tlv(0x18, b"20250101000000Z"))),
    extensions=[idp(["uri:http://a.cn/1"], reasons=(1, 2), indirect=True), ext("2.5.29.60", tlv(0x18, b"20200101000000Z"))],
)  # fmt: skip
ANSWERS = [
    answer_about(LEAF, ISSUER, signer=RESPONDER, held=[RESPONDER], nonce=b"n" * 16, cutoff="20200101000000Z"),
    answer_about(LEAF, ISSUER, status=gone("20250101000000Z"), by_key=True),
    answer_about(LEAF, ISSUER, status=GOOD, end=None),
]
REQUEST = {
    "id": "z", "leaf": b64(LEAF.der), "intermediates": [b64(ISSUER.der)], "anchors": [b64(TOP.der)],
    "crls": [b64(LIST), b64(crl(TOP))], "time": "2026-06-01T00:00:00Z", "require_revocation": True, "policies": ["1.2.3"],
    "explicit_policy": True, "inhibit_policy_mapping": False, "inhibit_any_policy": False, "purpose": "server",
    "peer_name": {"kind": "DNS", "value": "x.a.cn"}, "max_path_length": 3,
}  # fmt: skip
INTERESTING = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    0x0C,
    0x13,
    0x17,
    0x18,
    0x30,
    0x31,
    0x7F,
    0x80,
    0x81,
    0x82,
    0x84,
    0xA0,
    0xA3,
    0xFF,
)


def items(data: bytes) -> list[tuple[int, int]]:
    """(head, stop) of every TLV inside, at any depth."""
    found, waiting = [], [(0, len(data))]
    while waiting:
        at, end = waiting.pop()
        while at < end:
            try:
                item = item_at(data, at, end)
            except Malformed:
                break
            found.append((item.head, item.stop))
            if item.tag & 0x20 or item.tag == 0x04:
                waiting.append((item.start, item.stop))
            at = item.stop
    return found


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Bytes changed, elements cut, doubled, swapped or nested; sometimes the end is gone."""
    changed = bytearray(data)
    kind = rng.random()
    if kind < 0.5:
        for _ in range(rng.choice((1, 1, 2, 4))):
            changed[rng.randrange(len(changed))] = rng.choice((*INTERESTING, rng.randrange(256)))
    elif kind < 0.9:
        (a, b), (c, d) = rng.choices(items(data), k=2)
        piece = rng.choice(
            (
                b"",
                data[a:b] * 2,
                data[c:d],
                tlv(0x30, data[a:b]),
                bytes([rng.choice(INTERESTING)]) + data[a + 1 : b],
            )
        )
        changed[a:b] = piece
        if rng.random() < 0.5:  # lengths above it stay wrong otherwise
            return _repaired(bytes(changed))
    else:
        del changed[rng.randrange(len(changed)) :]
    return bytes(changed)


def _repaired(data: bytes) -> bytes:
    """The outermost length set right, so that more of the reader is reached."""
    return tlv(0x30, data[4:]) if data[1:2] == b"\x82" else data


def broken_json(rng: random.Random) -> bytes:
    fields = dict(REQUEST)
    name = rng.choice(list(fields))
    values = (None, True, 0, -1, 10**30, "", "AAAA", "é", [], [[]], {}, {"kind": "IP"}, ["1.2"], [None], 1.5)
    fields[name] = rng.choice(values)
    line = bytearray(json.dumps(fields).encode())
    if rng.random() < 0.3:
        line[rng.randrange(len(line))] = rng.randrange(256)
    return bytes(line)


def through_the_command(rng: random.Random) -> None:
    if rng.random() < 0.2:
        found = answer(broken_json(rng), Budget())
    else:
        field, data = rng.choice(
            (("leaf", LEAF.der), ("intermediates", ISSUER.der), ("anchors", TOP.der), ("crls", LIST))
        )
        text = b64(mutated(rng, data))
        found = answer(json.dumps({**REQUEST, field: text if field == "leaf" else [text]}).encode(), Budget())
    assert isinstance(found["ok"], bool)
    assert isinstance(found["reason"], str)


def through_the_platform(rng: random.Random) -> None:
    """``load_certificate``, facts, and ``validate`` with broken certificates and evidence."""
    leaf, issuer = LEAF.der, ISSUER.der
    if rng.random() < 0.5:
        leaf, issuer = mutated(rng, leaf), rng.choice((issuer, mutated(rng, issuer)))
    try:
        read, above = load_certificate(leaf), load_certificate(issuer)
        facts(read, GENERIC)
        evidence = RevocationEvidence(
            (mutated(rng, LIST), crl(TOP)), (OcspAnswer(mutated(rng, rng.choice(ANSWERS))),)
        )
        validate(read, [above], TRUST, AT, Purpose.SIGN, evidence, rng.choice(list(RevocationPolicy)))
    except Refused:
        return


def through_the_readers(rng: random.Random) -> None:
    for read, data in ((read_crl, LIST), (lambda d: read_ocsp(OcspAnswer(d)), rng.choice(ANSWERS))):
        try:
            read(mutated(rng, data))
        except Refused:
            continue


TRUST = TrustList(
    1, "省", AT, AT, (Authority("a", "演示", GENERIC, (load_certificate(TOP.der),), (), (), (), AT),)
)


@pytest.mark.parametrize("door", [through_the_command, through_the_platform, through_the_readers])
def test_broken_bytes_are_refused(door):
    rng = random.Random(SEED)
    for _ in range(CASES // 3):
        door(rng)


def whole_variants(data: bytes) -> Iterator[bytes]:
    """Each element emptied, and each left out, with every length above it set right."""
    for head, stop in items(data):
        yield _spliced(data, head, stop, bytes([data[head], 0]))
        yield _spliced(data, head, stop, b"")


def _spliced(data: bytes, head: int, stop: int, piece: bytes) -> bytes:
    """``data`` with ``piece`` in place of the element from ``head`` to ``stop``."""
    around = sorted((a, b) for a, b in items(data) if a < head and stop <= b)
    for a, b in reversed(around):
        inside = item_at(data, a, b)
        piece = tlv(data[a], data[inside.start : head] + piece + data[stop : inside.stop])
        head, stop = a, b
    return data[:head] + piece + data[stop:]


def test_what_is_missing_inside_is_refused_too():
    """Random bytes seldom keep the lengths right, and so seldom reach what is deep inside."""
    for broken in {v for data in ANSWERS for v in whole_variants(data)}:
        with suppress(Refused):
            read_ocsp(OcspAnswer(broken))
        evidence = RevocationEvidence((LIST, crl(TOP)), (OcspAnswer(broken),))
        with suppress(Refused):
            above = load_certificate(ISSUER.der)
            validate(
                load_certificate(LEAF.der), [above], TRUST, AT, Purpose.SIGN, evidence, RevocationPolicy.HARD
            )
    for broken in set(whole_variants(LIST)):
        with suppress(Refused):
            read_crl(broken)
    with pytest.raises(Malformed):
        key_bits(tlv(0x30, b""))
    with pytest.raises(Malformed):
        key_bits(seq())
