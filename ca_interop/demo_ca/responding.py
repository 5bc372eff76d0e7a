"""OCSP answers (RFC 6960) signed by any key here, SM2 too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core
from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca_interop.demo_ca import keys
from ca_interop.demo_ca.keys import Key
from sealing import der, sm2

#: CRLReason of RFC 5280 §5.3.1 as asn1crypto names them.
REASONS = {
    "unspecified": "unspecified",
    "keyCompromise": "key_compromise",
    "cACompromise": "ca_compromise",
    "affiliationChanged": "affiliation_changed",
    "superseded": "superseded",
    "cessationOfOperation": "cessation_of_operation",
    "certificateHold": "certificate_hold",
    "privilegeWithdrawn": "privilege_withdrawn",
    "aACompromise": "aa_compromise",
}


@dataclass(frozen=True)
class Answer:
    """What is answered about one certificate; ``revoked`` is (time, reason) or ``None`` for good."""

    revoked: tuple[datetime, str] | None
    this_update: datetime
    next_update: datetime
    nonce: bytes | None


def speaks_of(asked: ocsp.OCSPRequest, issuer: x509.Certificate) -> bool:
    """Is the certificate asked for one of ``issuer``'s, by CertID?"""
    key_bits = der.children(sm2.spki_of(issuer))[1].need(der.BITS).body[1:]
    return (
        _hash(asked.hash_algorithm, issuer.subject.public_bytes()) == asked.issuer_name_hash
        and _hash(asked.hash_algorithm, key_bits) == asked.issuer_key_hash
    )


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def respond(request: bytes, answer: Answer, responder: x509.Certificate, key: Key) -> bytes:
    """A successful response that repeats the request's CertID, by key, the responder's certificate in it."""
    asked = asn1.OCSPRequest.load(request)["tbs_request"]["request_list"][0]["req_cert"]
    single = asn1.SingleResponse(
        {
            "cert_id": asked,
            "cert_status": _status(answer),
            "this_update": answer.this_update,
            "next_update": answer.next_update,
        }
    )
    fields = {
        "responder_id": asn1.ResponderId("by_key", keys.key_identifier(sm2.spki_of(responder))),
        "produced_at": answer.this_update,
        "responses": [single],
    }
    if answer.nonce is not None:
        value = core.ParsableOctetString(core.OctetString(answer.nonce).dump())
        fields["response_extensions"] = [{"extn_id": "nonce", "critical": False, "extn_value": value}]
    data = asn1.ResponseData(fields)
    basic = asn1.BasicOCSPResponse(
        {
            "tbs_response_data": data,
            "signature_algorithm": {"algorithm": keys.signature_oid(key)},
            "signature": keys.sign(key, data.dump()),
            "certs": [asn1.Certificate.load(responder.public_bytes(Encoding.DER))],
        }
    )
    body = {"response_type": "basic_ocsp_response", "response": core.ParsableOctetString(basic.dump())}
    whole: bytes = asn1.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump()
    return whole


def _status(answer: Answer) -> asn1.CertStatus:
    if answer.revoked is None:
        return asn1.CertStatus("good", core.Null())
    when, reason = answer.revoked
    return asn1.CertStatus(
        "revoked", asn1.RevokedInfo({"revocation_time": when, "revocation_reason": REASONS[reason]})
    )


def unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
