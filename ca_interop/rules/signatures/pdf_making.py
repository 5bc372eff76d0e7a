"""Signing a PDF in two steps: a revision with a hole is prepared; the key, elsewhere, signs the attributes
over everything around the hole; the message is put in. Then the evidence is added (PAdES B-LT).

The revision is an incremental update (ISO 32000-2 §7.5.6): earlier bytes, and the signatures over them,
stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import crl as crl_structures
from asn1crypto import ocsp as ocsp_structures
from asn1crypto import x509 as names
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from ca_interop.rules.signatures import message
from ca_interop.rules.signatures.pdf_reading import MAX_PDF, covered
from ca_interop.rules.signatures.pdf_reasons import FOREIGN, NO_ROOM
from ca_interop.rules.signatures.reasons import TOO_LARGE
from kernel.errors import Refused

#: Room for the message in bytes: a chain of 4096-bit certificates, a time-stamp token and its chain.
ROOM = 16 * 1024


@dataclass(frozen=True)
class Prepared:
    """A revision waiting for its signature. ``document``: the whole file, the hole filled with zeros;
    ``digest``: SHA-256 of everything but the hole."""

    document: bytes
    byte_range: tuple[int, int, int, int]
    digest: bytes
    field: str


@dataclass(frozen=True)
class Appearance:
    """What a signature shows: one page of a PDF, fitted into the field. ``name`` goes into /Name, ``reason`` into
    /Reason, ``place`` into /Location (empty: left out)."""

    name: str
    reason: str = ""
    place: str = ""
    picture: bytes = b""


def empty_fields(data: bytes) -> list[str]:
    """Names of the signature fields nobody has signed yet, in the document's order."""

    def read() -> list[str]:
        reader = PdfFileReader(BytesIO(data), strict=False)
        return [name for name, _, _ in enumerate_sig_fields(reader, filled_status=False)]

    return message.guarded(read, "PDF")


def prepare(data: bytes, at: datetime, shown: Appearance, field: str = "") -> Prepared:
    """Add a revision in which ``field`` (an empty one of the document, or the name of a new invisible one) is
    signed at ``at``. ``Refused`` for a PDF that cannot be read."""
    if len(data) > MAX_PDF:
        raise Refused(TOO_LARGE(what="PDF", size=len(data), limit=MAX_PDF))
    return message.guarded(lambda: _prepare(data, at, shown, field), "PDF")


def _prepare(data: bytes, at: datetime, shown: Appearance, field: str) -> Prepared:
    writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
    embedder = cms_embedder.PdfCMSEmbedder(new_field_spec=SigFieldSpec(sig_field_name=field))
    steps = embedder.write_cms(field_name=field, writer=writer)
    widget = get_single_field_annot(next(steps).get_object())
    if shown.picture and any(float(edge) for edge in widget["/Rect"]):
        # A form XObject as its normal appearance: viewers fit its page into the field's rectangle.
        page = writer.import_page_as_xobject(PdfFileReader(BytesIO(shown.picture)))
        shape = {pdf_name("/N"): page}
        widget[pdf_name("/AP")] = DictionaryObject(shape)  # type: ignore[no-untyped-call]
        writer.update_container(widget)
    placeholder = SignatureObject(
        timestamp=at,
        subfilter=SigSeedSubFilter.PADES,
        name=shown.name or None,
        reason=shown.reason or None,
        location=shown.place or None,
        bytes_reserved=2 * ROOM,
    )
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=placeholder))
    digest, output = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    document = output.getvalue()
    first, second = digest.reserved_region_start, digest.reserved_region_end
    byte_range = (0, first, second, len(document) - second)
    return Prepared(document, byte_range, digest.document_digest, field)


def check_prepared(prepared: Prepared, original_sha256: str, original_size: int) -> None:
    """What a signer's own machine checks before it signs: the revision begins with the very document that is
    meant, its range leaves out nothing but the value, and its digest is right. ``Refused(pdf.*)``."""
    begins = hashlib.sha256(prepared.document[:original_size]).hexdigest()
    if begins != original_sha256:
        raise Refused(FOREIGN(why=f"SHA-256 {begins} ≠ {original_sha256}"))
    signed = covered(prepared.document, prepared.byte_range)
    _, first, second, length = prepared.byte_range
    if first < original_size or second + length != len(prepared.document):
        raise Refused(FOREIGN(why=f"ByteRange {list(prepared.byte_range)}"))
    if hashlib.sha256(signed).digest() != prepared.digest:
        raise Refused(FOREIGN(why="digest"))


def embed(prepared: Prepared, cms: bytes) -> bytes:
    """Put the message into the hole; ``Refused(pdf.no_room)`` if it does not fit."""
    _, first, second, _ = prepared.byte_range
    room = (second - first - 2) // 2
    if len(cms) > room:
        raise Refused(NO_ROOM(size=len(cms), room=room))
    value = cms.hex().encode().ljust(2 * room, b"0")
    return prepared.document[: first + 1] + value + prepared.document[second - 1 :]


def add_evidence(
    data: bytes, certificates: Sequence[x509.Certificate], crls: Sequence[bytes], ocsp: Sequence[bytes]
) -> bytes:  # fmt: skip
    """One more revision: the document security store gets what a reader needs to judge a signature later."""

    def write() -> bytes:
        stream = BytesIO(data)
        DocumentSecurityStore.add_dss(
            stream,
            None,
            certs=[names.Certificate.load(c.public_bytes(Encoding.DER)) for c in certificates],
            crls=[crl_structures.CertificateList.load(der) for der in crls],
            ocsps=[ocsp_structures.OCSPResponse.load(der) for der in ocsp],
            strict=False,
        )
        return stream.getvalue()

    return message.guarded(write, "DSS")
