"""What a door found out about a certificate before ``perform``, as a command carries it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.validation import Validation
from journal.door import CONSTRAINTS, Context
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from parties.models import CertificateBinding, Organization, Person, UsedChallenge
from parties.rules import challenges

REPLAYED = ReasonForm(
    "login.replayed",
    zh="这次登录挑战已经用过，请重新打开登录页",
    en="this challenge was answered before; open the login page again",
    kind=Kind.UNAUTHENTICATED,
)
KNOWN_CERTIFICATE = ReasonForm(
    "certificate.bound_before",
    zh="这张证书已经登记过，请直接登录",
    en="this certificate is registered already; sign in with it",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["challenge_once"] = REPLAYED
CONSTRAINTS["certificate_bound_once"] = KNOWN_CERTIFICATE


@dataclass(frozen=True)
class CertificateFound:
    """A certificate that was validated, with what it says; times as RFC 3339 text, bytes as base64."""

    fingerprint: str
    certificate: str
    chain: tuple[str, ...]
    authority: str
    usage: str
    subject: str
    organization: str
    credit_code: str
    person: str
    not_after: str
    revocation_sha256: tuple[str, ...] = ()

    @classmethod
    def of(cls, validation: Validation, revocation_sha256: tuple[str, ...] = ()) -> CertificateFound:
        facts = validation.facts
        texts = [
            base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in validation.path.certificates
        ]
        return cls(
            fingerprint=facts.fingerprint,
            certificate=texts[0],
            chain=tuple(texts[1:]),
            authority=validation.authority_id,
            usage=facts.usage.value,
            subject=facts.subject,
            organization=facts.organization,
            credit_code=facts.credit_code,
            person=facts.person,
            not_after=iso(facts.not_after),
            revocation_sha256=revocation_sha256,
        )

    def as_said(self) -> dict[str, Any]:
        """What an act says of it: names and digests, no bytes."""
        return {
            "certificate": self.fingerprint,
            "authority": self.authority,
            "usage": self.usage,
            "revocation": list(self.revocation_sha256),
        }


def use_challenge(secret: bytes, platform: str, answered: Mapping[str, Any], ctx: Context) -> None:
    """Judge the challenge by the act's own time and use it up; a second answer breaks a constraint."""
    expires = challenges.check(secret, platform, answered, ctx.now)
    sweep(ctx.now)
    if UsedChallenge.objects.filter(challenge=answered["challenge"]).exists():
        raise Refused(REPLAYED())
    UsedChallenge.objects.create(challenge=answered["challenge"], expires_at=expires)


def sweep(now: datetime) -> None:
    """Expired challenges are refused by their time alone: their rows are not needed any more."""
    UsedChallenge.objects.filter(expires_at__lt=now).delete()


def bind(
    found: CertificateFound, person: Person, organization: Organization | None, now: datetime
) -> CertificateBinding:
    """Tie a certificate to a person; ``Refused(certificate.bound_before)`` for a known one."""
    if CertificateBinding.objects.filter(fingerprint=found.fingerprint).exists():
        raise Refused(KNOWN_CERTIFICATE())
    return CertificateBinding.objects.create(
        fingerprint=found.fingerprint,
        person=person,
        organization=organization,
        authority_id=found.authority,
        usage=found.usage,
        subject=found.subject[:500],
        not_after=parse_iso(found.not_after),
        der=base64.b64decode(found.certificate),
        chain=list(found.chain),
        bound_at=now,
    )
