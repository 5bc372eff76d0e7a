"""A demand's statement: what the beneficiary signs, and its check before ``perform``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ca_interop import service
from guarantees.models import Guarantee
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing import fields, statements

PURPOSE = "guarantee-demand"
_FIELDS = ("v", "number", "ground", "amount", "explanation", "at")

NOT_THE_BENEFICIARY = ReasonForm(
    "guarantee.demand_not_by_beneficiary",
    zh="索赔声明由「{found}」签名，应由受益人「{wanted}」签名",
    en="the demand is signed by {found}; it must be signed by the beneficiary {wanted}",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条；法释〔2016〕24号第六条",
)


def statement_for(
    row: Guarantee, ground: str, amount: Decimal, explanation: str, at: datetime
) -> dict[str, Any]:
    """What is to be signed."""
    payload = {
        "v": 1,
        "number": row.number,
        "ground": ground,
        "amount": f"{amount:.2f}",
        "explanation": explanation,
        "at": iso(at),
    }
    return statements.statement(PURPOSE, payload)


def check(row: Guarantee, signed: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The statement, if the beneficiary's certificate signed it; asks other machines, so never inside a
    transaction. ``Refused``: statement.*, certificate.*, guarantee.demand_not_by_beneficiary."""
    checked = service.check_signed(signed, purpose=PURPOSE, at=at, need_credit_code=True)
    got = fields.exact_keys(checked.evidence.payload, "payload", _FIELDS)
    # A form's text may say 1.5, and no act can.
    fields.integer(got, "v", 1, 1)
    for name, limit in (("number", 200), ("ground", 30), ("amount", 20), ("explanation", 2000), ("at", 40)):
        fields.text(got, name, limit=limit)
    entity = row.bid.lot.tender.project.procuring_entity
    signer = checked.validation.facts
    if signer.credit_code != entity.credit_code:
        raise Refused(NOT_THE_BENEFICIARY(found=signer.organization or "—", wanted=entity.name))
    return signed
