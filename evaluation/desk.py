"""What evaluation puts on a person's desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from evaluation import policy
from evaluation.models import Evaluation, ExpertDraw
from evaluation.queries.ceremony import invitations_of
from evaluation.rules.draw_moves import DRAW
from evaluation.rules.room_moves import ROOM
from evaluation.rules.statuses import ROOM_ENDED, DrawStatus, RoomStatus
from kernel.actor import Actor, Role
from portal.desk import DeskItem, entrance, provider

entrance("专家库", "/evaluation/experts/", Role.TRADING_CENTER)
entrance(
    "评标与抽取专家", "/evaluation/",
    Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY, Role.PROCURING_ENTITY, Role.EXPERT,
)  # fmt: skip


@provider
def items(actor: Actor, now: datetime) -> Iterator[DeskItem]:
    yield from _invitations(actor, now)
    yield from _rooms(actor)
    yield from _draws(actor)


def _invitations(actor: Actor, now: datetime) -> Iterator[DeskItem]:
    """The project is not named before the answer (专家抽取保密)."""
    rows = [t for t in invitations_of(actor) if t.reply_until is None or t.reply_until >= now]
    for ticket in rows:
        yield DeskItem(
            "评标通知：请答复是否参加",
            "/evaluation/",
            note=f"场地 {ticket.site}",
            action="去答复",
            deadline=ticket.reply_until,
            weight=1,
        )


def _rooms(actor: Actor) -> Iterator[DeskItem]:
    rows = Evaluation.objects.filter(policy.visible_rooms(actor)).exclude(status__in=ROOM_ENDED)
    for row in rows.select_related("lot__tender"):
        yield DeskItem(
            f"评标室 {row.lot.code}",
            f"/evaluation/{row.lot.tender.number}/{row.lot.no}/",
            note=ROOM.labels[RoomStatus(row.status)],
            action="进入",
            weight=10,
        )


def _draws(actor: Actor) -> Iterator[DeskItem]:
    if not actor.has(Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY, Role.PROCURING_ENTITY):
        return
    open_steps = [DrawStatus.COMMITTING, DrawStatus.REVEALING]
    for draw in ExpertDraw.objects.filter(status__in=open_steps).select_related("committee__tender__project"):
        tender = draw.committee.tender
        who = policy.party_of(actor, tender)
        mine = draw.commitments.filter(who=who).first() if who else None
        if not who or (draw.status == DrawStatus.COMMITTING and mine) or (mine and mine.nonce):
            continue
        yield DeskItem(
            f"抽取评标专家：{tender.title}",
            f"/evaluation/{tender.number}/draw/",
            note=DRAW.labels[DrawStatus(draw.status)],
            weight=5,
        )
