"""The arithmetic of one signature: digests, attributes, signature value, named certificate (RFC 5652 §5.4–5.6).

Whether the certificate is good is :mod:`judging`'s question.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.certificates import display_name
from ca_interop.rules.evidence import Evidence, Trail
from ca_interop.rules.signatures import oids
from ca_interop.rules.signatures.message import Algorithm, SignerInfo
from ca_interop.rules.signatures.reasons import (
    ALGORITHM,
    ATTRIBUTE,
    DIGEST,
    NO_SIGNER_CERTIFICATE,
    OTHER_CERTIFICATE,
    WRONG,
)
from kernel.errors import Refused
from sealing import sm2

HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sm3": hashes.SM3,
}
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def digest(name: str, data: bytes) -> bytes:
    """The hash of ``data``; ``Refused(signature.algorithm)`` for a hash that is not accepted."""
    if name not in HASHES:
        raise Refused(ALGORITHM(algorithm=name))
    taken = hashes.Hash(HASHES[name]())
    taken.update(data)
    return taken.finalize()


def check(signer: SignerInfo, content: bytes, content_type: str) -> tuple[Evidence, ...]:
    """One signer's signature over ``content``, bit by bit; ``Refused(signature.*)`` at the first fault."""
    trail, leaf = Trail(), signer.certificate
    if leaf is None:
        raise Refused(NO_SIGNER_CERTIFICATE())
    if signer.attributes is None:
        _not_attributes(content)
        signed = content
    else:
        _check_attributes(signer, content, content_type, trail)
        signed = signer.attributes
    check_value(leaf, signer.algorithm, signer.signature, signed)
    trail.add(
        "signature.value",
        f"签名值正确：由「{display_name(leaf)}」证书的私钥作出（{signer.algorithm}）",
        f"the signature value is right: made with the key of {display_name(leaf)} ({signer.algorithm})",
        algorithm=str(signer.algorithm),
        certificate=leaf.fingerprint(hashes.SHA256()).hex(),
    )
    return trail.steps


def _check_attributes(signer: SignerInfo, content: bytes, content_type: str, trail: Trail) -> None:
    found = cms.ContentType.load(_single(signer, oids.CONTENT_TYPE, "content-type")).dotted
    if found != content_type:
        raise Refused(ATTRIBUTE(name="content-type", why=f"{found} ≠ {content_type}"))
    said = core.OctetString.load(_single(signer, oids.MESSAGE_DIGEST, "message-digest")).native
    taken = digest(signer.algorithm.hash, content)
    if not hmac.compare_digest(said, taken):
        raise Refused(DIGEST())
    trail.add(
        "signature.digest",
        f"内容的 {signer.algorithm.hash.upper()} 摘要与签名属性一致",
        f"the content's {signer.algorithm.hash.upper()} digest is the signed one",
        digest=taken.hex(),
    )
    assert signer.certificate is not None  # the caller has looked
    if _names_certificate(signer, signer.certificate):
        trail.add(
            "signature.certificate_named",
            "签名属性指明了签名证书，与附带的证书一致",
            "the signed attributes name the signing certificate, and it is the one given",
        )


def _single(signer: SignerInfo, oid: str, name: str) -> bytes:
    values = signer.signed.get(oid, ())
    if len(values) != 1:
        raise Refused(
            ATTRIBUTE(name=name, why=f"应有且只有一个值，实有 {len(values)} 个 / exactly one value")
        )
    return values[0]


def _names_certificate(signer: SignerInfo, leaf: x509.Certificate) -> bool:
    """ESSCertID(v2) of RFC 5035: its first entry is the signing certificate. False without the attribute."""
    der = leaf.public_bytes(Encoding.DER)
    named = False
    for oid, structure in (
        (oids.SIGNING_CERTIFICATE_V2, tsp.SigningCertificateV2),
        (oids.SIGNING_CERTIFICATE, tsp.SigningCertificate),
    ):
        if oid not in signer.signed:
            continue
        first = structure.load(_single(signer, oid, "signing-certificate"))["certs"][0]
        wanted = bytes(first["cert_hash"])
        if oid == oids.SIGNING_CERTIFICATE:
            # SHA-1 by the attribute's definition: a name beside the signature, not the protection.
            taken = leaf.fingerprint(hashes.SHA1())
        else:
            algorithm = first["hash_algorithm"]["algorithm"].dotted
            taken = digest(oids.HASHES.get(algorithm, algorithm), der)
        if not hmac.compare_digest(wanted, taken):
            raise Refused(OTHER_CERTIFICATE())
        named = True
    return named


def _not_attributes(content: bytes) -> None:
    """A message without signed attributes whose content is itself a set of them is a known forgery: the
    signature was made over another message's attributes (RFC 5652 has no mark that tells the two apart)."""
    if content[:1] != b"\x31":
        return
    try:
        rows = cms.CMSAttributes.load(content)
        names = {row["type"].dotted for row in rows}
    except Exception:
        return  # not a set of attributes, whatever it is
    if {oids.CONTENT_TYPE, oids.MESSAGE_DIGEST} <= names:
        raise Refused(
            ATTRIBUTE(name="—", why="内容是另一份签名的属性 / the content is another message's attributes")
        )


def check_value(leaf: x509.Certificate, algorithm: Algorithm, signature: bytes, data: bytes) -> None:
    """``signature`` over ``data`` by the key in ``leaf``; ``Refused(signature.algorithm | wrong)``."""
    if algorithm.hash not in HASHES:
        raise Refused(ALGORITHM(algorithm=str(algorithm)))
    spki = sm2.spki_of(leaf)
    if sm2.is_sm2(spki):
        good = algorithm.kind in ("sm2", "ecdsa") and algorithm.hash == "sm3"
        if not good:
            raise Refused(ALGORITHM(algorithm=str(algorithm)))
        key = sm2.Sm2PublicKey.from_spki(spki)  # says when the machine has no library for it
        if not key.is_signature(signature, data):
            raise Refused(WRONG(subject=display_name(leaf)))
        return
    try:
        _verify(leaf, algorithm, signature, data)
    except InvalidSignature as error:
        raise Refused(WRONG(subject=display_name(leaf))) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(ALGORITHM(algorithm=str(algorithm))) from error


def _verify(leaf: x509.Certificate, algorithm: Algorithm, signature: bytes, data: bytes) -> None:
    key, taken = leaf.public_key(), HASHES[algorithm.hash]()
    if algorithm.hash == "sm3":
        raise Refused(ALGORITHM(algorithm=str(algorithm)))
    if isinstance(key, rsa.RSAPublicKey) and 2048 <= key.key_size <= 8192:
        if algorithm.kind == "rsa-pkcs1":
            key.verify(signature, data, padding.PKCS1v15(), taken)
            return
        if algorithm.kind == "rsa-pss":
            key.verify(signature, data, padding.PSS(padding.MGF1(taken), algorithm.salt), taken)
            return
    elif (
        isinstance(key, ec.EllipticCurvePublicKey)
        and isinstance(key.curve, _CURVES)
        and algorithm.kind == "ecdsa"
    ):
        key.verify(signature, data, ec.ECDSA(taken))
        return
    raise Refused(ALGORITHM(algorithm=f"{type(key).__name__.strip('_')} {algorithm}"))


def same_algorithm(name: str) -> algos.DigestAlgorithm:
    """DigestAlgorithm of ``sha256``, ``sm3`` … as it is written."""
    return algos.DigestAlgorithm({"algorithm": oids.HASH_OIDS[name]})
