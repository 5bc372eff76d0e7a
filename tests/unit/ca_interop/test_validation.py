from datetime import UTC, datetime, timedelta

import pytest

from ca_interop.demo_ca.authority import DemoAuthority
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.specifications import CA_TWO
from ca_interop.rules.revocation import RevocationEvidence
from ca_interop.rules.trust_list import TrustList
from ca_interop.rules.validation import Purpose, validate
from kernel.errors import Refused

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def test_revocation_refuses_from_its_time_on_and_not_before():
    ca = DemoAuthority.create(CA_TWO, not_before=NOW - 365 * DAY, not_after=NOW + 365 * DAY)
    listed = TrustList(1, "省", NOW, NOW, (ca.entry(effective_from=NOW - 30 * DAY),))
    mine = ca.issue(Subscriber(person="张三"), not_before=NOW - DAY, not_after=NOW + DAY).signing
    ca.revoke(mine.certificate.serial_number, NOW)
    evidence = RevocationEvidence(ca.crls(NOW))
    before = validate(mine.certificate, (), listed, NOW - DAY / 2, Purpose.SIGN, evidence)
    assert before.revocation == "good"
    with pytest.raises(Refused) as refused:
        validate(mine.certificate, (), listed, NOW, Purpose.SIGN, evidence)
    assert refused.value.code == "certificate.revoked"
