"""What trading puts on people's desks: the host's next act, a bidder's next deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kernel.actor import Actor, Role
from portal.desk import DeskItem, entrance, provider
from trading.models import Lot, ResultObjection, Tender
from trading.queries import tenders as queries
from trading.rules.award import standstill_end
from trading.rules.statuses import BidStatus, LotStatus, TenderStatus

_ENDED = (TenderStatus.CLOSED, TenderStatus.FAILED, TenderStatus.CANCELLED)
_MOST = 50


entrance("立项", "/projects/new/", Role.PROCURING_ENTITY)
# The agent of a project is chosen on the marketplace: an agency with a commission works here, too.
entrance("我的招标投标", "/tenders/", Role.PROCURING_ENTITY, Role.PROCUREMENT_AGENT, Role.AGENCY, Role.BIDDER)


@provider
def tender_items(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    for tender in queries.hosted_tenders(actor).exclude(status__in=_ENDED)[:_MOST]:
        yield from _hosted(tender)
    for lot in queries.lots_to_tender_again(queries.hosted_tenders(actor))[:_MOST]:
        yield DeskItem(
            f"重新招标 {lot.code}", _href(lot.tender), f"{lot.name}流标，依法重新招标", "编制", weight=30
        )
    for tender in queries.taken_tenders(actor).filter(status=TenderStatus.ANNOUNCED)[:_MOST]:
        # After the deadline the hall is where a bidder goes; nothing can be prepared or confirmed any more.
        if tender.submission_deadline is None or now <= tender.submission_deadline:
            yield from _taken(actor, tender)
    yield from _candidates(actor, now)


def _href(tender: Tender) -> str:
    return f"/tenders/{tender.number}/"


def _hosted(tender: Tender) -> Iterable[DeskItem]:
    href, name = _href(tender), tender.number
    if tender.status == TenderStatus.DRAFT:
        yield DeskItem(f"编制招标 {name}", href, tender.title, "继续编制", weight=40)
    for enquiry in tender.enquiries.filter(answered_at=None):
        if enquiry.kind == "objection":
            until = standstill_end(enquiry.asked_at, 3)
            yield DeskItem(f"答复对招标文件的异议 {name}", href, "答复前招标活动暂停", "答复", deadline=until)
        else:
            yield DeskItem(
                f"答复提问 {name}", href, enquiry.text[:60], "答复", deadline=tender.submission_deadline
            )
    for lot in tender.lots.all():
        yield from _lot(tender, lot)


def _lot(tender: Tender, lot: Lot) -> Iterable[DeskItem]:
    href, code = _href(tender), lot.code
    if lot.status == LotStatus.REPORTED:
        until = standstill_end(lot.evaluation_result.received_at, 3)
        yield DeskItem(f"公示中标候选人 {code}", href, "收到评标报告之日起 3 日内", "公示", deadline=until)
    elif lot.status == LotStatus.CANDIDATES_ANNOUNCED:
        for objection in ResultObjection.objects.filter(lot=lot, answered_at=None):
            until = standstill_end(objection.raised_at, 3)
            yield DeskItem(f"答复对评标结果的异议 {code}", href, "答复前活动暂停", "答复", deadline=until)
        if lot.due_at is None and lot.paused_since is None:
            yield DeskItem(f"公示期满，可以定标 {code}", href, "", "定标", weight=10)
    elif lot.status == LotStatus.AWARDED:
        notified = lot.award.notified_at
        word = "登记合同" if notified else "发出中标通知书"
        until = standstill_end(notified, 30) if notified else None
        yield DeskItem(f"{word} {code}", href, "", word, deadline=until, weight=10)


def _taken(actor: Actor, tender: Tender) -> Iterable[DeskItem]:
    waiting = queries.unconfirmed(actor, tender)
    if waiting:
        yield DeskItem(
            f"确认收到 {waiting} 项澄清或答复 {tender.number}",
            _href(tender),
            tender.title,
            "确认收到",
            weight=5,
        )
    yield DeskItem(
        f"投标 {tender.number}",
        _href(tender),
        tender.title,
        "编制并递交",
        deadline=tender.submission_deadline,
    )


def _candidates(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    """A bidder may object while candidates are on show (招例第五十四条)."""
    if not actor.organization:
        return
    rows = (
        Lot.objects.select_related("tender")
        .filter(
            status=LotStatus.CANDIDATES_ANNOUNCED,
            bids__bidder_id=actor.organization,
            bids__status=BidStatus.OPENED,
        )
        .distinct()
    )
    for lot in rows.distinct()[:_MOST]:
        if lot.due_at is not None and now < lot.due_at:
            title = f"中标候选人公示中 {lot.code}"
            yield DeskItem(title, _href(lot.tender), "有异议请在期满前提出", "查看", lot.due_at, "waiting")
