"""Recording what a bid presented, with the verdict, and saying it in the hall."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from documents import store
from guarantees import policy, queries
from guarantees.events import ExaminationAsked, GuaranteeChecked
from guarantees.models import Guarantee
from guarantees.rules.moves import GUARANTEE, GuaranteeStatus
from guarantees.rules.words import state_of
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.canonical_json import digest
from kernel.clock import BEIJING
from kernel.errors import ReasonForm, Refused
from kernel.guarantee_terms import USED_ELSEWHERE, read_form
from kernel.machine import WRONG_STATUS
from portal import rooms
from trading.commands.decryption import bid_for_update
from trading.models import Bid

_LAW = "招标投标法实施条例第二十六条；12号令第二十五条"
_ROOM_TONE = {"valid": "核验合格", "refused": "核验不合格，交评标委员会认定", "pending": "待核验"}

NUMBER_TAKEN = ReasonForm(
    "guarantee.number_taken",
    zh="同一保函编号刚被另一投标使用，请重新核验",
    en="another bid has just used the same guarantee number: examine again",
    law="12号令第二十五条",
)
CONSTRAINTS["guarantee_number_valid_once"] = NUMBER_TAKEN


@dataclass(frozen=True)
class RecordPresentation(Command):
    """What ``guarantees.examination`` found. ``form``: the signed form or ``None``; ``readable``: its
    payload is a form; ``reasons`` as ``Reason.as_json``; an empty list means valid."""

    bid: str
    form: dict[str, Any] | None
    readable: bool
    reasons: list[dict[str, Any]]
    undecided: bool = False
    authority_id: str = ""
    pdf_sha256: str = ""
    revocation_sha256: list[str] = field(default_factory=list)

    verb = "guarantee.present"
    law = _LAW


@dataclass(frozen=True)
class CheckAgain(Command):
    """Examine a bid's guarantee (again): the issuer's certificate could not be decided, or a task was lost."""

    bid: str

    verb = "guarantee.check_again"
    law = _LAW


# ``bid_for_update`` locks the session first, as every command of the opening does: two presentations of a
# tender never look past each other.
@handler(RecordPresentation, load=bid_for_update, may=policy.only_system)
def record_presentation(cmd: RecordPresentation, ctx: Context, bid: Bid) -> Done:
    row = Guarantee.objects.filter(bid=bid).first() or Guarantee(bid=bid, presented_at=ctx.now)
    _fill(row, cmd, bid)
    today = ctx.now.astimezone(BEIJING).date()
    status = GuaranteeStatus(row.status)
    if status is GuaranteeStatus.SEALED:
        status = GUARANTEE.after("present", status, row.facts(today))
    elif status is not GuaranteeStatus.PRESENTED:
        when = GUARANTEE.labels[GuaranteeStatus.PRESENTED]
        raise Refused(WRONG_STATUS(status=row.get_status_display(), verb="重新核验", when=when))
    if cmd.undecided:
        row.check_due_at = ctx.now + _wait(row.check_attempts)
    else:
        verb = "refuse" if row.reasons else "accept"
        status = GUARANTEE.after(verb, status, row.facts(today, checked=True))
        row.checked_at, row.check_due_at = ctx.now, None
    row.status = status
    row.save()
    return _say(ctx, row, bid)


def _fill(row: Guarantee, cmd: RecordPresentation, bid: Bid) -> None:
    row.form, row.undecided, row.reasons = cmd.form, cmd.undecided, list(cmd.reasons)
    row.authority_id, row.revocation_sha256 = cmd.authority_id, list(cmd.revocation_sha256)
    row.pdf = store.get(cmd.pdf_sha256) if cmd.pdf_sha256 else None
    if not cmd.readable or cmd.form is None:
        return
    form = read_form(cmd.form["statement"]["payload"])
    row.number, row.amount, row.currency = form.number, form.amount, form.currency
    row.issuer_name, row.issuer_credit_code = form.issuer.name, form.issuer.credit_code
    row.valid_from, row.valid_until = form.valid_from, form.valid_until
    # The examination looked before the lock was held: another bid may have come in between.
    used = queries.used_elsewhere(bid, form.number)
    codes = {reason["code"] for reason in row.reasons}
    if form.number in used and USED_ELSEWHERE.code not in codes:
        row.reasons.append(USED_ELSEWHERE(number=form.number, where=used[form.number]).as_json())


def _say(ctx: Context, row: Guarantee, bid: Bid) -> Done:
    lot, number = bid.lot, bid.lot.tender.number
    state = state_of(GuaranteeStatus(row.status), bool(row.reasons))
    said = queries.say_of(row)
    amount = f"{row.amount:.2f}" if row.amount is not None else None
    shown = {"state": state, "amount": amount, "say": said}
    words = f"{lot.name}第 {bid.number} 家 {bid.bidder_name} 的投标担保{_ROOM_TONE[state]}：{said}。"
    rooms.say(
        ctx, f"hall:{number}", "guarantee.checked", words, {"bids": {str(bid.pk): {"guarantee": shown}}}
    )
    ctx.announce(GuaranteeChecked(number, str(lot.no), str(bid.pk), state))
    payload = {
        "bid": str(bid.pk),
        "tender": number,
        "lot": str(lot.no),
        "number": row.number,
        "issuer": row.issuer_name,
        "amount": amount or "",
        "form_sha256": digest(row.form) if row.form is not None else "",
        "pdf_sha256": row.pdf.sha256 if row.pdf else "",
        "state": state,
        "reasons": [{"code": r["code"], "zh": r["zh"][:300], "law": r.get("law", "")} for r in row.reasons],
        "revocation_sha256": row.revocation_sha256,
    }
    return Done(f"bid:{bid.pk}", payload, {"guarantee": str(row.pk), "state": state, "say": said})


def _wait(attempts: int) -> timedelta:
    """Half a minute, then longer, at most an hour."""
    return timedelta(seconds=min(3600, 30 * 2 ** min(attempts, 10)))


@handler(CheckAgain, load=bid_for_update, may=policy.only_system)
def check_again(cmd: CheckAgain, ctx: Context, bid: Bid) -> Done:
    row = Guarantee.objects.filter(bid=bid).first()
    if row is not None and row.status == GuaranteeStatus.PRESENTED:
        row.check_attempts += 1
        row.check_due_at = ctx.now + _wait(row.check_attempts)
        row.save(update_fields=["check_attempts", "check_due_at"])
    ctx.announce(ExaminationAsked(str(bid.pk)))
    return Done(f"bid:{bid.pk}", {"bid": str(bid.pk), "attempt": row.check_attempts if row else 0})
