"""What is slow about a bid or needs its whole file: checked while the upload ends, before the one short
transaction of ``perform(SubmitBid)``. Nothing of the bidder's identity is kept.

A client that asks for the examination beforehand holds its result: a text sealed by the platform that names
this very request, so that the last request of the last second asks no authority and opens no file. The
platform keeps nothing of it. Without it, or when it is too old, the same checks are made with the submission.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from django.core import signing

from ca_interop import service
from ca_interop.rules.validation import Purpose
from documents import names, uploads
from documents.models import StoredFile
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from parties.models import CertificateBinding
from sealing import fields, identity
from sealing.header import Header, check_target, envelope_size, read_header
from sealing.refusals import DIGEST_DIFFERS, STATEMENT_SIGNER, SUITE_MISMATCH, TRAILING, TRUNCATED
from sealing.signer import fingerprint
from trading.commands.bids import SubmitBid
from trading.models import Lot
from trading.queries.bids import parts_of
from trading.queries.suites import suite_among
from trading.queries.tenders import lot as lot_by_no
from trading.rules.bids import BidFacts, submission_reason
from trading.rules.statuses import TenderStatus

CUSTODIANS_DIFFER = ReasonForm(
    "bid.custodians_differ",
    zh="信封的密钥托管人或开启门槛与招标公告不一致：应为 {expected}，实际 {found}",
    en="the envelope's custodians or threshold are not the tender's: {expected} expected, {found} found",
    law="电子招标投标办法第二十六条",
)
WRONG_PART = ReasonForm(
    "bid.wrong_part",
    zh="信封属于「{found}」部分，本次招标接收「{expected}」",
    en="the envelope is for part {found}; this tender takes {expected}",
)
PARTY_BIDS = ReasonForm(
    "bid.bidder_is_party",
    zh="招标人及其代理机构不得在本招标中投标",
    en="the procuring entity and its agent must not bid in their own tender",
    kind=Kind.FORBIDDEN,
    law="招标投标法实施条例第十三条、第三十四条",
)
CERTIFICATE_BLOCKED = ReasonForm(
    "bid.certificate_blocked",
    zh="该数字证书已在本平台挂失，请使用其他证书",
    en="this certificate was reported lost here; use another one",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十五条",
)
#: How long an examination counts. At the opening the certificate is checked once more, as of the receipt.
COUNTS_FOR = timedelta(minutes=15)
_SALT = "mingtang.examined"


@dataclass(frozen=True)
class Submission:
    """A request as it came: ``signed`` is a ``mingtang/bid-submission`` statement, ``door_identity``
    ``{salt, identity}``, ``examined`` what the examination of this very request answered, if it was asked for."""

    tender: str
    lot: str
    upload: str
    signed: dict[str, Any]
    door_identity: dict[str, Any]
    examined: str = ""


@dataclass(frozen=True)
class Passed:
    """What an examination found: the fingerprint of the bidder's certificate, and until when it counts."""

    leaf: str
    until: datetime


def examine(request: Submission, command: SubmitBid, now: datetime) -> Passed:
    """Every check of an envelope but the moment it arrives.

    ``Refused``: ``envelope.*``, ``identity.*``, ``certificate.*``, ``uploads.*``, ``bid.*``, ``tender.*``."""
    lot = lot_by_no(command.tender, command.lot)
    tender = lot.tender
    # Late is late before anything costly; in time is decided once more under the lock.
    facts = BidFacts(now, tender.submission_deadline, TenderStatus(tender.status))
    refuse_if([submission_reason(facts)])
    header = _envelope(uploads.finished(request.upload, name=names.ENVELOPE), command)
    check_target(header, tender=tender.number, lot=str(lot.no), part=command.part)
    taken = parts_of(lot)
    if header.part not in taken:
        raise Refused(WRONG_PART(found=header.part, expected=" / ".join(taken)))
    _custodians(header, lot)
    leaf = _identity(header, lot, request.door_identity, now)
    return Passed(fingerprint(leaf), min(now + COUNTS_FOR, leaf.not_valid_after_utc))


def sealed(request: Submission, now: datetime, passed: Passed) -> str:
    """The platform's word, for the client to bring back, that this request was examined at ``now``."""
    word = {"said": _said(request), "leaf": passed.leaf, "at": iso(now), "until": iso(passed.until)}
    return signing.dumps(word, salt=_SALT)


def counts(request: Submission, now: datetime) -> bool:
    """Whether ``request`` brings the platform's own word that it was examined, and lately enough.

    ``Refused(bid.certificate_blocked)``: a loss that was reported since counts at once."""
    if not request.examined:
        return False
    try:
        word = signing.loads(request.examined, salt=_SALT)
        in_time = parse_iso(word["at"]) <= now <= parse_iso(word["until"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return False
    if not in_time or word["said"] != _said(request):
        return False
    _not_blocked(word["leaf"])
    return True


def _said(request: Submission) -> str:
    said = [request.tender, request.lot, request.upload, request.signed, request.door_identity]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _envelope(stored: StoredFile, command: SubmitBid) -> Header:
    """The header of the uploaded file, which is as long as its header says and as the bidder signed."""
    with stored.open() as source:
        header = read_header(source)
    expected = envelope_size(header)
    if stored.size < expected:
        raise Refused(TRUNCATED(expected=expected, actual=stored.size))
    if stored.size > expected:
        raise Refused(TRAILING(expected=expected))
    if stored.sha256 != command.envelope_sha256 or stored.size != command.size:
        raise Refused(DIGEST_DIFFERS(expected=command.envelope_sha256, actual=stored.sha256))
    if header.pseudonym.hex() != command.pseudonym:
        raise Refused(STATEMENT_SIGNER())
    return header


def _custodians(header: Header, lot: Lot) -> None:
    custodians = list(lot.tender.custodians.order_by("index"))
    wanted = [(c.index, c.fingerprint) for c in custodians]
    found = [(s.index, s.custodian) for s in header.shares]
    if wanted != found or header.threshold != lot.tender.share_threshold:
        say = f"{lot.tender.share_threshold}/{len(wanted)}", f"{header.threshold}/{len(found)}"
        raise Refused(CUSTODIANS_DIFFER(expected=say[0], found=say[1]))
    suite = suite_among(custodians)
    if header.suite is not suite:
        raise Refused(SUITE_MISMATCH(what=f"{suite.name}, {header.suite.name}"))


def _not_blocked(leaf: str) -> None:
    if CertificateBinding.objects.filter(fingerprint=leaf, blocked_at__isnull=False).exists():
        raise Refused(CERTIFICATE_BLOCKED())


def _identity(header: Header, lot: Lot, shown: dict[str, Any], now: datetime) -> x509.Certificate:
    """Commitment, signature, certificate, and that the bidder may bid. Read, checked, and forgotten; the
    certificate."""
    got = fields.exact_keys(shown, "door_identity", ("salt", "identity"))
    salt = fields.b64_bytes(got, "salt", limit=identity.SALT_SIZE, low=identity.SALT_SIZE)
    evidence = identity.check(header, salt, got["identity"])
    leaf = identity.leaf_of(evidence)
    _not_blocked(fingerprint(leaf))
    # Nothing of this check is kept: an authority's answer names the certificate it is about.
    found = service.check_chain(evidence.chain, Purpose.SIGN, now, need_credit_code=True, keep=False)
    project = lot.tender.project
    parties = {project.procuring_entity.credit_code, project.agent.credit_code if project.agent else ""}
    if found.facts.credit_code in parties:
        raise Refused(PARTY_BIDS())
    return leaf
