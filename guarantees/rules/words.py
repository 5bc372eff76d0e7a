"""What people read of a verdict, in the hall and in the committee's room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guarantees.rules.moves import GuaranteeStatus
from kernel.guarantee_terms import GuaranteeForm, figure

#: Short titles the hall knows.
_SHORT = (
    ("中华人民共和国招标投标法实施条例", "招例"),
    ("招标投标法实施条例", "招例"),
    ("招标投标法", "招法"),
)
_SHOWN_REASONS = 3
#: What the roster shows: the three states of ``portal.badges`` under ``guarantee``.
STATE = {
    GuaranteeStatus.SEALED: "pending",
    GuaranteeStatus.PRESENTED: "pending",
    GuaranteeStatus.REFUSED: "refused",
}


def state_of(status: GuaranteeStatus, failed: bool) -> str:
    """``valid``, ``refused`` or ``pending``; one that has ended since keeps what it was judged."""
    return STATE.get(status, "refused" if failed else "valid")


def short_law(law: str) -> str:
    for long, short in _SHORT:
        law = law.replace(long, short)
    return law


def say_reason(reason: Mapping[str, Any]) -> str:
    """``保函金额 ¥ 120,000.00，应 ≥ ¥ 160,000.00（招例第二十六条）``."""
    law = short_law(str(reason.get("law", "")))
    return f"{reason['zh']}（{law}）" if law else str(reason["zh"])


def say_verdict(form: GuaranteeForm | None, reasons: Sequence[Mapping[str, Any]], *, undecided: bool) -> str:
    """One sentence for the board; the first reasons in full, the rest counted."""
    if undecided:
        return f"待核验：{say_reason(reasons[0])}，系统将自动重查"
    if reasons:
        said = "；".join(say_reason(reason) for reason in reasons[:_SHOWN_REASONS])
        more = len(reasons) - _SHOWN_REASONS
        return f"{said}；另有 {more} 项" if more > 0 else said
    if form is None:
        return "本标段不要求投标担保"
    return f"{form.issuer.name}保函，{figure(form.amount, form.currency)}，有效期至 {form.valid_until.isoformat()}"
