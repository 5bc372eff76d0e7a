"""Chains, revocation and faults against the running demo authorities."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from ca_interop import queries
from ca_interop.commands import ImportTrustList
from ca_interop.demo_ca.specifications import DEMO_CAS
from ca_interop.models import RevocationDocument, TrustListVersion
from ca_interop.rules.validation import Purpose, RevocationPolicy
from ca_interop.service import check_chain, check_signed
from journal.door import perform
from journal.models import Act
from kernel.actor import PUBLIC, SYSTEM
from kernel.errors import Refused
from sealing import statements
from tests.integration.ca_interop.authorities import house, recognized, subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    with recognized() as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("ca", [specification.id for specification in DEMO_CAS])
def test_a_signature_is_checked_and_its_evidence_kept(server, ca):
    signer = subscriber("江苏苏海建设有限公司", 11, "王海", ca)
    signed = statements.sign(statements.statement("login", {"challenge": "x"}), signer)
    checked = check_signed(signed, purpose="login", use=Purpose.LOGIN, at=now(), need_credit_code=True)
    facts = checked.validation.facts
    assert (facts.organization, facts.person, checked.validation.authority_id) == (
        "江苏苏海建设有限公司",
        "王海",
        ca,
    )
    assert checked.validation.revocation == "good"
    # One OCSP answer or list for each certificate below the anchor; an indirect list speaks of all at once.
    wanted = 1 if ca == "demo-ca-7" else len(checked.validation.path.certificates) - 1
    assert len(checked.revocation_sha256) == wanted
    assert all(queries.evidence(d) for d in checked.revocation_sha256)


@pytest.mark.parametrize("ca", ["demo-ca-1", "demo-ca-2", "demo-ca-3"])
def test_a_name_of_forty_characters_is_read(server, ca):
    name = "中国建筑第八工程局有限公司与江苏省水利工程建设局联合设立盐城市政基础设施建设有限责任公司"
    checked = check_chain(subscriber(name, 17, "欧阳海", ca).chain, Purpose.SIGN, now())
    assert (len(name), checked.facts.organization) == (44, name)


def test_fresh_evidence_is_not_asked_for_twice(server):
    signer = subscriber("江苏苏海建设有限公司", 11, "王海")
    first = check_chain(signer.chain, Purpose.SIGN, now())
    server.house.faults["demo-ca-2"] = "down"
    again = check_chain(signer.chain, Purpose.SIGN, now())
    assert again.revocation_sha256 == first.revocation_sha256


def test_a_revoked_certificate_is_refused_with_its_date(server):
    signer = subscriber("江苏苏海建设有限公司", 11, "王海")
    house().authorities["demo-ca-2"].revoke(signer.chain[0].serial_number, now() - timedelta(days=5))
    with pytest.raises(Refused) as refused:
        check_chain(signer.chain, Purpose.LOGIN, now())
    assert refused.value.code == "certificate.revoked"
    assert "demo" not in refused.value.reasons[0].zh


def test_a_replayed_ocsp_answer_falls_back_to_the_list(server):
    server.house.faults["demo-ca-2"] = "wrong_nonce"
    checked = check_chain(subscriber("甲", 12, "甲一").chain, Purpose.SIGN, now())
    assert checked.revocation == "good"
    assert set(RevocationDocument.objects.filter(sha256__in=checked.revocation_sha256).values_list("kind", flat=True)) == {"crl"}  # fmt: skip


def test_authorities_that_are_down_are_a_busy_refusal_or_a_recorded_step(server):
    server.house.faults["demo-ca-2"] = "down"
    signer = subscriber("甲", 13, "甲一")
    with pytest.raises(Refused) as refused:
        check_chain(signer.chain, Purpose.LOGIN, now())
    assert (refused.value.code, refused.value.kind.value) == ("certificate.revocation_undecided", "busy")
    soft = check_chain(signer.chain, Purpose.SIGN, now(), policy=RevocationPolicy.SOFT)
    assert soft.revocation == "undecided"


def test_the_policy_is_the_acts_and_what_it_let_through_is_an_act(server, settings):
    settings.REVOCATION_SOFT = frozenset({"share-release"})
    server.house.faults["demo-ca-2"] = "down"
    signer = subscriber("甲", 18, "甲一")

    def check(purpose):
        signed = statements.sign(statements.statement(purpose, {"x": 1}), signer)
        return check_signed(signed, purpose=purpose, at=at).validation

    at = now()
    assert check("share-release").revocation == "undecided"
    assert check("share-release").revocation == "undecided"
    with pytest.raises(Refused):
        check("guarantee-demand")
    act = Act.objects.get(verb="revocation.accept_undecided")
    noted = act.document["payload"]
    assert (noted["act"], noted["policy"]) == ("share-release", "soft")
    assert "没有可用的吊销列表" in noted["why"]


def test_an_answer_within_its_period_still_counts_when_the_responder_goes_down(server):
    signer = subscriber("甲", 19, "甲一", "demo-ca-8")
    check_chain(signer.chain, Purpose.SIGN, now())
    RevocationDocument.objects.update(fetched_at=now() - timedelta(hours=2))
    server.house.faults["demo-ca-8"] = "down"
    assert check_chain(signer.chain, Purpose.SIGN, now()).revocation == "good"


def test_slow_authorities_cost_a_bounded_time(server, settings):
    settings.REVOCATION_TIMEOUT_SECONDS = 0.2
    server.house.faults["demo-ca-2"] = "slow"
    started = time.monotonic()
    with pytest.raises(Refused) as refused:
        check_chain(subscriber("甲", 14, "甲一").chain, Purpose.LOGIN, now())
    assert refused.value.code == "certificate.revocation_undecided"
    assert time.monotonic() - started < 1.5


def test_a_list_within_its_period_still_counts_when_the_authority_goes_down(server):
    server.house.faults["demo-ca-1"] = "wrong_nonce"
    signer = subscriber("甲", 15, "甲一", "demo-ca-1")
    check_chain(signer.chain, Purpose.SIGN, now())
    RevocationDocument.objects.update(fetched_at=now() - timedelta(days=1))
    server.house.faults["demo-ca-1"] = "down"
    assert check_chain(signer.chain, Purpose.SIGN, now()).revocation == "good"


def test_a_bare_key_is_no_certificate(server):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signed = statements.sign(statements.statement("login", {}), Ed25519PrivateKey.generate())
    with pytest.raises(Refused) as refused:
        check_signed(signed, purpose="login", at=now())
    assert refused.value.code == "statement.no_certificate"


def test_trust_lists_are_imported_once_in_order_by_those_who_may(server):
    signed = house().trust_list(server.url)
    assert TrustListVersion.objects.get().version == 1
    listed = [row["id"] for row in signed["statement"]["payload"]["authorities"]]
    assert Act.objects.get(verb="trust_list.import").document["payload"]["authorities"] == listed
    for actor, command, wanted in (
        (SYSTEM, ImportTrustList(signed), "trust_list.not_newer"),
        (PUBLIC, ImportTrustList(signed), "trust_list.only_center"),
        (SYSTEM, ImportTrustList({**signed, "signature": {"alg": "ecdsa-p256-sha256", "value": "AAAA"}}), "statement.signature_bad"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            perform(command, actor, via="cli")
        assert refused.value.code == wanted


def test_an_unknown_publisher_is_refused():
    with pytest.raises(Refused) as refused:
        perform(ImportTrustList(house().trust_list("http://127.0.0.1:1")), SYSTEM, via="cli")
    assert refused.value.code == "trust_list.unknown_publisher"


def test_without_a_list_nothing_counts():
    with pytest.raises(Refused) as refused:
        check_chain(subscriber("甲", 16, "甲一").chain, Purpose.LOGIN, now())
    assert refused.value.code == "trust_list.not_in_force"


def test_everybody_sees_keys_and_list(server, client):
    page = client.get("/ca/").content.decode()
    assert "演示 CA 三" in page
    keys = client.get("/api/v1/keys").json()
    assert (sorted(keys), len(keys["platform_public_key"])) == (
        ["log_origin", "log_vkey", "platform_public_key"],
        64,
    )
    assert client.get("/api/v1/trust-list").json()["statement"]["type"] == "mingtang/trust-list"
