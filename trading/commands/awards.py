"""Award, notices, contract, failure: how a lot ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from documents import store
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from trading.commands.announcing import end_lot
from trading.commands.loading import lot_for_update
from trading.commands.results import PAPER_OUTDATED, publish, rules_of, step
from trading.events import AwardDecided, ContractRegistered, ResultNotified, TenderClosed
from trading.models import Award, Bid, Contract, Lot, Tender
from trading.policy import awards as policy
from trading.queries.awards import losers
from trading.rules import award as law
from trading.rules import fields, rejection_grounds
from trading.rules.lot_machine import LOT
from trading.rules.statuses import LotStatus, TenderStatus
from trading.rules.tender_machine import TENDER

CONTRACT_NUMBER_TAKEN = ReasonForm(
    "contract.number_taken",
    zh="合同编号已被使用",
    en="the contract number is taken",
    kind=Kind.CONFLICT,
    field="number",
)
NO_FAILURE_GROUND = ReasonForm(
    "lot.failure_ground_not_listed",
    zh="「{code}」不是标段失败、重新招标的法定事由",
    en="{code} is not a lawful ground for a lot to fail",
    law="招标投标法第二十八条、第四十二条；招标投标法实施条例第五十五条、第八十一条",
    field="code",
)
#: Why a lot may fail and be tendered again, code → words.
FAILURES = {
    "too_few_bidders": "投标人少于三个",
    "all_rejected": "所有投标被否决",
    "no_competition": "否决不合格投标后有效投标不足三个且明显缺乏竞争",
    "candidates_exhausted": "中标候选人均不符合中标条件或放弃中标",
    "objection_upheld": "异议成立且影响中标结果，不能采取补救措施予以纠正",
    "unlawful_conduct": "违法行为对中标结果造成实质性影响，且不能采取补救措施予以纠正",
}
#: Codes that the opening and the calling-off write, too.
FAILURE_ZH = {
    **FAILURES,
    "lot.too_few_bidders": FAILURES["too_few_bidders"],
    "lot.no_bid_opened": "没有一份投标文件能够开启",
    "tender.cancelled": "招标人终止招标",
}
CONSTRAINTS["trading_contract_number_key"] = CONTRACT_NUMBER_TAKEN


def failure_zh(code: str) -> str:
    """Why a lot failed, in the words of the law."""
    ground = rejection_grounds.GROUNDS.get(code)
    return FAILURE_ZH.get(code) or (ground.zh if ground else "依法不再评标或定标")


def _load(cmd: Any) -> Lot:
    return lot_for_update(cmd.tender, cmd.lot)


@dataclass(frozen=True)
class DecideAward(Command):
    """定标: ``bid`` wins. ``passed_over``: ``[{"bid", "ground", "note"}]`` for better candidates, grounds of
    招例 art. 55. On an awarded lot without a contract it passes over the present winner."""

    tender: str
    lot: str
    bid: str
    passed_over: list[dict[str, Any]] = field(default_factory=list)

    verb = "award.decide"
    law = "招标投标法第四十条；招标投标法实施条例第五十五条"


@handler(DecideAward, load=_load, may=policy.may_award_side)
def decide_award(cmd: DecideAward, ctx: Context, lot: Lot) -> Done:
    earlier: Award | None = getattr(lot, "award", None)
    step(lot, "award_next" if earlier else "award", ctx.now)
    passed_over = law.read_passed_over(cmd.passed_over)
    if earlier is not None and str(earlier.bid_id) not in passed_over:
        raise Refused(law.WINNER_STANDS())
    ranks = {str(c.bid_id): c.rank for c in lot.candidates.all()}
    refuse_if(law.award_reasons(cmd.bid, ranks, passed_over, lot.tender.project.state_funded))
    grounds = ",".join(f"{ranks[bid]}:{ground}" for bid, (ground, _) in passed_over.items())
    said = {"bid_id": cmd.bid, "ground": grounds, "decided_at": ctx.now, "notified_at": None}
    Award.objects.update_or_create(lot=lot, defaults=said)
    lot.due_at = None
    lot.save(update_fields=["status", "due_at"])
    ctx.announce(AwardDecided(lot.tender.number, str(lot.no), cmd.bid))
    payload = {"bid": cmd.bid, "rank": ranks[cmd.bid], "passed_over": cmd.passed_over, **_winner(cmd.bid)}
    return Done(f"lot:{lot.code}", payload, {"bid": cmd.bid, "rank": ranks[cmd.bid]})


def _winner(bid_id: str) -> dict[str, str]:
    bid = Bid.objects.get(id=bid_id)
    return {"name": bid.bidder_name, "credit_code": bid.bidder_credit_code, "price": f"{bid.price:.2f}"}


@dataclass(frozen=True)
class NotifyResult(Command):
    """中标通知书 to the winner, the result to every loser, the award notice to all: one moment. SHA-256 of
    the PDFs; ``letters``: ``[{"bid", "file"}]``, one for each losing bid."""

    tender: str
    lot: str
    acceptance_notice: str
    award_notice: str
    letters: list[dict[str, str]]
    #: The winning bid that the papers name.
    winner: str

    verb = "award.notify"
    law = "招标投标法第四十五条；电子招标投标办法第三十五条、第三十六条"


@handler(NotifyResult, load=_load, may=policy.may_award_side)
def notify_result(cmd: NotifyResult, ctx: Context, lot: Lot) -> Done:
    step(lot, "notify", ctx.now)
    if cmd.winner != str(lot.award.bid_id):
        raise Refused(PAPER_OUTDATED())
    letters = {str(row.get("bid")): str(row.get("file")) for row in cmd.letters}
    lost = losers(lot)
    missing = [bid.bidder_name for bid in lost if str(bid.id) not in letters]
    if missing:
        raise Refused(law.LETTERS_MISSING(who="、".join(missing)))
    winner, name = lot.award.bid, lot.name
    publish(lot, "acceptance_notice", f"中标通知书（{name}）", cmd.acceptance_notice, ctx.now, winner.bidder)
    for bid in lost:
        publish(lot, "result_letter", f"中标结果通知书（{name}）", letters[str(bid.id)], ctx.now, bid.bidder)
    publish(lot, "award_notice", f"中标结果公告（{name}）", cmd.award_notice, ctx.now)
    lot.award.notified_at = ctx.now
    lot.award.save(update_fields=["notified_at"])
    ctx.announce(ResultNotified(lot.tender.number, str(lot.no)))
    payload = {
        "bid": str(winner.id),
        **_winner(str(winner.id)),
        "acceptance_notice": cmd.acceptance_notice,
        "award_notice": cmd.award_notice,
        "letters": len(lost),
    }
    return Done(f"lot:{lot.code}", payload, {"notified_at": iso(ctx.now)})


@dataclass(frozen=True)
class RegisterContract(Command):
    """The signed contract: ``price`` and ``performance_security`` (may be empty) yuan as text, ``signed_on``
    a date, ``file`` SHA-256."""

    tender: str
    lot: str
    number: str
    price: str
    signed_on: str
    file: str
    performance_security: str = ""

    verb = "contract.register"
    law = "招标投标法第四十六条；招标投标法实施条例第五十七条"


@handler(RegisterContract, load=_load, may=policy.may_award_side)
def register_contract(cmd: RegisterContract, ctx: Context, lot: Lot) -> Done:
    step(lot, "register_contract", ctx.now)
    said, book, award = cmd.as_json(), rules_of(lot), lot.award
    assert award.notified_at is not None, "the machine asked"
    assert award.bid.price is not None, "an awarded bid was opened"
    plan = law.ContractPlan(
        fields.money(said, "price"),
        fields.day(said, "signed_on"),
        fields.amount(said, "performance_security", optional=True),
    )
    refuse_if(law.contract_reasons(plan, award.bid.price, award.notified_at, ctx.now, book))
    contract = _contract(cmd, ctx, award, plan)
    publish(lot, "contract", f"合同 {contract.number}", cmd.file, ctx.now)
    lot.save(update_fields=["status"])
    ctx.announce(ContractRegistered(lot.tender.number, str(lot.no), contract.number))
    settle(lot.tender, ctx)
    late = law.signed_late(plan.signed_on, award.notified_at, book)
    payload = {**said, "price": f"{plan.price:.2f}", "bid": str(award.bid_id), "late": late is not None}
    return Done(
        f"lot:{lot.code}",
        payload,
        {"contract": contract.number, "warnings": [late.as_json()] if late else []},
    )


def _contract(cmd: RegisterContract, ctx: Context, award: Award, plan: law.ContractPlan) -> Contract:
    signed_on: date = plan.signed_on
    return Contract.objects.create(
        award=award,
        number=fields.text({"number": cmd.number}, "number", limit=60),
        price=plan.price,
        signed_on=signed_on,
        file=store.get(cmd.file),
        registered_at=ctx.now,
    )


@dataclass(frozen=True)
class FailLot(Command):
    """A lot ends without an award. ``code``: one of :data:`FAILURES`, or a refusal code from the opening or
    the evaluation when the system acts; ``note`` the facts."""

    tender: str
    lot: str
    code: str
    note: str = ""

    verb = "lot.fail"
    law = "招标投标法第二十八条、第四十二条；招标投标法实施条例第五十五条、第八十一条"


@handler(FailLot, load=_load, may=policy.may_fail)
def fail_lot(cmd: FailLot, ctx: Context, lot: Lot) -> Done:
    listed = cmd.code in FAILURES or cmd.code in rejection_grounds.GROUNDS
    if not listed and not ctx.actor.is_system:
        raise Refused(NO_FAILURE_GROUND(code=cmd.code[:60]))
    note = fields.text({"note": cmd.note}, "note", limit=2000, optional=ctx.actor.is_system)
    end_lot(lot, ctx, cmd.code)
    settle(lot.tender, ctx)
    return Done(f"lot:{lot.code}", {"code": cmd.code, "note": note}, {"lot": lot.code})


def settle(tender: Tender, ctx: Context) -> None:
    """Close the tender when its last lot has ended; failed when all of them failed."""
    statuses = set(tender.lots.values_list("status", flat=True))
    if not statuses <= {LotStatus.CONTRACTED, LotStatus.FAILED}:
        return
    failed = statuses == {LotStatus.FAILED}
    tender.status = TENDER.after(
        "fail" if failed else "close", TenderStatus(tender.status), tender.facts(ctx.now)
    )
    tender.due_at = None
    tender.save(update_fields=["status", "due_at"])
    ctx.announce(TenderClosed(tender.number, failed))


@dataclass(frozen=True)
class EndStandstill(Command):
    """The clock says that the candidates were on show to the end: recorded, nothing is awarded by it."""

    tender: str
    lot: str

    verb = "candidates.standstill_over"
    law = "招标投标法实施条例第五十四条"


@handler(EndStandstill, load=_load, may=policy.may_end_standstill)
def end_standstill(cmd: EndStandstill, ctx: Context, lot: Lot) -> Done:
    facts = lot.facts(ctx.now)
    refuse_if(LOT.reasons_against("award", LotStatus(lot.status), facts))
    lot.due_at = None
    lot.save(update_fields=["due_at"])
    until = facts.standstill_until
    return Done(f"lot:{lot.code}", {"standstill_until": iso(until) if until else None}, {"lot": lot.code})
