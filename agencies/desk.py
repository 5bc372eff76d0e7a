"""What the marketplace puts on the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from agencies import queries
from agencies.models import Assignment
from agencies.policy import party
from agencies.rules.moves import AdmissionStatus, AssignmentStatus
from kernel.actor import Actor, Role
from portal.desk import DeskItem, entrance, provider

entrance("发布中介服务委托", "/agencies/assignments/new/", Role.PROCURING_ENTITY)
entrance("申请入驻中介超市", "/agencies/admission/", Role.AGENCY)
entrance("中介机构入驻", "/agencies/admissions/", Role.TRADING_CENTER)


@provider
def items(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    if actor.has(Role.TRADING_CENTER):
        waiting = queries.waiting_admissions().count()
        if waiting:
            yield DeskItem(f"{waiting} 家机构申请入驻", "/agencies/admissions/", action="去核实", weight=45)
    if actor.has(Role.TRADING_CENTER, Role.PROCURING_ENTITY):
        yield from _draws(actor)
    if actor.has(Role.AGENCY):
        yield from _open_for(actor, now)


def _draws(actor: Actor) -> Iterable[DeskItem]:
    for row in queries.assignments().filter(status=AssignmentStatus.CLOSED):
        who = party(actor, row)
        mine = next((c for c in queries.commitments(row) if c.who == who), None)
        if who and mine is None:
            yield DeskItem(
                f"抽取待承诺：{row.title}", _page(row), note=row.number, action="去承诺", weight=30
            )
        elif mine is not None and not mine.nonce:
            yield DeskItem(
                f"抽取待公开：{row.title}", _page(row), note=row.number, action="去公开", weight=25
            )


def _open_for(actor: Actor, now: datetime) -> Iterable[DeskItem]:
    mine = queries.own_admissions(actor).filter(status=AdmissionStatus.ADMITTED)
    rows = queries.assignments().filter(
        status=AssignmentStatus.OPEN, closing_at__gt=now, item__in=mine.values("item")
    )
    for row in rows[:20]:
        if queries.own_application(actor, row) is None:
            yield DeskItem(
                f"可以报名：{row.title}",
                _page(row),
                note=row.number,
                action="去报名",
                deadline=row.closing_at,
            )
    for row in queries.assignments().filter(status=AssignmentStatus.SELECTED, selected_id=actor.organization):
        yield DeskItem(f"已中选：{row.title}", _page(row), note=row.number, action="去签合同", weight=20)


def _page(row: Assignment) -> str:
    return f"/agencies/assignments/{row.number}/"
