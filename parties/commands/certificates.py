"""Signing in, registering and binding certificates.

The certificate, its revocation and the signature over the challenge were checked by the door
(:mod:`parties.login`); the challenge itself is judged here, by the act's time, and used up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.actor import Actor, Role
from kernel.errors import Kind, ReasonForm, Refused
from parties import policy, queries
from parties.commands.administration import appoint_first
from parties.commands.proofs import KNOWN_CERTIFICATE, CertificateFound, bind, use_challenge
from parties.commands.requests import ask
from parties.commands.roles import give
from parties.models import CertificateBinding, Membership, Organization, Person, RoleRequest
from parties.rules import roles

NO_NAME = ReasonForm(
    "registration.no_name",
    zh="证书上没有经办人姓名，请填写",
    en="the certificate names no person; give the name",
    field="person_name",
)
NOTHING_TO_RENEW = ReasonForm(
    "registration.nothing_to_renew",
    zh="没有登记过个人证书上姓名为「{name}」的人员，请作为新人员登记",
    en="nobody with a personal certificate in the name of {name} is registered; register as a new person",
    field="renews",
)
OTHER_HOLDER = ReasonForm(
    "certificate.other_holder",
    zh="证书属于「{found}」，您登录的是「{wanted}」",
    en="the certificate is of {found}, you are signed in for {wanted}",
    field="certificate",
)
CENTER_EXISTS = ReasonForm(
    "parties.center_exists",
    zh="已有交易中心人员，其余人员由其在平台上授权",
    en="there is a trading-center person already, who grants all further roles",
    kind=Kind.CONFLICT,
)
RACE = ReasonForm(
    "organization.registered_once",
    zh="同一单位刚刚由另一人登记，请再试一次",
    en="a colleague registered the organization at the same moment; try again",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["organization_once"] = RACE


@dataclass(frozen=True)
class SignIn(Command):
    """Sign in with a registered certificate: ``answered`` is the payload that was signed."""

    fingerprint: str
    answered: dict[str, Any]
    revocation_sha256: tuple[str, ...] = ()

    verb = "session.sign_in"
    # Who signs in before a deadline tells who bids (招标投标法第二十二条).
    sealed = True
    law = "电子签名法第十三条"


@dataclass(frozen=True)
class RegisterByCertificate(Command):
    """Register person and organization from a certificate. ``role``: bidder and agency at once, others
    as a request to the trading center, empty for none. ``encryption``: the second of a pair (双证).

    A certificate in the name of somebody whom the organization has already waits to be confirmed; so does a
    personal one whose holder says that it ``renews`` an earlier one."""

    found: CertificateFound
    answered: dict[str, Any]
    role: str = ""
    person_name: str = ""
    encryption: CertificateFound | None = None
    renews: bool = False

    verb = "party.register"
    sealed = True
    law = "电子招标投标办法第二十四条"


@dataclass(frozen=True)
class BootstrapCenter(Command):
    """The operator registers the first person of the trading center on the server: the one who grants
    everybody else. The operator vouches for the certificate, so there is no challenge."""

    found: CertificateFound

    verb = "party.bootstrap"


@dataclass(frozen=True)
class BindCertificate(Command):
    """A further certificate of the person who is signed in. An encryption certificate cannot answer a
    challenge; its names must be those of the person's organization."""

    found: CertificateFound
    answered: dict[str, Any] | None = None

    verb = "certificate.bind"
    sealed = True
    law = "电子签名法第十六条"


@handler(SignIn, load=lambda cmd: queries.binding(cmd.fingerprint), may=policy.may_sign_in)
def sign_in(cmd: SignIn, ctx: Context, binding: CertificateBinding) -> Done:
    use_challenge(settings.SECRET_KEY.encode(), settings.PUBLIC_URL, cmd.answered, ctx)
    queries.refuse_blocked(cmd.fingerprint)
    said = {"certificate": cmd.fingerprint, "revocation": list(cmd.revocation_sha256)}
    return Done(ctx.actor.key, said, who(ctx.actor))


def who(actor: Actor) -> dict[str, Any]:
    """``{person, organization, roles}``: what a door says of the person who is signed in."""
    return {
        "person": actor.person,
        "name": actor.name,
        "organization": actor.organization,
        "organization_name": actor.organization_name,
        "roles": sorted(role.value for role in actor.roles),
    }


@handler(RegisterByCertificate, may=policy.may_register)
def register(cmd: RegisterByCertificate, ctx: Context, row: None) -> Done:
    use_challenge(settings.SECRET_KEY.encode(), settings.PUBLIC_URL, cmd.answered, ctx)
    organization = _organization(cmd.found, ctx)
    name = _name(cmd.found, cmd.person_name)
    if (namesake := _namesake(cmd, name, organization)) is not None:
        return _wait(cmd, namesake, organization, ctx)
    person = Person.objects.create(name=name, created_at=ctx.now)
    bind(cmd.found, person, organization, ctx.now)
    for second in _second(cmd):
        _same_holder(second, organization, person)
        bind(second, person, organization, ctx.now)
    if organization is not None:
        appoint_first(organization, person, ctx)
    requested = _role(cmd.role, person, organization, ctx)
    said = {
        **cmd.found.as_said(),
        "person": str(person.id),
        "organization": str(organization.id) if organization else "",
        "role": cmd.role,
        "requested": requested,
    }
    result = {**who(queries.actor_for(person, organization)), "requested": requested}
    return Done(f"person:{person.id}", said, result)


def _organization(found: CertificateFound, ctx: Context) -> Organization | None:
    if not found.credit_code:
        return None
    row, _ = Organization.objects.get_or_create(
        credit_code=found.credit_code, defaults={"name": found.organization, "created_at": ctx.now}
    )
    return row


def _name(found: CertificateFound, given: str) -> str:
    name = (found.person or given).strip()[:100]
    if not name:
        raise Refused(NO_NAME())
    return name


def _namesake(cmd: RegisterByCertificate, name: str, organization: Organization | None) -> Person | None:
    """The person of that name whom the organization's certificates name already. A certificate alone does
    not prove to be that person's: authorities differ in care, and colleagues in nothing but their person."""
    if CertificateBinding.objects.filter(fingerprint=cmd.found.fingerprint).exists():
        raise Refused(KNOWN_CERTIFICATE())
    # Personal certificates of one name are of different people, unless their holder says otherwise.
    if organization is None and not cmd.renews:
        return None
    known = queries.namesakes(name, organization)
    if organization is None and not known:
        raise Refused(NOTHING_TO_RENEW(name=name))
    return known[0] if known else None


def _second(cmd: RegisterByCertificate) -> list[CertificateFound]:
    second = cmd.encryption
    return [second] if second is not None and second.fingerprint != cmd.found.fingerprint else []


def _wait(
    cmd: RegisterByCertificate, person: Person, organization: Organization | None, ctx: Context
) -> Done:
    for second in _second(cmd):
        _same_holder(second, organization, person)
    row = ask([cmd.found, *_second(cmd)], person, organization, cmd.role, ctx)
    where = str(organization.id) if organization else ""
    said = {**cmd.found.as_said(), "person": str(person.id), "organization": where}
    result = {"waiting": str(row.id), "person": "", "name": person.name, "organization": where}
    result |= {"organization_name": organization.name if organization else ""}
    return Done(
        f"person:{person.id}", {**said, "waiting": str(row.id)}, {**result, "roles": [], "requested": ""}
    )


def _role(text: str, person: Person, organization: Organization | None, ctx: Context) -> str:
    """Give the role at once, or note that it was asked for; the role that waits, else empty."""
    if not text:
        return ""
    role = roles.role_of(text)
    if role is None:
        raise Refused(roles.UNKNOWN_ROLE(role=text[:40]))
    if role in roles.SELF_GRANTED:
        give(person, organization, role, ctx)
        return ""
    held = queries.roles_in(organization)
    if reason := roles.reason_against(role, held, has_organization=organization is not None):
        raise Refused(reason)
    if Membership.objects.filter(person=person, organization=organization, role=role, until=None).exists():
        return ""
    RoleRequest.objects.get_or_create(
        person=person,
        organization=None if role in roles.OWN_NAME else organization,
        role=role.value,
        decided_at=None,
        defaults={"asked_at": ctx.now},
    )
    return role.value


def _same_holder(found: CertificateFound, organization: Organization | None, person: Person) -> None:
    wanted = organization.credit_code if organization else ""
    # Certificates of organizations often name nobody; one that names a colleague is the colleague's.
    same_person = found.person == person.name or (organization is not None and not found.person)
    if found.credit_code != wanted or not same_person:
        wanted_name = " ".join(filter(None, (organization.name if organization else "", person.name)))
        found_name = " ".join(filter(None, (found.organization, found.person)))
        raise Refused(OTHER_HOLDER(found=found_name, wanted=wanted_name))


@handler(BootstrapCenter, may=policy.may_bootstrap)
def bootstrap_center(cmd: BootstrapCenter, ctx: Context, row: None) -> Done:
    if Membership.objects.filter(role=Role.TRADING_CENTER, until__isnull=True).exists():
        raise Refused(CENTER_EXISTS())
    organization = _organization(cmd.found, ctx)
    bound = CertificateBinding.objects.filter(fingerprint=cmd.found.fingerprint).first()
    if bound is None:
        person = Person.objects.create(name=_name(cmd.found, ""), created_at=ctx.now)
        bound = bind(cmd.found, person, organization, ctx.now)
    if organization is not None:
        appoint_first(organization, bound.person, ctx)
    give(bound.person, organization, Role.TRADING_CENTER, ctx)
    said = {**cmd.found.as_said(), "person": str(bound.person_id), "role": Role.TRADING_CENTER.value}
    return Done(f"person:{bound.person_id}", said, who(queries.actor_for(bound.person, organization)))


@handler(BindCertificate, may=policy.may_bind)
def bind_certificate(cmd: BindCertificate, ctx: Context, row: None) -> Done:
    if cmd.answered is not None:
        use_challenge(settings.SECRET_KEY.encode(), settings.PUBLIC_URL, cmd.answered, ctx)
    person = queries.person(ctx.actor.person)
    organization = queries.organization(ctx.actor.organization) if ctx.actor.organization else None
    _same_holder(cmd.found, organization, person)
    bound = bind(cmd.found, person, organization, ctx.now)
    return Done(ctx.actor.key, cmd.found.as_said(), {"certificate": bound.fingerprint, "usage": bound.usage})
