"""Signing the house's documents in two steps: the private key is never here.

``prepare`` makes the next revision with a hole; the signer's machine checks it, and signs the attributes over
everything around the hole; ``finish`` verifies that, gets a time-stamp and the evidence of standing, and keeps
the revision (PAdES B-LT). Both are slow and stand BEFORE ``perform``; the command's handler then calls
``append``. One revision follows another: who prepared over an older one is told ``pdf.stale`` and prepares anew.
An SM2 signer has no PDF signature (no viewer outside China reads one) but a GB/T 35275 message beside the PDF:
``finish_beside``.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from ca_interop import queries, timestamping
from ca_interop.models import DocumentSignature, PreparedSignature
from ca_interop.rules import revocation
from ca_interop.rules.certificates import fingerprint, issuer_name, load_chain, to_base64
from ca_interop.rules.revocation import OcspAnswer
from ca_interop.rules.signatures import checking, making, message, pdf_making
from ca_interop.rules.signatures.pdf_making import Appearance, Prepared
from ca_interop.rules.signatures.pdf_reasons import STALE
from ca_interop.rules.signatures.reasons import NO_SIGNER_CERTIFICATE, NOT_SIGNED, SM2_IN_PDF
from ca_interop.rules.validation import Purpose, RevocationPolicy
from ca_interop.service import CheckedChain, check_chain
from documents import store
from documents.models import StoredFile
from documents.pdf import seals
from journal import clock
from journal.door import CONSTRAINTS
from kernel.clock import beijing, iso
from kernel.errors import Kind, ReasonForm, Refused

NOT_PREPARED = ReasonForm(
    "pdf.not_prepared",
    zh="没有这份待签版本，或已过期；请重新准备",
    en="there is no such prepared revision, or it has expired; prepare again",
    kind=Kind.NOT_FOUND,
)
BAD_SIGNATURE_TEXT = ReasonForm(
    "pdf.signature_malformed",
    zh="PDF 签名应为 base64 文本",
    en="the PDF signature must be base64 text",
    kind=Kind.MALFORMED,
)
CONSTRAINTS["document_signed_in_turn"] = STALE
#: A prepared revision that came to nothing is forgotten after this long.
KEPT = timedelta(hours=12)
MAX_MESSAGE = 256 * 1024


@dataclass(frozen=True)
class Who:
    """As whom somebody signs: ``name`` stands in the seal; ``lines`` beside it; ``seal`` round for an
    organization, else a person's square one; ``reason`` what for."""

    name: str
    lines: tuple[str, ...]
    seal: bool
    reason: str


def latest(document: StoredFile) -> StoredFile:
    """The document with all signatures so far: its newest revision, or itself."""
    row = _signatures(document).filter(kind="pades").order_by("-number").select_related("file").first()
    return row.file if row is not None else document


def signatures_of(document: StoredFile) -> list[DocumentSignature]:
    """Every signature on and beside the document, in their order."""
    return list(_signatures(document).select_related("file").order_by("at", "number"))


def _signatures(document: StoredFile) -> Any:
    return DocumentSignature.objects.filter(document=document)


def prepare(
    document: StoredFile, chain: Sequence[x509.Certificate], alg: str, who: Who, at: datetime
) -> PreparedSignature:
    """The next revision, for this signer. ``Refused``: signature.algorithm, signature.sm2_in_pdf, pdf.*."""
    how = making.plan(chain, alg)
    if how.kind != "cms":
        raise Refused(SM2_IN_PDF())
    PreparedSignature.objects.filter(prepared_at__lt=at - KEPT, finished__isnull=True).delete()
    based_on = latest(document)
    number = _signatures(document).filter(kind="pades").count() + 1
    with based_on.open() as stream:
        before = stream.read()
    lines = (*who.lines, f"证书：{issuer_name(chain[0])}", beijing(at))
    shown = Appearance(who.name, who.reason, "", seals.picture(who.name, lines, seal=who.seal))
    free = pdf_making.empty_fields(before)
    field = seals.field_name(number)
    made = pdf_making.prepare(before, at, shown, field if field in free or not free else free[0])
    return PreparedSignature.objects.create(
        document=document,
        based_on=based_on,
        number=number,
        increment=made.document[len(before) :],
        byte_range=list(made.byte_range),
        digest=made.digest.hex(),
        chain=[to_base64(c) for c in chain],
        alg=alg,
        signer=who.name[:200],
        prepared_at=at,
    )


def found(prepared: str) -> PreparedSignature:
    """A prepared revision by its id; ``Refused(pdf.not_prepared)``."""
    try:
        wanted = uuid.UUID(prepared)
    except (ValueError, AttributeError, TypeError) as error:
        raise Refused(NOT_PREPARED()) from error
    row = PreparedSignature.objects.select_related("document", "based_on").filter(pk=wanted).first()
    if row is None:
        raise Refused(NOT_PREPARED())
    return row


def revision(row: PreparedSignature) -> Prepared:
    """The whole file of a prepared revision."""
    with row.based_on.open() as stream:
        document = stream.read() + bytes(row.increment)
    start, first, second, length = row.byte_range
    return Prepared(document, (start, first, second, length), bytes.fromhex(row.digest), "")


def prepared_json(row: PreparedSignature) -> dict[str, Any]:
    """What the signer's machine is told; it checks all of it against the file itself."""
    return {
        "prepared": str(row.pk),
        "number": row.number,
        "revision": f"/api/v1/prepared-signatures/{row.pk}",
        "document_sha256": row.document.sha256,
        "document_size": row.document.size,
        "byte_range": row.byte_range,
        "digest": row.digest,
    }


def finish(prepared: str, signature: str, document: StoredFile, certificate: str) -> dict[str, Any]:
    """Verify the value (base64), stamp it, add the evidence, keep the revision: what :func:`append` takes.

    ``certificate``: fingerprint of who signed the statement beside it; another's is refused. Finished twice it
    answers the same. ``Refused``: pdf.stale, pdf.not_prepared, signature.wrong, certificate.*, revocation.*.
    """
    row = found(prepared)
    chain = load_chain(row.chain)
    if row.document_id != document.pk or fingerprint(chain[0]) != certificate:
        raise Refused(NOT_PREPARED())
    if row.finished is not None:
        return dict(row.finished)
    if latest(document).pk != row.based_on_id:
        raise Refused(STALE())
    how = making.plan(chain, row.alg)
    value = _decoded(signature, 1024)
    signed = making.attributes(how, bytes.fromhex(row.digest))
    checking.check_value(how.leaf, how.algorithm, value, signed)
    now = clock.now()
    # Whether the certificate may sign was decided for the statement beside it; here evidence is gathered.
    checked = check_chain(chain, Purpose.SIGN, now, policy=RevocationPolicy.SOFT)
    stamp = _stamp(value, now)
    cms = making.assemble(how, signed, value, timestamp=stamp.token if stamp else None)
    whole = _with_evidence(pdf_making.embed(revision(row), cms), checked, stamp)
    file = store.put(whole, name=document.name, media_type="application/pdf", now=now)
    said = _said("pades", row.number, file, row.signer, how, checked, stamp)
    # Twice at once: the first result stands, so that a repeated request is the same command again.
    PreparedSignature.objects.filter(pk=row.pk, finished__isnull=True).update(finished=said)
    row.refresh_from_db(fields=["finished"])
    return dict(row.finished)


def finish_beside(encoded: str, document: StoredFile, certificate: str, signer: str) -> dict[str, Any]:
    """A detached message (base64) over the document as it was made: GB/T 35275 of an SM2 key, or CMS."""
    der = _decoded(encoded, MAX_MESSAGE)
    said = message.read(der)
    if len(said.signers) != 1 or said.content is not None:
        raise Refused(NOT_SIGNED(what="分离式签名"))
    one = said.signers[0]
    with document.open() as stream:
        content = stream.read()
    message.guarded(lambda: checking.check(one, content, said.content_type), "签名")
    leaf = one.certificate
    if leaf is None or fingerprint(leaf) != certificate:
        raise Refused(NO_SIGNER_CERTIFICATE())
    now = clock.now()
    chain = [leaf, *(c for c in said.certificates if c != leaf)]
    # Whether the certificate may sign was decided for the statement beside it; here evidence is gathered.
    checked = check_chain(chain, Purpose.SIGN, now, policy=RevocationPolicy.SOFT)
    number = _signatures(document).filter(kind=said.kind).count() + 1
    name = f"{document.name}.{number}.p7s"
    file = store.put(der, name=name, media_type="application/pkcs7-signature", now=now)
    how = making.Plan(said.kind, one.algorithm, tuple(chain))
    return _said(said.kind, number, file, signer, how, checked, None)


def append(said: dict[str, Any], document: StoredFile, at: datetime) -> None:
    """Inside ``perform``: this signature is now the document's newest. ``Refused(pdf.stale)`` if another one
    got there first (the database holds the line)."""
    taken = _signatures(document).filter(kind=said["kind"]).count()
    if (
        said["number"] != taken + 1
        or DocumentSignature.objects.filter(file__sha256=said["file"], document=document).exists()
    ):
        raise Refused(STALE())
    DocumentSignature.objects.create(
        document=document,
        kind=said["kind"],
        number=said["number"],
        file=store.get(said["file"]),
        signer=said["signer"],
        certificate=said["certificate"],
        details=said["details"],
        at=at,
    )


def cited(said: dict[str, Any] | None) -> dict[str, Any]:
    """What the act says of it."""
    if said is None:
        return {}
    return {"document_signature": {key: said[key] for key in ("kind", "number", "file", "details")}}


def _said(
    kind: str, number: int, file: StoredFile, signer: str, how: making.Plan, checked: CheckedChain,
    stamp: timestamping.CheckedStamp | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "kind": kind,
        "number": number,
        "file": file.sha256,
        "signer": signer,
        "certificate": fingerprint(how.leaf),
        "details": {
            "authority": checked.authority_id,
            "algorithm": str(how.algorithm),
            "timestamp": stamp.as_json() if stamp else None,
            "revocation_sha256": list(checked.revocation_sha256),
            "revocation": checked.revocation,
            "verified_at": iso(checked.at),
        },
    }


def _stamp(value: bytes, now: datetime) -> timestamping.CheckedStamp | None:
    """A time-stamp if any service answers. Without one the signature is PAdES B-B, and the act says so: a
    signing hall must not stand still because a time-stamp service does."""
    try:
        return timestamping.stamp(value, now)
    except Refused as refusal:
        if refusal.kind is not Kind.BUSY:
            raise
        return None


def _with_evidence(whole: bytes, checked: CheckedChain, stamp: timestamping.CheckedStamp | None) -> bytes:
    paths = [checked, *([stamp.validation] if stamp else [])]
    certificates = list(dict.fromkeys(c for one in paths for c in one.path.certificates))
    crls: list[bytes] = []
    answers: list[bytes] = []
    for sha256 in dict.fromkeys(d for one in paths for d in one.revocation_sha256):
        der = queries.evidence(sha256)
        try:
            revocation.read_ocsp(OcspAnswer(der))
            answers.append(der)
        except Refused:
            crls.append(der)
    return pdf_making.add_evidence(whole, certificates, crls, answers)


def _decoded(text: str, limit: int) -> bytes:
    try:
        if not isinstance(text, str) or len(text) > limit * 2:
            raise ValueError("size")
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(BAD_SIGNATURE_TEXT()) from error
