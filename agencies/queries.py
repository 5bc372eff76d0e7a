"""Questions about the marketplace. Before closing nobody but the applicant sees an application."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from agencies.models import Admission, Application, Assignment, DrawCommitment, ServiceItem
from agencies.rules.conflicts import Interests
from agencies.rules.moves import ASSIGNMENT_ZH, AdmissionStatus, AssignmentStatus
from kernel.actor import Actor
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from parties.queries import as_uuid

NO_ITEM = ReasonForm(
    "service_item.not_found", zh="没有服务事项「{code}」", en="there is no service item {code}",
    kind=Kind.NOT_FOUND, field="item",
)  # fmt: skip
NO_ADMISSION = ReasonForm(
    "admission.not_found", zh="没有这一入驻申请", en="there is no such admission", kind=Kind.NOT_FOUND
)
NO_ASSIGNMENT = ReasonForm(
    "assignment.not_found", zh="没有委托项目「{number}」", en="there is no assignment {number}",
    kind=Kind.NOT_FOUND,
)  # fmt: skip
WHO_ZH = {"client": "项目业主", "trading_center": "交易中心"}


def item(code: str) -> ServiceItem:
    row = ServiceItem.objects.filter(code=code).first()
    if row is None:
        raise Refused(NO_ITEM(code=code[:40]))
    return row


def items() -> list[ServiceItem]:
    return list(ServiceItem.objects.all())


def admission(key: str) -> Admission:
    known = as_uuid(key)
    rows = Admission.objects.select_related("organization", "item")
    row = rows.filter(id=known).first() if known else None
    if row is None:
        raise Refused(NO_ADMISSION())
    return row


def admitted() -> QuerySet[Admission]:
    """The public list of agencies."""
    rows = Admission.objects.filter(status=AdmissionStatus.ADMITTED)
    return rows.select_related("organization", "item").order_by("item__code", "organization__name")


def waiting_admissions() -> QuerySet[Admission]:
    return Admission.objects.filter(status=AdmissionStatus.APPLIED).select_related("organization", "item")


def own_admissions(actor: Actor) -> QuerySet[Admission]:
    rows = Admission.objects.filter(organization_id=actor.organization or None)
    return rows.select_related("organization", "item")


def assignment(number: str) -> Assignment:
    """By its public number; ``Refused(assignment.not_found)``."""
    rows = Assignment.objects.select_related("client", "item", "selected", "contract")
    row = rows.filter(number=number).first()
    if row is None:
        raise Refused(NO_ASSIGNMENT(number=number[:40]))
    return row


def assignments() -> QuerySet[Assignment]:
    """All of them are public from publication on."""
    return Assignment.objects.select_related("client", "item", "selected")


def earlier_fees(client_id: object, item_id: object, project: str) -> list[Decimal]:
    """Fees of a client's assignments for one service and project that stand (not failed or cancelled)."""
    gone = (AssignmentStatus.FAILED, AssignmentStatus.CANCELLED)
    rows = Assignment.objects.filter(client_id=client_id, item_id=item_id, project=project)
    return list(rows.exclude(status__in=gone).values_list("budget", flat=True))


def own_application(actor: Actor, row: Assignment) -> Application | None:
    """The actor's organization's standing application."""
    rows = Application.objects.filter(assignment=row, withdrawn_at__isnull=True)
    return rows.filter(organization_id=actor.organization or None).first()


def interests_of_client(row: Assignment) -> Interests:
    return Interests(row.client.name, row.client.credit_code, row.head, frozenset(row.controllers))


def interests_of_agency(admitted_as: Admission) -> Interests:
    who = admitted_as.organization
    return Interests(who.name, who.credit_code, admitted_as.head, frozenset(admitted_as.controllers))


def draw_name(row: Assignment, round_: int) -> str:
    """The one draw that a commitment is for (``kernel.draw``)."""
    return f"{row.number}#{round_}"


def commitments(row: Assignment, round_: int | None = None) -> list[DrawCommitment]:
    return list(DrawCommitment.objects.filter(assignment=row, round=round_ or row.round))


def _round(row: Assignment, round_: int) -> dict[str, Any]:
    made = commitments(row, round_)
    return {
        "draw": draw_name(row, round_),
        "commitments": {c.who: c.digest for c in made},
        "reveals": {c.who: c.nonce for c in made if c.nonce},
    }


def public_record(number: str) -> dict[str, Any]:
    """Everything public about a selection, enough to recompute it with ``kernel.draw.verify``.

    ``pool`` entries are drawn by credit code; ``draw`` is the round that counts, ``abandoned`` the rounds
    in which a party kept silent. Before closing there is no pool, and nobody learns who applied.
    """
    row = assignment(number)
    return {
        "v": 1,
        "number": row.number,
        "title": row.title,
        "project": row.project,
        "item": {"code": row.item.code, "name": row.item.name},
        "client": {"name": row.client.name, "credit_code": row.client.credit_code},
        "need": row.need,
        "budget": str(row.budget),
        "least": row.least,
        "recused": row.recused,
        "status": row.status,
        "status_zh": ASSIGNMENT_ZH[AssignmentStatus(row.status)],
        "published_at": iso(row.published_at),
        "closing_at": iso(row.closing_at),
        "pool": row.pool,
        "pool_digest": row.pool_digest,
        "barred": row.barred,
        "draw": {**_round(row, row.round), "seed": row.seed, "order": row.order},
        "abandoned": [_round(row, n) for n in range(1, row.round)],
        "selected": _selected(row),
        "contract": _contract(row),
        "end_reason": row.end_reason,
    }


def _selected(row: Assignment) -> dict[str, Any] | None:
    if row.selected is None or row.selected_at is None or row.notice_until is None:
        return None
    who = row.selected
    times = {"at": iso(row.selected_at), "notice_until": iso(row.notice_until)}
    return {"name": who.name, "credit_code": who.credit_code, **times}


def _contract(row: Assignment) -> dict[str, Any] | None:
    if row.contract is None or row.contracted_at is None:
        return None
    return {
        "sha256": row.contract.sha256,
        "size": row.contract.size,
        "amount": str(row.contract_amount),
        "filed_at": iso(row.contracted_at),
    }


def due_to_close(now: datetime) -> list[Assignment]:
    return list(Assignment.objects.filter(status=AssignmentStatus.OPEN, closing_at__lte=now)[:100])
