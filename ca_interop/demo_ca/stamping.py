"""The authorities' time-stamp service (RFC 3161; GM/T 0033 with SM3 and SM2)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.demo_ca import keys
from ca_interop.demo_ca.keys import Key
from sealing import der
from sealing.sm2 import Sm2PrivateKey

#: Demo policy under the arc of examples (RFC 7299 leaves 2.999 to them).
POLICY = "2.999.7.1"
ACCURACY_SECONDS = 1
SM3 = "1.2.156.10197.1.401"
_SIZES = {
    "2.16.840.1.101.3.4.2.1": 32,
    "2.16.840.1.101.3.4.2.2": 48,
    "2.16.840.1.101.3.4.2.3": 64,
    SM3: 32,
}


@dataclass(frozen=True)
class Stamper:
    """A time-stamp authority: its certificate (extended key usage critical, timeStamping only), key, issuers."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...]

    def answer(self, request: bytes, at: datetime, *, wrong_nonce: bool = False) -> bytes:
        """A TimeStampResp in DER: granted, or a rejection that says why. ``wrong_nonce`` is a fault for tests."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            algorithm = asked["message_imprint"]["hash_algorithm"]["algorithm"].dotted
            imprint = asked["message_imprint"]["hashed_message"].native
            nonce, policy, wants = asked["nonce"].native, asked["req_policy"].dotted if asked["req_policy"] else None, asked["cert_req"].native  # fmt: skip
            critical = any(e["critical"].native for e in asked["extensions"] or ())
            version = asked["version"].native
        except (ValueError, TypeError, KeyError, AttributeError):
            return _rejection("bad_data_format", "not a TimeStampReq")
        if version != "v1":
            return _rejection("bad_request", "version")
        if algorithm not in _SIZES:
            return _rejection("bad_alg", f"hash algorithm {algorithm}")
        if len(imprint) != _SIZES[algorithm]:
            return _rejection("bad_data_format", "length of the imprint")
        if policy not in (None, POLICY):
            return _rejection("unaccepted_policy", f"policy {policy}")
        if critical:
            return _rejection("unaccepted_extension", "a critical extension")
        if wrong_nonce and nonce is not None:
            nonce ^= 1
        token = self._token(_info(asked["message_imprint"], at, nonce), at, bool(wants))
        whole: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        return whole

    def _token(self, info: tsp.TSTInfo, at: datetime, with_certificates: bool) -> cms.ContentInfo:
        content = info.dump()
        sm = isinstance(self.key, Sm2PrivateKey)
        digest_algorithm = SM3 if sm else "2.16.840.1.101.3.4.2.1"
        hash_algorithm: hashes.HashAlgorithm = hashes.SM3() if sm else hashes.SHA256()
        certificate = asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        essential: dict[str, Any] = {
            "hash_algorithm": {"algorithm": digest_algorithm},
            "cert_hash": self.certificate.fingerprint(hash_algorithm),
            "issuer_serial": {
                "issuer": [asn1_x509.GeneralName("directory_name", certificate.issuer)],
                "serial_number": certificate.serial_number,
            },
        }
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(at)})]},
                {"type": "message_digest", "values": [_hash(hash_algorithm, content)]},
                {"type": "signing_certificate_v2", "values": [{"certs": [essential]}]},
            ]
        )
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": {"algorithm": digest_algorithm},
            "signed_attrs": attributes,
            "signature_algorithm": _signed_by(self.key),
            "signature": keys.sign(self.key, attributes.dump()),
        }
        signed: dict[str, Any] = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": digest_algorithm}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "signer_infos": [signer],
        }
        if with_certificates:
            signed["certificates"] = [
                cms.CertificateChoices(
                    "certificate", asn1_x509.Certificate.load(c.public_bytes(Encoding.DER))
                )
                for c in (self.certificate, *self.chain)
            ]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _signed_by(key: Key) -> algos.SignedDigestAlgorithm:
    dotted = keys.signature_oid(key)
    if dotted == keys.RSA_SHA256:
        return algos.SignedDigestAlgorithm({"algorithm": dotted, "parameters": core.Null()})
    return algos.SignedDigestAlgorithm({"algorithm": dotted})


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _info(imprint: tsp.MessageImprint, at: datetime, nonce: int | None) -> tsp.TSTInfo:
    fields: dict[str, Any] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": imprint,
        "serial_number": secrets.randbits(64) | 1 << 63,
        "gen_time": at.replace(microsecond=at.microsecond // 1000 * 1000),
        "accuracy": {"seconds": ACCURACY_SECONDS},
    }
    if nonce is not None:
        fields["nonce"] = nonce
    return tsp.TSTInfo(fields)


def _rejection(failure: str, why: str) -> bytes:
    # TimeStampResp.timeStampToken is optional (RFC 3161 §2.4.2); asn1crypto's class demands it.
    status = tsp.PKIStatusInfo({"status": "rejection", "status_string": [why], "fail_info": {failure}})
    return der.encode(der.SEQUENCE, status.dump())


def stale(at: datetime) -> datetime:
    """The time of an ``expired`` fault: a stamp of a month ago."""
    return at - timedelta(days=30)
