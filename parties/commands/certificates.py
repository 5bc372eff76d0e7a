"""Signing in, registering, binding and blocking certificates.

The certificate, its revocation and the signature over the challenge were checked by the door
(:mod:`parties.login`); the challenge itself is judged here, by the act's time, and used up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.actor import ROLE_ZH, Actor, Role
from kernel.clock import beijing, iso
from kernel.errors import Kind, ReasonForm, Refused
from parties import policy, queries
from parties.commands.proofs import CertificateFound, bind, use_challenge
from parties.commands.roles import give
from parties.events import CertificateBlocked
from parties.models import CertificateBinding, Membership, Organization, Person, RoleRequest
from parties.rules import roles

BLOCKED_BEFORE = ReasonForm(
    "certificate.blocked_before",
    zh="这张证书已于 {at} 挂失",
    en="this certificate was reported lost on {at} already",
    kind=Kind.CONFLICT,
)
NO_NAME = ReasonForm(
    "registration.no_name",
    zh="证书上没有经办人姓名，请填写",
    en="the certificate names no person; give the name",
    field="person_name",
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
    as a request to the trading center, empty for none. ``encryption``: the second of a pair (双证)."""

    found: CertificateFound
    answered: dict[str, Any]
    role: str = ""
    person_name: str = ""
    encryption: CertificateFound | None = None

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


@dataclass(frozen=True)
class BlockCertificate(Command):
    """挂失: the key is lost or known to others."""

    fingerprint: str
    reason: str

    verb = "certificate.block"
    law = "电子签名法第十五条"


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
    person = _person(cmd.found, cmd.person_name, organization, ctx)
    bind(cmd.found, person, organization, ctx.now)
    if cmd.encryption is not None and cmd.encryption.fingerprint != cmd.found.fingerprint:
        _same_holder(cmd.encryption, organization, person)
        bind(cmd.encryption, person, organization, ctx.now)
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


def _person(found: CertificateFound, given: str, organization: Organization | None, ctx: Context) -> Person:
    """A new person; in an organization whose certificates name the same person already, that one: a
    renewed certificate or one of another authority does not make somebody new."""
    name = (found.person or given).strip()[:100]
    if not name:
        raise Refused(NO_NAME())
    if organization is not None:
        known = CertificateBinding.objects.filter(organization=organization, person__name=name).first()
        if known is not None:
            return known.person
    return Person.objects.create(name=name, created_at=ctx.now)


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
    same_person = organization is not None or found.person == person.name
    if found.credit_code != wanted or not same_person:
        name = organization.name if organization else person.name
        raise Refused(OTHER_HOLDER(found=found.organization or found.person, wanted=name))


@handler(BootstrapCenter, may=policy.may_bootstrap)
def bootstrap_center(cmd: BootstrapCenter, ctx: Context, row: None) -> Done:
    if Membership.objects.filter(role=Role.TRADING_CENTER, until__isnull=True).exists():
        raise Refused(CENTER_EXISTS())
    organization = _organization(cmd.found, ctx)
    bound = CertificateBinding.objects.filter(fingerprint=cmd.found.fingerprint).first()
    if bound is None:
        bound = bind(cmd.found, _person(cmd.found, "", organization, ctx), organization, ctx.now)
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


@handler(BlockCertificate, load=lambda cmd: queries.binding(cmd.fingerprint), may=policy.may_block)
def block_certificate(cmd: BlockCertificate, ctx: Context, binding: CertificateBinding) -> Done:
    if binding.blocked_at is not None:
        raise Refused(BLOCKED_BEFORE(at=beijing(binding.blocked_at)))
    binding.blocked_at = ctx.now
    binding.blocked_reason = cmd.reason.strip()[:200]
    binding.save(update_fields=["blocked_at", "blocked_reason"])
    ctx.announce(CertificateBlocked(binding.fingerprint, str(binding.person_id), iso(ctx.now)))
    said = {"certificate": binding.fingerprint, "role": [ROLE_ZH[r] for r in _roles(binding)]}
    return Done(f"certificate:{binding.fingerprint}", said, {"certificate": binding.fingerprint})


def _roles(binding: CertificateBinding) -> list[Role]:
    return sorted(queries.roles_of(binding.person, binding.organization))
