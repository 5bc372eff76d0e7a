"""Failed lots are tendered again: a new draft of the same project that starts from what was announced."""

from __future__ import annotations

from dataclasses import dataclass

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused
from trading.commands.loading import tender_for_update
from trading.models import Lot, Tender
from trading.policy import tenders as policy
from trading.queries import tenders as queries
from trading.rules import fields
from trading.rules.draft import read_number
from trading.rules.tender_machine import TENDER

LAW = "招标投标法第二十八条、第四十二条；招标投标法实施条例第四十四条"
NOTHING_FAILED = ReasonForm(
    "tender.nothing_to_tender_again",
    zh="没有可以重新招标的标段：本次招标没有流标的标段，或者已经重新招标",
    en="no lot is left to be tendered again: none failed, or it has been done",
    kind=Kind.CONFLICT,
    law=LAW,
)
CONSTRAINTS["lot_tendered_again_once"] = NOTHING_FAILED
_COPIED = ("rulebook", "evaluation_method", "requirements", "bid_rules", "notice_text", "currency", "part",
           "bid_validity_days", "decryption_minutes", "share_threshold")  # fmt: skip
_COPIED_OF_LOT = ("name", "scope", "estimate", "ceiling_price", "bond_amount", "duration_days", "scheme")


@dataclass(frozen=True)
class TenderAgain(Command):
    """Draft a new tender ``number`` from the failed lots of ``tender``, all those not tendered again yet.

    Method, requirements, terms and the notice's words are taken over; times, custodians and documents are not:
    they must be given anew. Nothing is public until it is announced.
    """

    tender: str
    number: str
    title: str

    verb = "tender.tender_again"
    sealed = True
    law = LAW


@handler(TenderAgain, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def tender_again(cmd: TenderAgain, ctx: Context, failed: Tender) -> Done:
    lots = list(queries.lots_to_tender_again([failed]))
    if not lots:
        raise Refused(NOTHING_FAILED())
    said = {"number": cmd.number, "title": cmd.title}
    tender = Tender.objects.create(
        number=read_number(said),
        project=failed.project,
        title=fields.text(said, "title"),
        status=TENDER.initial,
        created_at=ctx.now,
        **{name: getattr(failed, name) for name in _COPIED},
    )
    for no, lot in enumerate(lots, start=1):
        copied = {name: getattr(lot, name) for name in _COPIED_OF_LOT}
        Lot.objects.create(tender=tender, no=no, tendered_again_from=lot, **copied)
    payload = {
        **said,
        "project": failed.project.number,
        "from": failed.number,
        "lots": [lot.code for lot in lots],
    }
    return Done(f"tender:{tender.number}", payload, {"tender": tender.number})
