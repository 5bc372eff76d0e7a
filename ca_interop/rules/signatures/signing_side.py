"""The signer's own machine: what it is given is checked before the key is used.

The platform prepares a revision; a signer who signed its digest unseen would sign whatever the platform liked.
So: the revision begins with the very document the signer's statement names, everything after that is signatures,
form filling and evidence, the range leaves out nothing but the value, and the digest is computed here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification

from ca_interop.rules.signatures import making, message
from ca_interop.rules.signatures.checking import digest
from ca_interop.rules.signatures.pdf_making import Prepared, check_prepared
from ca_interop.rules.signatures.pdf_reading import covered, visible_fields
from ca_interop.rules.signatures.pdf_reasons import FOREIGN
from ca_interop.rules.signatures.reasons import MALFORMED
from kernel.errors import Refused
from sealing.statements import Signing

_ALLOWED = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)


def sign_revision(
    told: Mapping[str, Any], revision: bytes, signer: Signing, document_sha256: str
) -> dict[str, str]:
    """The field ``pdf`` of a signing verb: ``{"prepared", "signature"}``.

    ``told``: what the platform said of the revision; ``document_sha256``: of the document the signer means, from
    the statement that is signed beside it. ``Refused(pdf.foreign_revision | pdf.byte_range)``: nothing signed.
    """
    return sign_checked(told, check_revision(told, revision, document_sha256), signer)


def check_revision(told: Mapping[str, Any], revision: bytes, document_sha256: str) -> Prepared:
    """The checks of :func:`sign_revision`, before anything is signed or anybody is asked."""
    size, numbers = told.get("document_size"), told.get("byte_range")
    whole = isinstance(numbers, list) and len(numbers) == 4 and all(type(n) is int for n in numbers)
    if type(size) is not int or not whole or not isinstance(numbers, list):
        raise Refused(MALFORMED(what="prepared", why="document_size, byte_range"))
    start, first, second, length = numbers
    around = covered(revision, (start, first, second, length))
    prepared = Prepared(revision, (start, first, second, length), digest("sha256", around), "")
    check_prepared(prepared, document_sha256, size)
    check_additions(revision, size)
    return prepared


def sign_checked(told: Mapping[str, Any], prepared: Prepared, signer: Signing) -> dict[str, str]:
    """Sign a revision that :func:`check_revision` has passed."""
    how = making.plan(signer.chain, signer.alg)
    value = signer.sign(making.attributes(how, prepared.digest))
    return {"prepared": str(told.get("prepared", "")), "signature": base64.b64encode(value).decode()}


def check_additions(revision: bytes, size: int) -> None:
    """What stands after the first ``size`` bytes changes nothing of the document's content."""

    def compare() -> Any:
        original = PdfFileReader(BytesIO(revision[:size]), strict=False)
        if "/AcroForm" not in original.root:
            # Without a form from the start nothing tells a signature field from other additions.
            raise Refused(FOREIGN(why="原件没有签名域 / the document has no signature fields"))
        reader = PdfFileReader(BytesIO(revision), strict=False)
        return DEFAULT_DIFF_POLICY.review_file(reader, original.xrefs.total_revisions - 1)

    result = message.guarded(compare, "PDF")
    if isinstance(result, SuspiciousModification):
        raise Refused(FOREIGN(why=" ".join(str(result).split())[:160]))
    if result.modification_level not in _ALLOWED:
        raise Refused(FOREIGN(why=result.modification_level.name.lower()))
    # The policy lets a later signer place a field anywhere, with any picture: over the price, for instance.
    added = sorted(visible_fields(revision) - visible_fields(revision[:size]))
    if added:
        raise Refused(
            FOREIGN(why=f"新增了可见的签名域 / visible fields were added: {'、'.join(added)[:100]}")
        )


def sign_beside(document: bytes, signer: Signing) -> dict[str, str]:
    """The field ``pdf`` for an SM2 key: ``{"message"}``, a detached GB/T 35275 signature over the document as it
    was made."""
    made = making.sign(document, signer)
    return {"message": base64.b64encode(made).decode()}
