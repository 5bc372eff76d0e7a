"""ASN.1 of signed messages that serves both RFC 5652 and GB/T 35275: the two differ in object identifiers,
and in that PKCS#7 lets the content be any value (asn1crypto's own classes know the RFC's identifiers only)."""

from __future__ import annotations

from asn1crypto import cms, core


class InnerInfo(core.Sequence):  # type: ignore[misc]
    """EncapsulatedContentInfo, the content as it was found."""

    _fields = [("content_type", cms.ContentType), ("content", core.Any, {"explicit": 0, "optional": True})]


class InnerOctets(core.Sequence):  # type: ignore[misc]
    """EncapsulatedContentInfo as we write it."""

    _fields = [
        ("content_type", cms.ContentType),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class SignedData(core.Sequence):  # type: ignore[misc]
    """SignedData of RFC 5652 §5.1 and signedData of GB/T 35275."""

    _fields = [
        ("version", cms.CMSVersion),
        ("digest_algorithms", cms.DigestAlgorithms),
        ("encap_content_info", core.Any),
        ("certificates", cms.CertificateSet, {"implicit": 0, "optional": True}),
        ("crls", cms.RevocationInfoChoices, {"implicit": 1, "optional": True}),
        ("signer_infos", cms.SignerInfos),
    ]


class Message(core.Sequence):  # type: ignore[misc]
    """ContentInfo that holds SignedData, by whichever identifier."""

    _fields = [("content_type", cms.ContentType), ("content", SignedData, {"explicit": 0})]
