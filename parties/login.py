"""Signing in with a certificate: challenge, proof, session; and who acts in a request or a socket.

The slow part (signature, path, revocation) is done here, before ``perform``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from ca_interop import service
from ca_interop.rules.certificates import fingerprint, load_chain
from ca_interop.rules.validation import Purpose, RevocationPolicy
from journal import clock
from journal.door import Outcome, journal_refusal, perform
from kernel.actor import PUBLIC, Actor
from kernel.clock import iso, parse_iso
from kernel.errors import Refused
from parties import queries, signing
from parties.commands import BindCertificate, RegisterByCertificate, SignIn
from parties.commands.proofs import CertificateFound
from parties.models import CertificateBinding, ExternalAccount
from parties.rules import challenges
from parties.rules.accounts import LIFETIME
from portal import rooms
from portal.doors import NOT_SIGNED_IN
from sealing import statements

#: What a session holds: when it was opened, and the certificate or the linked account it was opened by.
OPENED = "parties.opened"
CERTIFICATE = "parties.certificate"
ACCOUNT = "parties.account"


class Session(Protocol):
    """What is read of a session, Django's or a socket's."""

    def get(self, key: str, default: Any = None) -> Any: ...


def new_challenge() -> dict[str, Any]:
    """``{"challenge", "statement", "text"}``: nothing is stored, the challenge carries its own proof."""
    statement = challenges.issue(
        settings.SECRET_KEY.encode(), settings.PUBLIC_URL, clock.now(), os.urandom(challenges.NONCE_SIZE)
    )
    return {
        "challenge": statement["payload"]["challenge"],
        "statement": statement,
        "text": signing.text_of(statement),
    }


def prove(signed: Any) -> tuple[CertificateFound, dict[str, Any]]:
    """The certificate that answered a challenge, validated for login with hard revocation, and the
    payload that was signed. A challenge that is not ours costs no signature check and no request."""
    statement = signed.get("statement") if isinstance(signed, Mapping) else None
    payload = statement.get("payload") if isinstance(statement, Mapping) else None
    now = clock.now()
    challenges.check(
        settings.SECRET_KEY.encode(),
        settings.PUBLIC_URL,
        payload if isinstance(payload, Mapping) else {},
        now,
    )
    checked = service.check_signed(
        signed, purpose=challenges.PURPOSE, use=Purpose.LOGIN, at=now, policy=RevocationPolicy.HARD
    )
    found = CertificateFound.of(checked.validation, checked.validation.revocation_sha256)
    return found, dict(checked.evidence.payload)


def check_encryption(certificates: list[str]) -> CertificateFound:
    """The second certificate of a pair (base64 DER, leaf first): it must be one for decryption."""
    chain = load_chain(certificates)
    validation = service.check_chain(chain, Purpose.OPEN, clock.now())
    return CertificateFound.of(validation, validation.revocation_sha256)


def sign_in(request: HttpRequest, signed: Any, *, via: str) -> Outcome:
    """Answer a challenge; the session is that of the certificate's person and organization afterwards.

    No idempotency key here or in :func:`register`: a request that was captured and sent again with its
    key would be answered, and would open a session. Whoever missed the answer takes a new challenge.
    """
    try:
        found, answered = prove(signed)
    except Refused as refusal:
        if refusal.code.startswith("certificate."):
            journal_refusal(SignIn(_leaf(signed), {}), PUBLIC, via, refusal)
        raise
    try:
        actor = actor_of_binding(queries.binding(found.fingerprint))
    except Refused:
        actor = PUBLIC
    command = SignIn(found.fingerprint, answered, found.revocation_sha256)
    outcome = perform(command, actor, via=via)
    open_session(request, found.fingerprint)
    return outcome


def register(
    request: HttpRequest,
    signed: Any,
    *,
    role: str,
    person_name: str = "",
    encryption: list[str] | None = None,
    renews: bool = False,
    via: str,
) -> Outcome:
    """Register with a certificate, and sign in with it, unless it waits to be confirmed (``waiting``)."""
    found, answered = prove(signed)
    pair = check_encryption(encryption) if encryption else None
    command = RegisterByCertificate(found, answered, role, person_name, pair, renews)
    outcome = perform(command, PUBLIC, via=via)
    if not outcome.result.get("waiting"):
        open_session(request, found.fingerprint)
    return outcome


def bind(actor: Actor, signed: Any, *, via: str, key: str) -> Outcome:
    """A further signing certificate of the person who is signed in; it answered the challenge."""
    found, answered = prove(signed)
    return perform(BindCertificate(found, answered), actor, via=via, key=key)


def bind_encryption(actor: Actor, certificates: list[str], *, via: str, key: str) -> Outcome:
    """The encryption certificate of the person's organization."""
    return perform(BindCertificate(check_encryption(certificates)), actor, via=via, key=key)


def _leaf(signed: Any) -> str:
    """The fingerprint of a well-formed signed statement's certificate; empty for anything else."""
    try:
        leaf = statements.verify(signed).leaf
    except Refused:
        return ""
    return fingerprint(leaf) if leaf is not None else ""


def open_session(request: HttpRequest, certificate: str) -> None:
    """A new session with a new key: nothing of an earlier one goes on (session fixation)."""
    _fresh(request)
    request.session.update(opened_by(certificate))


def opened_by(certificate: str) -> dict[str, str]:
    """What a session that was opened now by this certificate holds."""
    return {CERTIFICATE: certificate, OPENED: iso(clock.now())}


def open_light_session(request: HttpRequest, account: str) -> None:
    """The same for a linked account: short, for looking and preparing."""
    _fresh(request)
    request.session.update({ACCOUNT: account, OPENED: iso(clock.now())})


def _fresh(request: HttpRequest) -> None:
    request.session.flush()
    rotate_token(request)


def close_session(request: HttpRequest) -> None:
    """Sign out; open sockets of this session are closed."""
    actor = actor_of_session(request.session)
    request.session.flush()
    if actor is not None:
        with transaction.atomic():
            rooms.recall(actor.person)


def actor_of_binding(binding: CertificateBinding) -> Actor:
    return queries.actor_for(binding.person, binding.organization)


def actor_of_session(session: Session | None) -> Actor | None:
    """The actor of a session, roles as they are now; ``None`` when nobody is signed in, or since it was
    opened the certificate was blocked, retired or has expired, the account was unlinked or its provider
    ended it, or a role of the person has ended: whoever comes back signs in again."""
    opened = _time(session.get(OPENED)) if session is not None else None
    if session is None or opened is None:
        return None
    certificate, account = session.get(CERTIFICATE), session.get(ACCOUNT)
    found: CertificateBinding | ExternalAccount | None = None
    if isinstance(certificate, str):
        found = _binding(certificate, opened)
    elif isinstance(account, str):
        found = _account(account, opened)
    if found is None:
        return None
    roles = queries.roles_since(found.person, found.organization, opened)
    if roles is None:
        return None
    light = isinstance(found, ExternalAccount)
    return queries.as_actor(found.person, found.organization, roles, light=light)


def _binding(certificate: str, opened: datetime) -> CertificateBinding | None:
    rows = CertificateBinding.objects.select_related("person", "organization")
    row = rows.filter(fingerprint=certificate, blocked_at__isnull=True).first()
    if row is None or row.not_after < clock.now():
        return None
    # A block that was lifted has ended the sessions of before it nevertheless.
    return None if row.restored_at is not None and row.restored_at >= opened else row


def _account(account: str, opened: datetime) -> ExternalAccount | None:
    rows = ExternalAccount.objects.select_related("person", "organization")
    known = queries.as_uuid(account)
    row = rows.filter(id=known, ended_at__isnull=True).first() if known else None
    if row is None or clock.now() > opened + LIFETIME:
        return None
    return None if row.sessions_end_at is not None and row.sessions_end_at >= opened else row


def _time(text: Any) -> datetime | None:
    try:
        return parse_iso(text) if isinstance(text, str) else None
    except ValueError:
        return None


def actor_of_scope(scope: Mapping[str, Any]) -> Actor:
    """Who acts in a socket, asked again for every act; ``Refused(actor.not_signed_in)``.

    The scope holds the session as it was when the socket opened: whoever has signed out since has none.
    """
    session = scope.get("session")
    actor = actor_of_session(session)
    if actor is None or session is None or not session.exists(session.session_key):
        raise Refused(NOT_SIGNED_IN())
    return actor


def certificate_of_session(session: Session) -> str:
    """The fingerprint a person signed in with; empty for the public."""
    value = session.get(CERTIFICATE, "")
    return value if isinstance(value, str) else ""
