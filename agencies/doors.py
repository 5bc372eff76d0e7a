"""What pages and JSON share before ``perform``: commitment statements, and checking their signatures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agencies import policy
from agencies.commands import ApplyForAssignment, SeekAdmission
from agencies.rules import promises
from ca_interop import service
from journal import clock
from kernel.actor import Actor
from kernel.errors import Refused
from kernel.ids import credit_code
from parties.queries import organization, refuse_blocked


def admission_statement(actor: Actor, item: str, head: str, controllers: Iterable[str]) -> dict[str, Any]:
    """The statement this agency signs to be admitted."""
    if reason := policy.may_seek_admission(actor, None):
        raise Refused(reason)
    who = organization(actor.organization)
    codes = [credit_code(c) for c in controllers]
    return promises.admission(who.name, who.credit_code, item, head.strip(), codes)


def application_statement(actor: Actor, number: str, interest: str) -> dict[str, Any]:
    """The statement this agency signs to apply."""
    if reason := policy.may_seek_admission(actor, None):
        raise Refused(reason)
    who = organization(actor.organization)
    return promises.application(who.name, who.credit_code, number, interest.strip()[:300])


def _signer(signed: dict[str, Any], purpose: str) -> str:
    """The credit code of the certificate that signed; checked here, before ``perform``."""
    checked = service.check_signed(signed, purpose=purpose, at=clock.now(), need_credit_code=True)
    refuse_blocked(checked.validation.facts.fingerprint)
    return checked.validation.facts.credit_code


def seek_admission(
    item: str, head: str, controllers: Iterable[str], qualification: str, signed: dict[str, Any]
) -> SeekAdmission:
    """The command, its signature and certificate checked."""
    signer = _signer(signed, promises.ADMISSION_PURPOSE)
    return SeekAdmission(item, head.strip(), tuple(controllers), qualification.strip(), signed, signer)


def apply(number: str, interest: str, signed: dict[str, Any]) -> ApplyForAssignment:
    """The command, its signature and certificate checked."""
    signer = _signer(signed, promises.APPLICATION_PURPOSE)
    return ApplyForAssignment(number, interest.strip()[:300], signed, signer)
