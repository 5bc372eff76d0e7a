"""Checks of what bidders and custodians send during and after the opening, before ``perform``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ca_interop import service, signing_doors
from ca_interop.document_signing import Who
from ca_interop.rules.certificates import Usage
from ca_interop.rules.validation import Purpose
from documents.models import StoredFile
from journal import clock
from kernel.actor import Actor, Role
from kernel.errors import Kind, ReasonForm, Refused
from parties.models import CertificateBinding
from parties.queries import actor_for, organization
from sealing import ContentKey, Share, check_key, check_share, fields, read_header, statements
from sealing.header import Header
from sealing.refusals import FOREIGN, SHARE_UNKNOWN
from sealing.signer import fingerprint
from trading.commands.decryption import ReleaseKey, ReleaseShare, RequestQuorum
from trading.commands.records import OTHER_SIGNER, SignRecord
from trading.models import Bid, Custodian
from trading.policy.openings import CAPACITY_ZH, may_sign_record
from trading.policy.openings import capacity as capacity_of
from trading.queries.openings import Hall
from trading.rules.openings import RECORD_NOT_READY
from trading.rules.statuses import SessionStatus
from trading.submission import pseudonym_key

NOT_THE_CUSTODIAN = ReasonForm(
    "share.certificate_not_custodians",
    zh="签名证书不属于第 {index} 号密钥托管人「{custodian}」",
    en="the certificate is not one of custodian {index}, {custodian}",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条",
)


def header_of(bid: Bid) -> Header:
    with bid.envelope.open() as source:
        return read_header(source)


def withdrawal(bid: Bid, signed: Any) -> dict[str, Any]:
    """A signed ``mingtang/bid-withdrawal`` of this bid by its pseudonym."""
    evidence = statements.verify(signed, purpose="bid-withdrawal", public_key=pseudonym_key(bid))
    said = fields.exact_keys(dict(evidence.payload), "payload", ("tender", "lot", "bid", "envelope_sha256"))
    _same(said, bid)
    for key, expected in (("tender", bid.lot.tender.number), ("lot", str(bid.lot.no))):
        if said[key] != expected:
            raise Refused(FOREIGN(what=key, found=str(said[key])[:60], expected=expected))
    return dict(signed)


def asks_for_state(bid: Bid, signed: Any) -> None:
    """A signed ``mingtang/bid-state`` of this bid by its pseudonym: until the opening nobody else may know."""
    evidence = statements.verify(signed, purpose="bid-state", public_key=pseudonym_key(bid))
    _same(fields.exact_keys(dict(evidence.payload), "payload", ("bid", "envelope_sha256")), bid)


def key_release(bid: Bid, signed: Any) -> ReleaseKey:
    """A signed ``mingtang/key-release`` whose key is the one the envelope commits to."""
    evidence = statements.verify(signed, purpose="key-release", public_key=pseudonym_key(bid))
    said = fields.exact_keys(dict(evidence.payload), "payload", ("bid", "envelope_sha256", "content_key"))
    _same(said, bid)
    check_key(header_of(bid), ContentKey(fields.b64_bytes(said, "content_key", limit=32, low=32)))
    return ReleaseKey(str(bid.pk), dict(signed))


def key_lost(bid: Bid, signed: Any) -> RequestQuorum:
    """A signed ``mingtang/key-lost`` by the pseudonym: ``{bid, envelope_sha256, reason?}``."""
    evidence = statements.verify(signed, purpose="key-lost", public_key=pseudonym_key(bid))
    said = fields.exact_keys(dict(evidence.payload), "payload", ("bid", "envelope_sha256"), ("reason",))
    _same(said, bid)
    reason = fields.text(said, "reason") if "reason" in said else "投标人报失密钥"
    return RequestQuorum(str(bid.pk), reason)


def share_release(bid: Bid, signed: Any) -> tuple[ReleaseShare, Actor]:
    """A signed ``mingtang/share-release`` by a certificate of that custodian, and who it is."""
    checked = service.check_signed(signed, purpose="share-release", use=Purpose.SIGN, at=clock.now())
    said = fields.exact_keys(
        dict(checked.evidence.payload), "payload", ("bid", "envelope_sha256", "index", "share")
    )
    _same(said, bid)
    index = fields.integer(said, "index", 1, 32)
    custodian = (
        Custodian.objects.select_related("organization").filter(tender=bid.lot.tender, index=index).first()
    )
    if custodian is None or checked.evidence.leaf is None:
        raise Refused(SHARE_UNKNOWN(index=index))
    actor = _custodian_actor(custodian, fingerprint(checked.evidence.leaf))
    check_share(header_of(bid), Share(index, fields.b64_bytes(said, "share", limit=32, low=32)))
    return ReleaseShare(str(bid.pk), index, dict(signed)), actor


def _custodian_actor(custodian: Custodian, leaf: str) -> Actor:
    """The person whose signing certificate it is, or the custodian by its own combined certificate."""
    owner = custodian.organization
    bound = CertificateBinding.objects.select_related("person").filter(
        fingerprint=leaf,
        organization=owner,
        blocked_at__isnull=True,
        usage__in=(Usage.SIGNING.value, Usage.COMBINED.value),
    )
    row = bound.first()
    if row is not None:
        return actor_for(row.person, owner)
    if leaf != custodian.fingerprint:
        raise Refused(NOT_THE_CUSTODIAN(index=custodian.index, custodian=owner.name))
    return Actor(
        key=f"certificate:{leaf}",
        name=owner.name,
        roles=frozenset({Role.PUBLIC}),
        organization=str(owner.pk),
        organization_name=owner.name,
    )


def record_signature(
    tender: str, signed: Any, actor: Actor, document: StoredFile, fields: Mapping[str, Any]
) -> SignRecord:
    """A signed ``mingtang/opening-record`` by a certificate of the actor's own organization; with it, in
    ``fields``, the signature on the record's PDF ``document`` by the same certificate."""
    checked = service.check_signed(
        signed, purpose="opening-record", use=Purpose.SIGN, at=clock.now(), need_credit_code=True
    )
    own = organization(actor.organization) if actor.organization else None
    if own is None or checked.validation.facts.credit_code != own.credit_code:
        raise Refused(OTHER_SIGNER(found=checked.validation.facts.organization))
    certificate = {
        "certificate": checked.validation.facts.fingerprint,
        "revocation_sha256": checked.revocation_sha256,
    }
    pdf = signing_doors.finished(fields, document, certificate["certificate"], actor.organization_name)
    return SignRecord(tender, dict(signed), certificate, pdf)


def prepare_record_signature(view: Hall, actor: Actor, body: Mapping[str, Any]) -> dict[str, Any]:
    """The record's next revision with this party's seal in it, waiting for the signature. Who may not sign the
    record may not prepare either."""
    session = view.session
    if session is None or session.record is None or session.status != SessionStatus.SIGNING:
        raise Refused(RECORD_NOT_READY())
    if (reason := may_sign_record(actor, session)) is not None:
        raise Refused(reason)
    capacity = CAPACITY_ZH[capacity_of(actor, session.tender)]
    name = actor.organization_name
    who = Who(name, (name, f"身份：{capacity}"), seal=True, reason=f"签署开标记录（{capacity}）")
    return signing_doors.prepared(body, session.record, who, clock.now())


def _same(said: dict[str, Any], bid: Bid) -> None:
    for key, expected in (("bid", str(bid.pk)), ("envelope_sha256", bid.envelope_sha256)):
        if said[key] != expected:
            raise Refused(FOREIGN(what=key, found=str(said[key])[:80], expected=expected))
