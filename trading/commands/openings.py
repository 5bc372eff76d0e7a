"""The opening session: signing in, starting, and the time for decryption."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.actor import Actor
from kernel.bid_rules import PRICE
from kernel.clock import iso
from kernel.errors import Kind, Reason, ReasonForm, Refused, refuse_if
from trading import in_hand
from trading.commands import hall
from trading.events import LotFailed
from trading.models import Bid, Lot, OpeningSession, SignIn, Tender
from trading.policy import openings as policy
from trading.rules import openings as rules
from trading.rules.bids import NO_DEADLINE
from trading.rules.lot_machine import LOT
from trading.rules.openings import SESSION, SessionFacts
from trading.rules.parts import FIRST_GONE, NOT_PASSED, SECOND, part_missing
from trading.rules.statuses import BidStatus, CauseOfFailure, LotStatus, SessionStatus, TenderStatus
from trading.rules.tender_machine import TENDER

SIGNED_IN = ReasonForm(
    "opening.signed_in_already",
    zh="贵单位已经签到",
    en="your organization has signed in already",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["sign_in_once_an_organization"] = SIGNED_IN


@dataclass(frozen=True)
class SignInToOpening(Command):
    """签到. Before the deadline nobody but the organization itself sees it."""

    tender: str

    verb = "opening.sign_in"
    sealed = True
    law = "招标投标法第三十五条；电子招标投标办法第二十九条"


@dataclass(frozen=True)
class StartOpening(Command):
    """Close the lists, number the bids, fail lots with too few, start the time for decryption."""

    tender: str

    verb = "opening.start"
    law = "招标投标法第三十四条、第三十六条"


@dataclass(frozen=True)
class ExtendDecryption(Command):
    """More time for everybody, when the platform or a network fails; the reason is published."""

    tender: str
    minutes: int
    reason: str

    verb = "opening.extend"
    law = "电子招标投标办法第三十一条"


@dataclass(frozen=True)
class EndDecryption(Command):
    """The time is over: what has neither key nor quorum is recorded as undecryptable. A due move."""

    tender: str

    verb = "opening.end_decryption"
    law = "电子招标投标办法第三十一条"


def facts_of(session: OpeningSession, ctx: Context, **more: Any) -> SessionFacts:
    """The bridge from rows to the rules of the session's moves."""
    deadline = session.tender.submission_deadline
    if deadline is None:
        raise Refused(NO_DEADLINE())
    first_at = rules.opening_at(deadline, settings.OPENING_GRACE_SECONDS)
    return SessionFacts(
        now=ctx.now,
        opening_at=session.opens_at or first_at,
        decryption_until=session.decryption_until,
        **more,
    )


def end_opening(ctx: Context, tender: Tender, reason: str) -> None:
    """The tender is called off: a hall that is open closes, and what is still sealed stays sealed."""
    session = tender.opening_sessions.order_by("-stage").first()
    if session is None or session.status in (SessionStatus.CLOSED, SessionStatus.FAILED):
        return
    session = hall.locked(session)
    session.status = SESSION.after("cancel", SessionStatus(session.status), facts_of(session, ctx))
    session.closed_at, session.due_at = ctx.now, None
    session.save(update_fields=["status", "closed_at", "due_at"])
    hall.say_step(ctx, session, f"招标人终止招标：{reason[:200]}。尚未开启的投标文件保持密封。")


def session_of(cmd: Any) -> OpeningSession:
    return hall.session_for_update(cmd.tender)


@handler(SignInToOpening, load=session_of, may=policy.may_sign_in)
def sign_in(cmd: SignInToOpening, ctx: Context, session: OpeningSession) -> Done:
    row = arrive(session, ctx.actor, ctx)
    return Done(
        f"tender:{session.tender.number}",
        {"organization": ctx.actor.organization, "capacity": row.capacity},
        {"signed_in_at": iso(ctx.now), "capacity": row.capacity},
    )


def arrive(session: OpeningSession, actor: Actor, ctx: Context) -> SignIn:
    """Note that ``actor`` is here, by itself or with the desk's help."""
    refuse_if([rules.sign_in_reason(SessionStatus(session.status))])
    if session.sign_ins.filter(organization_id=actor.organization).exists():
        raise Refused(SIGNED_IN())
    row = SignIn.objects.create(
        session=session,
        organization_id=actor.organization,
        person_id=actor.person,
        capacity=policy.capacity(actor, session.tender),
        at=ctx.now,
    )
    # Before the start the room hears nothing: even the number of its events would tell how many came.
    if hall.is_started(session):
        said = hall.sign_in_row(row)
        patch: dict[str, Any] = {"attendance": {str(row.pk): said}}
        # Of this opening's envelopes only: at the second one the first stand beside, as they were.
        opened = [bid for bid in hall.opened_lots_bids(session) if bid.bidder_id == row.organization_id]
        patch["bids"] = {str(bid.pk): {"signed_in_at": iso(ctx.now)} for bid in opened}
        hall.say(ctx, session, "opening.signed_in", f"{said['organization']}签到", patch)
    return row


def _exclusive(cmd: StartOpening) -> OpeningSession:
    # First, and before any lock that they need: bids that came in time and are still being taken in.
    in_hand.wait_for(cmd.tender)
    hall.tender_for_update(cmd.tender)
    return hall.session_for_update(cmd.tender)


@handler(StartOpening, load=_exclusive, may=policy.may_host)
def start_opening(cmd: StartOpening, ctx: Context, session: OpeningSession) -> Done:
    tender, facts = session.tender, facts_of(session, ctx)
    refuse_if(SESSION.reasons_against("start", SessionStatus(session.status), facts))
    if session.stage == SECOND:
        return _start_second(ctx, session, facts)
    tender.status = TENDER.after("start_opening", TenderStatus(tender.status), tender.facts(ctx.now))
    lots = [_count(ctx, session, lot) for lot in tender.lots.order_by("no")]
    opened = any(lot["status"] != LotStatus.FAILED for lot in lots)
    session.status = SESSION.after("start" if opened else "fail", SessionStatus(session.status), facts)
    session.started_at, session.host_id = ctx.now, ctx.actor.person or None
    if opened:
        session.decryption_until = ctx.now + timedelta(minutes=tender.decryption_minutes)
        session.due_at = session.decryption_until
    else:
        session.closed_at = ctx.now
        tender.status = TENDER.after("fail", TenderStatus(tender.status), tender.facts(ctx.now))
    tender.save(update_fields=["status"])
    session.save()
    _say_start(ctx, session, lots, opened)
    said = {
        "started_at": iso(ctx.now),
        "decryption_until": iso(session.decryption_until) if session.decryption_until else "",
        "lots": lots,
    }
    return Done(f"tender:{tender.number}", said, {"status": str(session.status), **said})


def _count(ctx: Context, session: OpeningSession, lot: Lot) -> dict[str, Any]:
    """Number a lot's bids by the order of receipt, or fail it and leave them sealed. Of two envelopes the first
    ones are numbered; a bid that lacks a part counts as withdrawn and is none."""
    bids, incomplete = whole_bids(lot)
    said = {"lot": str(lot.no), "name": lot.name, "count": len(bids), "status": str(lot.status)}
    if lot.status != LotStatus.PENDING:
        return said
    if incomplete:
        said["incomplete"] = [_leave(ctx, bid, why) for bid, why in incomplete]
    reason = rules.too_few(lot.name, len(bids))
    if reason is not None:
        lot.status = LOT.after("fail", LotStatus(lot.status), lot.facts(ctx.now))
        lot.failure_code = reason.code
        lot.save(update_fields=["status", "failure_code"])
        ctx.announce(LotFailed(session.tender.number, str(lot.no), reason.code))
        return {**said, "status": str(lot.status), "reason": reason.as_json()}
    for number, bid in enumerate(bids, start=1):
        bid.number = number
    Bid.objects.bulk_update(bids, ["number"])
    return {
        **said,
        "bids": [{"bid": str(b.pk), "no": b.number, "envelope_sha256": b.envelope_sha256} for b in bids],
    }


def whole_bids(lot: Lot) -> tuple[list[Bid], list[tuple[Bid, Reason]]]:
    """The envelopes to open first, one a bid, in the order in which the bids became whole; and the envelopes of
    bids that are not whole, each with what its bid lacks."""
    rows = list(lot.bids.filter(status=BidStatus.SUBMITTED).order_by("received_at", "id"))
    if lot.scheme == "single":
        return rows, []
    together: dict[str, list[Bid]] = {}
    for row in rows:
        together.setdefault(row.pseudonym, []).append(row)
    firsts, incomplete = [], []
    for envelopes in together.values():
        reason = part_missing(lot.scheme, {row.part for row in envelopes})
        if reason is not None:
            incomplete += [(row, reason) for row in envelopes]
        else:
            whole_at = max(row.received_at for row in envelopes)
            firsts.append((whole_at, next(row for row in envelopes if row.part != PRICE)))
    return [row for _, row in sorted(firsts, key=lambda pair: (pair[0], pair[1].pk))], incomplete


def _leave(ctx: Context, bid: Bid, why: Reason) -> dict[str, Any]:
    """This envelope stays sealed for good."""
    from trading.commands.bids import facts_of as bid_facts
    from trading.rules.bids import BID

    bid.status = BID.after("leave", BidStatus(bid.status), bid_facts(bid, ctx.now))
    bid.failure = why.as_json()
    bid.save(update_fields=["status", "failure"])
    return {"bid": str(bid.pk), "part": bid.part, "envelope_sha256": bid.envelope_sha256, "code": why.code}


def _start_second(ctx: Context, session: OpeningSession, facts: SessionFacts) -> Done:
    """Second envelopes of those who passed get their numbers; the others stay sealed."""
    tender = session.tender
    waiting = tender.lots.filter(status=LotStatus.TECHNICAL_EVALUATED).order_by("no")
    lots = [_count_second(ctx, lot) for lot in waiting]
    session.status = SESSION.after("start", SessionStatus(session.status), facts)
    session.started_at, session.host_id = ctx.now, ctx.actor.person or None
    session.decryption_until = ctx.now + timedelta(minutes=tender.decryption_minutes)
    session.due_at = session.decryption_until
    session.save()
    said = {
        "stage": SECOND,
        "started_at": iso(ctx.now),
        "decryption_until": iso(session.decryption_until),
        "lots": lots,
    }
    counts = "；".join(
        f"{lot['name']}通过技术评审 {lot['count']} 家，未通过 {len(lot['unopened'])} 家" for lot in lots
    )
    patch = {
        "started_at": said["started_at"],
        "decryption_until": said["decryption_until"],
        "lots": {
            lot["lot"]: {"name": lot["name"], "count": lot["count"], "status": lot["status"]} for lot in lots
        },
        "attendance": {
            str(row.pk): hall.sign_in_row(row) for row in session.sign_ins.select_related("organization")
        },
        "bids": {str(bid.pk): hall.bid_row(bid) for bid in hall.opened_lots_bids(session)},
    }
    hall.say_step(ctx, session, f"第二信封开标：{counts}。请通过技术评审的投标人解密报价部分。", patch)
    move_on(ctx, session)
    return Done(f"tender:{tender.number}", said, {"status": str(session.status), **said})


def _count_second(ctx: Context, lot: Lot) -> dict[str, Any]:
    passed = set((lot.technical_result or {}).get("passed", []))
    firsts = {
        row.pseudonym: row
        for row in lot.bids.exclude(part=PRICE).filter(number__isnull=False, status=BidStatus.OPENED)
    }
    sealed = lot.bids.filter(part=PRICE, status=BidStatus.SUBMITTED).order_by("received_at", "id")
    numbered, unopened = [], []
    for bid in sealed:
        first = firsts.get(bid.pseudonym)
        if first is not None and str(first.pk) in passed:
            bid.number = first.number
            bid.save(update_fields=["number"])
            numbered.append(
                {
                    "bid": str(bid.pk),
                    "no": bid.number,
                    "of": str(first.pk),
                    "envelope_sha256": bid.envelope_sha256,
                }
            )
        else:
            unopened.append(_leave(ctx, bid, NOT_PASSED() if first is not None else FIRST_GONE()))
    return {
        "lot": str(lot.no),
        "name": lot.name,
        "count": len(numbered),
        "status": str(lot.status),
        "passed": sorted(passed),
        "bids": sorted(numbered, key=lambda row: row["no"] or 0),
        "unopened": unopened,
    }


def _say_start(ctx: Context, session: OpeningSession, lots: list[dict[str, Any]], opened: bool) -> None:
    counts = "；".join(f"{lot['name']} {lot['count']} 家" for lot in lots)
    failed = [lot["name"] for lot in lots if lot["status"] == LotStatus.FAILED]
    words = f"投标截止，收到 {counts}。"
    if left := sum(len(lot.get("incomplete", ())) for lot in lots):
        words += f"另有 {left} 个信封所属的投标未递交齐全，视为撤回，不予开启。"
    if failed:
        words += f"{'、'.join(failed)}投标人少于 3 个，不开标，投标文件保持密封。"
    patch: dict[str, Any] = {
        "started_at": iso(ctx.now),
        "lots": {
            lot["lot"]: {"name": lot["name"], "count": lot["count"], "status": lot["status"]} for lot in lots
        },
        "attendance": {
            str(row.pk): hall.sign_in_row(row) for row in session.sign_ins.select_related("organization")
        },
        "bids": {str(bid.pk): hall.bid_row(bid) for bid in hall.opened_lots_bids(session)},
    }
    if opened and session.decryption_until:
        patch["decryption_until"] = iso(session.decryption_until)
        words += "请各投标人解密。"
    hall.say_step(ctx, session, words, patch)


@handler(ExtendDecryption, load=session_of, may=policy.may_host)
def extend_decryption(cmd: ExtendDecryption, ctx: Context, session: OpeningSession) -> Done:
    refuse_if([rules.extension_reason(cmd.minutes)])
    session.status = SESSION.after("extend", SessionStatus(session.status), facts_of(session, ctx))
    # From now when the time is over but its end was not yet recorded: everybody gets the full minutes.
    start = max(ctx.now, session.decryption_until or ctx.now)
    session.decryption_until = session.due_at = start + timedelta(minutes=cmd.minutes)
    session.save(update_fields=["status", "decryption_until", "due_at"])
    until = iso(session.decryption_until)
    hall.say(ctx, session, "opening.extended", f"解密时间延长 {cmd.minutes} 分钟：{cmd.reason}",
             {"decryption_until": until})  # fmt: skip
    said = {"minutes": cmd.minutes, "reason": cmd.reason, "decryption_until": until}
    return Done(f"tender:{session.tender.number}", said, said)


@handler(EndDecryption, load=session_of, may=policy.may_act_by_clock)
def end_decryption(cmd: EndDecryption, ctx: Context, session: OpeningSession) -> Done:
    """Bids whose key is here stay: they are being opened, and the last of them moves the session on."""
    session.status = SESSION.after("end_window", SessionStatus(session.status), facts_of(session, ctx))
    session.due_at = None
    session.save(update_fields=["status", "due_at"])
    closed = []
    for bid in hall.opened_lots_bids(session):
        if bid.status == BidStatus.SUBMITTED and not key_is_here(bid):
            fail_bid(ctx, session, bid, rules.WINDOW_OVER(until=iso(ctx.now)).as_json())
            closed.append(str(bid.pk))
    move_on(ctx, session)
    return Done(f"tender:{session.tender.number}", {"undecryptable": closed}, {"undecryptable": closed})


def key_is_here(bid: Bid) -> bool:
    """The bidder's key, or a quorum of the custodians' shares."""
    return bid.key_release is not None or bid.shares.count() >= bid.lot.tender.share_threshold


def fail_bid(ctx: Context, session: OpeningSession, bid: Bid, why: dict[str, Any]) -> None:
    """The cause is for a person to find (20号令第三十一条): until then it is unknown."""
    from trading.commands.bids import facts_of as bid_facts
    from trading.rules.bids import BID

    bid.status = BID.after("fail", BidStatus(bid.status), bid_facts(bid, ctx.now))
    bid.failure, bid.failure_cause = why, CauseOfFailure.UNKNOWN
    bid.save(update_fields=["status", "failure", "failure_cause"])
    hall.say(ctx, session, "bid.undecryptable", f"{bid.lot.name}第 {bid.number} 家无法开启：{why['zh']}",
             {"bids": {str(bid.pk): {"decryption": "undecryptable", "failure": why["zh"]}}})  # fmt: skip


def move_on(ctx: Context, session: OpeningSession) -> None:
    """Decryption ends with the last sealed bid, the read-out with the last unread one."""
    if session.status == SessionStatus.DECRYPTING and not hall.still_sealed(session):
        facts = facts_of(session, ctx, sealed=0)
        session.status = SESSION.after("begin_reading", SessionStatus.DECRYPTING, facts)
        session.due_at = None
        session.save(update_fields=["status", "due_at"])
        hall.say_step(ctx, session, "解密结束，开始唱标。")
    if session.status == SessionStatus.READING and not hall.unread(session):
        session.status = SESSION.after("end_reading", SessionStatus.READING, facts_of(session, ctx, unread=0))
        session.save(update_fields=["status"])
        hall.say_step(ctx, session, "唱标完毕。对开标有异议的，请现在提出。")
