"""Who may do what in the expert pool, the draw and the evaluation room.

Rights come from facts: a member of a committee is who was drawn for it and sits there now. Whoever has
no business in a room is told there is none.
"""

from __future__ import annotations

from django.db.models import Q

from evaluation.models import DrawTicket, Evaluation, ExpertDraw, Seat
from evaluation.rules.draw_moves import PARTY_ZH
from journal.door import NEEDS_CERTIFICATE
from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from trading.models import Tender
from trading.rules.statuses import LotStatus

ONLY_CENTER = ReasonForm(
    "evaluation.only_center",
    zh="只有交易中心人员可以办理",
    en="only trading-center staff may do this",
    kind=Kind.FORBIDDEN,
    law="公共资源交易平台管理暂行办法",
)
ONLY_PARTY = ReasonForm(
    "draw.not_your_part",
    zh="您不代表本项目的{party}，不能提交其承诺或随机数",
    en="you do not act for the {party} of this tender",
    kind=Kind.FORBIDDEN,
)
NO_ROOM = ReasonForm(
    "evaluation.not_found", zh="没有这个评标室", en="there is no such evaluation room", kind=Kind.NOT_FOUND
)
NOT_A_MEMBER = ReasonForm(
    "evaluation.not_a_member",
    zh="只有在席的评标委员会成员可以办理",
    en="only a seated member of the committee may do this",
    kind=Kind.FORBIDDEN,
    law="招标投标法第三十七条、第三十八条",
)
NOT_THE_CHAIR = ReasonForm(
    "evaluation.not_the_chair",
    zh="由评标委员会组长办理",
    en="the chair of the committee does this",
    kind=Kind.FORBIDDEN,
    law="12号令第九条",
)
NO_INVITATION = ReasonForm(
    "invitation.not_found", zh="没有这份通知", en="there is no such invitation", kind=Kind.NOT_FOUND
)
NO_DRAW = ReasonForm(
    "draw.not_found", zh="本项目还没有抽取专家", en="there is no draw for this tender", kind=Kind.NOT_FOUND
)
#: From here on the names of the members may be known (招法第三十七条).
DECIDED = (LotStatus.AWARDED, LotStatus.CONTRACTED)


def may_manage_pool(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) else ONLY_CENTER()


def may_run_draw(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) else ONLY_CENTER()


def party_of(actor: Actor, tender: Tender) -> str:
    """Which party of the draw the actor speaks for; empty for none.

    Center and authority are those that hold key shares of this tender, when it has custodians.
    """
    if actor.has(Role.PROCURING_ENTITY) and actor.organization == str(tender.project.procuring_entity_id):
        return "procuring_entity"
    held = {str(pk) for pk in tender.custodians.values_list("organization_id", flat=True)}
    if held and actor.organization not in held:
        return ""
    if actor.has(Role.TRADING_CENTER):
        return "trading_center"
    return "supervisory_authority" if actor.has(Role.SUPERVISORY_AUTHORITY) else ""


def speaks_for(actor: Actor, draw: ExpertDraw, who: str) -> Reason | None:
    if party_of(actor, draw.committee.tender) == who:
        return None
    return ONLY_PARTY(party=PARTY_ZH.get(who, who))


def may_see_ceremony(actor: Actor, tender: Tender) -> bool:
    """The ceremony is without names; who has a part in the tender may watch it."""
    if actor.has(Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY):
        return True
    owners = {str(tender.project.procuring_entity_id), str(tender.project.agent_id)}
    return bool(actor.organization) and actor.organization in owners


def may_answer(actor: Actor, ticket: DrawTicket) -> Reason | None:
    return None if actor.person == str(ticket.expert.person_id) else NO_INVITATION()


def may_expire(actor: Actor, ticket: DrawTicket) -> Reason | None:
    return None if actor.is_system else NO_INVITATION()


def seat_of(actor: Actor, evaluation: Evaluation) -> Seat | None:
    """The seat on which the actor sits now, or ``None``."""
    if not actor.person:
        return None
    return (
        Seat.objects.filter(
            committee_id=evaluation.committee_id,
            vacated_at__isnull=True,
            ticket__expert__person_id=actor.person,
        )
        .select_related("ticket__expert", "committee")
        .first()
    )


def is_staff(actor: Actor) -> bool:
    """Who watches over a room: the center's staff and the supervisor, who sees no unlocked score."""
    return actor.has(Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY)


def may_enter(actor: Actor, evaluation: Evaluation) -> Reason | None:
    """What is said in the room is secret (招标投标法第三十八条、第四十四条): it takes a certificate."""
    if not is_staff(actor) and seat_of(actor, evaluation) is None:
        return NO_ROOM()
    return NEEDS_CERTIFICATE() if actor.light else None


def may_sit(actor: Actor, evaluation: Evaluation) -> Reason | None:
    """For every act of a member; ``evaluation.acting`` is the seat then."""
    evaluation.acting = seat_of(actor, evaluation)
    if evaluation.acting:
        return None
    return NOT_A_MEMBER() if is_staff(actor) else NO_ROOM()


def may_chair(actor: Actor, evaluation: Evaluation) -> Reason | None:
    seat = seat_of(actor, evaluation)
    if seat is None:
        return may_sit(actor, evaluation)
    return None if evaluation.chair_id == seat.pk else NOT_THE_CHAIR()


def may_run_room(actor: Actor, evaluation: Evaluation) -> Reason | None:
    """Pause, resume, replace an absent member: the center's staff."""
    if actor.has(Role.TRADING_CENTER):
        return None
    return may_enter(actor, evaluation) or ONLY_CENTER()


def may_replace(actor: Actor, seat: Seat) -> Reason | None:
    """The center's staff for an absent member; a member for himself (回避)."""
    if actor.has(Role.TRADING_CENTER) or actor.person == str(seat.ticket.expert.person_id):
        return None
    return ONLY_CENTER() if is_staff(actor) else NO_ROOM()


def only_system(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else NO_ROOM()


def visible_rooms(actor: Actor) -> Q:
    """Rooms that the actor may enter. Who sits on which committee is secret: it takes a certificate to be told one's
    own seats (招标投标法第三十七条)."""
    if is_staff(actor):
        return Q()
    if not actor.person or actor.light:
        return Q(pk__in=[])
    return Q(
        committee__seats__vacated_at__isnull=True, committee__seats__ticket__expert__person_id=actor.person
    )


def is_decided(evaluation: Evaluation) -> bool:
    """The award of the lot is decided: names and scores may be published."""
    return evaluation.lot.status in DECIDED
