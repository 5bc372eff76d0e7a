"""Mutual recognition: another publisher's authorities in one's own list, kept up to date, ended."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from ca_interop.rules.trust_list import TrustList, Withdrawal, read_payload
from ca_interop.rules.trust_list_recognition import recognize
from kernel.errors import Refused
from tests.unit.ca_interop.test_demo_authorities import AT, START, authority

DAY = timedelta(days=1)
TWO, SIX, EIGHT = (authority(f"demo-ca-{n}").entry(effective_from=START) for n in (2, 6, 8))


def theirs(version: int, *entries) -> TrustList:
    return TrustList(version, "邻省", START, START, entries, "b" * 64)


def code(run, *arguments) -> str:
    with pytest.raises(Refused) as refused:
        run(*arguments)
    return refused.value.code


def test_their_authorities_count_from_now_and_say_where_they_come_from():
    own, six = recognize((TWO,), theirs(4, SIX), AT)
    assert own == TWO
    assert (six.effective_from, six.recognized.publisher, six.recognized.version) == (AT, "邻省", 4)
    assert six.recognized.sha256 == theirs(4, SIX).digest
    assert six.reason_against(AT - DAY).code == "certificate.authority_not_yet"
    mine = TrustList(1, "本省", AT, AT, (own, six), "a" * 64)
    assert read_payload(mine.as_payload(), mine.signer) == mine


def test_what_ones_own_list_names_stays_as_it_is():
    gone = dataclasses.replace(TWO, withdrawn_at=AT, withdrawal_reason=Withdrawal.CEASED)
    assert recognize((TWO,), theirs(1, gone, SIX), AT)[0] == TWO


def test_it_is_brought_up_to_date_and_ends():
    first = recognize((TWO,), theirs(4, SIX, EIGHT), AT)
    gone = dataclasses.replace(SIX, withdrawn_at=AT + DAY, withdrawal_reason=Withdrawal.COMPROMISED)
    two, six, eight = recognize(first, theirs(5, gone), AT + 2 * DAY)
    assert (two, six.withdrawal_reason, six.withdrawn_at) == (TWO, Withdrawal.COMPROMISED, AT + DAY)
    assert (six.effective_from, six.recognized.version) == (AT, 5)
    assert (eight.withdrawal_reason, eight.withdrawn_at) == (Withdrawal.RECOGNITION_ENDED, AT + 2 * DAY)
    again = recognize((two, six, eight), theirs(6, EIGHT), AT + 3 * DAY)
    assert [(a.id, a.withdrawn_at is None) for a in again] == [
        ("demo-ca-2", True),
        ("demo-ca-6", False),
        ("demo-ca-8", True),
    ]


def test_no_step_back_and_nobody_elses_id():
    first = recognize((TWO,), theirs(4, SIX), AT)
    assert code(recognize, first, theirs(3, SIX), AT) == "trust_list.recognition_older"
    impostor = dataclasses.replace(EIGHT, id="demo-ca-2")
    assert code(recognize, (TWO,), theirs(1, impostor), AT) == "trust_list.id_taken"
