"""The draw: freeze conditions and pool, commit, reveal, order. Its acts are open: they hold pseudonyms only.

A party that fell silent after the commitments makes the draw void; the same pool is drawn again with new
commitments of everybody, and the journal shows who was at fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from evaluation import policy
from evaluation.events import CommitteeFormed
from evaluation.models import Committee, DrawCommitment, DrawTicket, ExpertDraw
from evaluation.queries import pool, rows
from evaluation.rules import conditions as rule
from evaluation.rules.draw_moves import DRAW, INVITATION, PARTIES, PARTY_ZH
from evaluation.rules.statuses import DrawStatus, InvitationStatus
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel import draw as engine
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from trading.models import Tender
from trading.rules.statuses import SessionStatus

NOT_OPENED = ReasonForm(
    "draw.not_opened",
    zh="开标会尚未闭会，投标人未知，不能核对回避关系后抽取",
    en="the opening is not closed: who bids is unknown, so recusals cannot be applied",
    kind=Kind.CONFLICT,
    law="招标投标法第三十七条；12号令第十二条",
)
RUNNING = ReasonForm(
    "draw.running",
    zh="本项目的抽取正在进行（{status}）",
    en="a draw of this tender is under way ({status})",
    kind=Kind.CONFLICT,
)
NO_VACANCY = ReasonForm(
    "draw.no_vacancy",
    zh="评标委员会已经组成，没有空缺席位",
    en="the committee is complete",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十六条",
)
NOT_THE_VACANCIES = ReasonForm(
    "draw.not_the_vacancies",
    zh="补充抽取的席位应为 {vacant} 个，所填为 {number} 个",
    en="{vacant} seats are vacant, not {number}",
    field="number",
)
COMMITTED = ReasonForm(
    "draw.committed_before",
    zh="{party}已经提交承诺",
    en="the {party} has committed already",
    kind=Kind.CONFLICT,
)
REVEALED = ReasonForm(
    "draw.revealed_before",
    zh="{party}已经公开",
    en="the {party} has revealed already",
    kind=Kind.CONFLICT,
)
BAD_HEX = ReasonForm(
    "draw.bad_hex",
    zh="「{field}」应为 64 位小写十六进制",
    en="{field} must be 64 lower-case hex digits",
    kind=Kind.MALFORMED,
)
NO_REASON = ReasonForm(
    "draw.no_reason",
    zh="请写明理由（不少于 5 字）",
    en="give a reason of at least 5 characters",
    field="reason",
)
CONSTRAINTS["draw_round_once"] = ReasonForm(
    "draw.frozen_twice", zh="抽取条件刚刚已固定", en="the draw was frozen just now", kind=Kind.CONFLICT
)
_LAW = "招标投标法第三十七条；招标投标法实施条例第四十六条"


@dataclass(frozen=True)
class FreezeDraw(Command):
    """Freeze the conditions and the pool. ``sites``: ``({"site", "seats"}, …)``, empty: any site.

    For a committee with vacant seats and nobody left to invite it is a supplementary draw.
    """

    tender: str
    number: int
    specialties: tuple[str, ...]
    sites: tuple[dict[str, Any], ...] = ()
    reserves: int = 0
    reply_minutes: int = 30

    verb = "expert_draw.freeze"
    law = _LAW


@dataclass(frozen=True)
class CommitDraw(Command):
    """``who`` (one of ``PARTIES``) commits to a nonce: hex of ``kernel.draw.commitment(nonce, who, code)``."""

    tender: str
    who: str
    commitment: str

    verb = "expert_draw.commit"
    law = _LAW


@dataclass(frozen=True)
class RevealDraw(Command):
    """``who`` shows its nonce (hex). The last reveal makes the order and sends the invitations."""

    tender: str
    who: str
    nonce: str

    verb = "expert_draw.reveal"
    law = _LAW


@dataclass(frozen=True)
class VoidDraw(Command):
    """A party does not commit or reveal: start again with the same pool."""

    tender: str
    reason: str

    verb = "expert_draw.void"
    law = _LAW


@handler(FreezeDraw, load=lambda cmd: rows.tender_for_update(cmd.tender), may=policy.may_run_draw)
def freeze_draw(cmd: FreezeDraw, ctx: Context, tender: Tender) -> Done:
    session = tender.opening_sessions.first()
    if session is None or session.status != SessionStatus.CLOSED:
        raise Refused(NOT_OPENED())
    wanted = rule.read(
        {
            "number": cmd.number,
            "specialties": list(cmd.specialties),
            "sites": list(cmd.sites),
            "reserves": cmd.reserves,
            "reply_minutes": cmd.reply_minutes,
        }
    )
    committee = Committee.objects.filter(tender=tender).first()
    if committee is None:
        refuse_if(rule.size_reasons(wanted.number))
        committee = Committee.objects.create(tender=tender, size=wanted.number, created_at=ctx.now)
        purpose = "committee"
    else:
        _check_supplement(committee, wanted)
        purpose = "replacement"
    draw = _new_draw(ctx, committee, wanted, purpose)
    return Done(f"draw:{tender.number}", _frozen_words(draw), {"draw": draw.code, **_frozen_words(draw)})


def _check_supplement(committee: Committee, wanted: rule.Conditions) -> None:
    newest = committee.draws.order_by("-round").first()
    if newest is not None and newest.status in (DrawStatus.COMMITTING, DrawStatus.REVEALING):
        raise Refused(RUNNING(status=DrawStatus(newest.status).value))
    if newest is not None and newest.tickets.filter(status=InvitationStatus.INVITED).exists():
        raise Refused(RUNNING(status=DrawStatus(newest.status).value))
    if not committee.vacant:
        raise Refused(NO_VACANCY())
    if wanted.number != committee.vacant:
        raise Refused(NOT_THE_VACANCIES(vacant=committee.vacant, number=wanted.number))


def _new_draw(ctx: Context, committee: Committee, wanted: rule.Conditions, purpose: str) -> ExpertDraw:
    """Build the pool under pseudonyms and freeze its digest."""
    found = pool.candidates(committee, wanted)
    eligible = [c for c in found if c.ground is None]
    refuse_if(rule.pool_reasons(wanted, [c.expert.site for c in eligible]))
    draw = ExpertDraw(
        committee=committee,
        round=committee.draws.count() + 1,
        purpose=purpose,
        conditions=wanted.as_json(),
        excluded=len(found) - len(eligible),
        frozen_at=ctx.now,
        freeze_act=ctx.act_id,
    )
    tickets = [
        DrawTicket(
            draw=draw,
            expert=c.expert,
            site=c.expert.site,
            pooled=c.ground is None,
            ground=c.ground.value if c.ground else "",
        )
        for c in found
    ]
    draw.pool_digest = engine.pool_digest(t.entry for t in tickets if t.pooled)
    draw.save()
    DrawTicket.objects.bulk_create(tickets)
    return draw


def _frozen_words(draw: ExpertDraw) -> dict[str, Any]:
    return {
        "draw": draw.code,
        "purpose": draw.purpose,
        "conditions": draw.conditions,
        "pool_digest": draw.pool_digest,
        "pool_size": draw.tickets.filter(pooled=True).count(),
        "excluded": draw.excluded,
    }


def _draw_for(cmd: CommitDraw | RevealDraw) -> tuple[ExpertDraw, str]:
    return rows.draw_for_update(cmd.tender), cmd.who


def _may_speak(actor: Any, row: tuple[ExpertDraw, str]) -> Any:
    return policy.speaks_for(actor, *row)


@handler(CommitDraw, load=_draw_for, may=_may_speak)
def commit_draw(cmd: CommitDraw, ctx: Context, row: tuple[ExpertDraw, str]) -> Done:
    draw, who = row
    draw.status = DRAW.after("commit", DrawStatus(draw.status), draw.facts())
    if draw.commitments.filter(who=who).exists():
        raise Refused(COMMITTED(party=PARTY_ZH[who]))
    DrawCommitment.objects.create(
        draw=draw, who=who, commitment=_hex(cmd.commitment, "commitment"), at=ctx.now, act=ctx.act_id
    )
    if len(draw.facts().committed) == len(PARTIES):
        draw.status = DRAW.after("close_commitments", DrawStatus(draw.status), draw.facts())
    draw.save(update_fields=["status"])
    said = {"draw": draw.code, "who": who, "commitment": cmd.commitment}
    return Done(f"draw:{cmd.tender}", said, {**said, "status": draw.status})


@handler(RevealDraw, load=_draw_for, may=_may_speak)
def reveal_draw(cmd: RevealDraw, ctx: Context, row: tuple[ExpertDraw, str]) -> Done:
    draw, who = row
    draw.status = DRAW.after("reveal", DrawStatus(draw.status), draw.facts())
    mine = draw.commitments.get(who=who)
    if mine.nonce:
        raise Refused(REVEALED(party=PARTY_ZH[who]))
    nonce = bytes.fromhex(_hex(cmd.nonce, "nonce"))
    refuse_if([engine.check_reveal(mine.commitment, nonce, who, draw.code)])
    mine.nonce, mine.revealed_at, mine.reveal_act = cmd.nonce, ctx.now, ctx.act_id
    mine.save(update_fields=["nonce", "revealed_at", "reveal_act"])
    said: dict[str, Any] = {"draw": draw.code, "who": who, "nonce": cmd.nonce}
    if len(draw.facts().revealed) == len(PARTIES):
        said |= _make_order(draw, ctx)
    draw.save(update_fields=["status", "seed", "drawn_at"])
    return Done(f"draw:{cmd.tender}", said, {**said, "status": draw.status})


def _make_order(draw: ExpertDraw, ctx: Context) -> dict[str, Any]:
    """Everybody has revealed: the seed, the whole order, the first invitations."""
    draw.status = DRAW.after("draw", DrawStatus(draw.status), draw.facts())
    tickets = {t.entry: t for t in draw.tickets.filter(pooled=True)}
    parties = list(draw.commitments.all())
    made = engine.verify(
        list(tickets),
        draw.pool_digest,
        {p.who: p.commitment for p in parties},
        {p.who: bytes.fromhex(p.nonce) for p in parties},
        draw=draw.code,
    )
    draw.seed, draw.drawn_at = made.seed, ctx.now
    for place, entry in enumerate(made.order, start=1):
        tickets[entry].place = place
    DrawTicket.objects.bulk_update(tickets.values(), ["place"])
    invite_next(draw, ctx)
    return {"seed": made.seed, "order_sha256": pool.order_digest(made.order)}


def invite_next(draw: ExpertDraw, ctx: Context) -> int:
    """Invite the next of the order for every free seat; how many were invited."""
    wanted = draw.rules()
    taken: dict[str, int] = {}
    holding = draw.tickets.filter(status__in=[InvitationStatus.INVITED, InvitationStatus.ACCEPTED])
    for ticket in holding:
        quota = wanted.quota_of(ticket.site)
        taken[quota] = taken.get(quota, 0) + 1
    waiting = list(draw.tickets.filter(pooled=True, status=InvitationStatus.WAITING).order_by("place"))
    chosen = rule.next_tickets(wanted, [(str(t.pk), t.site) for t in waiting], taken)
    for ticket in waiting:
        if str(ticket.pk) in chosen:
            ticket.status = INVITATION.after("invite", InvitationStatus(ticket.status), None)
            ticket.invited_at = ctx.now
            ticket.reply_until = ctx.now + timedelta(minutes=wanted.reply_minutes)
            ticket.save(update_fields=["status", "invited_at", "reply_until"])
    return len(chosen)


def form_if_complete(draw: ExpertDraw, ctx: Context) -> bool:
    """The last seat is taken: the committee stands."""
    if draw.committee.vacant:
        return False
    draw.status = DRAW.after("form", DrawStatus(draw.status), draw.facts())
    draw.save(update_fields=["status"])
    committee = draw.committee
    if committee.formed_at is None:
        committee.formed_at = ctx.now
        committee.save(update_fields=["formed_at"])
    ctx.announce(CommitteeFormed(committee.tender.number))
    return True


@handler(VoidDraw, load=lambda cmd: rows.draw_for_update(cmd.tender), may=policy.may_run_draw)
def void_draw(cmd: VoidDraw, ctx: Context, draw: ExpertDraw) -> Done:
    if len(cmd.reason.strip()) < 5 or len(cmd.reason) > 300:
        raise Refused(NO_REASON())
    facts = draw.facts()
    draw.status = DRAW.after("void", DrawStatus(draw.status), facts)
    draw.void_reason = cmd.reason.strip()
    draw.save(update_fields=["status", "void_reason"])
    kept = facts.revealed if facts.committed == frozenset(PARTIES) else facts.committed
    silent = [who for who in PARTIES if who not in kept]
    again = _same_pool(draw, ctx)
    said = {"draw": draw.code, "reason": draw.void_reason, "silent": silent, "next": _frozen_words(again)}
    return Done(f"draw:{cmd.tender}", said, {"draw": again.code, **_frozen_words(again)})


def _same_pool(old: ExpertDraw, ctx: Context) -> ExpertDraw:
    """A new round over the same frozen pool: the tickets move over, entry by entry the same."""
    draw = ExpertDraw.objects.create(
        committee=old.committee,
        round=old.round + 1,
        purpose=old.purpose,
        conditions=old.conditions,
        pool_digest=old.pool_digest,
        excluded=old.excluded,
        frozen_at=ctx.now,
        freeze_act=ctx.act_id,
    )
    old.tickets.update(draw=draw)
    return draw


def _hex(text: str, name: str) -> str:
    try:
        good = len(bytes.fromhex(text)) == 32 and text == text.lower() and len(text) == 64
    except ValueError:
        good = False
    if not good:
        raise Refused(BAD_HEX(field=name))
    return text


def ticket_said(ticket: DrawTicket) -> dict[str, Any]:
    """What sealed acts say of a ticket."""
    return {
        "draw": ticket.draw.code,
        "entry": ticket.entry,
        "place": ticket.place,
        "status": ticket.status,
        "invited_at": iso(ticket.invited_at) if ticket.invited_at else "",
    }
