"""Making signed messages. The key is never here: attributes out, signature value in, message out.

``plan(chain, alg)`` says what kind of message a certificate makes: SM2 keys make GB/T 35275, others CMS
with CAdES attributes (signing-certificate-v2, RFC 5035), which is PAdES's form too (EN 319 142-1 §6.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as names
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.signatures import oids, structures
from ca_interop.rules.signatures.checking import check_value, digest, same_algorithm
from ca_interop.rules.signatures.message import Algorithm
from ca_interop.rules.signatures.reasons import ALGORITHM, MALFORMED
from kernel.errors import Refused
from sealing import sm2
from sealing.statements import Signing

_ALGORITHMS = {
    "rsa-pss-sha256": Algorithm("rsa-pss", "sha256", 32),
    "rsa-pkcs1-sha256": Algorithm("rsa-pkcs1", "sha256"),
    "ecdsa-p256-sha256": Algorithm("ecdsa", "sha256"),
    "sm2-sm3": Algorithm("sm2", "sm3"),
}


@dataclass(frozen=True)
class Plan:
    """How one signer signs: ``kind`` of message, algorithm, chain (leaf first)."""

    kind: str
    algorithm: Algorithm
    chain: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.chain[0]

    @property
    def content_type(self) -> str:
        return oids.GM_DATA if self.kind == "gbt35275" else oids.DATA


def plan(chain: Sequence[x509.Certificate], alg: str) -> Plan:
    """``alg`` as :class:`sealing.signer.Signer` names it; ``Refused(signature.algorithm)`` for others."""
    if not chain:
        raise Refused(MALFORMED(what="证书链", why="empty"))
    algorithm = _ALGORITHMS.get(alg)
    if algorithm is None or (algorithm.kind == "sm2") != sm2.is_sm2(sm2.spki_of(chain[0])):
        raise Refused(ALGORITHM(algorithm=alg))
    return Plan("gbt35275" if algorithm.kind == "sm2" else "cms", algorithm, tuple(chain))


def attributes(how: Plan, content_digest: bytes, signing_time: datetime | None = None) -> bytes:
    """The DER SET OF signed attributes: exactly the bytes that the key signs.

    Without ``signing_time`` in PDF signatures (their time stands in the PDF, EN 319 142-1 §6.3).
    """
    der = how.leaf.public_bytes(Encoding.DER)
    named = tsp.SigningCertificateV2(
        {
            "certs": [
                {
                    "hash_algorithm": same_algorithm(how.algorithm.hash),
                    "cert_hash": digest(how.algorithm.hash, der),
                }
            ]
        }
    )
    rows: list[dict[str, Any]] = [
        {"type": oids.CONTENT_TYPE, "values": [cms.ContentType(how.content_type)]},
        {"type": oids.MESSAGE_DIGEST, "values": [core.OctetString(content_digest)]},
        {"type": oids.SIGNING_CERTIFICATE_V2, "values": [named]},
    ]
    if signing_time is not None:
        rows.append(
            {"type": oids.SIGNING_TIME, "values": [cms.Time({"utc_time": core.UTCTime(signing_time)})]}
        )
    return bytes(cms.CMSAttributes([cms.CMSAttribute(row) for row in rows]).dump())


def assemble(
    how: Plan,
    signed: bytes,
    signature: bytes,
    *,
    content: bytes | None = None,
    timestamp: bytes | None = None,
) -> bytes:
    """The message in DER, after checking that ``signature`` is the leaf key's over ``signed`` attributes.

    ``content``: enclosed, else detached. ``timestamp``: an RFC 3161 token over ``signature``.
    """
    check_value(how.leaf, how.algorithm, signature, signed)
    leaf = names.Certificate.load(how.leaf.public_bytes(Encoding.DER))
    signer: dict[str, Any] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number",
            cms.IssuerAndSerialNumber({"issuer": leaf.issuer, "serial_number": leaf.serial_number}),
        ),
        "digest_algorithm": same_algorithm(how.algorithm.hash),
        "signed_attrs": cms.CMSAttributes.load(signed),
        "signature_algorithm": _written(how.algorithm),
        "signature": signature,
    }
    if timestamp is not None:
        token = cms.ContentInfo.load(timestamp)
        signer["unsigned_attrs"] = [cms.CMSAttribute({"type": oids.TIMESTAMP_TOKEN, "values": [token]})]
    inner = structures.InnerOctets({"content_type": how.content_type})
    if content is not None:
        inner["content"] = core.OctetString(content)
    body = structures.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [same_algorithm(how.algorithm.hash)],
            "encap_content_info": core.Any(inner),
            "certificates": [
                cms.CertificateChoices("certificate", names.Certificate.load(c.public_bytes(Encoding.DER)))
                for c in how.chain
            ],
            "signer_infos": [signer],
        }
    )
    outer = oids.GM_SIGNED_DATA if how.kind == "gbt35275" else oids.SIGNED_DATA
    return bytes(structures.Message({"content_type": outer, "content": body}).dump())


def _written(algorithm: Algorithm) -> algos.SignedDigestAlgorithm:
    if algorithm.kind == "sm2":
        return algos.SignedDigestAlgorithm({"algorithm": oids.SM2_SIGNING})
    if algorithm.kind == "ecdsa":
        return algos.SignedDigestAlgorithm({"algorithm": f"{algorithm.hash}_ecdsa"})
    if algorithm.kind == "rsa-pkcs1":
        return algos.SignedDigestAlgorithm({"algorithm": f"{algorithm.hash}_rsa", "parameters": core.Null()})
    used = {"algorithm": algorithm.hash}
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": used,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": used},
            "salt_length": algorithm.salt,
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def sign(
    content: bytes, signer: Signing, *, detached: bool = True, signing_time: datetime | None = None
) -> bytes:
    """A whole message by a signer at hand (key file, token): CMS, or GB/T 35275 for an SM2 key."""
    how = plan(signer.chain, signer.alg)
    signed = attributes(how, digest(how.algorithm.hash, content), signing_time)
    return assemble(how, signed, signer.sign(signed), content=None if detached else content)
