"""Assignments: publishing, sealed sign-up, closing with recusal, the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agencies import policy, queries
from agencies.commands.admissions import check_commitment
from agencies.events import ServiceContractFiled
from agencies.models import Admission, Application, Assignment
from agencies.rules import conflicts, limits, promises
from agencies.rules.amounts import read as yuan
from agencies.rules.moves import ASSIGNMENT, LEAST_OPEN, LEAST_POOL, AdmissionStatus, AssignmentStatus
from documents import store
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel import draw
from kernel.canonical_json import digest
from kernel.clock import BEIJING, beijing, parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code
from parties.queries import organization

_LAW = "优化营商环境条例第四十三条"
BAD_CLOSING = ReasonForm(
    "assignment.bad_closing",
    zh="截止时间「{value}」不合格，应为带时区的时间",
    en="{value} is not a time with its offset",
    kind=Kind.MALFORMED,
    field="closing_at",
)
TOO_SOON = ReasonForm(
    "assignment.closing_too_soon",
    zh="报名时间不少于 {days} 日：截止时间应不早于 {earliest}",
    en="sign-up is open for at least {days} days: closing cannot be before {earliest}",
    field="closing_at",
)
BAD_LEAST = ReasonForm(
    "assignment.bad_least",
    zh="最少报名家数应为 {low} 至 20",
    en="the least number of agencies must be {low} to 20",
    field="least",
)
NOT_ADMITTED = ReasonForm(
    "application.not_admitted",
    zh="本单位没有入驻「{item}」，不能报名",
    en="the organization is not admitted for {item}",
    kind=Kind.FORBIDDEN,
)
APPLIED_BEFORE = ReasonForm(
    "application.once",
    zh="本单位已经报名",
    en="the organization has applied already",
    kind=Kind.CONFLICT,
)
NOT_APPLIED = ReasonForm(
    "application.not_found",
    zh="本单位没有报名",
    en="the organization has not applied",
    kind=Kind.NOT_FOUND,
)
NUMBER_TAKEN = ReasonForm(
    "assignment.number_taken",
    zh="另一项目同时发布，请再试一次",
    en="another assignment was published at the same moment; try again",
    kind=Kind.CONFLICT,
)
NOT_PDF = ReasonForm(
    "contract.not_pdf", zh="合同应为 PDF 文件", en="the contract must be a PDF", field="contract"
)
CONSTRAINTS["application_once"] = APPLIED_BEFORE
CONSTRAINTS["assignment_number_once"] = NUMBER_TAKEN


@dataclass(frozen=True)
class PublishAssignment(Command):
    """``budget``: the fee that will be paid, yuan with two decimals; ``closing_at`` RFC 3339; ``head`` and
    ``controllers`` the client's own, ``recused`` credit codes of agencies it declares as conflicted."""

    item: str
    title: str
    project: str
    need: str
    budget: str
    closing_at: str
    head: str
    controllers: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    least: int = LEAST_POOL

    verb = "assignment.publish"
    law = _LAW


@dataclass(frozen=True)
class CancelAssignment(Command):
    number: str
    reason: str

    verb = "assignment.cancel"
    law = _LAW


@dataclass(frozen=True)
class ApplyForAssignment(Command):
    """报名. ``interest``: what the agency declares about itself and the client; empty for nothing."""

    number: str
    interest: str
    signed: dict[str, Any]
    signer: str

    verb = "assignment.apply"
    # Who applied stays sealed until closing, from staff and client too.
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class WithdrawApplication(Command):
    number: str

    verb = "assignment.withdraw"
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class CloseSignUp(Command):
    """The clock has struck: conflicts are judged, the pool is frozen and published."""

    number: str

    verb = "assignment.close"
    law = _LAW


@dataclass(frozen=True)
class FileContract(Command):
    """``contract``: SHA-256 of the stored PDF."""

    number: str
    contract: str
    amount: str

    verb = "assignment.file_contract"
    law = "民法典第四百六十五条"


@handler(PublishAssignment, may=policy.may_publish)
def publish(cmd: PublishAssignment, ctx: Context, row: None) -> Done:
    client, item = organization(ctx.actor.organization), queries.item(cmd.item)
    budget = yuan(cmd.budget, "budget")
    today = ctx.now.astimezone(BEIJING).date()
    earlier = queries.earlier_fees(client.id, item.id, cmd.project.strip())
    if reason := limits.reason_against(budget, earlier, today):
        raise Refused(reason)
    closing = _closing(cmd.closing_at, ctx)
    if not LEAST_POOL <= cmd.least <= 20:
        raise Refused(BAD_LEAST(low=LEAST_POOL))
    made = Assignment.objects.create(
        number=_number(ctx),
        client=client,
        item=item,
        title=cmd.title.strip()[:200],
        project=cmd.project.strip()[:200],
        need=cmd.need.strip()[:10000],
        budget=budget,
        least=cmd.least,
        head=cmd.head.strip()[:100],
        controllers=sorted({credit_code(c) for c in cmd.controllers}),
        recused=sorted({credit_code(c) for c in cmd.recused}),
        published_at=ctx.now,
        closing_at=closing,
    )
    said = {
        "number": made.number,
        "client": client.credit_code,
        "item": item.code,
        "title": made.title,
        "project": made.project,
        "need_sha256": digest(made.need),
        "budget": str(budget),
        "least": made.least,
        "recused": made.recused,
        "closing_at": closing,
    }
    return Done(f"assignment:{made.number}", said, {"number": made.number})


def _closing(text: str, ctx: Context) -> datetime:
    try:
        closing = parse_iso(text)
    except ValueError as error:
        raise Refused(BAD_CLOSING(value=text[:40])) from error
    earliest = ctx.now + LEAST_OPEN
    # A form gives whole minutes: the minute in which the announcement was made counts as its start.
    if closing + timedelta(minutes=1) <= earliest:
        raise Refused(TOO_SOON(days=LEAST_OPEN.days, earliest=beijing(earliest)))
    return closing


def _number(ctx: Context) -> str:
    year = ctx.now.astimezone(BEIJING).year
    count = Assignment.objects.filter(number__startswith=f"ZJ{year}-").count()
    return f"ZJ{year}-{count + 1:04d}"


def locked(cmd: Any) -> Assignment:
    """The assignment a command is about, locked for this transaction: an application that was in time is
    committed before closing can judge it."""
    row = queries.assignment(cmd.number)
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("client", "item", "selected")
    return rows.get(pk=row.pk)


@handler(CancelAssignment, load=locked, may=policy.may_cancel)
def cancel(cmd: CancelAssignment, ctx: Context, row: Assignment) -> Done:
    row.status = ASSIGNMENT.after("cancel", AssignmentStatus(row.status), row.facts(ctx.now))
    row.end_reason = cmd.reason.strip()[:300]
    row.save(update_fields=["status", "end_reason"])
    said = {"number": row.number, "reason": row.end_reason}
    return Done(f"assignment:{row.number}", said, {**said, "status": row.status})


@handler(ApplyForAssignment, load=locked, may=policy.may_apply)
def apply(cmd: ApplyForAssignment, ctx: Context, row: Assignment) -> Done:
    ASSIGNMENT.after("apply", AssignmentStatus(row.status), row.facts(ctx.now))
    who = organization(ctx.actor.organization)
    if not Admission.objects.filter(
        organization=who, item=row.item, status=AdmissionStatus.ADMITTED
    ).exists():
        raise Refused(NOT_ADMITTED(item=row.item.name))
    interest = cmd.interest.strip()[:300]
    expected = promises.application(who.name, who.credit_code, row.number, interest)
    check_commitment(cmd.signed, expected, cmd.signer, who.credit_code, who.name)
    if queries.own_application(ctx.actor, row) is not None:
        raise Refused(APPLIED_BEFORE())
    made = Application.objects.create(
        assignment=row,
        organization=who,
        person_id=ctx.actor.person,
        interest=interest,
        commitment=cmd.signed,
        commitment_sha256=digest(cmd.signed),
        at=ctx.now,
    )
    said = {"number": row.number, "credit_code": who.credit_code, "commitment_sha256": made.commitment_sha256}
    return Done(f"assignment:{row.number}", said, {"application": str(made.id), "number": row.number})


@handler(WithdrawApplication, load=locked, may=policy.may_apply)
def withdraw(cmd: WithdrawApplication, ctx: Context, row: Assignment) -> Done:
    ASSIGNMENT.after("apply", AssignmentStatus(row.status), row.facts(ctx.now))
    mine = queries.own_application(ctx.actor, row)
    if mine is None:
        raise Refused(NOT_APPLIED())
    mine.withdrawn_at = ctx.now
    mine.save(update_fields=["withdrawn_at"])
    said = {"number": row.number, "application": str(mine.id)}
    return Done(f"assignment:{row.number}", said, said)


@handler(CloseSignUp, load=locked, may=policy.may_close)
def close(cmd: CloseSignUp, ctx: Context, row: Assignment) -> Done:
    row.pool, row.barred = _judged(row)
    facts = row.facts(ctx.now)
    enough = facts.pool >= facts.least
    row.status = ASSIGNMENT.after("close" if enough else "fail", AssignmentStatus(row.status), facts)
    row.closed_at = ctx.now
    row.pool_digest = draw.pool_digest([entry["credit_code"] for entry in row.pool]) if enough else ""
    row.save(update_fields=["pool", "barred", "status", "closed_at", "pool_digest"])
    said = {
        "number": row.number,
        "pool": row.pool,
        "barred": row.barred,
        "pool_digest": row.pool_digest,
        "status": row.status,
    }
    return Done(f"assignment:{row.number}", said, said)


def _judged(row: Assignment) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The applications that stand: the pool by credit code, and who is barred with every ground."""
    pool, barred = [], []
    standing = Application.objects.filter(assignment=row, withdrawn_at__isnull=True).select_related(
        "organization"
    )
    client = queries.interests_of_client(row)
    admissions = {
        a.organization_id: a
        for a in Admission.objects.filter(item=row.item, status=AdmissionStatus.ADMITTED).select_related(
            "organization"
        )
    }
    for made in standing.order_by("organization__credit_code"):
        who = {"credit_code": made.organization.credit_code, "name": made.organization.name}
        admitted_as = admissions.get(made.organization_id)
        if admitted_as is None:
            barred.append({**who, "reasons": [NOT_ADMITTED(item=row.item.name).as_json()]})
            continue
        agency = queries.interests_of_agency(admitted_as)
        found = conflicts.reasons_against(agency, client, frozenset(row.recused), made.interest)
        if found:
            barred.append({**who, "reasons": [reason.as_json() for reason in found]})
        else:
            pool.append({**who, "commitment_sha256": made.commitment_sha256})
    return pool, barred


@handler(FileContract, load=locked, may=policy.may_file_contract)
def file_contract(cmd: FileContract, ctx: Context, row: Assignment) -> Done:
    file, amount = store.get(cmd.contract), yuan(cmd.amount, "amount")
    if file.media_type != "application/pdf":
        raise Refused(NOT_PDF())
    if amount <= 0:
        raise Refused(limits.NOT_POSITIVE())
    row.status = ASSIGNMENT.after(
        "file_contract", AssignmentStatus(row.status), row.facts(ctx.now, amount=amount)
    )
    row.contract, row.contract_amount, row.contracted_at = file, amount, ctx.now
    row.save(update_fields=["status", "contract", "contract_amount", "contracted_at"])
    ctx.announce(
        ServiceContractFiled(row.number, row.project, str(row.client_id), str(row.selected_id), file.sha256)
    )
    said = {"number": row.number, "contract_sha256": file.sha256, "amount": str(amount)}
    return Done(f"assignment:{row.number}", said, {**said, "status": row.status})
