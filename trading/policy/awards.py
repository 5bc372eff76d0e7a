"""Who may report, publish, object, award, notify, register."""

from __future__ import annotations

from kernel.actor import Actor
from kernel.errors import Kind, Reason, ReasonForm
from trading.models import Bid, Lot, ResultObjection
from trading.policy.tenders import ONLY_HOST, hosts, may_host

ONLY_SYSTEM = ReasonForm(
    "award.only_system",
    zh="评标结果由评标系统在报告签署后提交",
    en="the result comes from the evaluation once its report is signed",
    kind=Kind.FORBIDDEN,
    law="招标投标法第四十条",
)
ONLY_LOT_BIDDER = ReasonForm(
    "award.only_bidder_of_lot",
    zh="只有本标段的投标人可以对评标结果提出异议",
    en="only a bidder of this lot may object to the result",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第五十四条",
)


def may_report(actor: Actor, lot: Lot) -> Reason | None:
    return None if actor.is_system else ONLY_SYSTEM()


def may_award_side(actor: Actor, lot: Lot) -> Reason | None:
    """Candidates, award, notices, contract: the host."""
    return may_host(actor, lot.tender)


def may_fail(actor: Actor, lot: Lot) -> Reason | None:
    return None if actor.is_system or hosts(actor, lot.tender.project) else ONLY_HOST()


def may_object(actor: Actor, lot: Lot) -> Reason | None:
    bid = actor.organization and Bid.objects.filter(lot=lot, bidder_id=actor.organization).exists()
    return None if bid else ONLY_LOT_BIDDER()


def may_answer(actor: Actor, objection: ResultObjection) -> Reason | None:
    return may_award_side(actor, objection.lot)


def may_end_standstill(actor: Actor, lot: Lot) -> Reason | None:
    return None if actor.is_system else ONLY_SYSTEM()
