"""Which list judges what: the one in force at the signature's time; a withdrawal with and without grace."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from ca_interop import queries
from ca_interop.commands import ImportTrustList, PublishTrustList
from ca_interop.rules.trust_list import PURPOSE
from ca_interop.rules.validation import Purpose
from ca_interop.service import check_chain
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.clock import iso
from kernel.errors import Refused
from sealing import statements
from sealing.signer import from_pem
from tests.integration.ca_interop.authorities import house, recognized, subscriber
from tests.integration.ca_interop.test_two_platforms import publisher_file

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def server():
    with recognized() as running:
        yield running


def publish(effective: datetime, **withdrawal: Any) -> int:
    """The next version, in which demo CA two is withdrawn as told; its number."""
    payload = queries.newest_list().as_payload()
    payload |= {
        "version": payload["version"] + 1,
        "issued_at": iso(effective),
        "effective_from": iso(effective),
    }
    two = next(row for row in payload["authorities"] if row["id"] == "demo-ca-2")
    two.pop("grace_until", None)
    two |= withdrawal
    signed = statements.sign(
        statements.statement(PURPOSE, payload), house().publisher_key, [house().publisher]
    )
    return int(perform(PublishTrustList(signed), SYSTEM, via="cli").result["version"])


def judged(signer, at: datetime) -> tuple[str, int]:
    """Verdict and version of the list that gave it."""
    try:
        return "ok", check_chain(signer.chain, Purpose.SIGN, at).trust_list_version
    except Refused as refusal:
        return refusal.code, queries.version_at(at).version


def test_an_old_signature_is_judged_by_the_list_of_its_time(server):
    now = datetime.now(UTC)
    old, young = subscriber("甲公司", 61, "甲一"), subscriber("甲公司", 61, "甲一", days_ago=0)
    withdrawn, until = now - 2 * HOUR, now + 20 * HOUR
    publish(withdrawn, withdrawn_at=iso(withdrawn), withdrawal_reason="ceased", grace_until=iso(until))
    assert judged(old, now - 3 * HOUR) == ("ok", 1)
    assert judged(old, now) == ("ok", 2)
    assert judged(young, now) == ("certificate.authority_withdrawn", 2)
    publish(now - HOUR, withdrawn_at=iso(withdrawn), withdrawal_reason="compromised")
    assert judged(old, now) == ("certificate.authority_withdrawn", 3)
    assert judged(old, now - timedelta(minutes=90)) == ("ok", 2)
    assert judged(old, now - 3 * HOUR) == ("ok", 1)


def test_a_list_for_later_waits_and_one_dated_back_is_refused(server):
    now = datetime.now(UTC)
    later = now + timedelta(days=3)
    assert publish(later, withdrawn_at=iso(later), withdrawal_reason="merged") == 2
    assert judged(subscriber("甲公司", 62, "甲一"), now) == ("ok", 1)
    with pytest.raises(Refused) as refused:
        publish(now, withdrawn_at=None, withdrawal_reason=None)
    assert refused.value.code == "trust_list.backdated"


def test_a_lists_signature_and_shape_are_checked_before_anything_else(server):
    signed = house().trust_list(server.url)
    signed["statement"]["payload"]["version"] = 9
    with pytest.raises(Refused) as refused:
        perform(ImportTrustList(signed), SYSTEM, via="cli")
    assert refused.value.code == "statement.signature_bad"


def test_a_neighbours_authorities_are_recognized_through_ones_own_list(server, tmp_path, client):
    now = datetime.now(UTC)
    mine, mine_print = publisher_file(tmp_path, "本省")
    theirs, theirs_print = publisher_file(tmp_path, "邻省")
    payload = house().trust_list(server.url)["statement"]["payload"]
    rows = {row["id"]: row for row in payload["authorities"]}
    own = payload | {"version": 1, "authorities": [rows["demo-ca-1"], rows["demo-ca-2"]]}
    (tmp_path / "own.json").write_text(json.dumps(own))
    foreign = payload | {
        "version": 7,
        "publisher": "邻省主管部门",
        "authorities": [rows["demo-ca-6"], rows["demo-ca-4"]],
    }
    signer = from_pem(theirs.read_bytes())
    (tmp_path / "theirs.json").write_text(
        json.dumps(statements.sign(statements.statement(PURPOSE, foreign), signer))
    )
    six = subscriber("邻省公司", 63, "乙一", "demo-ca-6")
    call_command(
        "publish_trust_list", key=mine, start=tmp_path / "own.json", vouch=True, effective=now - HOUR
    )
    assert judged(six, now)[0] == "certificate.no_path"
    told = {"key": mine, "recognize": tmp_path / "theirs.json"}
    with pytest.raises(SystemExit):
        call_command("publish_trust_list", recognized_publisher=mine_print, **told)
    call_command("publish_trust_list", recognized_publisher=theirs_print, **told)
    assert judged(six, datetime.now(UTC)) == ("ok", 3)
    assert "经由「邻省主管部门」第 7 版互认" in client.get("/ca/").content.decode()
