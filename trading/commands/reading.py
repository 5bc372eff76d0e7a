"""Read-out, objections on the spot and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from journal.door import Command, Context, Done, handler
from journal.models import Act
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from trading.commands import hall
from trading.commands.openings import facts_of, move_on, session_of
from trading.events import ObjectionsClosed
from trading.models import Bid, OpeningObjection, OpeningSession
from trading.policy import openings as policy
from trading.rules import openings as rules
from trading.rules.openings import SESSION
from trading.rules.statuses import SessionStatus

NO_OBJECTION = ReasonForm(
    "opening.objection_unknown", zh="没有这项异议", en="there is no such objection", kind=Kind.NOT_FOUND
)
ANSWERED = ReasonForm(
    "opening.objection_answered",
    zh="这项异议已经答复",
    en="this objection was answered before",
    kind=Kind.CONFLICT,
)


@dataclass(frozen=True)
class ReadOut(Command):
    """Read the next bid of the hall: ``bid`` must be the next in order, so that nobody is passed over."""

    tender: str
    bid: str

    verb = "opening.read_out"
    law = "招标投标法第三十六条"


@dataclass(frozen=True)
class RaiseOpeningObjection(Command):
    tender: str
    text: str

    verb = "opening.object"
    law = "招标投标法实施条例第四十四条"


@dataclass(frozen=True)
class AnswerOpeningObjection(Command):
    tender: str
    objection: str
    answer: str

    verb = "opening.answer_objection"
    law = "招标投标法实施条例第四十四条"


@dataclass(frozen=True)
class CloseObjections(Command):
    """Every objection is answered: the record can be made."""

    tender: str

    verb = "opening.close_objections"
    law = "招标投标法实施条例第四十四条"


@handler(ReadOut, load=session_of, may=policy.may_host)
def read_out(cmd: ReadOut, ctx: Context, session: OpeningSession) -> Done:
    SESSION.after("read_out", SessionStatus(session.status), facts_of(session, ctx))
    waiting = hall.unread(session)
    if str(waiting[0].pk) != cmd.bid:
        raise Refused(rules.NOT_NEXT(lot=waiting[0].lot.name, no=waiting[0].number))
    bid = waiting[0]
    bid.read_out_at = ctx.now
    bid.save(update_fields=["read_out_at"])
    if bid.part == PRICE:
        # From now on the price is that of the bid, which its first envelope stands for.
        Bid.objects.filter(lot=bid.lot, pseudonym=bid.pseudonym, part=TECHNICAL).update(price=bid.price)
    row = read_row(bid)
    patch = {"reading": str(bid.pk), "bids": {str(bid.pk): row}}
    hall.say(ctx, session, "bid.read_out", read_words(bid), patch)
    move_on(ctx, session)
    said = {"bid": str(bid.pk), "lot": str(bid.lot.no), "no": bid.number, **row}
    said.pop("proof", None)
    return Done(f"bid:{bid.pk}", said, {"bid": str(bid.pk), "left": len(waiting) - 1})


def read_row(bid: Bid) -> dict[str, Any]:
    """What the read-out makes public of one bid (招标投标法第三十六条: name, price, other main contents)."""
    if bid.summary is None:
        return {"read": True}
    manager = bid.summary.get("project_manager")
    priced = (
        {"price": str(bid.price), "price_words": bid.summary["price_in_words"]}
        if "price" in bid.summary
        else {}
    )
    return {
        "read": True,
        **priced,
        "duration": f"{bid.summary['duration_days']} 日历天",
        "quality": bid.summary["quality"],
        "proof": _proof(bid),
        "manager": f"{manager['name']}（{_masked(manager['certificate'])}）" if manager else "—",
    }


def _proof(bid: Bid) -> dict[str, str]:
    """The opening checked the envelope against its receipt; the act of its submission stands in the log."""
    index = Act.objects.filter(pk=bid.act).values_list("index", flat=True).first()
    place = f" · 第 {index} 号存证" if index is not None else ""
    return {"state": "proven", "claim": f"与封存文件一致{place}"}


def read_words(bid: Bid) -> str:
    place = f"{bid.lot.name}第 {bid.number} 家"
    if bid.summary is None:
        return f"{place}无法开启，不参加唱标。"
    if bid.part == TECHNICAL:
        days = bid.summary["duration_days"]
        return (
            f"{place} {bid.bidder_name} 唱标（第一信封）：工期 {days} 日历天，质量{bid.summary['quality']}。"
        )
    return f"{place} {bid.bidder_name} 唱标：¥ {bid.price:,.2f}。"


def _masked(number: str) -> str:
    """A certificate's number as it is published: enough to recognize, not to misuse."""
    return number if len(number) <= 6 else f"{number[:4]}…{number[-2:]}"


@handler(RaiseOpeningObjection, load=session_of, may=policy.may_object)
def raise_objection(cmd: RaiseOpeningObjection, ctx: Context, session: OpeningSession) -> Done:
    refuse_if([rules.objection_reason(SessionStatus(session.status))])
    row = OpeningObjection.objects.create(
        session=session, organization_id=ctx.actor.organization, text=cmd.text, raised_at=ctx.now
    )
    name = ctx.actor.organization_name
    hall.say(ctx, session, "opening.objection", f"{name}提出异议：{cmd.text}",
             {"objections": {str(row.pk): {"organization": name, "text": cmd.text, "at": iso(ctx.now)}}})  # fmt: skip
    said = {"objection": str(row.pk), "text": cmd.text}
    return Done(f"tender:{session.tender.number}", said, {"objection": str(row.pk)})


def _objection(cmd: AnswerOpeningObjection) -> OpeningObjection:
    session = session_of(cmd)
    rows = {str(o.pk): o for o in session.objections.select_related("session__tender__project")}
    if cmd.objection not in rows:
        raise Refused(NO_OBJECTION())
    return rows[cmd.objection]


@handler(AnswerOpeningObjection, load=_objection, may=policy.may_answer)
def answer_objection(cmd: AnswerOpeningObjection, ctx: Context, objection: OpeningObjection) -> Done:
    session = objection.session
    refuse_if([rules.objection_reason(SessionStatus(session.status))])
    if objection.answered_at is not None:
        raise Refused(ANSWERED())
    objection.answer, objection.answered_at = cmd.answer, ctx.now
    objection.save(update_fields=["answer", "answered_at"])
    patch = {"objections": {cmd.objection: {"answer": cmd.answer, "answered_at": iso(ctx.now)}}}
    hall.say(ctx, session, "opening.answer", f"{ctx.actor.organization_name}答复：{cmd.answer}", patch)
    said = {"objection": cmd.objection, "answer": cmd.answer}
    return Done(f"tender:{session.tender.number}", said, said)


@handler(CloseObjections, load=session_of, may=policy.may_host)
def close_objections(cmd: CloseObjections, ctx: Context, session: OpeningSession) -> Done:
    unanswered = session.objections.filter(answered_at__isnull=True).count()
    session.status = SESSION.after(
        "close_objections", SessionStatus(session.status), facts_of(session, ctx, unanswered=unanswered)
    )
    session.save(update_fields=["status"])
    ctx.announce(ObjectionsClosed(session.tender.number))
    count = session.objections.count()
    hall.say_step(ctx, session, f"异议环节结束，共 {count} 项，均已答复。正在制作开标记录。" if count
                  else "没有异议。正在制作开标记录。")  # fmt: skip
    return Done(f"tender:{session.tender.number}", {"objections": count}, {"status": str(session.status)})
