"""What the demo authorities issue, judged by the engine of RFC 5280 and, where it can, by OpenSSL."""

from __future__ import annotations

import base64
import functools
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.demo_ca import specifications
from ca_interop.demo_ca.authority import DemoAuthority, Issued
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.rules.rfc5280.faults import Budget
from ca_interop.rules.rfc5280.request import answer
from kernel.canonical_json import canonical
from kernel.clock import iso
from kernel.errors import Refused
from kernel.ids import credit_code_check_digit

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
CODE = "91320913MA1REW551" + credit_code_check_digit("91320913MA1REW551")
IDS = [spec.id for spec in specifications.DEMO_CAS]


@functools.cache
def authority(name: str) -> DemoAuthority:
    spec = next(s for s in specifications.DEMO_CAS if s.id == name)
    return DemoAuthority.create(spec, not_before=START, not_after=END)


def issued(name: str) -> Issued:
    who = Subscriber("盐城城南建设工程有限公司", CODE, "周建")
    return authority(name).issue(who, not_before=START, not_after=END).signing


def b64(certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def judged(one: Issued, anchors, others, crls=(), *, at=AT) -> str:
    request = {
        "id": "1",
        "leaf": b64(one.certificate),
        "anchors": [b64(c) for c in anchors],
        "intermediates": [b64(c) for c in others],
        "crls": [base64.b64encode(c).decode() for c in crls],
        "time": iso(at),
        "require_revocation": bool(crls),
        "allow_sha1": False,
    }
    said = answer(canonical(request), Budget(clock=lambda: 0.0, start=0.0))
    return str(said["reason"])


@pytest.mark.parametrize("name", IDS)
def test_a_chain_holds_and_a_revoked_certificate_is_found(name):
    one, ca = issued(name), authority(name)
    others = ca.entry(effective_from=START).intermediates
    if ca.crls(AT):
        assert judged(one, [ca.root], others, ca.crls(AT)) == "ok"
        ca.revoke(one.certificate.serial_number, AT)
        later = AT + timedelta(hours=1)
        assert judged(one, [ca.root], others, ca.crls(later), at=later) == "revoked"
    else:
        assert judged(one, [ca.root], others) == "ok"


def test_a_pair_judges_each_others_subscribers():
    five, six = authority("demo-ca-5"), authority("demo-ca-6")
    one, two = five.cross_certify(six, (START, END)), six.cross_certify(five, (START, END))
    under_five = judged(
        issued("demo-ca-6"), [five.root], [one, *six.intermediates], (*five.crls(AT), *six.crls(AT))
    )
    under_six = judged(
        issued("demo-ca-5"), [six.root], [two, *five.intermediates], (*six.crls(AT), *five.crls(AT))
    )
    assert (under_five, under_six) == ("ok", "ok")
    assert judged(issued("demo-ca-6"), [five.root], six.intermediates) == "no_path"


def openssl(*words: object) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", [s.id for s in specifications.DEMO_CAS if s.subscriber != "sm2"])
def test_openssl_takes_its_ocsp_answers_and_time_stamps(name, tmp_path):
    ca, one = authority(name), issued(name)
    for label, certificates in (("leaf", [one.certificate]), ("issuer", [ca.issuer.certificate]), ("chain", [ca.root, *ca.intermediates])):  # fmt: skip
        (tmp_path / label).write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    now = datetime.now(UTC)
    names = ["-issuer", tmp_path / "issuer", "-cert", tmp_path / "leaf"]
    openssl("ocsp", *names, "-reqout", tmp_path / "request")
    (tmp_path / "answer").write_bytes(ca.ocsp((tmp_path / "request").read_bytes(), now))
    said = openssl("ocsp", "-no_nonce", "-respin", tmp_path / "answer", *names, "-CAfile", tmp_path / "chain")
    assert "Response verify OK" in said
    assert f"{tmp_path}/leaf: good" in said
    (tmp_path / "data").write_bytes(b"bid")
    openssl("ts", "-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", tmp_path / "query")
    (tmp_path / "stamp").write_bytes(ca.stamper.answer((tmp_path / "query").read_bytes(), now))
    assert "Verification: OK" in openssl(
        "ts", "-verify", "-queryfile", tmp_path / "query", "-in", tmp_path / "stamp", "-CAfile", tmp_path / "chain"
    )  # fmt: skip


def test_an_algorithm_it_does_not_certify_is_refused():
    with pytest.raises(Refused) as refused:
        authority("demo-ca-2").issue(Subscriber("甲"), not_before=START, not_after=END, algorithm="rsa-4096")
    assert refused.value.code == "demo_ca.bad_request"


@pytest.mark.parametrize(
    ("request_", "why"), [(b"", b"not a TimeStampReq"), (b"\x30\x03\x02\x01\x01", b"not a TimeStampReq")]
)
def test_a_bad_time_stamp_request_is_rejected_in_der(request_, why):
    assert why in authority("demo-ca-2").stamper.answer(request_, AT)
