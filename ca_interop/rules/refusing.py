"""The engine's faults and findings in the platform's words: a code, both languages, the article of law."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from ca_interop.rules.certificates import display_name, issuer_name
from ca_interop.rules.reasons import (
    BAD_SIGNATURE,
    CRITICAL_EXTENSION,
    EXPIRED,
    MALFORMED,
    NAME_CONSTRAINTS,
    NO_PATH,
    NOT_A_CA,
    NOT_YET_VALID,
    PATH_LENGTH,
    POLICY,
    REVOKED,
    TOO_COMPLEX,
    UNDECIDED,
    WEAK_ALGORITHM,
)
from ca_interop.rules.revocation import REASON_ZH
from ca_interop.rules.rfc5280.der import time_of
from ca_interop.rules.rfc5280.faults import Fault
from ca_interop.rules.rfc5280.revocation import Finding
from kernel.clock import beijing
from kernel.errors import Reason

_WHY_ZH = {
    "": "没有可用的吊销列表或 OCSP 应答",
    "stale": "吊销列表或 OCSP 应答的有效期不含所问的时间",
    "signature": "OCSP 应答上的签名不正确",
    "nonce": "OCSP 应答的随机数与请求不一致，可能是重放的旧应答",
    "failed": "OCSP 服务未能作答",
    "unusable": "吊销列表中有本平台不能处理的内容",
}


def reason_of(fault: Fault, about: x509.Certificate, at: datetime) -> Reason:
    """Why no path holds; ``about`` is the certificate the engine stumbled over."""
    name = display_name(about)
    if fault.code == "not_yet_valid":
        return NOT_YET_VALID(subject=name, start=beijing(about.not_valid_before_utc), at=beijing(at))
    if fault.code == "expired":
        return EXPIRED(subject=name, end=beijing(about.not_valid_after_utc), at=beijing(at))
    if fault.code in ("bad_signature", "no_path"):
        form = BAD_SIGNATURE if fault.code == "bad_signature" else NO_PATH
        return form(subject=name, issuer=issuer_name(about))
    if fault.code == "too_complex":
        return TOO_COMPLEX(limit=fault.detail)
    if fault.code == "malformed":
        return MALFORMED(what=f"证书「{name}」", why=fault.detail)
    forms = {
        "weak_algorithm": WEAK_ALGORITHM,
        "not_a_ca": NOT_A_CA,
        "key_usage": NOT_A_CA,
        "path_length": PATH_LENGTH,
        "critical_extension": CRITICAL_EXTENSION,
        "name_constraints": NAME_CONSTRAINTS,
        "policy": POLICY,
    }
    return forms[fault.code](subject=name, why=fault.detail)


def revoked_reason(authority: str, finding: Finding, purpose: str) -> Reason:
    """A proof of revocation."""
    why = REASON_ZH.get(finding.reason, REASON_ZH[0])
    return REVOKED(authority=authority, when=beijing(time_of(finding.since)), why=why, purpose=purpose)


def undecided_reason(certificate: x509.Certificate, finding: Finding) -> Reason:
    """Nothing decides how ``certificate`` stands."""
    return UNDECIDED(subject=display_name(certificate), why=_WHY_ZH[finding.why])
