"""The demo authorities' time-stamps as the platform's rules read them, honest and forged."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_interop.demo_ca import keys
from ca_interop.demo_ca.stamping import Stamper
from ca_interop.rules.signatures import timestamps
from kernel.errors import Refused
from tests.unit.ca_interop.test_demo_authorities import AT, IDS, authority, issued

DATA, NONCE = b"bid", 1 << 100 | 7


@functools.cache
def answer(name: str = "demo-ca-2", hash_name: str = "sha256") -> bytes:
    return authority(name).stamper.answer(timestamps.request(DATA, NONCE, hash_name), AT)


def code(run, *arguments) -> str:
    with pytest.raises(Refused) as refused:
        run(*arguments)
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "hash_name"), [*((i, "sha256") for i in IDS), ("demo-ca-1", "sha512"), ("demo-ca-4", "sm3")]
)
def test_a_stamp_says_when_and_by_whom(name, hash_name):
    token = timestamps.token_of(answer(name, hash_name), DATA, NONCE)
    stamp = timestamps.read(token, DATA)
    assert (stamp.at, stamp.leaf) == (AT, authority(name).tsa.certificate)


def test_a_subscribers_certificate_stamps_nothing():
    one = issued("demo-ca-2")
    assert one.key is not None
    forged = Stamper(one.certificate, one.key, one.chain).answer(timestamps.request(DATA, NONCE), AT)
    assert code(timestamps.token_of, forged, DATA, NONCE) == "timestamp.wrong_certificate"


def test_a_signature_by_another_key_is_seen():
    forger = Stamper(authority("demo-ca-2").tsa.certificate, keys.generate_key("p256"), ())
    forged = forger.answer(timestamps.request(DATA, NONCE), AT)
    assert code(timestamps.token_of, forged, DATA, NONCE).startswith("signature.")


def test_a_policy_the_service_does_not_know_is_not_granted():
    from asn1crypto import tsp

    asked = tsp.TimeStampReq.load(timestamps.request(DATA, NONCE))
    asked["req_policy"] = "1.2.3.4"
    refusing = authority("demo-ca-2").stamper.answer(asked.dump(force=True), AT)
    assert code(timestamps.token_of, refusing, DATA, NONCE) == "timestamp.refused"


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 5000), value=st.integers(0, 255), cut=st.integers(0, 60))
def test_a_changed_answer_is_refused_or_says_the_same(place, value, cut):
    changed = bytearray(answer())
    changed[place % len(changed)] = value
    data = bytes(changed[: len(changed) - cut] if cut < 10 else changed)
    refused, at = "", AT
    try:
        at = timestamps.read(timestamps.token_of(data, DATA, NONCE), DATA).at
    except Refused as refusal:
        refused = refusal.code.split(".")[0]
    assert refused in ("", "timestamp", "certificate", "signature", "key")
    assert at == AT
