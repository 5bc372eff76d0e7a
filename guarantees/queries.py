"""Questions about guarantees."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from guarantees.models import Guarantee, LicensedIssuer
from guarantees.policy import visible_to
from guarantees.rules.moves import GuaranteeStatus
from guarantees.rules.presentation import NOT_SIGNED_BY_ISSUER
from guarantees.rules.words import say_reason, say_verdict, state_of
from kernel.actor import Actor
from kernel.clock import BEIJING, iso
from kernel.errors import Kind, ReasonForm, Refused
from kernel.guarantee_terms import GuaranteeRequirement, Party, read_form
from trading.models import Bid
from trading.queries.tenders import rulebook_of
from trading.rules.announcement import bond_cap

NO_GUARANTEE = ReasonForm(
    "guarantee.not_found", zh="没有此投标担保记录", en="there is no such guarantee", kind=Kind.NOT_FOUND
)
NO_ISSUER = ReasonForm(
    "guarantee.issuer_not_found",
    zh="开立人名单上没有「{code}」",
    en="{code} is not on the list of issuers",
    kind=Kind.NOT_FOUND,
)


def guarantee(key: str | uuid.UUID) -> Guarantee:
    """By id; ``Refused(guarantee.not_found)``."""
    try:
        known = uuid.UUID(str(key))
    except ValueError:
        raise Refused(NO_GUARANTEE()) from None
    row = _rows().filter(pk=known).first()
    if row is None:
        raise Refused(NO_GUARANTEE())
    return row


def _rows() -> QuerySet[Guarantee]:
    return Guarantee.objects.select_related("bid__lot__tender__project__procuring_entity", "pdf")


def seen(actor: Actor, key: str | uuid.UUID) -> Guarantee:
    """The guarantee, if this actor may know of it."""
    row = guarantee(key)
    if not _rows().filter(visible_to(actor), pk=row.pk).exists():
        raise Refused(NO_GUARANTEE())
    return row


def guarantees_for(actor: Actor, tender: str = "") -> QuerySet[Guarantee]:
    """Everything the actor may see, newest tender first; of one tender when it is named."""
    rows = _rows().filter(visible_to(actor))
    if tender:
        rows = rows.filter(bid__lot__tender__number=tender)
    return rows.order_by("-bid__lot__tender__announced_at", "bid__lot__no", "bid__number")


def issuers() -> QuerySet[LicensedIssuer]:
    """The whole list, those in force first."""
    return LicensedIssuer.objects.order_by("until", "name")


def in_force(at: datetime) -> QuerySet[LicensedIssuer]:
    return LicensedIssuer.objects.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at)


def issuer(credit_code: str) -> LicensedIssuer:
    """The entry of a code that has not ended; ``Refused(guarantee.issuer_not_found)``."""
    row = LicensedIssuer.objects.filter(credit_code=credit_code, until__isnull=True).first()
    if row is None:
        raise Refused(NO_ISSUER(code=credit_code[:18]))
    return row


def requirement(bid: Bid, now: datetime, number: str = "") -> GuaranteeRequirement:
    """What the bidding documents ask of the guarantee of an opened bid; ``number`` is the presented one."""
    lot, tender = bid.lot, bid.lot.tender
    entity = tender.project.procuring_entity
    if tender.submission_deadline is None:
        raise Refused(NO_GUARANTEE())
    last_day = tender.submission_deadline.astimezone(BEIJING).date() + timedelta(
        days=tender.bid_validity_days
    )
    return GuaranteeRequirement(
        beneficiary=Party(entity.name, entity.credit_code),
        bidder=Party(bid.bidder_name, bid.bidder_credit_code),
        tender=tender.number,
        lot=str(lot.no),
        amount=lot.bond_amount,
        cap=bond_cap(lot.estimate, rulebook_of(tender, now)),
        deadline=tender.submission_deadline,
        valid_until=last_day,
        licensed_issuers=frozenset(in_force(now).values_list("credit_code", flat=True)),
        used=used_elsewhere(bid, number),
        currency=tender.currency,
    )


def used_elsewhere(bid: Bid, number: str) -> dict[str, str]:
    """Where else a guarantee number is used: number → lot and bidder. Only what its issuer really signed
    counts: a forgery must not spoil the true one."""
    rows = Guarantee.objects.filter(number=number).exclude(number="").exclude(bid=bid)
    return {
        row.number: f"{row.bid.lot.code} {row.bid.bidder_name}"
        for row in rows.exclude(authority_id="").select_related("bid__lot__tender")
        if NOT_SIGNED_BY_ISSUER.code not in {reason["code"] for reason in row.reasons}
    }


@dataclass(frozen=True)
class Verdict:
    """What the committee needs to know. ``state``: valid, refused, pending or none (no bond is asked);
    ``reasons`` as ``Reason.as_json``; ``say`` one Chinese sentence; ``lines`` one for each reason."""

    state: str
    say: str
    number: str = ""
    issuer: str = ""
    amount: Decimal | None = None
    reasons: tuple[dict[str, Any], ...] = ()
    guarantee: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(say_reason(reason) for reason in self.reasons)


def verdict(bid: Bid) -> Verdict:
    """The verdict on an opened bid's guarantee, for the committee (12号令第二十五条): it informs and
    rejects nothing."""
    row = Guarantee.objects.filter(bid=bid).first()
    if row is None:
        if bid.lot.bond_amount == 0:
            return Verdict("none", say_verdict(None, (), undecided=False))
        return Verdict("pending", "投标担保尚未核验")
    return Verdict(
        state=state_of(GuaranteeStatus(row.status), bool(row.reasons)),
        say=say_of(row),
        number=row.number,
        issuer=row.issuer_name,
        amount=row.amount,
        reasons=tuple(row.reasons),
        guarantee=str(row.pk),
    )


def say_of(row: Guarantee) -> str:
    form = read_form(row.form["statement"]["payload"]) if row.form and row.number else None
    return say_verdict(form, row.reasons, undecided=row.undecided)


def public_record(bid: Bid) -> dict[str, Any] | None:
    """``guarantee.json`` of the public record of an opened bid, or ``None`` where nothing was presented
    and nothing asked: ``{v, form, pdf_sha256, status, state, reasons, say, presented_at, checked_at,
    authority_id, revocation_sha256, asked: {amount, cap, valid_until, currency}}``."""
    row = Guarantee.objects.filter(bid=bid).select_related("pdf").first()
    if row is None:
        return None
    asked = requirement(bid, row.checked_at or row.presented_at)
    found = verdict(bid)
    return {
        "v": 1,
        "form": row.form,
        "pdf_sha256": row.pdf.sha256 if row.pdf else "",
        "status": row.status,
        "state": found.state,
        "reasons": list(row.reasons),
        "say": found.say,
        "presented_at": iso(row.presented_at),
        "checked_at": iso(row.checked_at) if row.checked_at else "",
        "authority_id": row.authority_id,
        "revocation_sha256": list(row.revocation_sha256),
        "licensed_issuers": sorted(asked.licensed_issuers),
        "asked": {
            "amount": f"{asked.amount:.2f}",
            "cap": f"{asked.cap:.2f}",
            "valid_until": asked.valid_until.isoformat(),
            "currency": asked.currency,
        },
    }


def of_lot(tender: str, lot: str = "") -> Iterable[Guarantee]:
    """Everything presented in a tender, or in one lot of it."""
    rows = _rows().filter(bid__lot__tender__number=tender)
    return rows.filter(bid__lot__no=int(lot)) if lot else rows
