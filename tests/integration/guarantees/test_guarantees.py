"""Guarantees from the sandbox issuer through the opening to their end, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from guarantees import demanding, queries
from guarantees.commands import (
    DemandGuarantee,
    EndIssuer,
    ExpireGuarantee,
    LicenseIssuer,
    RecordPresentation,
    ReleaseGuarantee,
)
from guarantees.due import examinations, expired, untold_issuers
from guarantees.models import Guarantee, LicensedIssuer
from guarantees.tasks import check_presented, tell_issuer
from journal import due
from journal.door import perform
from journal.models import Act
from kernel.actor import SYSTEM, Role
from kernel.clock import iso
from kernel.errors import Refused
from tests.integration.ca_interop.authorities import recognized
from tests.integration.guarantees.cast import (
    BIDDER,
    DAY,
    ISSUER,
    NOW,
    OTHER,
    OWNER,
    PLATFORM,
    TENDER,
    applied,
    certificate,
    serving,
    sign,
)
from tests.integration.guarantees.world import (
    CENTER,
    World,
    actor,
    bundled,
    licensed,
    opened_bid,
    tell,
    tender,
    with_guarantee,
)
from trading.models import Bid
from trading.rules.statuses import BidStatus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("guarantees.tasks.platform_signer", lambda: PLATFORM)
    with recognized() as authorities, serving(tmp_path / "issuer") as issuer:
        licensed(issuer.url)
        yield World(tender(), issuer, authorities)


def codes(bid: Bid) -> list[str]:
    return [r["code"] for r in Guarantee.objects.get(bid=bid).reasons]


def test_a_good_guarantee_is_valid_and_said_in_the_hall(world: World) -> None:
    bid = world.present()
    row = Guarantee.objects.get(bid=bid)
    assert (row.status, row.reasons, str(row.amount), row.issuer_name) == (
        "valid",
        [],
        "160000.00",
        ISSUER.name,
    )
    assert row.revocation_sha256
    assert world.hall(bid) == {
        "state": "valid",
        "amount": "160000.00",
        "say": f"{ISSUER.name}保函，¥ 160,000.00，有效期至 {row.valid_until}",
    }
    act = Act.objects.get(verb="guarantee.present")
    assert (act.sealed, act.document["payload"]["state"], act.document["payload"]["number"]) == (
        False,
        "valid",
        row.number,
    )
    found = queries.verdict(bid)
    assert (found.state, found.issuer, found.lines) == ("valid", ISSUER.name, ())
    public = queries.public_record(bid)
    assert public is not None
    assert (public["state"], public["form"]["statement"]["payload"]["number"], public["asked"]["amount"]) == (
        "valid",
        row.number,
        "160000.00",
    )
    json.dumps(public)


def test_one_that_is_too_small_is_refused_with_value_and_article(world: World) -> None:
    bid = world.present(amount="120000.00")
    assert codes(bid) == ["guarantee.amount_too_small"]
    assert world.hall(bid) == {
        "state": "refused",
        "amount": "120000.00",
        "say": "保函金额 ¥ 120,000.00，应 ≥ ¥ 160,000.00（招例第二十六条）",
    }
    assert Bid.objects.get(pk=bid.pk).status == BidStatus.OPENED, "it rejects no bid by itself"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tender": "YC2026-SZ-0001"}, "guarantee.wrong_tender"),
        ({"beneficiary": OTHER.json}, "guarantee.wrong_beneficiary"),
        ({"amount": "200000.01"}, "guarantee.amount_over_cap"),
        ({"valid_until": (NOW + 89 * DAY).date().isoformat()}, "guarantee.ends_early"),
        ({"valid_from": (NOW + DAY).date().isoformat()}, "guarantee.starts_late"),
        ({"payable_on": ["bid_revoked"]}, "guarantee.missing_ground"),
        ({"currency": "USD"}, "guarantee.wrong_currency"),
    ],
)
def test_each_term_is_checked(world: World, change: dict[str, Any], code: str) -> None:
    assert code in codes(world.present(**change))


def test_what_is_missing_or_unreadable_is_refused_with_a_reason(world: World) -> None:
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY)
    empty = world.open(bundled({"boq.csv": (b"1", "boq")}), number=1)
    no_json = world.open(bundled({"guarantee/form.json": (b"{", "guarantee")}), number=2)
    a_list = world.open(with_guarantee([1], pdf), number=3)
    no_pdf = world.open(with_guarantee(form, None), number=4)
    other_pdf = world.open(with_guarantee(applied(world.issuer.url, at=NOW - 5 * DAY, lot="1", amount="170000.00")[0], pdf), number=5)  # fmt: skip
    assert (codes(empty), world.hall(empty)["state"]) == (["guarantee.missing"], "refused")
    assert codes(no_json) == ["json.malformed"]
    assert codes(a_list) == ["sealing.bad_field"]
    assert codes(no_pdf) == ["guarantee.wrong_pdf"]
    assert codes(other_pdf) == ["guarantee.wrong_pdf"]
    assert queries.verdict(empty).lines == (
        "投标文件中没有投标担保，应为 ¥ 160,000.00（招例第二十六条；12号令第二十五条）",
    )


def test_a_wrong_signature_or_signer_is_refused(world: World) -> None:
    world.issuer.fault = "wrong_signature"
    forged = world.present()
    world.issuer.fault = ""
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY, amount="165000.00")
    payload = form["statement"]["payload"]
    self_made = world.open(with_guarantee(sign(BIDDER, "guarantee", payload), pdf), number=2)
    unlicensed = payload | {"issuer": BIDDER.json}
    stranger = world.open(with_guarantee(sign(BIDDER, "guarantee", unlicensed), pdf), number=3)
    assert codes(forged) == ["statement.signature_bad"]
    assert codes(self_made) == ["guarantee.not_signed_by_issuer"]
    assert codes(stranger) == ["guarantee.unlicensed_issuer"]


def test_a_number_used_in_another_bid_is_refused(world: World) -> None:
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY)
    first = world.open(with_guarantee(form, pdf), BIDDER, 1, 1)
    second = world.open(with_guarantee(form, pdf), OTHER, 1, 2)
    assert codes(first) == []
    assert codes(second) == ["guarantee.wrong_applicant", "guarantee.used_elsewhere"]


def test_the_handler_itself_sees_a_number_that_came_in_between(world: World) -> None:
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY)
    world.open(with_guarantee(form, pdf), BIDDER, 1, 1)
    late = opened_bid(world.tender, 1, BIDDER, with_guarantee(form, pdf), 2)
    perform(RecordPresentation(str(late.pk), form, True, []), SYSTEM, via="task")
    assert codes(late) == ["guarantee.used_elsewhere"]
    with pytest.raises(Refused, match="machine.wrong_status"):
        perform(RecordPresentation(str(late.pk), form, True, []), SYSTEM, via="task")


def test_a_revoked_issuer_certificate_counts_from_its_time_on(world: World) -> None:
    authority = world.authorities.house.authorities["demo-ca-2"]
    serial = certificate(ISSUER).certificate.serial_number
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY)
    later, later_pdf = applied(world.issuer.url, at=NOW - timedelta(hours=2), amount="161000.00")
    authority.revoke(serial, NOW - DAY)
    try:
        good_then = world.open(with_guarantee(form, pdf), number=1)
        revoked = world.open(with_guarantee(later, later_pdf), OTHER, 2, 1)
    finally:
        authority.revoked.pop(serial)
    assert codes(good_then) == []
    assert "certificate.revoked" in codes(revoked)


def test_undecided_revocation_is_pending_and_decided_later(world: World, monkeypatch: Any) -> None:
    for fault in ("demo-ca-1", "demo-ca-2", "demo-ca-3"):
        world.authorities.house.faults[fault] = "down"
    bid = world.present()
    row = Guarantee.objects.get(bid=bid)
    assert (row.status, row.undecided, world.hall(bid)["state"]) == ("presented", True, "pending")
    assert "certificate.revocation_undecided" in codes(bid)
    assert [d.command for d in examinations(NOW)] == []
    world.authorities.house.faults.clear()
    Guarantee.objects.update(check_due_at=NOW - DAY)
    due.take_due()
    row.refresh_from_db()
    assert (row.status, row.undecided, row.check_attempts) == ("valid", False, 1)
    assert world.hall(bid)["state"] == "valid"


def test_a_lost_examination_is_found_by_the_clock(world: World) -> None:
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY)
    bid = opened_bid(world.tender, 1, BIDDER, with_guarantee(form, pdf))
    assert queries.verdict(bid).state == "pending"
    Bid.objects.filter(pk=bid.pk).update(opened_at=NOW - DAY)
    due.take_due()
    assert queries.verdict(bid).state == "valid"
    check_presented(str(bid.pk))
    assert Act.objects.filter(verb="guarantee.present").count() == 1


def test_no_bond_asked_no_guarantee_needed(world: World) -> None:
    world.tender.lots.update(bond_amount=0)
    bid = world.open(bundled({"boq.csv": (b"1", "boq")}))
    assert not Guarantee.objects.exists()
    assert (queries.verdict(bid).state, queries.public_record(bid)) == ("none", None)


def test_only_the_system_records(world: World) -> None:
    bid = world.present()
    with pytest.raises(Refused, match="guarantee.only_system"):
        perform(RecordPresentation(str(bid.pk), None, False, []), CENTER, via="http")


# -- the end


def status_at_issuer(world: World, row: Guarantee) -> str:
    return str(world.issuer.issuer.tell(row.number, NOW)["status"])


def test_after_the_contract_all_of_the_lot_are_released_and_the_issuer_is_told(world: World) -> None:
    one, small = world.present(number=1), world.present(OTHER, number=2, amount="120000.00")
    other_lot = world.present(lot=2)
    tell("ContractRegistered", tender=TENDER, lot="1", contract="HT-1")
    for bid in (one, small):
        row = Guarantee.objects.get(bid=bid)
        assert (row.status, row.issuer_answer, status_at_issuer(world, row)) == (
            "released",
            "released",
            "released",
        )
        assert row.issuer_due_at is None
    assert Guarantee.objects.get(bid=other_lot).status == "valid"
    assert queries.verdict(small).state == "refused"
    assert Act.objects.filter(verb="guarantee.issuer_answered").count() == 2


def test_failure_of_a_lot_and_cancellation_release(world: World) -> None:
    one, two = world.present(), world.present(lot=2)
    tell("LotFailed", tender=TENDER, lot="1", code="x")
    assert [Guarantee.objects.get(bid=b).status for b in (one, two)] == ["released", "valid"]
    tell("TenderCancelled", tender=TENDER)
    assert Guarantee.objects.get(bid=two).status == "released"


def test_an_issuer_that_is_down_is_told_again(world: World) -> None:
    bid = world.present()
    world.issuer.fault = "down"
    tell("ContractRegistered", tender=TENDER, lot="1", contract="HT-1")
    row = Guarantee.objects.get(bid=bid)
    assert (row.status, row.issuer_answer, status_at_issuer(world, row)) == ("released", "", "issued")
    Guarantee.objects.update(issuer_due_at=NOW - DAY)
    due.take_due()
    row.refresh_from_db()
    assert (row.issuer_attempts, row.issuer_answer) == (1, "")
    world.issuer.fault = ""
    Guarantee.objects.update(issuer_due_at=NOW - DAY)
    due.take_due()
    tell_issuer(str(row.pk))
    row.refresh_from_db()
    assert (row.issuer_attempts, row.issuer_answer, status_at_issuer(world, row)) == (
        2,
        "released",
        "released",
    )
    assert list(untold_issuers(NOW + 300 * DAY)) == []


def test_an_issuer_without_interface_is_said_so(world: World, settings: Any) -> None:
    settings.GUARANTORS_URL = ""
    LicensedIssuer.objects.update(endpoint="")
    bid = world.present()
    perform(ReleaseGuarantee(str(Guarantee.objects.get(bid=bid).pk), "放弃"), SYSTEM, via="task")
    assert "书面" in Guarantee.objects.get(bid=bid).issuer_answer


def demand_of(row: Guarantee, **change: Any) -> dict[str, Any]:
    payload = {"v": 1, "number": row.number, "ground": "bid_revoked", "amount": "160000.00",
               "explanation": "撤销投标", "at": iso(NOW)} | change  # fmt: skip
    return sign(OWNER, "guarantee-demand", payload)


def test_a_demand_is_paid_and_the_guarantee_forfeited(world: World) -> None:
    bid = world.present()
    row = Guarantee.objects.get(bid=bid)
    owner = actor(OWNER, Role.PROCURING_ENTITY)
    with pytest.raises(Refused, match="sealing.bad_field"):
        demanding.check(row, demand_of(row, v=1.5), NOW)
    with pytest.raises(Refused, match="guarantee.only_beneficiary"):
        perform(DemandGuarantee(str(row.pk), demand_of(row)), actor(OTHER, Role.BIDDER), via="http")
    with pytest.raises(Refused, match="guarantee.no_fact"):
        perform(DemandGuarantee(str(row.pk), demand_of(row)), owner, via="http")
    with pytest.raises(Refused, match="guarantee.no_fact"):
        perform(DemandGuarantee(str(row.pk), demand_of(row, ground="contract_refused")), owner, via="http")
    Bid.objects.filter(pk=bid.pk).update(status=BidStatus.REVOKED)
    for change, code in (
        ({"number": "X"}, "guarantee.other_number"),
        ({"ground": "because"}, "guarantee.no_ground"),
        ({"amount": "160000.01"}, "guarantee.demand_too_high"),
    ):
        with pytest.raises(Refused, match=code):
            perform(DemandGuarantee(str(row.pk), demand_of(row, **change)), owner, via="http")
    perform(DemandGuarantee(str(row.pk), demand_of(row)), owner, via="http")
    row.refresh_from_db()
    assert (row.status, str(row.paid), status_at_issuer(world, row)) == ("forfeited", "160000.00", "paid")
    with pytest.raises(Refused, match="machine.wrong_status"):
        perform(ReleaseGuarantee(str(row.pk), "退还"), owner, via="http")


def test_a_demand_the_issuer_refuses_stays_open_for_release(world: World) -> None:
    bid = world.present(
        payable_on=["bid_revoked", "contract_refused", "conditions_added", "no_performance_security"]
    )
    row = Guarantee.objects.get(bid=bid)
    Bid.objects.filter(pk=bid.pk).update(status=BidStatus.REVOKED)
    world.issuer.issuer.store.put(world.issuer.issuer.store.get(row.number) | {"status": "released"})
    owner = actor(OWNER, Role.PROCURING_ENTITY)
    perform(DemandGuarantee(str(row.pk), demand_of(row)), owner, via="http")
    row.refresh_from_db()
    assert row.status == "demanded"
    assert "拒绝" in row.issuer_answer
    perform(ReleaseGuarantee(str(row.pk), "撤回索赔"), owner, via="http")
    assert Guarantee.objects.get(pk=row.pk).status == "released"


def test_it_runs_out_by_the_clock(world: World) -> None:
    bid = world.present()
    row = Guarantee.objects.get(bid=bid)
    assert list(expired(NOW)) == []
    assert [d.command for d in expired(NOW + 400 * DAY)] == [ExpireGuarantee(str(row.pk))]
    with pytest.raises(Refused, match="guarantee.still_running"):
        perform(ExpireGuarantee(str(row.pk)), SYSTEM, via="task")


# -- the list of issuers


def test_the_list_of_issuers(world: World) -> None:
    with pytest.raises(Refused, match="guarantee.issuer_listed"):
        licensed()
    for name, code, endpoint, refused in (
        ("", OTHER.credit_code, "", "guarantee.bad_issuer"),
        ("某担保", "123", "", "ids.bad_credit_code"),
        ("某担保", OTHER.credit_code, "ftp://x", "guarantee.bad_issuer"),
    ):
        with pytest.raises(Refused, match=refused):
            perform(LicenseIssuer(name, code, endpoint), CENTER, via="http")
    with pytest.raises(Refused, match="guarantee.only_center"):
        perform(LicenseIssuer("某担保", OTHER.credit_code), actor(OTHER, Role.BIDDER), via="http")
    perform(EndIssuer(ISSUER.credit_code, "资质到期"), CENTER, via="http")
    with pytest.raises(Refused, match="guarantee.issuer_not_found"):
        perform(EndIssuer(ISSUER.credit_code, "再次"), CENTER, via="http")
    assert codes(world.present()) == ["guarantee.unlicensed_issuer"]
    licensed(world.issuer.url)
    assert LicensedIssuer.objects.count() == 2


def test_nothing_is_left_when_the_outer_work_fails(world: World) -> None:
    form, pdf = applied(world.issuer.url, at=NOW - 5 * DAY)
    bid = opened_bid(world.tender, 1, BIDDER, with_guarantee(form, pdf))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        check_presented(str(bid.pk))
        raise ZeroDivisionError
    assert not Guarantee.objects.exists()
