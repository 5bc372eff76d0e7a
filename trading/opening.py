"""Opening one envelope: decrypt as a stream, check everything inside, tell what was found. One pass: what is
decrypted is digested, followed and written to its place at once, and read again only where it does not fit.

Runs in a task, before ``perform``: it may take minutes and asks other machines. What it decides is
written by ``RecordOpening`` or ``RecordUndecryptable``.
"""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

from ca_interop import service
from ca_interop.rules.validation import Purpose
from documents import store
from documents.models import StoredFile
from journal import clock
from kernel.canonical_json import parse
from kernel.errors import Kind, ReasonForm, Refused
from sealing import (
    ContentKey,
    Share,
    bid_summary,
    bundle,
    combine,
    fields,
    open_body,
    open_identity,
    read_header,
)
from sealing.following import Follower
from sealing.header import Header
from sealing.refusals import DIGEST_DIFFERS
from sealing.statements import SignatureEvidence
from trading.commands import hall
from trading.commands.decryption import RecordOpening, RecordUndecryptable
from trading.models import Bid
from trading.rules.parts import OTHER_BIDDER

SUMMARY_LIMIT = 256 * 1024
SUMMARY_FOREIGN = ReasonForm(
    "bid_summary.foreign",
    zh="开标一览表的{what}为「{found}」，应为「{expected}」",
    en="the bid summary's {what} is {found}; it must be {expected}",
    law="招标投标法第二十七条",
)


def open_envelope(bid: Bid) -> RecordOpening | RecordUndecryptable:
    """Open ``bid`` with its key or shares. A refusal of the envelope is an answer (undecryptable, with its
    reason); ``Refused`` of kind busy (an authority does not answer) is raised: try again later."""
    try:
        return _open(bid)
    except Refused as refusal:
        if refusal.kind is Kind.BUSY:
            raise
        return RecordUndecryptable(str(bid.pk), refusal.reasons[0].as_json())


def _open(bid: Bid) -> RecordOpening:
    with bid.envelope.open() as source:
        header = read_header(source)
        key = content_key(bid, header)
        who = open_identity(header, key)
        with store.incoming() as plain:
            seen = Follower()
            try:
                open_body(source, header, key, _Both(plain, seen))
            except Refused:
                _check_stored(bid)
                raise
            summary = _inside(plain.handle, seen, bid, who)
            stored = plain.keep(name=f"{bid.pk}.zip", media_type="application/zip", now=clock.now())
    return _found(bid, key, who, summary, stored)


class _Both:
    """One pass over the plaintext: to the disk with its digest, and by the follower of the bundle's files."""

    def __init__(self, *sinks: store.Incoming | Follower) -> None:
        self.sinks = sinks

    def write(self, data: bytes) -> int:
        for sink in self.sinks:
            sink.write(data)
        return len(data)


def content_key(bid: Bid, header: Header) -> ContentKey:
    """The bidder's own key, else the quorum's. Checked against the header's commitment by who uses it."""
    if bid.key_release is not None:
        payload = bid.key_release["statement"]["payload"]
        return ContentKey(fields.b64_bytes(payload, "content_key", limit=32, low=32))
    return combine(header, [Share(s.index, bytes(s.value)) for s in bid.shares.all()])


def _check_stored(bid: Bid) -> None:
    """Whose cause is it? If the stored bytes are not those of the receipt, it is the platform's."""
    with bid.envelope.open() as source:
        actual = hashlib.file_digest(source, "sha256").hexdigest()
    if actual != bid.envelope_sha256:
        raise Refused(DIGEST_DIFFERS(expected=bid.envelope_sha256, actual=actual))


def _inside(plain: BinaryIO, seen: Follower, bid: Bid, who: SignatureEvidence) -> dict[str, Any]:
    """The summary, once every file of the bundle fits its manifest and the summary its signature."""
    content = bundle.read(plain)
    content.verify(seen.seen)
    summary = bid_summary.check(parse(content.read(bundle.SUMMARY, SUMMARY_LIMIT)))
    signature = parse(content.read(bundle.SUMMARY_SIGNATURE, SUMMARY_LIMIT))
    signed = bid_summary.verify(summary, signature)
    expected = {"tender": bid.lot.tender.number, "lot": str(bid.lot.no), "part": bid.part}
    for what, value in expected.items():
        if summary[what] != value:
            raise Refused(SUMMARY_FOREIGN(what=what, found=summary[what], expected=value))
    if signed.leaf is None or who.leaf is None or signed.leaf != who.leaf:
        shown = signed.leaf.subject.rfc4514_string() if signed.leaf else "—"
        raise Refused(SUMMARY_FOREIGN(what="签名证书 certificate", found=shown[:120], expected=_subject(who)))
    return summary


def _found(
    bid: Bid, key: ContentKey, who: SignatureEvidence, summary: dict[str, Any], stored: StoredFile
) -> RecordOpening:
    """The certificate as it was when the bid was received; its organization is the bidder."""
    checked = service.check_chain(who.chain, Purpose.SIGN, bid.received_at, need_credit_code=True)
    bidder = summary["bidder"]
    if bidder["credit_code"] != checked.facts.credit_code:
        raise Refused(
            SUMMARY_FOREIGN(
                what="投标人代码 credit code",
                found=bidder["credit_code"],
                expected=checked.facts.credit_code,
            )
        )
    main = hall.main_of(bid)
    if main is not None and main.pk != bid.pk and main.bidder_credit_code != checked.facts.credit_code:
        raise Refused(OTHER_BIDDER(found=bidder["name"], expected=main.bidder_name))
    certificate = {
        "certificate": checked.facts.fingerprint,
        "authority": checked.authority_id,
        "revocation_sha256": list(checked.revocation_sha256),
    }
    return RecordOpening(
        bid=str(bid.pk),
        content_key=key.value.hex(),
        bundle_sha256=stored.sha256,
        bidder_name=bidder["name"],
        bidder_credit_code=bidder["credit_code"],
        summary=summary,
        certificate=certificate,
    )


def _subject(who: SignatureEvidence) -> str:
    return who.leaf.subject.rfc4514_string()[:120] if who.leaf else "—"
