"""Judging an archive of signatures again, years later, from what lies in it: statements, trust lists, evidence.

Pure. One entry is ``{"signed": SignedStatement, "at": rfc3339, "purpose"?, "organization"?, "credit_code"?,
"person"?}``; the trust list in force at ``at`` counts (the newest whose ``effective_from`` lies before it), and
revocation documents made later speak of that time, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ca_interop.rules.reasons import TRUST_LIST_STALE
from ca_interop.rules.revocation import RevocationEvidence
from ca_interop.rules.trust_list import TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, validate
from kernel.clock import beijing, parse_iso
from kernel.errors import Kind, Reason, ReasonForm, Refused
from sealing import fields, statements

ENTRY_BAD = ReasonForm(
    "archive.entry_bad",
    zh="归档条目不合格：{why}",
    en="the archive entry is not acceptable: {why}",
    kind=Kind.MALFORMED,
)
OTHER_SIGNER = ReasonForm(
    "archive.other_signer",
    zh="签名人的{what}是「{found}」，归档记录写的是「{wanted}」",
    en="the signer's {what} is {found!r}, the archive says {wanted!r}",
)
_NAMES = {"organization": "单位", "credit_code": "统一社会信用代码", "person": "姓名"}


@dataclass(frozen=True)
class Archive:
    """What an archive holds besides its signatures. ``trust_lists``: every version, unordered."""

    trust_lists: tuple[TrustList, ...]
    evidence: RevocationEvidence

    def trust_at(self, at: datetime) -> TrustList:
        """The list in force at ``at``; ``Refused(trust_list.not_in_force)``."""
        due = [t for t in self.trust_lists if t.effective_from <= at]
        if not due:
            raise Refused(TRUST_LIST_STALE(at=beijing(at)))
        return max(due, key=lambda t: t.version)


@dataclass(frozen=True)
class Outcome:
    """One signature judged again: ``validation`` when it is good, else ``reasons``."""

    name: str
    validation: Validation | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def good(self) -> bool:
        return self.validation is not None

    def as_json(self) -> dict[str, Any]:
        if self.validation is not None:
            return {"name": self.name, "ok": True, **self.validation.as_json()}
        told = [{"code": r.code, "zh": r.zh, "en": r.en} for r in self.reasons]
        return {"name": self.name, "ok": False, "reasons": told}


def judge(name: str, entry: Any, archive: Archive) -> Outcome:
    """Signature, certificate at its time, standing, names. Never raises for what an entry holds."""
    try:
        return Outcome(name, _judged(entry, archive))
    except Refused as refusal:
        return Outcome(name, None, tuple(refusal.reasons))


def _judged(entry: Any, archive: Archive) -> Validation:
    if not isinstance(entry, Mapping):
        raise Refused(ENTRY_BAD(why="不是 JSON 对象 / not an object"))
    at = _time(entry)
    said = statements.verify(entry.get("signed"), purpose=_text(entry, "purpose"))
    if said.leaf is None:
        raise Refused(ENTRY_BAD(why="签名没有证书 / signed without a certificate"))
    found = validate(
        said.leaf, said.chain[1:], archive.trust_at(at), at, Purpose.SIGN, archive.evidence, RevocationPolicy.HARD
    )  # fmt: skip
    _same_signer(entry, found)
    return found


def _time(entry: Mapping[str, Any]) -> datetime:
    try:
        return parse_iso(_text(entry, "at"))
    except ValueError as error:
        raise Refused(ENTRY_BAD(why="at")) from error


def _text(entry: Mapping[str, Any], name: str) -> str:
    return fields.text(entry, name, limit=400) if name in entry else ""


def _same_signer(entry: Mapping[str, Any], found: Validation) -> None:
    for name, what in _NAMES.items():
        wanted, has = _text(entry, name), str(getattr(found.facts, name))
        if wanted and wanted != has:
            raise Refused(OTHER_SIGNER(what=what, found=has, wanted=wanted))


def codes(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How often each reason occurred."""
    counted: dict[str, int] = {}
    for outcome in outcomes:
        for reason in outcome.reasons:
            counted[reason.code] = counted.get(reason.code, 0) + 1
    return dict(sorted(counted.items()))
