"""The verification report: what was checked, on what evidence, with what result (after ETSI EN 319 102-1).

``valid``: everything was proven. ``invalid``: something was disproven (a digest, a signature, a revocation, a
forbidden change). ``undecided``: something could not be proven either way (no recognized authority, no
evidence of standing, a certificate that has expired and no proof of an earlier time).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ca_interop.rules.evidence import Evidence
from kernel.clock import beijing, iso, parse_iso
from kernel.errors import Reason


class Verdict(StrEnum):
    """In the order of :func:`worst`."""

    VALID = "valid"
    UNDECIDED = "undecided"
    INVALID = "invalid"


VERDICT_WORDS = {
    Verdict.VALID: ("签名有效", "the signature is valid"),
    Verdict.UNDECIDED: ("不能确定签名是否有效", "the signature's validity is undecided"),
    Verdict.INVALID: ("签名无效", "the signature is invalid"),
}


@dataclass(frozen=True)
class Step:
    """One check. ``result``: ``passed``, ``failed``, ``undecided`` or ``note`` (said, not checked)."""

    part: str
    code: str
    result: str
    zh: str
    en: str
    facts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"part": self.part, "code": self.code, "result": self.result, "zh": self.zh, "en": self.en,
                "facts": self.facts}  # fmt: skip


#: Parts of a verification, in the order they are shown.
PARTS = {
    "coverage": ("覆盖范围", "coverage"),
    "modifications": ("签名后的改动", "later changes"),
    "integrity": ("内容与签名值", "integrity"),
    "time": ("时间", "time"),
    "chain": ("证书链与吊销", "chain and revocation"),
}


class Steps:
    """Collects the steps of one signature and the verdict that follows from them."""

    def __init__(self) -> None:
        self.list: list[Step] = []

    def passed(self, part: str, found: Iterable[Evidence]) -> None:
        for one in found:
            self.list.append(Step(part, one.code, "passed", one.zh, one.en, dict(one.facts)))

    def say(self, part: str, result: str, code: str, zh: str, en: str, **facts: Any) -> None:
        self.list.append(Step(part, code, result, zh, en, facts))

    def refused(self, part: str, reasons: Iterable[Reason], result: str = "failed") -> None:
        for reason in reasons:
            facts = {"law": reason.law} if reason.law else {}
            self.list.append(Step(part, reason.code, result, reason.zh, reason.en, facts))

    @property
    def verdict(self) -> Verdict:
        results = {step.result for step in self.list}
        if "failed" in results:
            return Verdict.INVALID
        return Verdict.UNDECIDED if "undecided" in results else Verdict.VALID


@dataclass(frozen=True)
class SignatureReport:
    """One signature. ``time_from``: ``timestamp`` (proven), ``given`` (by the caller: a log, a record) or
    ``now``. Names are the certificate's, read with the authority's profile when it is recognized."""

    number: int
    field: str
    signer: str
    organization: str
    credit_code: str
    person: str
    authority: str
    certificate: str
    algorithm: str
    at: datetime
    time_from: str
    verdict: Verdict
    steps: tuple[Step, ...]
    #: The signer's certificate and the others that came with it, in DER.
    certificates: tuple[bytes, ...] = ()

    def as_json(self) -> dict[str, Any]:
        zh, en = VERDICT_WORDS[self.verdict]
        return {
            "number": self.number, "field": self.field, "signer": self.signer, "organization": self.organization,
            "credit_code": self.credit_code, "person": self.person, "authority": self.authority,
            "certificate": self.certificate, "algorithm": self.algorithm, "at": iso(self.at),
            "time_from": self.time_from, "verdict": self.verdict.value, "zh": zh, "en": en,
            "certificates": [base64.b64encode(der).decode() for der in self.certificates],
            "steps": [step.as_json() for step in self.steps],
        }  # fmt: skip


@dataclass(frozen=True)
class Report:
    """A whole file. ``kind``: ``pdf``, ``cms`` or ``gbt35275``; ``sha256`` and ``size`` of what was given."""

    kind: str
    sha256: str
    size: int
    at: datetime
    trust_list: str
    signatures: tuple[SignatureReport, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(s.verdict for s in self.signatures)

    def as_json(self) -> dict[str, Any]:
        zh, en = VERDICT_WORDS[self.verdict]
        return {
            "v": 1, "kind": self.kind, "sha256": self.sha256, "size": self.size, "checked_at": iso(self.at),
            "trust_list": self.trust_list, "verdict": self.verdict.value, "zh": zh, "en": en,
            "signatures": [s.as_json() for s in self.signatures],
        }  # fmt: skip


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of them; ``invalid`` when there is none: nothing signed is nothing proven."""
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.INVALID)


def lines(report: dict[str, Any], language: str = "zh") -> list[str]:
    """The report in words, from its JSON: what a command prints. ``language``: ``zh`` or ``en``."""
    chinese = language == "zh"
    marks = {"passed": "✓", "failed": "✗", "undecided": "?", "note": "·"}
    kinds = {
        "pdf": "PDF",
        "cms": "CMS（RFC 5652）" if chinese else "CMS (RFC 5652)",
        "gbt35275": "GB/T 35275",
    }
    head = f"{kinds[report['kind']]}  SHA-256 {report['sha256']}"
    out = [head, f"{'结论' if chinese else 'Verdict'}：{report[language]}"]
    for one in report["signatures"]:
        name = one["organization"] or one["signer"]
        title = f"签名 {one['number']}" if chinese else f"Signature {one['number']}"
        at = beijing(parse_iso(one["at"])) if chinese else one["at"]
        out += ["", f"{title}  {name}  {one['authority']}  {at}  —— {one[language]}"]
        shown = ""
        for step in one["steps"]:
            part = PARTS[step["part"]][0 if chinese else 1]
            out += [] if part == shown else [f"  {part}"]
            shown = part
            out.append(f"    {marks[step['result']]} {step[language]}（{step['code']}）")
    return out
