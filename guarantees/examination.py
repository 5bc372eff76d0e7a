"""Reading the guarantee out of an opened bid and examining it: slow, so it happens before ``perform``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from cryptography import x509

from ca_interop import service
from ca_interop.rules.validation import Purpose, Validation
from documents import store
from guarantees import queries
from guarantees.rules.presentation import MISSING, Presentation, examine
from kernel.canonical_json import parse
from kernel.errors import Refused
from kernel.guarantee_terms import figure
from sealing import bundle
from trading.models import Bid

ROLE = "guarantee"
FORM, PDF = "guarantee/form.json", "guarantee/guarantee.pdf"
MAX_FORM = 256 * 1024
MAX_PDF = 20 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """What the bundle held: the signed form as JSON (``None`` when there is none or it is no JSON), the
    PDF, and why the form could not be read."""

    form: dict[str, Any] | None = None
    pdf: bytes | None = None
    refusal: Refused | None = None


@dataclass(frozen=True)
class Examined:
    """A finished examination. ``pdf_sha256`` names the kept PDF; ``revocation`` the kept evidence."""

    form: dict[str, Any] | None
    presentation: Presentation
    pdf_sha256: str
    revocation: tuple[str, ...]


def examine_bid(bid: Bid, now: datetime) -> Examined | None:
    """Examine what an opened bid presents; ``None`` when no bond is asked and none is there."""
    found = _read(bid)
    if found.form is None and found.refusal is None and bid.lot.bond_amount == 0:
        return None
    pdf_sha256 = ""
    if found.pdf is not None:
        kept = store.put(found.pdf, name="投标保函.pdf", media_type="application/pdf", now=now)
        pdf_sha256 = kept.sha256
    if found.form is None:
        reasons = found.refusal.reasons if found.refusal else (MISSING(wanted=figure(bid.lot.bond_amount)),)
        return Examined(None, Presentation(None, reasons), pdf_sha256, ())
    evidence: list[str] = []

    def check_chain(chain: Sequence[x509.Certificate], at: datetime) -> Validation:
        done = service.check_chain(chain, Purpose.SIGN, at)
        evidence.extend(done.revocation_sha256)
        return done

    asked = queries.requirement(bid, now, number_in(found.form))
    # Without the PDF its digest would be checked against nothing, so its absence must fail.
    presentation = examine(found.form, asked, check_chain, pdf=found.pdf or b"")
    return Examined(found.form, presentation, pdf_sha256, tuple(evidence))


def number_in(form: dict[str, Any]) -> str:
    """The number a form claims, before anything of it has been checked; empty when it has none."""
    try:
        number = form["statement"]["payload"]["number"]
    except (KeyError, TypeError):
        return ""
    return number if isinstance(number, str) and len(number) <= 200 else ""


def _read(bid: Bid) -> Found:
    if bid.bundle is None:
        return Found()
    with bid.bundle.open() as stream:
        return read_bundle(stream)


def read_bundle(stream: BinaryIO) -> Found:
    """The guarantee files of a bundle: by their names, else by their role."""
    try:
        opened = bundle.read(stream)
        paths = [entry.path for entry in opened.with_role(ROLE)]
        form_path = _pick(paths, FORM, ".json")
        pdf_path = _pick(paths, PDF, ".pdf")
        pdf = opened.read(pdf_path, MAX_PDF) if pdf_path else None
        if not form_path:
            return Found(pdf=pdf)
        value = parse(opened.read(form_path, MAX_FORM))
    except Refused as refusal:
        return Found(refusal=refusal)
    # Anything that is no object is handed on too: the verdict then says what is wrong with it.
    return Found(value if isinstance(value, dict) else {"": str(type(value).__name__)}, pdf)


def _pick(paths: Sequence[str], wanted: str, ending: str) -> str:
    if wanted in paths:
        return wanted
    return next((path for path in paths if path.lower().endswith(ending)), "")
