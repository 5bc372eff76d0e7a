"""Every provider's folder: its profile reads what the authority writes, its adapter reads what its tools write.

A new authority is a new folder; these tests find it there.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from ca_interop.demo_ca import specifications
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.providers import providers
from ca_interop.providers.adapter import ProfileAdapter, adapter_of
from ca_interop.rules import enveloped_key
from ca_interop.rules.profiles import CiphertextOrder, profile_from_json
from ca_interop.rules.signatures import checking
from kernel.errors import Refused
from sealing import der, sm2
from sealing.signer import SoftwareSigner
from sealing.sm2 import Sm2PrivateKey
from tests.unit.ca_interop.test_demo_authorities import AT, CODE, END, START, authority

ALL = list(providers().values())
DEMO = [p for p in ALL if p.checked_with == "demo_ca"]
SM2 = [p for p in DEMO if "sm2" in p.algorithms]
WHO = Subscriber("盐城城南建设工程有限公司", CODE, "周建")


def by_id(provider) -> str:
    return provider.id


def code(run, *arguments) -> str:
    with pytest.raises(Refused) as refused:
        run(*arguments)
    return refused.value.code


@pytest.mark.parametrize("provider", ALL, ids=by_id)
def test_a_folder_says_what_an_authority_is(provider):
    assert profile_from_json(provider.profile.as_json()) == provider.profile
    assert provider.profile.key == provider.id
    assert provider.folder == provider.id.replace("-", "_")
    assert provider.quirks_zh
    assert provider.quirks_en
    assert provider.checked_with in ("demo_ca", "certificate", "unverified")
    assert (provider.sandbox, provider.checked_with) != (True, "unverified")
    assert isinstance(adapter_of(provider.profile), ProfileAdapter)
    assert type(adapter_of(provider.profile)) is not ProfileAdapter or not provider.has_adapter


def test_every_demo_authority_has_its_folder():
    assert {s.id for s in specifications.DEMO_CAS} == {p.id for p in DEMO}


@pytest.mark.parametrize("provider", DEMO, ids=by_id)
def test_names_and_codes_are_read_from_where_the_authority_puts_them(provider):
    got = authority(provider.id).issue(WHO, not_before=START, not_after=END)
    for issued in (got.signing, got.encryption):
        facts = adapter_of(provider.profile).facts(issued.certificate)
        assert (facts.organization, facts.credit_code, facts.person) == (WHO.organization, CODE, WHO.person)
    assert got.dual == provider.profile.dual


@pytest.mark.parametrize("provider", DEMO, ids=by_id)
def test_messages_are_of_the_authoritys_syntax(provider):
    issued = authority(provider.id).issue(WHO, not_before=START, not_after=END).signing
    assert issued.key is not None
    adapter = adapter_of(provider.profile)
    made = adapter.sign(b"bid", SoftwareSigner(issued.key, issued.full_chain), AT)
    read = adapter.read_message(made)
    checking.check(read.signers[0], b"bid", read.content_type)
    other = next(p for p in DEMO if p.profile.messages is not provider.profile.messages)
    assert code(adapter_of(other.profile).read_message, made) == "provider.other_syntax"


@pytest.mark.parametrize("provider", SM2, ids=by_id)
def test_ciphertexts_of_its_tools_are_read(provider):
    adapter, key = adapter_of(provider.profile), Sm2PrivateKey.generate(os.urandom)
    sealed = key.public_key().encrypt(b"k" * 32)
    theirs = adapter.write_ciphertext(sealed)
    assert key.decrypt(adapter.read_ciphertext(theirs)) == b"k" * 32
    for bad in (b"", b"04", theirs[:40], b"\x00" * 120, b"zz" * 100):
        assert code(adapter.read_ciphertext, bad) == "provider.bad_ciphertext"


def test_the_orders_are_all_there_and_differ():
    sealed = Sm2PrivateKey.generate(os.urandom).public_key().encrypt(b"k" * 32)
    told = providers()["demo-ca-4"].profile.as_json()
    spelt = {
        order: ProfileAdapter(profile_from_json({**told, "key": "x", "ciphertext": order.value}))
        for order in CiphertextOrder
    }
    assert len({adapter.write_ciphertext(sealed) for adapter in spelt.values()}) == 3
    for adapter in spelt.values():
        assert adapter.read_ciphertext(adapter.write_ciphertext(sealed)) == sealed


def test_the_encryption_key_comes_in_an_envelope_for_the_signing_key():
    mine, made, another = (Sm2PrivateKey.generate(os.urandom) for _ in range(3))
    data = enveloped_key.envelop(made, mine.public_key(), os.urandom)
    assert enveloped_key.take_out(data, mine) == made
    assert code(enveloped_key.take_out, data, another) == "enveloped_key.bad"
    parts = [part.raw for part in der.children(data)]
    swapped = der.encode(der.BITS, b"\0", another.public_key().point)
    forged = der.encode(der.SEQUENCE, parts[0], parts[1], swapped, parts[3])
    assert code(enveloped_key.take_out, forged, mine) == "enveloped_key.bad"
    for cut in range(0, len(data), 7):
        assert code(enveloped_key.take_out, data[:cut], mine) == "enveloped_key.bad"


def test_an_sm2_subscriber_keeps_its_signing_key(tmp_path):
    key = Sm2PrivateKey.generate(os.urandom)
    got = authority("demo-ca-4").issue(
        WHO, not_before=START, not_after=AT + timedelta(days=9), public_key=key.public_key()
    )
    assert (got.signing.key, got.dual) == (None, True)
    assert sm2.public_key_of(got.signing.certificate) == key.public_key()
