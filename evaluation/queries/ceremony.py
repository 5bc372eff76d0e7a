"""The draw as everybody with a part in it may see it: pseudonyms, commitments, the order."""

from __future__ import annotations

from typing import Any

from evaluation.models import DrawTicket, ExpertDraw
from evaluation.rules.draw_moves import DRAW, PARTIES, PARTY_ZH
from evaluation.rules.statuses import INVITATION_ZH, DrawStatus, InvitationStatus
from kernel.actor import Actor
from kernel.clock import iso

METHOD = "承诺—公开后按 HMAC-SHA256 排序（kernel.draw v1）"


def draws_of(number: str) -> list[ExpertDraw]:
    rows = ExpertDraw.objects.filter(committee__tender__number=number).order_by("round")
    return list(rows.select_related("committee__tender__project"))


def invitations_of(actor: Actor) -> list[DrawTicket]:
    """A person's own open invitations, the most urgent first; that one was drawn takes a certificate to be told."""
    if not actor.person or actor.light:
        return []
    found = DrawTicket.objects.filter(expert__person_id=actor.person, status=InvitationStatus.INVITED)
    return list(found.order_by("reply_until"))


def ordered(draw: ExpertDraw) -> list[DrawTicket]:
    return list(draw.tickets.filter(place__isnull=False).order_by("place"))


def ceremony(draw: ExpertDraw) -> dict[str, Any]:
    """For ``{% draw_ceremony %}``. No names: a ticket is its first eight digits."""
    made = {row.who: row for row in draw.commitments.all()}
    return {
        "pool": {
            "size": draw.tickets.filter(pooled=True).count(),
            "recused": draw.excluded,
            "digest": draw.pool_digest,
        },
        "method": METHOD,
        "seed": draw.seed,
        "state": draw.status,
        "commitments": [
            {
                "who": PARTY_ZH[who],
                "digest": made[who].commitment,
                "at": made[who].at,
                "revealed": bool(made[who].nonce),
            }
            for who in PARTIES
            if who in made
        ],
        "result": [
            {"place": t.place, "label": f"签号 {str(t.pk)[:8]} · {t.site}", "note": _note(t)}
            for t in ordered(draw)
        ],
        "recompute": f"bidtool verify {draw.committee.tender.number}/",
    }


def _note(ticket: DrawTicket) -> str:
    status = InvitationStatus(ticket.status)
    return "" if status is InvitationStatus.WAITING else INVITATION_ZH[status]


def draw_json(draw: ExpertDraw) -> dict[str, Any]:
    """The same for the JSON door; ``entries`` is the frozen pool."""
    made = {row.who: row for row in draw.commitments.all()}
    return {
        "draw": draw.code,
        "purpose": draw.purpose,
        "status": draw.status,
        "status_zh": DRAW.labels[DrawStatus(draw.status)],
        "conditions": draw.conditions,
        "pool_digest": draw.pool_digest,
        "pool_size": draw.tickets.filter(pooled=True).count(),
        "excluded": draw.excluded,
        "entries": sorted(t.entry for t in draw.tickets.filter(pooled=True)),
        "parties": [
            {
                "who": who,
                "zh": PARTY_ZH[who],
                "commitment": made[who].commitment if who in made else "",
                "at": iso(made[who].at) if who in made else "",
                "nonce": made[who].nonce if who in made else "",
            }
            for who in PARTIES
        ],
        "seed": draw.seed,
        "order": [t.entry for t in ordered(draw)],
        "seats_taken": draw.committee.size - draw.committee.vacant,
        "size": draw.committee.size,
        "waiting_for_answers": draw.tickets.filter(status=InvitationStatus.INVITED).count(),
        "left_to_invite": draw.tickets.filter(pooled=True, status=InvitationStatus.WAITING).count(),
    }
