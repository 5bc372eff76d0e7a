"""Certificates and CRLs written byte by byte: every encoding the suites of RFC 5280 use, and the wrong ones.

``ca("CA", ROOT, pol=[A])`` gives a :class:`Made`; ``verdict(leaf, ca, root)`` asks the engine and gives the
reason code. Keys are made once for a label. CRLs are made by themselves (empty, one for each authority of
the path) unless the case brings its own, as the published suite requires status of every certificate.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca_interop.rules.rfc5280.faults import Budget
from ca_interop.rules.rfc5280.request import answer

SERIALS = count(100_000)
#: Every request asked, for the cross-check with other implementations (tools/cross_check.py).
ASKED: list[tuple[dict[str, Any], dict[str, Any]]] = []


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def num(value: int, tag: int = 2) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    body = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        body += bytes(reversed(septets))
    return tlv(6, body)


def bits(*on: int) -> bytes:
    """A named BIT STRING in DER: trailing zeros cut off."""
    total = max(on, default=-1) + 1
    octets = bytearray((total + 7) // 8)
    for bit in on:
        octets[bit // 8] |= 0x80 >> bit % 8
    return tlv(3, bytes([-total % 8]), bytes(octets))


_TYPES = {"CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "E": "1.2.840.113549.1.9.1",
          "SN": "2.5.4.5", "DC": "0.9.2342.19200300.100.1.25", "L": "2.5.4.7", "ST": "2.5.4.8", "T": "2.5.4.12",
          "GN": "2.5.4.42", "dnQualifier": "2.5.4.46", "pseudonym": "2.5.4.65"}  # fmt: skip


def rdn(*parts: str, tag: int = 0x13) -> bytes:
    """The contents of one relative name."""
    out = b""
    for part in parts:
        kind, _, value = part.partition("=")
        string = 0x16 if kind in ("E", "DC") else tag
        codec = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x0C: "utf-8"}.get(string, "latin-1")
        out += seq(oid(_TYPES[kind]), tlv(string, value.encode(codec)))
    return out


def dn(*parts: str, tag: int = 0x13) -> bytes:
    """A Name: ``dn("O=Works", "CN=CA")``; a part without "=" is a common name; ``tag`` the string type."""
    return seq(*(tlv(0x31, rdn(p if "=" in p else f"CN={p}", tag=tag)) for p in parts))


def general(text: str | bytes) -> bytes:
    """``dns:x``, ``mail:x``, ``uri:x``, ``ip:hex``, ``other:oid``; bytes are a Name's DER."""
    if isinstance(text, bytes):
        return tlv(0xA4, text)
    kind, _, value = text.partition(":")
    if kind == "other":
        return tlv(0xA0, oid(value), tlv(0xA0, tlv(0x0C, b"x")))
    if kind == "ip":
        return tlv(0x87, bytes.fromhex(value))
    return tlv({"mail": 0x81, "dns": 0x82, "uri": 0x86}[kind], value.encode())


# Keys and signatures -------------------------------------------------------------------------------------

EC_SHA256 = seq(oid("1.2.840.10045.4.3.2"))


@cache
def key(label: str) -> Any:
    """A private key for a label: ``rsa…``, ``dsa…``, ``p384…``, ``p521…``, ``ed…``, else P-256."""
    if label.startswith("rsa"):
        return rsa.generate_private_key(65537, 2048)
    if label.startswith("dsa"):
        return _dsa_parameters().generate_private_key()
    if label.startswith("ed"):
        return ed25519.Ed25519PrivateKey.generate()
    curve = {"p384": ec.SECP384R1(), "p521": ec.SECP521R1(), "p192": ec.SECP192R1()}.get(label[:4])
    return ec.generate_private_key(curve or ec.SECP256R1())


@lru_cache(maxsize=1)
def _dsa_parameters() -> dsa.DSAParameters:
    return dsa.generate_parameters(1024)


def spki(label: str) -> bytes:
    return bytes(key(label).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def without_parameters(der: bytes) -> bytes:
    """A DSA SubjectPublicKeyInfo that inherits its parameters."""
    from ca_interop.rules.rfc5280.der import item_at

    algorithm, bit_string = item_at(der, 0, len(der)).children()
    return seq(seq(algorithm.children()[0].raw), bit_string.raw)


def algorithm_of(label: str, digest: str = "sha256") -> bytes:
    kinds = {"rsa": {"sha1": "5", "sha256": "11", "sha384": "12", "sha512": "13", "sha224": "14", "md5": "4"}}
    if label.startswith("rsapss"):
        return pss_algorithm(digest)
    if label.startswith("rsa"):
        return seq(oid("1.2.840.113549.1.1." + kinds["rsa"][digest]), b"\x05\x00")
    if label.startswith("dsa"):
        return seq(oid({"sha1": "1.2.840.10040.4.3", "sha256": "2.16.840.1.101.3.4.3.2"}[digest]))
    if label.startswith("ed"):
        return seq(oid("1.3.101.112"))
    ecdsa = {"sha1": "1", "sha224": "3.1", "sha256": "3.2", "sha384": "3.3", "sha512": "3.4"}
    return seq(oid("1.2.840.10045.4." + ecdsa[digest]))


def pss_algorithm(digest: str = "sha256", salt: int = 32, mask: str | None = None) -> bytes:
    oids = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2"}
    named = seq(oid(oids[digest]), b"\x05\x00")
    masked = seq(oid(oids[mask or digest]), b"\x05\x00")
    mgf = seq(oid("1.2.840.113549.1.1.8"), masked)
    parameters = seq(tlv(0xA0, named), tlv(0xA1, mgf), tlv(0xA2, num(salt)))
    return seq(oid("1.2.840.113549.1.1.10"), parameters)


def sign(label: str, message: bytes, digest: str = "sha256", salt: int = 32) -> bytes:
    by = key(label)
    chosen = {"sha1": hashes.SHA1, "sha224": hashes.SHA224, "sha256": hashes.SHA256, "sha384": hashes.SHA384,
              "sha512": hashes.SHA512, "md5": hashes.MD5}[digest]()  # fmt: skip
    if label.startswith("rsapss"):
        return bytes(by.sign(message, padding.PSS(padding.MGF1(chosen), salt), chosen))
    if label.startswith("rsa"):
        return bytes(by.sign(message, padding.PKCS1v15(), chosen))
    if label.startswith("ed"):
        return bytes(by.sign(message))
    if label.startswith("dsa"):
        return bytes(by.sign(message, chosen))
    return bytes(by.sign(message, ec.ECDSA(chosen)))


# Extensions ----------------------------------------------------------------------------------------------


def ext(dotted: str, value: bytes, critical: bool = False) -> bytes:
    return seq(oid(dotted), b"\x01\x01\xff" if critical else b"", tlv(4, value))


def basic(ca: bool = True, length: int | None = None, critical: bool = True) -> bytes:
    body = (b"\x01\x01\xff" if ca else b"") + (num(length) if length is not None else b"")
    return ext("2.5.29.19", seq(body), critical)


def usage(*on: int, critical: bool = True) -> bytes:
    return ext("2.5.29.15", bits(*on), critical)


def names_ext(dotted: str, *names: str | bytes, critical: bool = False) -> bytes:
    return ext(dotted, seq(*map(general, names)), critical)


def san(*names: str | bytes, critical: bool = False) -> bytes:
    return names_ext("2.5.29.17", *names, critical=critical)


def pol(*oids: str, qualifier: bytes = b"") -> bytes:
    return ext("2.5.29.32", seq(*(seq(oid(o), qualifier) for o in oids)))


def mappings(*pairs: tuple[str, str], critical: bool = True) -> bytes:
    return ext("2.5.29.33", seq(*(seq(oid(a), oid(b)) for a, b in pairs)), critical)


def constraints(explicit: int | None = None, mapping: int | None = None) -> bytes:
    body = (num(explicit, 0x80) if explicit is not None else b"") + (
        num(mapping, 0x81) if mapping is not None else b""
    )
    return ext("2.5.29.36", seq(body), True)


def inhibit_any(skip: int) -> bytes:
    return ext("2.5.29.54", num(skip), True)


def subtrees(
    permitted: Sequence[str | bytes] = (), excluded: Sequence[str | bytes] = (), critical: bool = True
) -> bytes:
    body = b""
    for tag, names in ((0xA0, permitted), (0xA1, excluded)):
        if names:
            body += tlv(tag, *(seq(general(n)) for n in names))
    return ext("2.5.29.30", seq(body), critical)


def _point_name(full: Sequence[str | bytes], relative: bytes) -> bytes:
    if full:
        return tlv(0xA0, tlv(0xA0, *map(general, full)))
    return tlv(0xA0, tlv(0xA1, relative)) if relative else b""


def point(
    full: Sequence[str | bytes] = (), relative: bytes = b"", reasons: Sequence[int] = (), issuer: bytes = b""
) -> bytes:
    """One DistributionPoint; ``issuer`` a Name, ``relative`` an RDN's contents."""
    flags = tlv(0x81, bits(*reasons)[2:]) if reasons else b""
    return seq(_point_name(full, relative), flags, tlv(0xA2, general(issuer)) if issuer else b"")


def points(*each: bytes, critical: bool = False) -> bytes:
    return ext("2.5.29.31", seq(*each), critical)


def idp(
    full: Sequence[str | bytes] = (),
    relative: bytes = b"",
    *,
    users: bool = False,
    cas: bool = False,
    reasons: Sequence[int] = (),
    indirect: bool = False,
    attributes: bool = False,
    critical: bool = True,
) -> bytes:
    """The IssuingDistributionPoint of a CRL."""
    body = _point_name(full, relative)
    for tag, on in ((0x81, users), (0x82, cas)):
        body += bytes([tag, 1, 0xFF]) if on else b""
    body += tlv(0x83, bits(*reasons)[2:]) if reasons else b""
    for tag, on in ((0x84, indirect), (0x85, attributes)):
        body += bytes([tag, 1, 0xFF]) if on else b""
    return ext("2.5.29.28", seq(body), critical)


# Certificates and CRLs -----------------------------------------------------------------------------------


def time_field(text: str) -> bytes:
    """``YYMMDD…Z`` as UTCTime, ``YYYYMMDD…Z`` as GeneralizedTime."""
    return tlv(0x17 if len(text) == 13 else 0x18, text.encode())


@dataclass
class Made:
    """Something issued; ``label`` is its key."""

    der: bytes
    label: str
    subject: bytes
    serial: int
    issuer: Made | None = field(default=None, repr=False)


def cert(
    subject: str | bytes,
    by: Made | None = None,
    *extensions: bytes,
    label: str | None = None,
    issuer: bytes | None = None,
    serial: int | None = None,
    start: str = "100101000000Z",
    end: str = "301231235959Z",
    version: int | None = 3,
    public: bytes | None = None,
    digest: str = "sha256",
    algorithm: bytes | None = None,
    outer: bytes | None = None,
    break_signature: bool = False,
    unique: bytes = b"",
    signer: str | None = None,
) -> Made:
    """A certificate of any shape. ``by`` signs and names the issuer; without it, itself."""
    named = dn(subject) if isinstance(subject, str) else subject
    label = label or (subject if isinstance(subject, str) else subject.hex()[-24:])
    signer = signer or (by.label if by else label)
    serial = next(SERIALS) if serial is None else serial
    algorithm = algorithm or algorithm_of(signer, digest)
    tbs = seq(
        tlv(0xA0, num(version - 1)) if version and version > 1 else b"",
        num(serial),
        algorithm,
        issuer if issuer is not None else by.subject if by else named,
        seq(time_field(start), time_field(end)),
        named,
        public or spki(label),
        unique,
        tlv(0xA3, seq(*extensions)) if extensions else b"",
    )
    signature = bytearray(sign(signer, tbs, digest))
    if break_signature:
        signature[-1] ^= 1
    der = seq(tbs, outer or algorithm, tlv(3, b"\0", bytes(signature)))
    return Made(der, label, named, serial, by)


def ca(
    subject: str | bytes, by: Made | None = None, *extensions: bytes, length: int | None = None, **more: Any
) -> Made:
    """A certification authority as the suite makes them: basicConstraints and keyUsage critical."""
    own = more.get("label") or (subject if isinstance(subject, str) else subject.hex()[-24:])
    ids = key_ids(own, more.get("signer") or (by.label if by else own))
    return cert(subject, by, basic(True, length), usage(5, 6), *ids, *extensions, **more)


def ee(subject: str | bytes, by: Made, *extensions: bytes, **more: Any) -> Made:
    ids = key_ids("", more.get("signer") or by.label)
    return cert(subject, by, usage(0, 1, 2, 3), *ids, *extensions, **more)


def key_ids(own: str, signer: str) -> list[bytes]:
    """Subject (with a name of a key) and authority key identifiers; here any name of a key will do."""
    ids = [ext("2.5.29.14", tlv(4, own.encode()))] if own else []
    return [*ids, ext("2.5.29.35", seq(tlv(0x80, signer.encode())))]


def entry(serial: int, *extensions: bytes, date: str = "250101000000Z") -> bytes:
    return seq(num(serial), time_field(date), seq(*extensions) if extensions else b"")


def reason(code: int) -> bytes:
    return ext("2.5.29.21", bytes([0x0A, 1, code]))


def entry_issuer(name: bytes) -> bytes:
    return ext("2.5.29.29", seq(general(name)), True)


def crl(
    by: Made,
    *revoked: Made | bytes,
    extensions: Sequence[bytes] = (),
    number: int | None = 1,
    start: str = "250101000000Z",
    end: str | None = "301231235959Z",
    issuer: bytes | None = None,
    version: int = 2,
    digest: str = "sha256",
    break_signature: bool = False,
    outer: bytes | None = None,
) -> bytes:
    entries = [entry(r.serial) if isinstance(r, Made) else r for r in revoked]
    ids = key_ids("", by.label)
    listed = [*([ext("2.5.29.20", num(number))] if number is not None else []), *ids, *extensions]
    algorithm = algorithm_of(by.label, digest)
    tbs = seq(
        num(version - 1) if version > 1 else b"",
        algorithm,
        issuer or by.subject,
        time_field(start),
        time_field(end) if end else b"",
        seq(*entries) if entries else b"",
        tlv(0xA0, seq(*listed)) if listed and version > 1 else b"",
    )
    signature = bytearray(sign(by.label, tbs, digest))
    if break_signature:
        signature[-1] ^= 1
    return seq(tbs, outer or algorithm, tlv(3, b"\0", bytes(signature)))


def delta_of(base: int) -> bytes:
    return ext("2.5.29.27", num(base), True)


# Asking --------------------------------------------------------------------------------------------------

ROOT = ca("Trust Anchor")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def full(
    leaf: Made, *between: Made, anchors: Sequence[Made] = (), crls: Sequence[bytes] | None = None, **more: Any
) -> dict[str, Any]:
    """The engine's answer. ``crls`` of ``None``: an empty list of every authority in reach."""
    anchors = anchors or [ROOT]
    if crls is None:
        crls = [crl(one) for one in {(o.subject, o.label): o for o in (*anchors, *between)}.values()]
    request = {
        "id": "f", "leaf": b64(leaf.der), "intermediates": [b64(c.der) for c in between],
        "anchors": [b64(a.der) for a in anchors], "crls": [b64(c) for c in crls],
        "time": "2026-06-01T00:00:00Z", "require_revocation": True, "policies": None,
        "explicit_policy": False, "inhibit_policy_mapping": False, "inhibit_any_policy": False,
        "purpose": "any", "peer_name": None, "max_path_length": None, **more,
    }  # fmt: skip
    found = answer(json.dumps(request).encode(), Budget())
    ASKED.append((request, found))
    return found


def verdict(leaf: Made, *between: Made, **more: Any) -> str:
    return str(full(leaf, *between, **more)["reason"])


def gone(at: str, code: int = 1) -> bytes:
    """CertStatus revoked at a time (``20250601000000Z``)."""
    return tlv(0xA1, tlv(0x18, at.encode()), tlv(0xA0, bytes([0x0A, 1, code])))


GOOD, UNKNOWN = b"\x80\x00", b"\x82\x00"


def answer_about(
    leaf: Made,
    by: Made,
    *,
    status: bytes = GOOD,
    signer: Made | None = None,
    held: Sequence[Made] = (),
    start: str = "20260531000000Z",
    end: str | None = "20260701000000Z",
    produced: str | None = None,
    nonce: bytes | None = None,
    cutoff: str | None = None,
    by_key: bool = False,
    serial: int | None = None,
) -> bytes:
    """An OCSPResponse about ``leaf`` of ``by``, signed by ``signer`` (``by`` itself without one)."""
    import hashlib

    signer = signer or by
    identity = seq(
        seq(oid("2.16.840.1.101.3.4.2.1"), b"\x05\x00"),
        tlv(4, hashlib.sha256(by.subject).digest()),
        tlv(4, hashlib.sha256(_key_bits(by.label)).digest()),
        num(leaf.serial if serial is None else serial),
    )
    marks = [ext("1.3.6.1.5.5.7.48.1.6", tlv(0x18, cutoff.encode()))] if cutoff else []
    single = seq(
        identity,
        status,
        tlv(0x18, start.encode()),
        tlv(0xA0, tlv(0x18, end.encode())) if end else b"",
        tlv(0xA1, seq(*marks)) if marks else b"",
    )
    who = tlv(0xA1, signer.subject)
    if by_key:
        who = tlv(0xA2, tlv(4, hashlib.sha1(_key_bits(signer.label)).digest()))
    said = seq(
        who,
        tlv(0x18, (produced or start).encode()),
        seq(single),
        tlv(0xA1, seq(ext("1.3.6.1.5.5.7.48.1.2", tlv(4, nonce)))) if nonce is not None else b"",
    )
    certificates = tlv(0xA0, seq(*(one.der for one in held))) if held else b""
    basic_response = seq(
        said, algorithm_of(signer.label), tlv(3, b"\0", sign(signer.label, said)), certificates
    )
    return seq(b"\x0a\x01\x00", tlv(0xA0, seq(oid("1.3.6.1.5.5.7.48.1.1"), tlv(4, basic_response))))


def _key_bits(label: str) -> bytes:
    from ca_interop.rules.rfc5280.ocsp import key_bits

    return key_bits(spki(label))
