"""The submission door: what is slow or needs the whole file is checked here, before the one short
transaction of ``perform(SubmitBid)``. Nothing of the bidder's identity is kept.

Each way to be refused has its own code and is journalled, sealed, as a refused attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ca_interop import service
from ca_interop.platform_key import platform_signer
from ca_interop.rules.validation import Purpose
from documents import names, uploads
from documents.models import StoredFile
from journal import clock
from journal.door import journal_refusal, perform
from journal.models import Act
from journal.sequencer import proof_text
from kernel.actor import PUBLIC, Actor, pseudonym
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from parties.models import CertificateBinding
from sealing import fields, identity, receipts, statements
from sealing import pseudonym as pseudonyms
from sealing.header import Header, check_target, envelope_size, read_header
from sealing.keys import PublicKey
from sealing.refusals import DIGEST_DIFFERS, FOREIGN, STATEMENT_SIGNER, SUITE_MISMATCH, TRAILING, TRUNCATED
from sealing.signer import fingerprint
from trading.commands.bids import SubmitBid
from trading.models import Bid, Lot
from trading.queries.bids import parts_of
from trading.queries.suites import suite_of
from trading.queries.tenders import lot as lot_by_no
from trading.rules.bids import TAKEN_BACK, BidFacts, submission_reason
from trading.rules.statuses import BID_ZH, BidStatus, TenderStatus

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
_SAID = ("tender", "lot", "part", "envelope_sha256", "size", "pseudonym")


@dataclass(frozen=True)
class Submission:
    """A request as it came: ``signed`` is a ``mingtang/bid-submission`` statement, ``door_identity``
    ``{salt, identity}``."""

    tender: str
    lot: str
    upload: str
    signed: dict[str, Any]
    door_identity: dict[str, Any]


@dataclass(frozen=True)
class Accepted:
    """``again``: this very submission had been accepted before; the receipt is the same."""

    receipt: dict[str, Any]
    again: bool


def submit(request: Submission, *, key: str, via: str) -> Accepted:
    """Examine and accept an envelope. Raises ``Refused``: ``envelope.*``, ``identity.*``, ``statement.*``,
    ``certificate.*``, ``uploads.*``, ``bid.*``, ``tender.*``."""
    command = SubmitBid(request.tender[:40], request.lot[:20], "", "", "", 0, request.signed)
    actor: Actor = PUBLIC
    try:
        command = read_submission(request)
        actor = pseudonym(command.pseudonym)
        known = Bid.objects.filter(
            pseudonym=command.pseudonym, envelope_sha256=command.envelope_sha256
        ).first()
        if known is not None:
            _still_in(known)
            return Accepted(receipt_of(known), True)
        _examine(request, command)
    except Refused as refusal:
        journal_refusal(command, actor, via, refusal)
        raise
    outcome = perform(command, actor, via=via, key=key)
    bid = Bid.objects.select_related("lot__tender").get(pk=outcome.result["bid"])
    return Accepted(receipt_of(bid), outcome.replayed)


def _still_in(bid: Bid) -> None:
    """A repeat is answered with the receipt only while it holds: whoever took a bid back must not read 递交成功."""
    status = BidStatus(bid.status)
    if status in (BidStatus.WITHDRAWN, BidStatus.REVOKED):
        raise Refused(TAKEN_BACK(status=BID_ZH[status]))


def read_submission(request: Submission) -> SubmitBid:
    """The command of a signed submission, its signature checked against the pseudonym it names."""
    evidence = statements.verify(request.signed, purpose="bid-submission")
    said = fields.exact_keys(dict(evidence.payload), "submission", _SAID)
    if not evidence.public_key_hex or evidence.public_key_hex != said["pseudonym"]:
        raise Refused(STATEMENT_SIGNER())
    for what, found, expected in (
        ("招标 tender", said["tender"], request.tender),
        ("标段 lot", said["lot"], request.lot),
    ):
        if found != expected:
            raise Refused(FOREIGN(what=what, found=found, expected=expected))
    return SubmitBid(
        tender=fields.text(said, "tender"),
        lot=fields.text(said, "lot"),
        part=fields.text(said, "part"),
        pseudonym=pseudonyms.read(said).hex(),
        envelope_sha256=fields.hex_bytes(said, "envelope_sha256", 32).hex(),
        size=fields.integer(said, "size", 1, 1 << 41),
        submission=request.signed,
    )


def _examine(request: Submission, command: SubmitBid) -> None:
    lot = lot_by_no(command.tender, command.lot)
    tender = lot.tender
    # Late is late before anything costly; in time here is decided once more under the lock.
    refuse_if(
        [submission_reason(BidFacts(clock.now(), tender.submission_deadline, TenderStatus(tender.status)))]
    )
    header = _envelope(uploads.finished(request.upload, name=names.ENVELOPE), command)
    check_target(header, tender=tender.number, lot=str(lot.no), part=command.part)
    taken = parts_of(lot)
    if header.part not in taken:
        raise Refused(WRONG_PART(found=header.part, expected=" / ".join(taken)))
    _custodians(header, lot)
    _identity(header, lot, request.door_identity)


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
    wanted = [(c.index, c.fingerprint) for c in lot.tender.custodians.order_by("index")]
    found = [(s.index, s.custodian) for s in header.shares]
    if wanted != found or header.threshold != lot.tender.share_threshold:
        say = f"{lot.tender.share_threshold}/{len(wanted)}", f"{header.threshold}/{len(found)}"
        raise Refused(CUSTODIANS_DIFFER(expected=say[0], found=say[1]))
    suite = suite_of(lot.tender)
    if header.suite is not suite:
        raise Refused(SUITE_MISMATCH(what=f"{suite.name}, {header.suite.name}"))


def _identity(header: Header, lot: Lot, shown: dict[str, Any]) -> None:
    """Commitment, signature, certificate, and that the bidder may bid. Read, checked, and forgotten."""
    got = fields.exact_keys(shown, "door_identity", ("salt", "identity"))
    salt = fields.b64_bytes(got, "salt", limit=identity.SALT_SIZE, low=identity.SALT_SIZE)
    evidence = identity.check(header, salt, got["identity"])
    leaf = identity.leaf_of(evidence)
    if CertificateBinding.objects.filter(fingerprint=fingerprint(leaf), blocked_at__isnull=False).exists():
        raise Refused(CERTIFICATE_BLOCKED())
    # Nothing of this check is kept: an authority's answer names the certificate it is about.
    found = service.check_chain(evidence.chain, Purpose.SIGN, clock.now(), need_credit_code=True, keep=False)
    project = lot.tender.project
    parties = {project.procuring_entity.credit_code, project.agent.credit_code if project.agent else ""}
    if found.facts.credit_code in parties:
        raise Refused(PARTY_BIDS())


def receipt_of(bid: Bid) -> dict[str, Any]:
    """The receipt of an accepted bid: issued once, the same ever after. Not an act of its own: it says,
    with the log's proof, what the act ``bid.submit`` says."""
    if bid.receipt is None:
        issued = _issue(bid)
        # Of two that issue at the same moment the first one counts, for both.
        if Bid.objects.filter(pk=bid.pk, receipt__isnull=True).update(receipt=issued):
            bid.receipt = issued
        else:
            bid.refresh_from_db(fields=["receipt"])
    receipt: dict[str, Any] = bid.receipt
    return receipt


def _issue(bid: Bid) -> dict[str, Any]:
    act = Act.objects.get(pk=bid.act)
    index, proof = proof_text(bid.act)
    payload = {
        "v": 1,
        "tender": bid.lot.tender.number,
        "lot": str(bid.lot.no),
        "part": bid.part,
        "bid": str(bid.pk),
        "pseudonym": bid.pseudonym,
        "envelope_sha256": bid.envelope_sha256,
        "size": bid.size,
        "received_at": iso(bid.received_at),
        "act": act.document,
        "salt": fields.b64(bytes(act.salt or b"")),
        "index": index,
        "proof": proof,
    }
    return receipts.issue(payload, platform_signer())


def pseudonym_key(bid: Bid) -> PublicKey:
    """The public key that speaks for a bid until it is open."""
    return pseudonyms.public_key(bytes.fromhex(bid.pseudonym))
