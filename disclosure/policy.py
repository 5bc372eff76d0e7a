"""Who may publish a record, and when there is one."""

from __future__ import annotations

from disclosure.rules.phases import settled
from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from trading.models import Award, Tender
from trading.rules.statuses import LotStatus, TenderStatus

NOT_YET = ReasonForm(
    "record.not_yet",
    zh="「{tender}」还有标段未定标并通知，也未流标，公开记录还不能生成：现在公开会泄露评标情况",
    en="a lot of {tender} is neither awarded and notified nor failed: a record would disclose its evaluation",
    kind=Kind.CONFLICT,
    law="招标投标法第四十四条第三款、第四十五条",
)
ONLY_STAFF = ReasonForm(
    "record.only_staff",
    zh="公开记录由系统或交易中心人员生成",
    en="the public record is made by the system or by trading-center staff",
    kind=Kind.FORBIDDEN,
)


def why_no_record(tender: Tender) -> Reason | None:
    """Why there is no public record of this tender yet, or ``None``."""
    if tender.status in (TenderStatus.FAILED, TenderStatus.CANCELLED):
        return None
    lots = [LotStatus(lot.status) for lot in tender.lots.all()]
    opened = tender.status in (TenderStatus.OPENED, TenderStatus.CLOSED)
    # Winner and losers hear it from the notice first, all at the same time (招标投标法第四十五条).
    untold = Award.objects.filter(lot__tender=tender, notified_at=None).exists()
    return None if opened and settled(lots) and not untold else NOT_YET(tender=tender.number)


def may_publish(actor: Actor, tender: Tender) -> Reason | None:
    if not (actor.is_system or actor.has(Role.TRADING_CENTER)):
        return ONLY_STAFF()
    return why_no_record(tender)
