"""The opening record: filing it, signing it, and closing the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ca_interop import document_signing
from documents import store
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.bid_rules import PRICE
from kernel.canonical_json import digest
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from trading.commands import hall
from trading.commands.openings import facts_of, session_of
from trading.events import LotFailed, ObjectionsClosed, OpeningClosed
from trading.models import OpeningSession, RecordSignature, TenderDocument
from trading.policy import openings as policy
from trading.rules.lot_machine import LOT
from trading.rules.openings import SESSION
from trading.rules.parts import FIRST, SECOND
from trading.rules.statuses import BidStatus, LotStatus, SessionStatus, TenderStatus
from trading.rules.tender_machine import TENDER

SIGNED = ReasonForm(
    "opening.record_signed_already",
    zh="贵单位已在开标记录上签名",
    en="your organization has signed the record already",
    kind=Kind.CONFLICT,
)
OTHER_RECORD = ReasonForm(
    "opening.other_record",
    zh="签名的内容不是本次开标记录",
    en="what was signed is not this opening's record",
    law="电子招标投标办法第三十二条",
)
OTHER_SIGNER = ReasonForm(
    "opening.other_signer",
    zh="签名证书属于「{found}」，与登录的单位不一致",
    en="the certificate belongs to {found}, which is not the organization that is signed in",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条",
)
CONSTRAINTS["record_signed_once_an_organization"] = SIGNED
NO_OPENED_BID = "lot.no_bid_opened"


@dataclass(frozen=True)
class FileRecord(Command):
    """The record's PDF (stored, by digest) and its JSON, made by the record task."""

    tender: str
    record_sha256: str
    payload: dict[str, Any]

    verb = "opening.file_record"
    law = "电子招标投标办法第三十二条"


@dataclass(frozen=True)
class RetryRecord(Command):
    """The record's making was lost on the way: ask for it once more. A due move."""

    tender: str

    verb = "opening.retry_record"
    law = "电子招标投标办法第三十二条"


@dataclass(frozen=True)
class SignRecord(Command):
    """A signed ``mingtang/opening-record``, which the door has checked; its payload is the record."""

    tender: str
    statement: dict[str, Any]
    certificate: dict[str, Any]
    #: The signature on the record's PDF, as :func:`ca_interop.document_signing.finish` made it.
    pdf: dict[str, Any] | None = None

    verb = "opening.sign_record"
    law = "电子招标投标办法第三十二条、第四十条"


@dataclass(frozen=True)
class CloseOpening(Command):
    """``reason``: why bidders who were there have not signed (gone or silent); empty when all have."""

    tender: str
    reason: str = ""

    verb = "opening.close"
    law = "电子招标投标办法第三十二条"


@handler(FileRecord, load=session_of, may=policy.may_act_by_clock)
def file_record(cmd: FileRecord, ctx: Context, session: OpeningSession) -> Done:
    session.status = SESSION.after("file_record", SessionStatus(session.status), facts_of(session, ctx))
    session.record, session.record_payload = store.get(cmd.record_sha256), cmd.payload
    session.save(update_fields=["status", "record", "record_payload"])
    said = {"record_sha256": cmd.record_sha256, "payload_sha256": digest(cmd.payload)}
    hall.say(ctx, session, "opening.record", "开标记录已生成，请各方核对并签名确认。",
             {"record": {**said, "signatures": {}}})  # fmt: skip
    return Done(f"tender:{session.tender.number}", said, said)


@handler(RetryRecord, load=session_of, may=policy.may_act_by_clock)
def retry_record(cmd: RetryRecord, ctx: Context, session: OpeningSession) -> Done:
    if session.status == SessionStatus.SIGNING and session.record_payload is None:
        ctx.announce(ObjectionsClosed(session.tender.number))
    return Done(f"tender:{session.tender.number}", {}, {})


@handler(SignRecord, load=session_of, may=policy.may_sign_record)
def sign_record(cmd: SignRecord, ctx: Context, session: OpeningSession) -> Done:
    facts = facts_of(session, ctx, record=session.record_payload is not None)
    SESSION.after("sign_record", SessionStatus(session.status), facts)
    if cmd.statement["statement"]["payload"] != session.record_payload:
        raise Refused(OTHER_RECORD())
    if session.signatures.filter(organization_id=ctx.actor.organization).exists():
        raise Refused(SIGNED())
    row = RecordSignature.objects.create(
        session=session,
        organization_id=ctx.actor.organization,
        capacity=policy.capacity(ctx.actor, session.tender),
        statement=cmd.statement,
        at=ctx.now,
    )
    if cmd.pdf is not None and session.record is not None:
        document_signing.append(cmd.pdf, session.record, ctx.now)
    name, what = ctx.actor.organization_name, policy.CAPACITY_ZH[row.capacity]
    signed = {"organization": name, "capacity": what, "at": iso(ctx.now)}
    hall.say(ctx, session, "opening.record_signed", f"{name}（{what}）在开标记录上签名。",
             {"record": {"signatures": {str(row.pk): signed}}})  # fmt: skip
    said = {
        "organization": ctx.actor.organization,
        "capacity": row.capacity,
        "statement_sha256": digest(cmd.statement),
        "certificate": cmd.certificate.get("certificate", ""),
        "revocation_sha256": cmd.certificate.get("revocation_sha256", []),
        **document_signing.cited(cmd.pdf),
    }
    return Done(f"tender:{session.tender.number}", said, {"signed_at": iso(ctx.now)})


def missing_signatures(session: OpeningSession) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who still has to sign: ``(host and procuring side, bidders who were present)``."""
    signed = {(s.organization_id, s.capacity) for s in session.signatures.all()}
    capacities = {capacity for _, capacity in signed}
    hosts = []
    if "host" not in capacities:
        hosts.append(policy.CAPACITY_ZH["host"])
    if not capacities & {"procuring_entity", "agent"}:
        hosts.append(session.tender.project.procuring_entity.name)
    here = session.sign_ins.filter(capacity="bidder").select_related("organization")
    organizations = {organization for organization, _ in signed}
    opened = {bid.bidder_id for bid in hall.opened_lots_bids(session) if bid.status == BidStatus.OPENED}
    bidders = [
        s.organization.name
        for s in here
        if s.organization_id in opened and s.organization_id not in organizations
    ]
    return tuple(hosts), tuple(bidders)


@handler(CloseOpening, load=session_of, may=policy.may_host)
def close_opening(cmd: CloseOpening, ctx: Context, session: OpeningSession) -> Done:
    tender = session.tender
    hosts, bidders = missing_signatures(session)
    facts = facts_of(session, ctx, record=session.record_payload is not None, missing_hosts=hosts,
                     missing_bidders=bidders, excused=bool(cmd.reason.strip()))  # fmt: skip
    session.status = SESSION.after("close", SessionStatus(session.status), facts)
    session.closed_at, session.due_at = ctx.now, None
    session.save(update_fields=["status", "closed_at", "due_at"])
    lots = _hand_over(ctx, session)
    if session.stage == FIRST:
        tender.status = TENDER.after("finish_opening", TenderStatus(tender.status), tender.facts(ctx.now))
        tender.save(update_fields=["status"])
    TenderDocument.objects.create(
        tender=tender,
        kind="opening_record",
        title="开标记录" if session.stage == FIRST else "开标记录（第二信封）",
        file=session.record,
        public=True,
        published_at=ctx.now,
    )
    _publish_signed(session, ctx.now)
    ctx.announce(OpeningClosed(tender.number, session.stage))
    words = "开标会结束，开标记录已公布。"
    if bidders:
        words += f"{'、'.join(bidders)}未签名：{cmd.reason.strip()}"
    hall.say_step(ctx, session, words, {"lots": lots, "closed_at": iso(ctx.now)})
    said = {"closed_at": iso(ctx.now), "unsigned": list(bidders), "reason": cmd.reason.strip(), "lots": lots}
    return Done(f"tender:{tender.number}", said, {"status": str(session.status)})


def _publish_signed(session: OpeningSession, now: datetime) -> None:
    """Beside the record as it was made, which the statements name: the same file with everybody's signatures in
    it, and the GB/T 35275 messages of those who sign with SM2."""
    if session.record is None:
        return
    rows = document_signing.signatures_of(session.record)
    files = [(row.file, f"开标记录的签名（{row.signer}）") for row in rows if row.kind != "pades"]
    if any(row.kind == "pades" for row in rows):
        files.insert(0, (document_signing.latest(session.record), "开标记录（各方签名）"))
    for file, title in files:
        TenderDocument.objects.create(
            tender=session.tender,
            kind="signed_record",
            title=title[:200],
            file=file,
            public=True,
            published_at=now,
        )


def _hand_over(ctx: Context, session: OpeningSession) -> dict[str, dict[str, str]]:
    """Lots with an open bid go to evaluation; a lot without any has failed."""
    lots = {}
    second = session.stage == SECOND
    handed = session.tender.lots.exclude(status=LotStatus.FAILED).order_by("no")
    for lot in handed.filter(status=LotStatus.TECHNICAL_EVALUATED) if second else handed:
        bids = lot.bids.filter(part=PRICE) if second else lot.bids.exclude(part=PRICE)
        opened = bids.filter(status=BidStatus.OPENED).exists()
        verb = ("open_prices" if second else "start_evaluation") if opened else "fail"
        lot.status = LOT.after(verb, LotStatus(lot.status), lot.facts(ctx.now))
        lot.failure_code = "" if opened else NO_OPENED_BID
        lot.save(update_fields=["status", "failure_code"])
        if not opened:
            ctx.announce(LotFailed(session.tender.number, str(lot.no), NO_OPENED_BID))
        lots[str(lot.no)] = {"status": str(lot.status)}
    return lots
