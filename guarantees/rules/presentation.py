"""A guarantee as presented at the opening: signature, chain at issue time, then every term."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ca_interop.rules.certificates import fingerprint
from ca_interop.rules.revocation import NOTHING_FETCHED, RevocationEvidence
from ca_interop.rules.trust_list import TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, validate
from kernel.errors import Reason, ReasonForm, Refused
from kernel.guarantee_terms import GuaranteeForm, GuaranteeRequirement, read_form, reasons_against
from sealing import statements

PURPOSE = "guarantee"
_LAW = "电子签名法第十三条；12号令第二十五条"

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


@dataclass(frozen=True)
class Presentation:
    """The verdict: ``reasons`` empty means valid. ``validation`` is there when the chain was good.

    A failure goes to the committee (12号令 art. 25); it rejects no bid by itself.
    """

    form: GuaranteeForm
    reasons: tuple[Reason, ...]
    validation: Validation | None

    @property
    def valid(self) -> bool:
        return not self.reasons


def examine(
    signed: Any,
    asked: GuaranteeRequirement,
    trust_list: TrustList,
    *,
    revocation: RevocationEvidence = NOTHING_FETCHED,
    policy: RevocationPolicy = RevocationPolicy.HARD,
    pdf: bytes | None = None,
) -> Presentation:
    """Check a signed guarantee form. Raises ``Refused`` only for what is not a readable form at all or
    whose signature is wrong; everything else is a reason of the verdict."""
    said = statements.verify(signed, purpose=PURPOSE)
    form = read_form(said.payload)
    reasons: list[Reason] = []
    validation: Validation | None = None
    if said.leaf is None:
        reasons.append(NO_CERTIFICATE())
    else:
        try:
            validation = validate(
                said.leaf, said.chain[1:], trust_list, form.issued_at, Purpose.SIGN, revocation, policy
            )
        except Refused as refusal:
            reasons.extend(refusal.reasons)
    if validation is not None:
        reasons.extend(_issuer_reasons(form, validation))
    reasons.extend(reasons_against(form, asked))
    if pdf is not None and (found := hashlib.sha256(pdf).hexdigest()) != form.pdf_sha256:
        reasons.append(WRONG_PDF(found=found, wanted=form.pdf_sha256))
    return Presentation(form, tuple(reasons), validation)


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
