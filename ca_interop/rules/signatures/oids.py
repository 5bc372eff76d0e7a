"""Object identifiers of signed messages: RFC 5652, 5035, 3161, 5940; GB/T 35275 (GM/T 0010), GM/T 0006."""

from __future__ import annotations

DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
GM_DATA, GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
KINDS = {SIGNED_DATA: "cms", GM_SIGNED_DATA: "gbt35275"}

CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
TIMESTAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"
#: Adobe's revocationInfoArchival, a signed attribute of older PDF signatures.
REVOCATION_ARCHIVAL = "1.2.840.113583.1.1.8"
OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"

HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.156.10197.1.401": "sm3",
    "1.3.14.3.2.26": "sha1",
    "1.2.840.113549.2.5": "md5",
}
HASH_OIDS = {name: oid for oid, name in HASHES.items()}
#: OID → (kind, the hash that it names by itself). SM2 is written as 1.2.156.10197.1.301.1 in GM/T 0010;
#: others write 1.501 (SM2 with SM3) or the curve's own identifier.
SIGNATURES = {
    "1.2.840.113549.1.1.1": ("rsa-pkcs1", ""),
    "1.2.840.113549.1.1.11": ("rsa-pkcs1", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa-pkcs1", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa-pkcs1", "sha512"),
    "1.2.840.113549.1.1.10": ("rsa-pss", ""),
    "1.2.840.10045.2.1": ("ecdsa", ""),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    "1.2.156.10197.1.301.1": ("sm2", "sm3"),
    "1.2.156.10197.1.501": ("sm2", "sm3"),
    "1.2.156.10197.1.301": ("sm2", "sm3"),
}
SM2_SIGNING = "1.2.156.10197.1.301.1"
