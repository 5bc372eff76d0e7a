"""Revocation evidence: complete CRLs (RFC 5280 §6.3) and OCSP answers (RFC 6960, RFC 8954).

Pure: bytes fetched by someone else, a time, and a verdict. A certificate revoked *after* the time in
question was good at that time, unless the entry's invalidityDate says the key was lost earlier
(电子签名法 art. 15). Delta, indirect and partitioned CRLs are refused as unsupported, never
misread as complete ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import CRLEntryExtensionOID, ExtendedKeyUsageOID, ExtensionOID

from ca_interop.rules.certificates import display_name, fingerprint
from ca_interop.rules.evidence import Evidence, Trail
from ca_interop.rules.paths import weak_algorithm
from ca_interop.rules.reasons import (
    EVIDENCE_BAD_SIGNATURE,
    EVIDENCE_OTHER_CERTIFICATE,
    EVIDENCE_STALE,
    EVIDENCE_UNSUPPORTED,
    EVIDENCE_WRONG_ISSUER,
    MALFORMED,
    OCSP_FAILED,
    REVOKED,
    TOO_LARGE,
    UNDECIDED,
    WRONG_NONCE,
)
from kernel.clock import beijing
from kernel.errors import Reason, Refused

MAX_CRL = 16 * 1024 * 1024
MAX_OCSP = 64 * 1024
#: Clocks of authorities may run ahead of ours by this much.
SKEW = timedelta(minutes=5)
_CRL_PROCESSED = {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER}
_HASHES = {"sha256", "sha384", "sha512"}

REASON_ZH = {
    "unspecified": "未说明原因",
    "keyCompromise": "私钥失密",
    "cACompromise": "机构私钥失密",
    "affiliationChanged": "所属关系变更",
    "superseded": "已被新证书取代",
    "cessationOfOperation": "停止使用",
    "certificateHold": "暂停使用",
    "privilegeWithdrawn": "权限已撤销",
    "aACompromise": "属性机构失密",
    "removeFromCRL": "从列表移除",
}


@dataclass(frozen=True)
class OcspAnswer:
    """One OCSP response (DER) and the nonce of the request it answers, when one was sent."""

    der: bytes
    nonce: bytes | None = None


@dataclass(frozen=True)
class RevocationEvidence:
    """Everything fetched for one chain, unordered; may hold documents that do not belong."""

    crls: tuple[bytes, ...] = ()
    ocsp: tuple[OcspAnswer, ...] = ()


NOTHING_FETCHED = RevocationEvidence()


@dataclass(frozen=True)
class Standing:
    """Proof that a certificate was good at a time."""

    kind: str
    this_update: datetime
    next_update: datetime | None
    steps: tuple[Evidence, ...]


def load_crl(data: bytes) -> x509.CertificateRevocationList:
    """A CRL from DER or PEM, fully parsed. ``Refused(certificate.malformed | too_large)`` otherwise."""
    if len(data) > MAX_CRL:
        raise Refused(TOO_LARGE(what="吊销列表", size=len(data), limit=MAX_CRL))
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            crl = x509.load_pem_x509_crl(data)
        else:
            crl = x509.load_der_x509_crl(data)
        _ = crl.issuer, crl.extensions, crl.last_update_utc, crl.next_update_utc, len(crl)
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise Refused(MALFORMED(what="吊销列表", why=str(error)[:200])) from error
    return crl


def check_crl(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crl: x509.CertificateRevocationList,
    at: datetime,
    *,
    authority: str = "",
    purpose: str = "签名",
) -> Standing:
    """Good standing of ``certificate`` at ``at`` after a complete CRL of ``issuer``, or ``Refused``."""
    who = authority or display_name(issuer)
    if crl.issuer != issuer.subject or certificate.issuer != issuer.subject:
        raise Refused(EVIDENCE_WRONG_ISSUER(what="吊销列表", issuer=display_name(issuer)))
    _crl_extensions(crl)
    _crl_signature(crl, issuer)
    _covers("吊销列表", crl.last_update_utc, crl.next_update_utc, at, certificate)
    try:
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        reason = _entry_reason(entry, at, who, purpose) if entry is not None else None
    except ValueError as error:
        raise Refused(MALFORMED(what="吊销列表", why=str(error)[:200])) from error
    if reason is not None:
        raise Refused(reason)
    trail = Trail()
    trail.add(
        "revocation.crl",
        f"「{display_name(certificate)}」在 {beijing(at)} 未被吊销：吊销列表发布于 {beijing(crl.last_update_utc)}",
        f"{display_name(certificate)} was not revoked at {at.isoformat()}, says the CRL of "
        f"{crl.last_update_utc.isoformat()}",
        sha256=crl.fingerprint(hashes.SHA256()).hex(),
        certificate=fingerprint(certificate),
    )
    return Standing("crl", crl.last_update_utc, crl.next_update_utc, trail.steps)


def _crl_extensions(crl: x509.CertificateRevocationList) -> None:
    for extension in crl.extensions:
        if extension.critical and extension.oid not in _CRL_PROCESSED:
            raise Refused(EVIDENCE_UNSUPPORTED(what="吊销列表", oid=extension.oid.dotted_string))
        if extension.oid == ExtensionOID.DELTA_CRL_INDICATOR:
            raise Refused(EVIDENCE_UNSUPPORTED(what="吊销列表", oid=extension.oid.dotted_string))


def _crl_signature(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    bad = EVIDENCE_BAD_SIGNATURE(what="吊销列表", issuer=display_name(issuer))
    try:
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        if not usage.crl_sign:
            raise Refused(bad)
    except x509.ExtensionNotFound:
        pass
    if weak_algorithm(issuer) is not None:
        raise Refused(bad)
    try:
        algorithm = crl.signature_hash_algorithm
        if algorithm is not None and algorithm.name not in _HASHES:
            raise Refused(bad)
        key = issuer.public_key()
        if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
            raise Refused(bad)
        good = crl.is_signature_valid(key)
    except (UnsupportedAlgorithm, TypeError, ValueError) as error:
        raise Refused(bad) from error
    if not good:
        raise Refused(bad)


def _covers(
    what: str, start: datetime, end: datetime | None, at: datetime, certificate: x509.Certificate
) -> None:
    """``at`` must lie before nextUpdate; a later document also speaks of an earlier ``at``, as long as
    the certificate had not expired when it was made (CAs drop expired ones from their lists)."""
    fresh = end is not None and at <= end
    known = start <= at + SKEW or start <= certificate.not_valid_after_utc
    if not (fresh and known):
        shown = beijing(end) if end is not None else "—"
        raise Refused(EVIDENCE_STALE(what=what, start=beijing(start), end=shown, at=beijing(at)))


def _entry_reason(
    entry: x509.RevokedCertificate, at: datetime, authority: str, purpose: str
) -> Reason | None:
    flag, invalid_from = "unspecified", entry.revocation_date_utc
    for extension in entry.extensions:
        if extension.oid == CRLEntryExtensionOID.CRL_REASON:
            flag = extension.value.reason.value
        elif extension.oid == CRLEntryExtensionOID.INVALIDITY_DATE:
            invalid_from = min(invalid_from, extension.value.invalidity_date_utc)
        elif extension.critical:
            # e.g. certificateIssuer: the entry may speak of another authority's certificate.
            raise Refused(EVIDENCE_UNSUPPORTED(what="吊销列表", oid=extension.oid.dotted_string))
    if flag == "removeFromCRL" or at < invalid_from:
        return None
    return _revoked(authority, entry.revocation_date_utc, flag, purpose)


def _revoked(authority: str, when: datetime, flag: str, purpose: str) -> Reason:
    return REVOKED(authority=authority, when=beijing(when), why=REASON_ZH.get(flag, flag), purpose=purpose)


def load_ocsp(data: bytes) -> ocsp.OCSPResponse:
    """An OCSP response from DER; ``Refused`` when malformed or not successful."""
    if len(data) > MAX_OCSP:
        raise Refused(TOO_LARGE(what="OCSP 应答", size=len(data), limit=MAX_OCSP))
    try:
        response = ocsp.load_der_ocsp_response(data)
        status = response.response_status
        if status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            _ = response.serial_number, response.certificate_status, response.this_update_utc
            _ = response.next_update_utc, response.extensions, response.certificates, response.issuer_key_hash
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise Refused(MALFORMED(what="OCSP 应答", why=str(error)[:200])) from error
    if status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise Refused(OCSP_FAILED(why=status.name))
    return response


def check_ocsp(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    answer: OcspAnswer,
    at: datetime,
    *,
    authority: str = "",
    purpose: str = "签名",
) -> Standing:
    """Good standing of ``certificate`` at ``at`` after an OCSP answer, or ``Refused``.

    The signer is ``issuer`` or a responder that ``issuer`` certified for OCSP signing. When a nonce
    was sent, the answer must repeat it.
    """
    response = load_ocsp(answer.der)
    _same_certificate(response, certificate, issuer)
    _ocsp_signature(response, issuer, at)
    if answer.nonce is not None:
        try:
            got = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        except x509.ExtensionNotFound:
            got = None
        if got != answer.nonce:
            raise Refused(WRONG_NONCE())
    _covers("OCSP 应答", response.this_update_utc, response.next_update_utc, at, certificate)
    status = response.certificate_status
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        raise Refused(OCSP_FAILED(why="unknown certificate"))
    when = response.revocation_time_utc
    if status is ocsp.OCSPCertStatus.REVOKED and when is not None and at >= when:
        flag = response.revocation_reason.value if response.revocation_reason else "unspecified"
        raise Refused(_revoked(authority or display_name(issuer), when, flag, purpose))
    trail = Trail()
    trail.add(
        "revocation.ocsp",
        f"「{display_name(certificate)}」在 {beijing(at)} 未被吊销：OCSP 应答于 {beijing(response.this_update_utc)}",
        f"{display_name(certificate)} was not revoked at {at.isoformat()}, says the OCSP answer of "
        f"{response.this_update_utc.isoformat()}",
        nonce=answer.nonce.hex() if answer.nonce else "",
        certificate=fingerprint(certificate),
    )
    return Standing("ocsp", response.this_update_utc, response.next_update_utc, trail.steps)


def _same_certificate(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> None:
    try:
        # RFC 6960's CertID; SHA-1 is a name here, not a protection (pki.md §4).
        wanted = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(
                certificate,
                issuer,
                response.hash_algorithm,
            )
            .build()
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused(EVIDENCE_OTHER_CERTIFICATE()) from error
    same = (
        response.serial_number == wanted.serial_number
        and response.issuer_key_hash == wanted.issuer_key_hash
        and response.issuer_name_hash == wanted.issuer_name_hash
    )
    if not same:
        raise Refused(EVIDENCE_OTHER_CERTIFICATE())


def _ocsp_signature(response: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> None:
    candidates = [issuer, *(c for c in response.certificates[:4] if _is_responder(c, issuer, at))]
    try:
        hash_algorithm = response.signature_hash_algorithm
    except UnsupportedAlgorithm as error:
        raise Refused(EVIDENCE_BAD_SIGNATURE(what="OCSP 应答", issuer=display_name(issuer))) from error
    for signer in candidates:
        if _names_signer(response, signer) and _signed(response, signer, hash_algorithm):
            return
    raise Refused(EVIDENCE_BAD_SIGNATURE(what="OCSP 应答", issuer=display_name(issuer)))


def _names_signer(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == signer.subject
    key = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
    return response.responder_key_hash == key


def _is_responder(certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in uses
        and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
        and weak_algorithm(certificate) is None
    )


def _signed(
    response: ocsp.OCSPResponse, signer: x509.Certificate, hash_algorithm: hashes.HashAlgorithm | None
) -> bool:
    key = signer.public_key()
    if hash_algorithm is not None and hash_algorithm.name not in _HASHES:
        return False
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(response.signature, response.tbs_response_bytes)
        elif hash_algorithm is None:
            return False
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), hash_algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hash_algorithm))
        else:
            return False
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def check_standing(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    evidence: RevocationEvidence,
    at: datetime,
    *,
    authority: str = "",
    purpose: str = "签名",
) -> Standing:
    """The first document of ``evidence`` that proves good standing; a proof of revocation wins always.

    ``Refused(certificate.revoked)`` when any document revokes; ``certificate.revocation_undecided``
    (with the last reason) when none speaks.
    """
    why: list[Reason] = []
    good: Standing | None = None
    attempts: list[tuple[str, bytes, OcspAnswer | None]] = [("ocsp", a.der, a) for a in evidence.ocsp]
    attempts += [("crl", data, None) for data in evidence.crls]
    for _, data, answer in attempts:
        try:
            if answer is not None:
                found = check_ocsp(certificate, issuer, answer, at, authority=authority, purpose=purpose)
            else:
                found = check_crl(
                    certificate, issuer, load_crl(data), at, authority=authority, purpose=purpose
                )
        except Refused as refusal:
            if refusal.code == REVOKED.code:
                raise
            why.extend(refusal.reasons)
            continue
        good = good or found
    if good is not None:
        return good
    telling = [r for r in why if r.code not in (EVIDENCE_WRONG_ISSUER.code, EVIDENCE_OTHER_CERTIFICATE.code)]
    last = telling[-1].zh if telling else "没有可用的吊销列表或 OCSP 应答"
    raise Refused(UNDECIDED(subject=display_name(certificate), why=last))
