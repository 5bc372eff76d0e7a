"""Time-stamps from the running demo authorities, and their faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ca_interop import queries, timestamping
from kernel.errors import Refused
from tests.integration.ca_interop.authorities import house, recognized

pytestmark = pytest.mark.django_db
RECORD = b"opening record"


@pytest.fixture
def server():
    with recognized() as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("ca", ["demo-ca-1", "demo-ca-2", "demo-ca-3"])
def test_each_authority_stamps_and_its_certificate_is_checked(server, ca):
    got = timestamping.stamp(RECORD, now(), authority_id=ca)
    assert (got.validation.authority_id, got.validation.revocation) == (ca, "good")
    assert abs(got.stamp.at - now()) < timedelta(seconds=30)
    assert all(queries.evidence(d) for d in got.as_json()["revocation_sha256"])
    assert timestamping.check(got.token, RECORD).stamp == got.stamp


def test_a_kept_token_of_other_content_is_refused(server):
    token = timestamping.stamp(RECORD, now()).token
    with pytest.raises(Refused) as refused:
        timestamping.check(token, b"another record")
    assert refused.value.code == "timestamp.other_imprint"


@pytest.mark.parametrize(
    ("fault", "words"),
    [("down", "HTTP 503"), ("wrong_nonce", "随机数"), ("expired", "相差过大"), ("slow", "")],
)
def test_a_faulty_service_is_named_and_the_next_one_stamps(server, settings, fault, words):
    settings.REVOCATION_TIMEOUT_SECONDS = 0.5
    server.house.faults["demo-ca-1"] = fault
    assert timestamping.stamp(RECORD, now()).validation.authority_id == "demo-ca-2"
    with pytest.raises(Refused) as refused:
        timestamping.stamp(RECORD, now(), authority_id="demo-ca-1")
    assert refused.value.code == "timestamp.no_service"
    assert refused.value.kind.value == "busy"
    assert words in refused.value.reasons[0].zh


def test_a_revoked_stamper_is_refused(server):
    ca = house().authorities["demo-ca-3"]
    serial = ca.tsa.certificate.serial_number
    ca.revoked[serial] = (now() - timedelta(days=1), "keyCompromise")
    try:
        with pytest.raises(Refused) as refused:
            timestamping.stamp(RECORD, now(), authority_id="demo-ca-3")
    finally:
        del ca.revoked[serial]
    assert "吊销" in refused.value.reasons[0].zh
