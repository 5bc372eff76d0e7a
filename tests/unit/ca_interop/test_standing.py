"""The platform's own question: chain, names, standing and time together, with the engine of RFC 5280 behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from ca_interop.demo_ca.authority import DemoAuthority
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.specifications import CA_FIVE, CA_FOUR, CA_SEVEN, CA_SIX
from ca_interop.rules.profiles import GENERIC
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence
from ca_interop.rules.trust_list import Authority, TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, validate
from kernel.errors import Refused
from sealing import sm2
from tests.unit.ca_interop.rfc5280 import forge
from tests.unit.ca_interop.rfc5280.forge import (
    UNKNOWN,
    Made,
    answer_about,
    ca,
    cert,
    constraints,
    crl,
    delta_of,
    dn,
    entry,
    ext,
    gone,
    idp,
    oid,
    seq,
    subtrees,
    tlv,
    usage,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TOP = ca("Platform root")
ISSUER = ca("Platform issuer", TOP)
LEAF = cert(dn("O=盐城建设", "CN=张三", tag=0x0C), ISSUER, usage(0, 1), label="zhang")
TOP_LIST = crl(TOP)


def parsed(made: Made) -> x509.Certificate:
    return x509.load_der_x509_certificate(made.der)


def listed(*anchors: Made, others: tuple[Made, ...] = (), **more) -> TrustList:
    authority = Authority(
        "a", "演示", GENERIC, tuple(map(parsed, anchors)), tuple(map(parsed, others)), (), (),
        **{"effective_from": AT - 900 * DAY, **more},
    )  # fmt: skip
    return TrustList(1, "省", AT, AT, (authority,))


TRUST = listed(TOP)


def judge(
    leaf: Made, *between: Made, trust=TRUST, at=AT, crls=(), ocsp=(), policy="hard", **more
) -> Validation:
    answers = tuple(a if isinstance(a, OcspAnswer) else OcspAnswer(a) for a in ocsp)
    evidence = RevocationEvidence(tuple(crls), answers)
    return validate(
        parsed(leaf), [parsed(c) for c in between], trust, at, more.pop("purpose", Purpose.SIGN), evidence,
        RevocationPolicy(policy), **more,
    )  # fmt: skip


def code(*args, **more) -> str:
    try:
        return judge(*args, **more).revocation
    except Refused as refused:
        return refused.code.removeprefix("certificate.")


def standing(*, crls=(), ocsp=(), at=AT, **more) -> str:
    return code(LEAF, ISSUER, crls=(TOP_LIST, *crls), ocsp=ocsp, at=at, **more)


def test_the_engine_judges_the_platforms_chains():
    lists = (TOP_LIST, crl(ISSUER))
    assert code(LEAF, ISSUER, crls=lists) == "good"
    assert code(LEAF, crls=lists) == "no_path"
    assert code(LEAF, ISSUER, crls=lists, at=AT - 20 * 365 * DAY) == "not_yet_valid"
    assert code(LEAF, ISSUER, crls=lists, at=AT + 20 * 365 * DAY) == "expired"
    assert code(LEAF, ca("Platform issuer", TOP, label="else"), crls=lists) == "bad_signature"
    assert code(LEAF, ISSUER, crls=lists, purpose=Purpose.SEAL) == "wrong_usage"
    assert code(LEAF, ISSUER, crls=lists, need_credit_code=True) == "no_credit_code"
    assert code(LEAF, *[ISSUER] * 101, crls=lists) == "too_complex"
    withdrawn = listed(TOP, withdrawn_at=AT - DAY)
    assert code(LEAF, ISSUER, crls=lists, trust=withdrawn) == "authority_withdrawn"
    assert code(LEAF, ISSUER, crls=lists, trust=withdrawn, at=AT - 2 * DAY) == "good"
    graceful = listed(TOP, withdrawn_at=AT - DAY, grace_until=AT + DAY)
    assert code(LEAF, ISSUER, crls=lists, trust=graceful) == "good"
    assert code(LEAF, ISSUER, crls=lists, trust=graceful, at=AT + DAY) == "authority_withdrawn"
    newer = cert("Newer", ISSUER, usage(0), start="260531120000Z")
    assert code(newer, ISSUER, crls=lists, trust=graceful) == "authority_withdrawn"
    found = judge(LEAF, ISSUER, crls=lists)
    assert (found.facts.organization, found.authority_id, len(found.path.certificates)) == (
        "盐城建设",
        "a",
        3,
    )
    assert len(found.evidence_sha256) == 2
    assert [s.code for s in found.steps] == [
        "path.found", "path.certificate", "path.certificate", "trust_list.authority", "certificate.use",
        "revocation.crl", "revocation.crl",
    ]  # fmt: skip


def test_names_policies_and_algorithms_count():
    def under(*extensions, leaf=(usage(0, 1),), **more):
        one = ca("Limited", TOP, *extensions, **more)
        return code(cert(dn("O=盐城建设", "CN=x", tag=0x0C), one, *leaf), one, policy="soft")

    assert under(subtrees([dn("O=盐城建设", tag=0x0C)])) == "undecided"
    assert under(subtrees([dn("O=南京建设", tag=0x0C)])) == "name_constraints"
    assert under(constraints(0)) == "policy"
    assert under(ext("1.2.3", b"", True)) == "critical_extension"
    assert under(digest="sha1") == "weak_algorithm"
    assert under(label="dsa weak", public=forge.spki("dsa weak")) == "weak_algorithm"
    assert under(length=0) == "undecided"
    sub = ca("Sub", short := ca("Short", TOP, length=0))
    assert code(cert("x", sub, usage(0)), sub, short, policy="soft") == "path_length"
    broken = cert("x", ISSUER, ext("2.5.29.37", seq()), usage(0))
    assert code(broken, ISSUER, policy="soft") == "malformed"


def test_lists_of_every_kind_count():
    clean = crl(ISSUER, number=5)
    assert standing(crls=[crl(ISSUER, LEAF)]) == "revoked"
    assert standing(crls=[clean, crl(ISSUER, LEAF, number=6, extensions=[delta_of(5)])]) == "revoked"
    assert standing(crls=[crl(ISSUER, LEAF, number=6, extensions=[delta_of(5)])]) == "revocation_undecided"
    assert standing(crls=[crl(ISSUER, extensions=[idp(cas=True)])]) == "revocation_undecided"
    assert standing(crls=[crl(ISSUER, extensions=[idp(users=True)])]) == "good"
    assert standing(crls=[b"\x30\x00", clean]) == "good"
    assert standing() == "revocation_undecided"
    assert standing(policy="soft") == "undecided"
    assert standing(crls=[crl(ISSUER, LEAF)], policy="soft") == "revoked"


def test_archived_signatures_are_judged_at_their_time():
    later = crl(ISSUER, entry(LEAF.serial, date="260601000000Z"), start="280101000000Z")
    assert standing(crls=[later], at=AT - DAY) == "good"
    assert standing(crls=[later], at=AT) == "revoked"
    invalid = ext("2.5.29.24", tlv(0x18, b"20260501000000Z"))
    known = crl(ISSUER, entry(LEAF.serial, invalid, date="260601000000Z"), start="280101000000Z")
    assert standing(crls=[known], at=AT - 15 * DAY) == "revoked"
    assert standing(crls=[known], at=AT - 60 * DAY) == "good"
    old = cert("Old", ISSUER, usage(0), end="260630000000Z")
    made_after = {"start": "280101000000Z"}
    assert code(old, ISSUER, crls=[TOP_LIST, crl(ISSUER, **made_after)]) == "revocation_undecided"
    keeps = ext("2.5.29.60", tlv(0x18, b"20200101000000Z"))
    assert code(old, ISSUER, crls=[TOP_LIST, crl(ISSUER, extensions=[keeps], **made_after)]) == "good"
    late = {"start": "20280101000000Z", "end": "20290101000000Z"}
    assert (
        code(old, ISSUER, crls=[TOP_LIST], ocsp=[answer_about(old, ISSUER, **late)]) == "revocation_undecided"
    )
    kept = answer_about(old, ISSUER, cutoff="20200101000000Z", **late)
    assert code(old, ISSUER, crls=[TOP_LIST], ocsp=[kept]) == "good"


def responder(*more, by=ISSUER, uses="1.3.6.1.5.5.7.3.9", **fields):
    return cert("Responder", by, usage(0), ext("2.5.29.37", seq(oid(uses))), *more, **fields)


def test_ocsp_answers():
    no_check = ext("1.3.6.1.5.5.7.48.1.5", b"\x05\x00")
    delegate = responder(no_check)

    def told(**fields):
        return standing(ocsp=[answer_about(LEAF, ISSUER, **fields)])

    assert told() == "good"
    assert told(by_key=True) == "good"
    assert told(status=gone("20260501000000Z")) == "revoked"
    assert told(status=gone("20270501000000Z")) == "good"
    assert told(status=UNKNOWN) == "revocation_undecided"
    assert told(start="20260101000000Z", end="20260201000000Z") == "revocation_undecided"
    assert told(end=None) == "revocation_undecided"
    assert told(serial=1) == "revocation_undecided"
    assert told(signer=TOP) == "revocation_undecided"
    assert told(signer=delegate, held=[delegate]) == "good"
    assert told(signer=delegate) == "revocation_undecided"
    for bad in (
        responder(uses="1.3.6.1.5.5.7.3.1"),
        responder(by=TOP),
        responder(end="250101000000Z"),
        responder(break_signature=True),
        responder(label="dsa responder", public=forge.spki("dsa responder")),
    ):
        assert told(signer=bad, held=[bad]) == "revocation_undecided"
    asked = standing(ocsp=[OcspAnswer(answer_about(LEAF, ISSUER, nonce=b"n" * 32), b"n" * 32)])
    assert asked == "good"
    replayed = [OcspAnswer(answer_about(LEAF, ISSUER, nonce=b"m" * 32), b"n" * 32)]
    assert standing(ocsp=replayed) == "revocation_undecided"
    assert standing(ocsp=[b"\x30\x03\x0a\x01\x06"]) == "revocation_undecided"
    # A proof of revocation wins, whichever document brings it.
    assert standing(ocsp=[answer_about(LEAF, ISSUER)], crls=[crl(ISSUER, LEAF)]) == "revoked"
    plain = responder()
    gone_list = [crl(ISSUER, plain, extensions=[idp(users=True)])]
    answers = [answer_about(LEAF, ISSUER, signer=plain, held=[plain])]
    assert standing(ocsp=answers) == "good"
    judged = judge(LEAF, ISSUER, crls=[TOP_LIST, *gone_list], ocsp=answers)
    assert [s.code for s in judged.steps if s.code.startswith("revocation")] == ["revocation.crl"] * 2


def test_why_nothing_decides_is_said():
    stale = answer_about(LEAF, ISSUER, start="20260101000000Z", end="20260201000000Z")
    for ocsp, word in (
        ([], "没有可用"),
        ([stale], "有效期"),
        ([OcspAnswer(answer_about(LEAF, ISSUER), b"x")], "随机数"),
    ):
        with pytest.raises(Refused) as refused:
            judge(LEAF, ISSUER, crls=[TOP_LIST], ocsp=ocsp)
        assert word in refused.value.reasons[0].zh


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto with SM2")
@pytest.mark.parametrize("specification", [CA_FOUR, CA_SEVEN], ids=lambda s: s.id)
def test_sm2_and_indirect_lists_of_the_demo_authorities(specification):
    made = DemoAuthority.create(specification, not_before=AT - 365 * DAY, not_after=AT + 365 * DAY)
    trust = TrustList(1, "省", AT, AT, (made.entry(effective_from=AT - 30 * DAY),))
    got = made.issue(Subscriber(person="乙"), not_before=AT - DAY, not_after=AT + DAY)
    one = got.signing.certificate
    for purpose, leaf in (
        (Purpose.LOGIN, one),
        (Purpose.SIGN, one),
        (Purpose.SEAL, got.encryption.certificate),
    ):
        found = validate(leaf, (), trust, AT, purpose, RevocationEvidence(made.crls(AT)))
        assert found.revocation == "good"
    made.revoke(one.serial_number, AT)
    with pytest.raises(Refused) as refused:
        validate(one, (), trust, AT + DAY / 2, Purpose.SIGN, RevocationEvidence(made.crls(AT + DAY / 2)))
    assert refused.value.code == "certificate.revoked"


def test_a_cross_certified_authority_is_recognized_by_the_other_alone():
    window = {"not_before": AT - 365 * DAY, "not_after": AT + 365 * DAY}
    five, six = (DemoAuthority.create(s, **window) for s in (CA_FIVE, CA_SIX))
    five.cross_certify(six, (window["not_before"], window["not_after"]))
    trust = TrustList(1, "省", AT, AT, (five.entry(effective_from=AT - 30 * DAY),))
    mine = six.issue(Subscriber(person="丙"), not_before=AT - DAY, not_after=AT + DAY).signing
    evidence = RevocationEvidence((*five.crls(AT), *six.crls(AT)))
    found = validate(mine.certificate, six.intermediates, trust, AT, Purpose.SIGN, evidence)
    assert (found.authority_id, found.revocation, len(found.path.certificates)) == ("demo-ca-5", "good", 4)
