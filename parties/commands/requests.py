"""A new certificate in the name of somebody who is registered: it waits until it is known whose it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.clock import parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from parties import policy, queries
from parties.commands.proofs import CertificateFound, bind
from parties.commands.roles import give
from parties.models import CertificateBinding, CertificateRequest, Organization, Person
from parties.rules import roles
from parties.rules.bindings import CERTIFICATE_REQUEST, RequestStatus

ASKED_BEFORE = ReasonForm(
    "certificate.request_waiting",
    zh="这张证书已经申请过，正在等待确认",
    en="this certificate waits to be confirmed already",
    kind=Kind.CONFLICT,
)
NOT_OF_THAT_NAME = ReasonForm(
    "certificate.not_of_that_name",
    zh="所选的人不是这里登记的「{name}」",
    en="the person chosen is not one registered here as {name}",
    field="person",
)
CONSTRAINTS["certificate_request_once"] = ASKED_BEFORE


@dataclass(frozen=True)
class ConfirmCertificate(Command):
    """It is that person's new certificate, or that of ``person`` (one of the same name in the same place); with
    ``somebody_new`` of none of them."""

    request: str
    reason: str
    somebody_new: bool = False
    person: str = ""

    verb = "certificate.confirm"
    sealed = True
    law = "电子签名法第二十条"


@dataclass(frozen=True)
class DeclineCertificate(Command):
    """Nobody here knows this certificate."""

    request: str
    reason: str

    verb = "certificate.decline"
    sealed = True
    law = "电子签名法第二十条"


def ask(
    found: list[CertificateFound], person: Person, organization: Organization | None, role: str, ctx: Context
) -> CertificateRequest:
    """Put the certificate before those who know whose it is."""
    first = found[0]
    if CertificateRequest.objects.filter(
        fingerprint=first.fingerprint, status=RequestStatus.WAITING.value
    ).exists():
        raise Refused(ASKED_BEFORE())
    return CertificateRequest.objects.create(
        fingerprint=first.fingerprint,
        person=person,
        organization=organization,
        authority_id=first.authority,
        subject=first.subject[:500],
        not_after=parse_iso(first.not_after),
        found=[asdict(one) for one in found],
        role=role if roles.role_of(role) in roles.SELF_GRANTED else "",
        asked_at=ctx.now,
    )


def _of(cmd: Any) -> CertificateRequest:
    return queries.certificate_request(cmd.request)


def _decide(verb: str, cmd: Any, ctx: Context, row: CertificateRequest) -> None:
    status = CERTIFICATE_REQUEST.after(verb, RequestStatus(row.status), row.facts(ctx.now, cmd.reason))
    row.status, row.decided_at, row.decided_by = status.value, ctx.now, ctx.actor.key
    row.reason = cmd.reason.strip()[:200]
    row.save(update_fields=["status", "decided_at", "decided_by", "reason"])


@handler(ConfirmCertificate, load=_of, may=policy.may_decide)
def confirm_certificate(cmd: ConfirmCertificate, ctx: Context, row: CertificateRequest) -> Done:
    _decide("confirm", cmd, ctx, row)
    person = _whose(cmd.person, row)
    if cmd.somebody_new:
        person = Person.objects.create(name=row.person.name, created_at=ctx.now)
        if (role := roles.role_of(row.role)) is not None:
            give(person, row.organization, role, ctx)
    for fields in row.found:
        found = CertificateFound(**{**fields, "chain": tuple(fields["chain"])})
        # The second of a pair may be bound by now; the first may not, or bind() refuses.
        known = CertificateBinding.objects.filter(fingerprint=found.fingerprint).exists()
        if found.fingerprint == row.fingerprint or not known:
            bind(found, person, row.organization, ctx.now)
    said = {"certificate": row.fingerprint, "somebody_new": cmd.somebody_new}
    return Done(f"person:{person.id}", said, {"certificate": row.fingerprint, "person": str(person.id)})


def _whose(wanted: str, row: CertificateRequest) -> Person:
    if not wanted:
        return row.person
    found = [one for one in queries.namesakes(row.person.name, row.organization) if str(one.id) == wanted]
    if not found:
        raise Refused(NOT_OF_THAT_NAME(name=row.person.name))
    return found[0]


@handler(DeclineCertificate, load=_of, may=policy.may_decide)
def decline_certificate(cmd: DeclineCertificate, ctx: Context, row: CertificateRequest) -> Done:
    _decide("decline", cmd, ctx, row)
    return Done(f"person:{row.person_id}", {"certificate": row.fingerprint}, {"certificate": row.fingerprint})
