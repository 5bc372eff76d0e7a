"""Openings on the desk: the halls where this person has something to do now, or soon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from kernel.actor import Actor, Role
from portal.desk import DeskItem, provider
from trading.models import DocumentDownload, Lot, OpeningSession, Tender
from trading.policy.openings import capacity
from trading.queries.bids import waiting_for_share
from trading.queries.openings import session_of
from trading.rules.parts import SECOND
from trading.rules.statuses import LotStatus, SessionStatus, TenderStatus

SOON = timedelta(days=3)


@provider
def items(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    """By the actor's part in each opening. A bidder sees the tenders whose documents it took."""
    if not actor.organization:
        return []
    second = OpeningSession.objects.filter(stage=SECOND).exclude(status=SessionStatus.CLOSED)
    rows = Tender.objects.select_related("project").filter(
        Q(status=TenderStatus.OPENING)
        | Q(opening_sessions__in=second)
        | Q(status=TenderStatus.ANNOUNCED, submission_deadline__lte=now + SOON)
    )
    found = [_item(actor, tender, now) for tender in rows.filter(_mine(actor)).distinct()]
    return [*(item for item in found if item is not None), *_second_to_convene(actor)]


def _second_to_convene(actor: Actor) -> Iterable[DeskItem]:
    """The technical evaluation of every lot in two envelopes is over: the host calls the second opening."""
    if not actor.has(Role.TRADING_CENTER):
        return
    dual = Lot.objects.filter(scheme="dual").exclude(status=LotStatus.FAILED)
    waiting = Tender.objects.filter(lots__in=dual.filter(status=LotStatus.TECHNICAL_EVALUATED))
    busy = dual.exclude(status=LotStatus.TECHNICAL_EVALUATED).values("tender")
    called = OpeningSession.objects.filter(stage=SECOND).values("tender")
    for tender in waiting.exclude(pk__in=busy).exclude(pk__in=called).distinct():
        yield DeskItem(
            "安排第二信封（报价）开标", f"/halls/{tender.number}/", tender.title, "去安排", weight=3
        )


def _mine(actor: Actor) -> Q:
    own = (
        Q(project__procuring_entity_id=actor.organization)
        | Q(project__agent_id=actor.organization)
        | Q(custodians__organization_id=actor.organization)
    )
    if actor.has(Role.TRADING_CENTER):
        return Q()
    taken = DocumentDownload.objects.filter(organization_id=actor.organization)
    return own | Q(pk__in=taken.values("tender_id"))


def _item(actor: Actor, tender: Tender, now: datetime) -> DeskItem | None:
    what = capacity(actor, tender)
    if not what:
        return None
    session = session_of(tender)
    href = f"/halls/{tender.number}/"
    if session is None or session.status == SessionStatus.SIGN_IN:
        return _before(what, tender, session, actor, href, now)
    if what == "custodian" or waiting_for_share(actor, tender):
        count = len(waiting_for_share(actor, tender))
        if count:
            return DeskItem(
                f"提交 {count} 份密钥分片", href, tender.title, "去提交", session.decryption_until, weight=1
            )
        return None
    title = _DO.get((what, SessionStatus(session.status)))
    if title is None:
        return DeskItem("开标进行中", href, tender.title, "进入大厅", None, "waiting", 20)
    return DeskItem(
        title,
        href,
        tender.title,
        "进入大厅",
        session.decryption_until if what == "bidder" else None,
        weight=5,
    )


_DO = {
    ("host", SessionStatus.READING): "请唱标",
    ("host", SessionStatus.OBJECTIONS): "主持异议与答复",
    ("host", SessionStatus.SIGNING): "确认开标记录并闭会",
    ("procuring_entity", SessionStatus.SIGNING): "在开标记录上签名",
    ("agent", SessionStatus.SIGNING): "在开标记录上签名",
    ("bidder", SessionStatus.DECRYPTING): "请解密投标文件",
    ("bidder", SessionStatus.SIGNING): "在开标记录上签名",
}


def _before(
    what: str, tender: Tender, session: OpeningSession | None, actor: Actor, href: str, now: datetime
) -> DeskItem:
    here = session is not None and session.sign_ins.filter(organization_id=actor.organization).exists()
    due = session.opens_at if session is not None and session.opens_at else tender.submission_deadline
    if what == "host" and due is not None and due <= now:
        return DeskItem("请主持开标", href, tender.title, "去开标", due, weight=1)
    if here:
        return DeskItem("已签到，等待开标", href, tender.title, "进入大厅", due, "done", 30)
    return DeskItem("开标前请签到", href, tender.title, "去签到", due, "waiting", 20)
