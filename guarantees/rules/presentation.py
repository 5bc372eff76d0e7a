"""A guarantee as presented at the opening: signature, chain at issue time, then every term."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509

from ca_interop.rules.certificates import fingerprint
from ca_interop.rules.validation import Validation
from kernel.errors import Kind, Reason, ReasonForm, Refused
from kernel.guarantee_terms import GuaranteeForm, GuaranteeRequirement, read_form, reasons_against
from sealing import statements

PURPOSE = "guarantee"
_LAW = "电子签名法第十三条；12号令第二十五条"

MISSING = ReasonForm(
    "guarantee.missing",
    zh="投标文件中没有投标担保，应为 {wanted}",
    en="the bid holds no guarantee; one of {wanted} is asked for",
    law="招标投标法实施条例第二十六条；12号令第二十五条",
)
NO_CERTIFICATE = ReasonForm(
    "guarantee.no_certificate",
    zh="保函未附开立人的数字证书",
    en="the guarantee carries no certificate of its issuer",
    law=_LAW,
)
NOT_SIGNED_BY_ISSUER = ReasonForm(
    "guarantee.not_signed_by_issuer",
    zh="保函由「{signer}」（{signer_code}）签名，而表单载明的开立人是「{issuer}」（{issuer_code}）",
    en="the guarantee is signed by {signer} ({signer_code}) but names {issuer} ({issuer_code}) as issuer",
    law=_LAW,
)
WRONG_PDF = ReasonForm(
    "guarantee.wrong_pdf",
    zh="保函 PDF 与签名表单不一致（SHA-256 {found}，应为 {wanted}）",
    en="the PDF of the guarantee differs from the signed form (SHA-256 {found}, should be {wanted})",
    law=_LAW,
)

#: May this chain (leaf first) sign at this time? Answers the validation or raises ``Refused``; a refusal
#: of kind BUSY means that it cannot be found out now.
ChainCheck = Callable[[Sequence[x509.Certificate], datetime], Validation]


@dataclass(frozen=True)
class Presentation:
    """The verdict: ``reasons`` empty means valid. ``form`` is there when it could be read, ``validation``
    when the chain was good. ``undecided``: the chain could not be decided, so it is to be asked again.

    A failure goes to the committee (12号令 art. 25); it rejects no bid by itself.
    """

    form: GuaranteeForm | None
    reasons: tuple[Reason, ...]
    validation: Validation | None = None
    undecided: bool = False

    @property
    def valid(self) -> bool:
        return not self.reasons


def examine(
    signed: Any, asked: GuaranteeRequirement, check_chain: ChainCheck, *, pdf: bytes | None = None
) -> Presentation:
    """Check a signed guarantee form found in a bid. Never raises for what the form holds: what cannot be
    read, or whose signature is wrong, is a reason of the verdict too."""
    try:
        said = statements.verify(signed, purpose=PURPOSE)
        form = read_form(said.payload)
    except Refused as refusal:
        return Presentation(None, refusal.reasons)
    reasons: list[Reason] = []
    validation: Validation | None = None
    undecided = False
    if said.leaf is None:
        reasons.append(NO_CERTIFICATE())
    else:
        try:
            # Signatures are judged at their own time: a certificate revoked later was good then.
            validation = check_chain(said.chain, form.issued_at)
            reasons.extend(_issuer_reasons(form, validation))
        except Refused as refusal:
            undecided = refusal.kind is Kind.BUSY
            reasons.extend(refusal.reasons)
    reasons.extend(reasons_against(form, asked))
    if pdf is not None and (found := hashlib.sha256(pdf).hexdigest()) != form.pdf_sha256:
        reasons.append(WRONG_PDF(found=found, wanted=form.pdf_sha256))
    return Presentation(form, tuple(reasons), validation, undecided)


def _issuer_reasons(form: GuaranteeForm, validation: Validation) -> tuple[Reason, ...]:
    signer = validation.facts
    if signer.credit_code == form.issuer.credit_code and signer.organization == form.issuer.name:
        return ()
    return (
        NOT_SIGNED_BY_ISSUER(
            signer=signer.organization,
            signer_code=signer.credit_code or fingerprint(validation.path.leaf)[:16],
            issuer=form.issuer.name,
            issuer_code=form.issuer.credit_code,
        ),
    )
