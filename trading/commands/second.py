"""双信封: what the technical evaluation found, and calling the opening of the second envelopes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from portal import rooms
from trading.commands import hall
from trading.commands.loading import lot_for_update
from trading.events import TechnicalResultReceived
from trading.models import Lot, OpeningSession, Tender
from trading.policy import awards as award_policy
from trading.policy import openings as policy
from trading.queries.awards import judged_bids
from trading.rules import fields, parts, rejection_grounds
from trading.rules.lot_machine import LOT
from trading.rules.statuses import LotStatus, SessionStatus

NOT_OPENED_BIDS = ReasonForm(
    "lot.technical_result_of_other_bids",
    zh="技术评审结果应当恰好写明每一份已开启的投标是否通过",
    en="a technical result says of every opened bid, and of no other, whether it passed",
    kind=Kind.INVALID,
    law="招标投标法实施条例第四十九条",
)
CONSTRAINTS["opening_session_once_a_stage"] = parts.CONVENED(at="—")


@dataclass(frozen=True)
class ReceiveTechnicalResult(Command):
    """From the evaluation: ``passed`` ids of the bids whose prices may be opened; ``rejected`` ``[{"bid", "ground",
    "note"}]``; ``sheets`` ``{seat: SHA-256}`` of the locked score sheets, so that scores stand before prices."""

    tender: str
    lot: str
    passed: list[str]
    rejected: list[dict[str, Any]] = field(default_factory=list)
    sheets: dict[str, str] = field(default_factory=dict)

    verb = "evaluation.receive_technical"
    sealed = True
    law = "招标投标法实施条例第四十九条"


@dataclass(frozen=True)
class ConveneSecondOpening(Command):
    """Call the opening of the second envelopes for ``opens_at`` (RFC 3339): bidders sign in until then."""

    tender: str
    opens_at: str

    verb = "opening.convene_second"
    law = "招标投标法第三十四条、第三十六条"


@handler(
    ReceiveTechnicalResult, load=lambda cmd: lot_for_update(cmd.tender, cmd.lot), may=award_policy.may_report
)
def receive_technical_result(cmd: ReceiveTechnicalResult, ctx: Context, lot: Lot) -> Done:
    lot.status = LOT.after("conclude_technical", LotStatus(lot.status), lot.facts(ctx.now))
    rejected = [
        {**row, "ground": rejection_grounds.ground(fields.text(row, "ground", limit=40)).code}
        for row in fields.rows(cmd.rejected, "rejected", most=500)
    ]
    said = sorted([*cmd.passed, *(fields.text(row, "bid") for row in rejected)])
    if not cmd.passed or said != sorted(str(bid.pk) for bid in judged_bids(lot, said)):
        raise Refused(NOT_OPENED_BIDS())
    lot.technical_result = {"passed": sorted(cmd.passed), "rejected": rejected, "sheets": cmd.sheets}
    lot.save(update_fields=["status", "technical_result"])
    ctx.announce(TechnicalResultReceived(lot.tender.number, str(lot.no)))
    return Done(f"lot:{lot.code}", dict(lot.technical_result), {"lot": lot.code})


def _load(cmd: ConveneSecondOpening) -> OpeningSession:
    hall.tender_for_update(cmd.tender)
    return hall.session_for_update(cmd.tender)


@handler(ConveneSecondOpening, load=_load, may=policy.may_host)
def convene_second(cmd: ConveneSecondOpening, ctx: Context, last: OpeningSession) -> Done:
    tender = last.tender
    opens_at = fields.moment(cmd.as_json(), "opens_at")
    assert opens_at is not None, "a required moment"
    refuse_if(parts.second_reasons(_facts(tender, ctx, last, cmd)))
    session = OpeningSession.objects.create(tender=tender, stage=parts.SECOND, opens_at=opens_at)
    before = rooms.snapshot(hall.room_of(tender.number), ()).state
    # The room goes on: what the first opening showed moves aside, its events stay.
    gone = ("bids", "shares", "reading", "attendance", "record", "objections", "lots", "started_at",
            "decryption_until", "closed_at")  # fmt: skip
    patch: dict[str, Any] = {
        **{name: None for name in gone if name in before},
        "stage": parts.SECOND,
        "opens_at": iso(opens_at),
        "first": {"bids": before.get("bids", {})},
    }
    at = parts.clock_words(opens_at)
    hall.say_step(
        ctx, session, f"第二信封（报价）定于 {at} 开标，请通过技术评审的投标人届时到场解密。", patch
    )
    said = {"opens_at": iso(opens_at), "stage": parts.SECOND}
    return Done(f"tender:{tender.number}", said, said)


def _facts(
    tender: Tender, ctx: Context, last: OpeningSession, cmd: ConveneSecondOpening
) -> parts.SecondFacts:
    lots = tender.lots.filter(scheme="dual").exclude(status=LotStatus.FAILED).order_by("no")
    first = tender.opening_sessions.filter(stage=parts.FIRST).first()
    return parts.SecondFacts(
        now=ctx.now,
        opens_at=parse_iso(cmd.opens_at),
        lots=tuple((str(no), LotStatus(status)) for no, status in lots.values_list("no", "status")),
        first=SessionStatus(first.status) if first else None,
        second_at=last.opens_at if last.stage == parts.SECOND else None,
    )
