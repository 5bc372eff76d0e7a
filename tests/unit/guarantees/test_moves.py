"""The machine of a guarantee: every move from every status, guards, and the words of a verdict."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from guarantees.rules.moves import GUARANTEE, LABELS, GuaranteeFacts, GuaranteeStatus
from guarantees.rules.words import say_reason, say_verdict, state_of
from kernel.errors import Refused

TODAY = date(2026, 12, 1)
GOOD = GuaranteeFacts(TODAY, TODAY + timedelta(days=30), bids_opened=True, checked=True, ground="bid_revoked")
S = GuaranteeStatus

MATRIX = {
    "present": {S.SEALED: S.PRESENTED},
    "accept": {S.PRESENTED: S.VALID},
    "refuse": {},
    "demand": {S.VALID: S.DEMANDED},
    "forfeit": {S.DEMANDED: S.FORFEITED},
    "release": dict.fromkeys((S.SEALED, S.PRESENTED, S.VALID, S.REFUSED, S.DEMANDED), S.RELEASED),
    "expire": {},
}


def test_every_status_has_its_word() -> None:
    assert set(LABELS) == set(S)


@pytest.mark.parametrize("verb", list(GUARANTEE.moves))
@pytest.mark.parametrize("status", list(S))
def test_the_table(verb: str, status: GuaranteeStatus) -> None:
    wanted = MATRIX[verb].get(status)
    if wanted is None:
        with pytest.raises(Refused):
            GUARANTEE.after(verb, status, GOOD)
    else:
        assert GUARANTEE.after(verb, status, GOOD) == wanted


def refused(verb: str, status: GuaranteeStatus, **change: object) -> str:
    with pytest.raises(Refused) as caught:
        GUARANTEE.after(verb, status, GuaranteeFacts(**{**GOOD.__dict__, **change}))  # type: ignore[arg-type]
    return caught.value.code


def test_guards() -> None:
    assert refused("present", S.SEALED, bids_opened=False) == "guarantee.not_opened"
    assert refused("accept", S.PRESENTED, checked=False) == "guarantee.not_checked"
    assert refused("accept", S.PRESENTED, checks_failed=2) == "guarantee.checks_failed"
    assert refused("refuse", S.PRESENTED) == "guarantee.checks_passed"
    assert refused("demand", S.VALID, ground="because") == "guarantee.no_ground"
    assert refused("demand", S.VALID, today=GOOD.valid_until + timedelta(days=1)) == "guarantee.out_of_date"
    assert refused("expire", S.VALID) == "guarantee.still_running"
    late = GuaranteeFacts(GOOD.valid_until + timedelta(days=1), GOOD.valid_until)
    assert GUARANTEE.after("expire", S.VALID, late) == S.EXPIRED


def test_states_of_the_hall() -> None:
    assert [state_of(S(s), False) for s in ("sealed", "presented", "valid", "refused")] == [
        "pending", "pending", "valid", "refused",
    ]  # fmt: skip
    assert [state_of(S.RELEASED, failed) for failed in (False, True)] == ["valid", "refused"]


def test_words() -> None:
    law = {"zh": "保函金额不足", "law": "招标投标法实施条例第二十六条；招标投标法第二十二条"}
    assert say_reason(law) == "保函金额不足（招例第二十六条；招法第二十二条）"
    assert say_reason({"zh": "x"}) == "x"
    assert say_verdict(None, [{"zh": str(n)} for n in range(5)], undecided=False) == "0；1；2；另有 2 项"
    assert say_verdict(None, [{"zh": "查不到"}], undecided=True) == "待核验：查不到，系统将自动重查"
