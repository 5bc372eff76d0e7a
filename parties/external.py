"""Ways in beside the certificate: unified identity, electronic licence; and person codes at the desk.

Everything that asks another house is here, before ``perform`` and outside of any transaction; it ends within
``GATEWAY_TIMEOUT_SECONDS`` a call, and an outage leaves certificate login as it is.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gateways.identity.oidc import OidcProvider
from gateways.identity.port import Departure
from gateways.licences.http import HttpLicenceService
from gateways.licences.port import Holder
from gateways.persons.http import HttpPersonCodes
from gateways.persons.port import Shown
from gateways.registers.http import HttpLegalPersonRegister
from journal import clock
from journal.door import Outcome, journal_refusal, perform
from kernel.actor import PUBLIC, SYSTEM, Actor
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from parties import login, policy, queries
from parties.commands import EndAccountSessions, EnterByAccount, LinkAccount, NoteRegistration
from parties.commands.accounts import Answer
from parties.models import SIGNS, CertificateBinding, ExternalAccount, Organization, Person
from parties.rules import accounts
from parties.rules.accounts import Claimed, Method
from portal.doors import signed_in

#: In the session: logins that have left for a provider, by state; the licence session that is shown; and
#: what is needed to sign out at the provider.
_DEPARTED, _SHOWN, _PROVIDER = "parties.departed", "parties.licence", "parties.provider"
_MOST_DEPARTED = 5

NO_SUCH_WAY = ReasonForm(
    "account.no_such_way",
    zh="本平台没有开通这种登录方式，请用数字证书登录",
    en="this way of signing in is not offered here; use a certificate",
    kind=Kind.NOT_FOUND,
)
LINK_BY_CERTIFICATE = ReasonForm(
    "account.link_by_certificate",
    zh="绑定登录方式要先用数字证书登录",
    en="sign in with a certificate to link another way in",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条",
)
SOMEBODY_ELSE_NOW = ReasonForm(
    "account.somebody_else_now",
    zh="登录人在绑定途中变了，没有绑定；请重新开始",
    en="somebody else has signed in meanwhile; nothing was linked, start again",
    kind=Kind.CONFLICT,
)
NOT_REGISTERED = ReasonForm(
    "person_code.not_registered",
    zh="「{person}」{organization}没有在本平台登记",
    en="{person} {organization} is not registered here",
    kind=Kind.NOT_FOUND,
)


@dataclass(frozen=True)
class Way:
    """A button on the login page."""

    name: str
    href: str
    note: str


def ways() -> list[Way]:
    found = [
        Way(said["name"], f"/login/identity/{key}/", "自然人、法人账号")
        for key, said in settings.IDENTITY_PROVIDERS.items()
    ]
    if settings.LICENCE_SERVICE:
        found.append(Way(settings.LICENCE_SERVICE["name"], "/login/licence/", "手机扫码"))
    return found


def name_of(address: str) -> str:
    """What people call the house at this address; the address when it is not one of ours any more."""
    known = [*settings.IDENTITY_PROVIDERS.values(), *filter(None, [settings.LICENCE_SERVICE])]
    return next((said["name"] for said in known if said["url"].rstrip("/") == address), address)


def provider(key: str) -> OidcProvider:
    said = settings.IDENTITY_PROVIDERS.get(key)
    if said is None:
        raise Refused(NO_SUCH_WAY())
    return OidcProvider(
        said["name"],
        said["url"],
        said["client_id"],
        said["client_secret"],
        seconds=settings.GATEWAY_TIMEOUT_SECONDS,
    )


def _answering(kind: type[Any], said: Mapping[str, str] | None) -> Any:
    if said is None:
        raise Refused(NO_SUCH_WAY())
    seconds = settings.GATEWAY_TIMEOUT_SECONDS
    return kind(said["name"], said["url"], said["client_id"], said["client_secret"], seconds=seconds)


def licences() -> HttpLicenceService:
    found: HttpLicenceService = _answering(HttpLicenceService, settings.LICENCE_SERVICE)
    return found


def person_codes() -> HttpPersonCodes:
    found: HttpPersonCodes = _answering(HttpPersonCodes, settings.PERSON_CODES)
    return found


# -- what a browser carries between leaving and coming back


def _begun(request: HttpRequest, target: str, after: str) -> dict[str, Any]:
    """What every login notes at its beginning. ``target``: link (the person signed in by certificate) or
    empty (come in)."""
    if login.OPENED not in request.session:
        # Somebody of the public: what is kept for the way back is of no use after it, nor are others' leftovers.
        request.session.set_expiry(accounts.PATIENCE)
        request.session.clear_expired()
    person = ""
    if target == "link":
        actor = signed_in(request)
        if actor.light:
            raise Refused(LINK_BY_CERTIFICATE())
        person = actor.person
    return {"for": "link" if person else "", "person": person, "next": after, "started": iso(clock.now())}


def depart(request: HttpRequest, key: str, target: str, after: str) -> str:
    """Leave for the provider: its address. State, nonce and verifier stay in this browser's session."""
    note = _begun(request, target, after)
    departure = provider(key).depart(back_of(key))
    kept = request.session.get(_DEPARTED)
    departed = dict(kept) if isinstance(kept, dict) else {}
    departed[departure.state] = {**note, "key": key, "nonce": departure.nonce, "verifier": departure.verifier}
    request.session[_DEPARTED] = dict(list(departed.items())[-_MOST_DEPARTED:])
    return departure.url


def back_of(key: str) -> str:
    """Where a provider sends the browser back: an address of its own for each, so that answers cannot be
    mixed up."""
    return f"{settings.PUBLIC_URL}/login/identity/{key}/back/"


def arrive(request: HttpRequest, key: str) -> dict[str, Any]:
    """The browser is back: come in or link. The note of what was begun; ``Refused`` otherwise.

    The state is taken out of the session before anybody is asked: the same answer cannot come twice.
    """
    query = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    note = _take(request, query.get("state", ""), key)
    refuse_if([accounts.reason_against_time(parse_iso(note["started"]), clock.now())])
    departure = Departure("", query["state"], note["nonce"], note["verifier"])
    at = provider(key)
    found = at.arrive(query, departure, back_of(key))
    claimed = Claimed(
        Method.IDENTITY,
        found.issuer,
        found.subject,
        found.person,
        found.organization,
        found.credit_code,
        found.registration,
    )
    finish(request, claimed, found.once, note)
    if not note["for"]:
        request.session[_PROVIDER] = {"key": key, "id_token": found.id_token}
    return note


def _take(request: HttpRequest, state: str, key: str) -> dict[str, Any]:
    kept = request.session.get(_DEPARTED)
    departed = dict(kept) if isinstance(kept, dict) else {}
    found = [one for one in departed if hmac.compare_digest(one.encode(), state.encode("utf-8", "replace"))]
    if not found or departed[found[0]].get("key") != key:
        raise Refused(accounts.STATE_UNKNOWN())
    note: dict[str, Any] = departed.pop(found[0])
    request.session[_DEPARTED] = departed
    request.session.save()
    return note


# -- coming in, or linking


def finish(request: HttpRequest, claimed: Claimed, once: str, note: Mapping[str, Any]) -> Outcome:
    """Link the account to who is signed in, or come in by it."""
    answer = Answer(**{**asdict(claimed), "method": claimed.method.value}, once=once, started=note["started"])
    if note["for"] == "link":
        actor = signed_in(request)
        if actor.light or actor.person != note["person"]:
            raise Refused(SOMEBODY_ELSE_NOW())
        return perform(LinkAccount(answer), actor, via="http")
    row = _linked(claimed, answer)
    actor = queries.as_actor(
        row.person, row.organization, queries.roles_of(row.person, row.organization), light=True
    )
    outcome = perform(EnterByAccount(str(row.id), answer), actor, via="http")
    login.open_light_session(request, str(row.id))
    return outcome


def _linked(claimed: Claimed, answer: Answer) -> ExternalAccount:
    """The account's row. Never found by a name or a code: only its own person links it, with a certificate."""
    rows = ExternalAccount.objects.select_related("person", "organization")
    row = rows.filter(
        method=claimed.method.value, provider=claimed.provider, subject=claimed.subject, ended_at=None
    ).first()
    if row is not None:
        return row
    reason = accounts.reason_against_standing(claimed) or accounts.NOT_LINKED(label=claimed.label)
    refusal = Refused(reason)
    journal_refusal(EnterByAccount("", answer), PUBLIC, "http", refusal)
    raise refusal


def logged_out_elsewhere(key: str, token: str) -> int:
    """A provider's back-channel logout: end the account's sessions here; how many accounts that was."""
    at = provider(key)
    subject, once = at.logged_out(token)
    rows = ExternalAccount.objects.filter(
        method=Method.IDENTITY.value, provider=at.issuer, subject=subject, ended_at=None
    )
    # A token's name is one provider's own: another's may be the same.
    mark = hashlib.sha256(f"{at.issuer} {once}".encode()).hexdigest()
    for row in rows:
        perform(EndAccountSessions(str(row.id)), SYSTEM, via="http", key=f"logout:{mark}")
    return len(rows)


def logout_url(session: MutableMapping[str, Any] | Any) -> dict[str, str] | None:
    """``{name, href}`` to sign out at the provider too; ``None`` when there is none or it cannot be asked."""
    kept = session.get(_PROVIDER)
    if not isinstance(kept, dict):
        return None
    try:
        at = provider(kept["key"])
        href = at.logout_url(kept["id_token"], f"{settings.PUBLIC_URL}/")
    except Refused:
        return None
    return {"name": at.name, "href": href} if href else None


# -- electronic licence


def show_licence(request: HttpRequest, target: str, after: str, *, anew: bool = False) -> dict[str, Any]:
    """The code to show: the one that this browser was shown before while it lasts, else a new one."""
    kept = request.session.get(_SHOWN)
    now = clock.now()
    if isinstance(kept, dict) and not anew and kept["for"] == target and parse_iso(kept["until"]) > now:
        return kept
    note = _begun(request, target, after)
    nonce = secrets.token_urlsafe(32)
    code = licences().begin(nonce)
    ends = parse_iso(note["started"]).timestamp() + code.seconds
    until = datetime.fromtimestamp(ends, tz=now.tzinfo)
    shown = {**note, "session": code.session, "nonce": nonce, "text": code.text, "digits": code.digits}
    request.session[_SHOWN] = {**shown, "until": iso(until)}
    kept = request.session[_SHOWN]
    return dict(kept)


def licence_step(request: HttpRequest) -> str:
    """How far the phone is: waiting, scanned, confirmed, declined, expired."""
    kept = _licence_note(request)
    if parse_iso(kept["until"]) <= clock.now():
        return "expired"
    return licences().progress(kept["session"], kept["nonce"]).step


def confirm_licence(request: HttpRequest) -> dict[str, Any] | None:
    """Come in, or link, by the licence that the phone has confirmed; ``None`` while it has not."""
    kept = _licence_note(request)
    service = licences()
    holder = service.progress(kept["session"], kept["nonce"]).holder
    if holder is None:
        return None
    del request.session[_SHOWN]
    request.session.save()
    finish(request, _claimed(service.url, holder), holder.once, kept)
    return kept


def _claimed(url: str, holder: Holder) -> Claimed:
    return Claimed(
        Method.LICENCE,
        url,
        holder.subject,
        holder.person,
        holder.organization,
        holder.credit_code,
        holder.registration,
        holder.authorized,
        holder.authorized_until,
    )


def _licence_note(request: HttpRequest) -> dict[str, Any]:
    kept = request.session.get(_SHOWN)
    if not isinstance(kept, dict):
        raise Refused(accounts.STATE_UNKNOWN())
    return kept


# -- the register of legal persons


def look_up(actor: Actor, organization: str, key: str) -> Outcome:
    """Ask the register how an organization stands, and note it."""
    if reason := policy.may_grant(actor, None):
        raise Refused(reason)
    row = queries.organization(organization)
    at: HttpLegalPersonRegister = _answering(HttpLegalPersonRegister, settings.LEGAL_PERSON_REGISTER)
    found = at.look_up(row.credit_code)
    command = NoteRegistration(str(row.id), found.status, found.name, found.legal_representative, found.once)
    return perform(command, actor, via="http", key=key)


# -- person codes


@dataclass(frozen=True)
class Present:
    """Somebody at the desk: the actor they would be, and what the code said of them."""

    actor: Actor
    shown: Shown


def resolve_code(actor: Actor, code: str) -> list[Present]:
    """Who shows this code, as the persons here that it may be: one for each organization they act for.

    The desk compares the masked number with the card; the service vouches for the name and, where the code
    is an organization's, for the organization.
    """
    if reason := policy.may_grant(actor, None):
        raise Refused(reason)
    shown = person_codes().resolve(code)
    found = _candidates(shown)
    if not found:
        raise Refused(NOT_REGISTERED(person=shown.person, organization=shown.organization))
    return [Present(queries.actor_for(person, organization), shown) for person, organization in found]


def _candidates(shown: Shown) -> list[tuple[Person, Organization | None]]:
    rows = CertificateBinding.objects.select_related("person", "organization")
    rows = rows.filter(person__name=shown.person, usage__in=SIGNS, blocked_at__isnull=True)
    rows = rows.filter(not_after__gt=clock.now())
    if shown.credit_code:
        rows = rows.filter(organization__credit_code=shown.credit_code)
    pairs = {(row.person_id, row.organization_id): (row.person, row.organization) for row in rows[:50]}
    return list(pairs.values())
