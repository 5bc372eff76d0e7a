"""Service items, and the admission of agencies with their signed commitment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agencies import policy, queries
from agencies.models import Admission, ServiceItem
from agencies.rules import promises
from agencies.rules.moves import ADMISSION, AdmissionStatus
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.canonical_json import digest
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code
from parties.queries import organization

_LAW = "优化营商环境条例第四十三条"
ITEM_ONCE = ReasonForm(
    "service_item.once",
    zh="已有这一代码的服务事项",
    en="there is a service item with this code already",
    kind=Kind.CONFLICT,
    field="code",
)
ADMISSION_ONCE = ReasonForm(
    "admission.once",
    zh="本单位已就这一事项申请入驻（{status}）",
    en="the organization has an admission for this item already ({status})",
    kind=Kind.CONFLICT,
    field="item",
)
OTHER_TEXT = ReasonForm(
    "commitment.other_text",
    zh="承诺书与所申报的内容不一致，请重新打开本页再签",
    en="the commitment statement differs from what was declared; reload and sign again",
    kind=Kind.CONFLICT,
)
OTHER_SIGNER = ReasonForm(
    "commitment.other_signer",
    zh="承诺书应由「{wanted}」的证书签名，实际是「{found}」",
    en="the commitment must be signed with a certificate of {wanted}, not of {found}",
    law="电子签名法第十三条",
)
TWICE = ReasonForm(
    "admission.applied_twice", zh="刚刚已经申请过", en="this has just been applied for", kind=Kind.CONFLICT
)
CONSTRAINTS["service_item_once"] = ITEM_ONCE
CONSTRAINTS["admission_once"] = TWICE


@dataclass(frozen=True)
class DefineItem(Command):
    """A kind of service that may be chosen on the marketplace; ``basis`` names its legal basis."""

    code: str
    name: str
    basis: str

    verb = "service_item.define"
    law = _LAW


@dataclass(frozen=True)
class SeekAdmission(Command):
    """入驻申请. ``signed``: the statement ``mingtang/agency-admission``, checked by the door with its
    certificate; ``signer``: the credit code of that certificate."""

    item: str
    head: str
    controllers: tuple[str, ...]
    qualification: str
    signed: dict[str, Any]
    signer: str

    verb = "admission.seek"
    law = _LAW


@dataclass(frozen=True)
class AdmitAgency(Command):
    admission: str
    note: str = ""

    verb = "admission.admit"
    law = _LAW


@dataclass(frozen=True)
class ReturnAdmission(Command):
    admission: str
    reason: str

    verb = "admission.return"
    law = _LAW


@dataclass(frozen=True)
class LeaveItem(Command):
    """退出: running contracts go on, the history stays."""

    admission: str
    reason: str

    verb = "admission.exit"
    law = _LAW


@handler(DefineItem, may=policy.may_run)
def define_item(cmd: DefineItem, ctx: Context, row: None) -> Done:
    if ServiceItem.objects.filter(code=cmd.code).exists():
        raise Refused(ITEM_ONCE())
    made = ServiceItem.objects.create(
        code=cmd.code, name=cmd.name[:100], basis=cmd.basis[:300], created_at=ctx.now
    )
    said = {"code": made.code, "name": made.name, "basis": made.basis}
    return Done(f"service-item:{made.code}", said, said)


@handler(SeekAdmission, may=policy.may_seek_admission)
def seek_admission(cmd: SeekAdmission, ctx: Context, row: None) -> Done:
    who, item = organization(ctx.actor.organization), queries.item(cmd.item)
    controllers = tuple(credit_code(c) for c in cmd.controllers)
    expected = promises.admission(who.name, who.credit_code, item.code, cmd.head, controllers)
    check_commitment(cmd.signed, expected, cmd.signer, who.credit_code, who.name)
    values = {
        "head": cmd.head,
        "controllers": list(controllers),
        "qualification": cmd.qualification[:500],
        "commitment": cmd.signed,
        "commitment_sha256": digest(cmd.signed),
        "applied_at": ctx.now,
    }
    known = Admission.objects.select_for_update().filter(organization=who, item=item).first()
    if known is None:
        known = Admission.objects.create(organization=who, item=item, **values)
    else:
        status = AdmissionStatus(known.status)
        if ADMISSION.reasons_against("apply_again", status, None):
            raise Refused(ADMISSION_ONCE(status=ADMISSION.labels[status]))
        known.status = ADMISSION.after("apply_again", status, None)
        for name, value in values.items():
            setattr(known, name, value)
        known.save()
    said = {"admission": str(known.id), "item": item.code, "commitment_sha256": known.commitment_sha256}
    return Done(
        f"admission:{known.id}", {**said, "credit_code": who.credit_code}, {**said, "status": known.status}
    )


def check_commitment(
    signed: dict[str, Any], expected: dict[str, Any], signer: str, wanted: str, name: str
) -> None:
    """The statement is the present one, and the certificate that signed it is the organization's."""
    if signed.get("statement") != expected:
        raise Refused(OTHER_TEXT())
    if signer != wanted:
        raise Refused(OTHER_SIGNER(wanted=name, found=signer or "—"))


def _locked(cmd: AdmitAgency | ReturnAdmission | LeaveItem) -> Admission:
    row = queries.admission(cmd.admission)
    return (
        Admission.objects.select_for_update(of=("self",))
        .select_related("organization", "item")
        .get(pk=row.pk)
    )


def _decide(row: Admission, verb: str, note: str, ctx: Context) -> Done:
    row.status = ADMISSION.after(verb, AdmissionStatus(row.status), None)
    row.decided_at, row.decision = ctx.now, note.strip()[:300]
    row.save(update_fields=["status", "decided_at", "decision"])
    said = {
        "admission": str(row.id),
        "credit_code": row.organization.credit_code,
        "name": row.organization.name,
        "item": row.item.code,
        "status": row.status,
        "note": row.decision,
    }
    return Done(f"admission:{row.id}", said, said)


@handler(AdmitAgency, load=_locked, may=policy.may_run)
def admit(cmd: AdmitAgency, ctx: Context, row: Admission) -> Done:
    return _decide(row, "admit", cmd.note, ctx)


@handler(ReturnAdmission, load=_locked, may=policy.may_run)
def return_admission(cmd: ReturnAdmission, ctx: Context, row: Admission) -> Done:
    return _decide(row, "return", cmd.reason, ctx)


@handler(LeaveItem, load=_locked, may=policy.may_leave)
def leave(cmd: LeaveItem, ctx: Context, row: Admission) -> Done:
    return _decide(row, "exit", cmd.reason, ctx)
