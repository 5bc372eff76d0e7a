"""PDF signatures (ISO 32000-2 §12.8; PAdES, EN 319 142): what each one covers and what came after it.

pyHanko reads the file and tells which changes later revisions made; the CMS inside, its chain and its time
are judged by our own rules, as any other signature. Hostile files can make a PDF parser slow: a server runs
this in a process of its own with limits (:mod:`ca_interop.verifier`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from asn1crypto import core
from asn1crypto.pdf import RevocationInfoArchival
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from ca_interop.rules.signatures import message, oids
from ca_interop.rules.signatures.judging import Circumstances, judge_signer, judge_stamp
from ca_interop.rules.signatures.message import MAX_REVOCATION, SignerInfo
from ca_interop.rules.signatures.pdf_reasons import (
    BYTE_RANGE,
    CHANGED,
    ENCRYPTED,
    NOT_COVERED,
    SUBFILTER,
    TOO_MANY,
)
from ca_interop.rules.signatures.reasons import MALFORMED, NOT_SIGNED, TOO_LARGE
from ca_interop.rules.signatures.report import Report, SignatureReport, Steps
from kernel.errors import Refused

# A change that pyHanko does not accept is our answer to the asker, not an error of this process.
logging.getLogger("pyhanko.sign.diff_analysis").setLevel(logging.CRITICAL + 1)
MAX_PDF = 64 * 1024 * 1024
MAX_SIGNATURES = 100
_SUBFILTERS = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached")
_LEVELS = {
    ModificationLevel.NONE: ("此签名之后没有改动", "nothing was changed after this signature"),
    ModificationLevel.LTA_UPDATES: (
        "此签名之后只添加了核验所需的证据（证书、吊销信息、时间戳）",
        "only evidence for verification was added after this signature",
    ),
    ModificationLevel.FORM_FILLING: (
        "此签名之后只有其他人签名、填写表单项和添加核验证据，正文未改",
        "after this signature only others signed, form fields were filled and evidence was added",
    ),
}


@dataclass(frozen=True)
class Found:
    """One signature field with a value, as bytes: where it lies and what it covers."""

    field: str
    subfilter: str
    contents: bytes
    byte_range: tuple[int, int, int, int]
    embedded: EmbeddedPdfSignature


def is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def judge_pdf(data: bytes, by: Circumstances) -> Report:
    """Judge every signature of a PDF. ``Refused``: signature.malformed, .too_large, .not_signed, pdf.*."""
    if len(data) > MAX_PDF:
        raise Refused(TOO_LARGE(what="PDF", size=len(data), limit=MAX_PDF))
    reader = _opened(data)
    found = list(_found(reader))
    if not found:
        raise Refused(NOT_SIGNED(what="PDF"))
    told = by.with_evidence(*_security_store(reader))
    reports = [
        (_judge_stamp if one.subfilter == "/ETSI.RFC3161" else _judge)(data, one, number, told)
        for number, one in enumerate(found, 1)
    ]
    sha256 = hashlib.sha256(data).hexdigest()
    return Report("pdf", sha256, len(data), by.at, by.trust.digest, tuple(reports))


def _opened(data: bytes) -> PdfFileReader:
    def parse() -> PdfFileReader:
        reader = PdfFileReader(BytesIO(data), strict=False)
        _ = reader.root, reader.xrefs.total_revisions
        return reader

    if b"%%EOF" not in data:
        raise Refused(
            MALFORMED(
                what="PDF", why="没有文件结束标记，可能没有传完 / no end-of-file marker, perhaps cut off"
            )
        )
    reader = message.guarded(parse, "PDF")
    if reader.encrypted:
        raise Refused(ENCRYPTED())
    return reader


def _found(reader: PdfFileReader) -> Iterator[Found]:
    def collect() -> list[EmbeddedPdfSignature]:
        return list(reader.embedded_signatures)

    found = message.guarded(collect, "PDF 签名")
    if len(found) > MAX_SIGNATURES:
        raise Refused(TOO_MANY(limit=MAX_SIGNATURES))
    for embedded in found:
        yield message.guarded(partial(_one, embedded), "PDF 签名")


def _one(embedded: EmbeddedPdfSignature) -> Found:
    numbers = [int(n) for n in embedded.byte_range]
    if len(numbers) != 4:
        raise ValueError("ByteRange")
    start, first, second, length = numbers
    return Found(
        field=str(embedded.field_name),
        subfilter=str(embedded.sig_object.get("/SubFilter", "")),
        contents=bytes(embedded.pkcs7_content),
        byte_range=(start, first, second, length),
        embedded=embedded,
    )


def covered(data: bytes, byte_range: tuple[int, int, int, int]) -> bytes:
    """The signed bytes: everything to the end of the range but the value's own hexadecimal string.

    ``Refused(pdf.byte_range)`` when the hole is anything else than that one string.
    """
    start, first, second, length = byte_range
    if start != 0 or first <= 0 or second <= first or length <= 0 or second + length > len(data):
        raise Refused(BYTE_RANGE(found=str(list(byte_range))))
    hole = data[first:second]
    inside = hole[1:-1]
    if hole[:1] != b"<" or hole[-1:] != b">" or inside.strip(b"0123456789abcdefABCDEF"):
        raise Refused(BYTE_RANGE(found=str(list(byte_range))))
    return data[:first] + data[second : second + length]


def visible_fields(data: bytes) -> frozenset[str]:
    """Names of the signature fields that are seen on a page. One that was added later may hide what is below it."""

    def shown(field: Any) -> bool:
        widgets = [kid.get_object() for kid in field.get("/Kids", ())] or [field]
        rects = [[float(edge) for edge in widget.get("/Rect", ())] for widget in widgets]
        return any(len(r) == 4 and r[0] != r[2] and r[1] != r[3] for r in rects)

    def read() -> frozenset[str]:
        reader = PdfFileReader(BytesIO(data), strict=False)
        return frozenset(str(n) for n, _, ref in enumerate_sig_fields(reader) if shown(ref.get_object()))

    return message.guarded(read, "PDF")


def _judge(data: bytes, found: Found, number: int, by: Circumstances) -> SignatureReport:
    steps = Steps()
    if found.subfilter not in _SUBFILTERS:
        raise Refused(SUBFILTER(found=found.subfilter[:60]))
    said = message.read(found.contents, f"PDF 签名 {found.field}")
    if len(said.signers) != 1:
        raise Refused(MALFORMED(what=f"PDF 签名 {found.field}", why="SignerInfo ≠ 1"))
    content = b""
    try:
        content = covered(data, found.byte_range)
        if said.content is not None:
            raise Refused(MALFORMED(what=f"PDF 签名 {found.field}", why="应为分离式 / must be detached"))
        _coverage(found, len(content), len(data), steps)
    except Refused as refusal:
        steps.refused("coverage", refusal.reasons)
    _modifications(data, found, steps)
    signer = said.signers[0]
    told = by.with_evidence(*_archived(signer))
    return judge_signer(said, signer, content, told, steps, number, found.field)


def _judge_stamp(data: bytes, found: Found, number: int, by: Circumstances) -> SignatureReport:
    """A document time-stamp (PAdES B-LTA): one signature more, made by a time-stamp authority."""
    steps = Steps()
    content = b""
    try:
        content = covered(data, found.byte_range)
        _coverage(found, len(content), len(data), steps)
    except Refused as refusal:
        steps.refused("coverage", refusal.reasons)
    _modifications(data, found, steps)
    return judge_stamp(found.contents, content, by, steps, number, found.field)


def _coverage(found: Found, signed: int, size: int, steps: Steps) -> None:
    level = message.guarded(found.embedded.evaluate_signature_coverage, "PDF")
    if level == SignatureCoverageLevel.ENTIRE_FILE:
        zh, en = "签名覆盖整个文件", "the signature covers the whole file"
    elif level == SignatureCoverageLevel.ENTIRE_REVISION:
        end = found.byte_range[2] + found.byte_range[3]
        zh = f"签名覆盖它那一版的全部内容（文件的前 {end} 字节，共 {size} 字节）"
        en = f"the signature covers its whole revision (the first {end} of {size} bytes)"
    else:
        raise Refused(NOT_COVERED())
    steps.say("coverage", "passed", "pdf.coverage", zh, en, byte_range=list(found.byte_range), signed=signed)


def _modifications(data: bytes, found: Found, steps: Steps) -> None:
    def compare() -> Any:
        found.embedded.compute_integrity_info(diff_policy=DEFAULT_DIFF_POLICY)  # type: ignore[no-untyped-call]
        return found.embedded.diff_result

    try:
        result = message.guarded(compare, "PDF")
    except Refused as refusal:
        steps.refused("modifications", refusal.reasons, "failed")
        return
    level = ModificationLevel.NONE
    if isinstance(result, SuspiciousModification):
        steps.refused("modifications", [CHANGED(why=" ".join(str(result).split())[:200])])
        return
    if result is not None:
        level = result.modification_level
    if level not in _LEVELS:
        steps.refused("modifications", [CHANGED(why=level.name.lower())])
        return
    zh, en = _LEVELS[level]
    steps.say("modifications", "passed", "pdf.modifications", zh, en, level=level.name.lower())
    _added_fields(data, found, steps)


def _added_fields(data: bytes, found: Found, steps: Steps) -> None:
    """No change of the content, and common; but what the field shows may lie over the content."""
    _, _, second, length = found.byte_range
    try:
        added = sorted(visible_fields(data) - visible_fields(data[: second + length]))
    except Refused:
        return  # what was signed is no whole file: its coverage says so
    if added:
        names = "、".join(added)[:200]
        zh = f"此签名之后新增了可见的签名域「{names}」，它可能遮住正文，请对照此签名的那一版（文件的前 {second + length} 字节）"
        en = f"visible signature fields were added later ({names}): they may hide content, compare the signed revision"
        steps.say("modifications", "note", "pdf.fields_added", zh, en, fields=names)


def _archived(signer: SignerInfo) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP answers among the signed attributes (Adobe's revocationInfoArchival)."""
    values = signer.signed.get(oids.REVOCATION_ARCHIVAL, ())
    if len(values) != 1:
        return [], []

    def read() -> tuple[list[bytes], list[bytes]]:
        found = RevocationInfoArchival.load(values[0])
        crls = [] if isinstance(found["crl"], core.Void) else [c.dump() for c in found["crl"]]
        ocsp = [] if isinstance(found["ocsp"], core.Void) else [o.dump() for o in found["ocsp"]]
        return crls[:MAX_REVOCATION], ocsp[:MAX_REVOCATION]

    return message.guarded(read, "revocationInfoArchival")


def _security_store(reader: PdfFileReader) -> tuple[list[bytes], list[bytes]]:
    """CRLs and OCSP answers of the document security store (DSS)."""

    def read() -> tuple[list[bytes], list[bytes]]:
        if "/DSS" not in reader.root:
            return [], []
        store = DocumentSecurityStore.read_dss(reader)
        crls = [bytes(ref.get_object().data) for ref in list(store.crls)[:MAX_REVOCATION]]
        ocsps = [bytes(ref.get_object().data) for ref in list(store.ocsps)[:MAX_REVOCATION]]
        return crls, ocsps

    return message.guarded(read, "DSS")
