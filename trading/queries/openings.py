"""Questions about opening sessions: the hall, its steps, what this person may do now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import iso
from portal import rooms
from trading.models import Bid, OpeningSession, SignIn, Tender
from trading.policy.openings import capacity
from trading.queries import bids
from trading.queries.tenders import seen
from trading.rules.openings import opening_at
from trading.rules.parts import FIRST, STAGE_ZH, stage_of
from trading.rules.statuses import SESSION_ZH, BidStatus, LotStatus, SessionStatus, TenderStatus

_STEPS = (
    ("sign_in", "签到", "招标投标法第三十五条"),
    ("decrypting", "截止、公布与解密", "电子招标投标办法第三十条"),
    ("reading", "唱标", "招标投标法第三十六条"),
    ("objections", "异议与答复", "招标投标法实施条例第四十四条"),
    ("signing", "确认开标记录", "电子招标投标办法第三十二条"),
    ("closed", "闭会", "电子招标投标办法第三十二条"),
)
_HALL_STATUSES = (TenderStatus.ANNOUNCED, TenderStatus.OPENING, TenderStatus.OPENED, TenderStatus.CLOSED,
                  TenderStatus.FAILED)  # fmt: skip


@dataclass(frozen=True)
class Hall:
    """What a viewer of a hall sees. ``mine``: the viewer's own capacity, sign-in, bids and next act."""

    tender: Tender
    session: OpeningSession | None
    status: SessionStatus
    state: dict[str, Any]
    seq: int
    steps: list[dict[str, str]]
    events: list[dict[str, Any]]
    opening_at: datetime | None
    capacity: str = ""
    sign_in: SignIn | None = None
    own: list[Bid] = field(default_factory=list)
    shares: list[Bid] = field(default_factory=list)
    next_bid: Bid | None = None
    sealed: list[Bid] = field(default_factory=list)
    failed: list[Bid] = field(default_factory=list)
    signed: bool = False

    @property
    def started(self) -> bool:
        return self.status != SessionStatus.SIGN_IN

    @property
    def stage(self) -> int:
        return self.session.stage if self.session is not None else FIRST

    @property
    def two_envelopes(self) -> bool:
        return self.tender.lots.filter(scheme="dual").exclude(status=LotStatus.FAILED).exists()

    @property
    def stage_zh(self) -> str:
        """Which of two openings this is; empty for a tender that has one."""
        return STAGE_ZH[self.stage] if self.stage != FIRST or self.two_envelopes else ""

    @property
    def awaits_second(self) -> bool:
        """The host may call the second opening: the technical evaluation of all its lots is over."""
        lots = self.tender.lots.filter(scheme="dual").values_list("status", flat=True)
        left = set(lots) - {LotStatus.FAILED}
        return self.stage == FIRST and left == {LotStatus.TECHNICAL_EVALUATED}

    @property
    def status_zh(self) -> str:
        return SESSION_ZH[self.status]


def session_of(tender: Tender) -> OpeningSession | None:
    rows = OpeningSession.objects.select_related("tender__project", "record", "host")
    return rows.filter(tender=tender).order_by("-stage").first()


def hall(number: str, actor: Actor) -> Hall:
    """The hall of a tender for this viewer; ``Refused(tender.not_found)`` for what it may not know of."""
    tender = seen(actor, number)
    session = session_of(tender)
    status = SessionStatus(session.status) if session else SessionStatus.SIGN_IN
    room = f"hall:{tender.number}"
    view = rooms.snapshot(room, ())
    due = session.opens_at if session is not None and session.opens_at else None
    if due is None and tender.submission_deadline:
        due = opening_at(tender.submission_deadline, settings.OPENING_GRACE_SECONDS)
    return Hall(
        tender=tender,
        session=session,
        status=status,
        state=view.state,
        seq=view.seq,
        steps=steps(status, called_off=tender.status == TenderStatus.CANCELLED),
        events=rooms.recent(room, ()),
        opening_at=due,
        **_mine(tender, session, actor, status),
    )


def _mine(
    tender: Tender, session: OpeningSession | None, actor: Actor, status: SessionStatus
) -> dict[str, Any]:
    what = capacity(actor, tender)
    mine: dict[str, Any] = {"capacity": what}
    if session is None:
        return mine
    if actor.organization:
        mine["sign_in"] = session.sign_ins.filter(organization_id=actor.organization).first()
    if status == SessionStatus.SIGN_IN:
        return mine
    mine["own"] = bids.own_bids(actor, tender)
    mine["shares"] = bids.waiting_for_share(actor, tender)
    if actor.organization:
        mine["signed"] = session.signatures.filter(organization_id=actor.organization).exists()
    numbered = [
        b
        for b in Bid.objects.select_related("lot").filter(lot__tender=tender, number__isnull=False)
        if b.lot.status != LotStatus.FAILED and stage_of(b.part) == session.stage
    ]
    numbered.sort(key=lambda b: (b.lot.no, b.number or 0))
    mine["sealed"] = [b for b in numbered if b.status == BidStatus.SUBMITTED]
    mine["failed"] = [b for b in numbered if b.status == BidStatus.UNDECRYPTABLE]
    readable = (BidStatus.OPENED, BidStatus.UNDECRYPTABLE)
    unread = [b for b in numbered if b.status in readable and b.read_out_at is None]
    mine["next_bid"] = unread[0] if unread else None
    return mine


def steps(status: SessionStatus, *, called_off: bool = False) -> list[dict[str, str]]:
    """The stepper's rows: their keys are the session's statuses."""
    keys = [key for key, _, _ in _STEPS]
    now = keys.index(status.value) if status.value in keys else 1
    out = []
    for place, (key, title, law) in enumerate(_STEPS):
        state = "done" if place < now or status == SessionStatus.CLOSED else "now" if place == now else "next"
        out.append({"key": key, "title": title, "law": law, "state": state, "note": ""})
    if status == SessionStatus.FAILED:
        out[1]["note"] = "招标人终止招标" if called_off else "投标人少于 3 个，不开标"
    return out


def halls(actor: Actor) -> QuerySet[Tender]:
    """Tenders with a hall, by deadline, newest first. Nothing about bids."""
    rows = Tender.objects.select_related("project__procuring_entity").prefetch_related("opening_sessions")
    return rows.filter(status__in=_HALL_STATUSES, submission_deadline__isnull=False).order_by(
        "-submission_deadline"
    )


def opening_json(number: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """``GET …/opening``: before the start only the times; then the bids; then the record to sign."""
    view = hall(number, actor)
    tender, session = view.tender, view.session
    said: dict[str, Any] = {
        "tender": tender.number,
        "stage": session.stage if session is not None else FIRST,
        "status": view.status.value,
        "now": iso(now),
        "submission_deadline": iso(tender.submission_deadline) if tender.submission_deadline else None,
        "opening_at": iso(view.opening_at) if view.opening_at else None,
        "started_at": None,
        "decryption_until": None,
        "bids": [],
        "record": None,
    }
    if session is None or not view.started:
        return said
    said |= {
        "started_at": iso(session.started_at) if session.started_at else None,
        "decryption_until": iso(session.decryption_until) if session.decryption_until else None,
        "bids": bids.public_rows(tender),
        "objections": [
            {"objection": str(o.pk), "text": o.text, "answer": o.answer} for o in session.objections.all()
        ],
        "next_to_read": str(view.next_bid.pk) if view.next_bid else None,
    }
    if session.record_payload is not None and session.record is not None:
        said["record"] = {
            "pdf_sha256": session.record.sha256,
            "pdf": f"/halls/{tender.number}/record.pdf",
            "statement": record_statement(session),
            "signatures": [
                {"organization": s.organization.name, "capacity": s.capacity, "at": iso(s.at)}
                for s in session.signatures.select_related("organization")
            ],
        }
    return said


def record_statement(session: OpeningSession) -> dict[str, Any]:
    """What is signed: the whole record as JSON, with the digest of its PDF in ``record_sha256``."""
    return {"v": 1, "type": "mingtang/opening-record", "payload": session.record_payload}


def records_waiting() -> list[OpeningSession]:
    """Sessions whose objections are closed and whose record is not there."""
    rows = OpeningSession.objects.select_related("tender")
    return list(rows.filter(status=SessionStatus.SIGNING, record__isnull=True))
