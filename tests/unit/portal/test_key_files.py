"""Key files as people have them, read by the page's modules under node; what is found signs, and Python verifies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from sealing import sm2
from sealing.signer import PSS, fingerprint
from tests.unit.portal.pairs import pair_files
from tests.unit.sealing.cast import certificate
from tests.unit.sealing.test_browser_modules import node

SCRIPT = Path(__file__).resolve().parent / "browser" / "keyfiles.js"
VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "keyfiles"
PASSWORD, PEM_PASSWORD = "口令abc123", "abc123"
NAME, CODE = "江苏恒基建设集团有限公司", "91320900MA1PAGE00X"


def job(*files: bytes, password: str = PASSWORD, chosen: int | None = None) -> dict[str, Any]:
    return {"files": [base64.b64encode(f).decode() for f in files], "password": password, "chosen": chosen}


def read(*jobs: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(node(str(SCRIPT), said=list(jobs)))
    return found


def vector(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


def _leaf(kind: str) -> x509.Certificate:
    name = {"p256": "p256-sec1.pem", "rsa": "rsa-pkcs1.pem"}[kind]
    return x509.load_pem_x509_certificate(vector(name))


def _verify(leaf: x509.Certificate, got: dict[str, Any]) -> None:
    public: Any = leaf.public_key()
    signature = base64.b64decode(got["signature"])
    if isinstance(public, rsa.RSAPublicKey):
        assert got["alg"] == "rsa-pss-sha256"
        public.verify(signature, b"hello", PSS, hashes.SHA256())
    else:
        assert got["alg"] == "ecdsa-p256-sha256"
        public.verify(signature, b"hello", ec.ECDSA(hashes.SHA256()))


def test_every_kind_of_file_gives_its_key() -> None:
    encrypted = sorted(p.name for p in VECTORS.glob("*-*.p12") if p.name.split("-")[0] in ("p256", "rsa"))
    jobs = [job(vector(n), password="" if "open" in n else PASSWORD) for n in encrypted]
    pems = ["p256-3des.pem", "p256-aes256.pem", "p256-sec1.pem", "rsa-pkcs1.pem"]
    jobs += [job(vector(n), password=PEM_PASSWORD) for n in pems]
    names = encrypted + pems
    assert len(names) == 11
    for name, got in zip(names, read(*jobs), strict=True):
        leaf = _leaf(name.split("-")[0])
        assert got.get("pairs") == [
            {
                "leaf": fingerprint(leaf),
                "chain": 1,
                "signs": True,
                "decrypts": True,
                "name": NAME,
                "code": CODE,
            }
        ], (name, got)
        assert got["locked"] is (name not in ("p256-sec1.pem", "rsa-pkcs1.pem"))
        _verify(leaf, got)


def test_every_mistake_is_told_apart() -> None:
    damaged = bytearray(vector("rsa-aes256.p12"))
    damaged[900] ^= 1
    of_another = vector("rsa-pkcs1.pem").split(b"-----BEGIN CERT")[0] + b"-----BEGIN CERT" + vector(
        "p256-sec1.pem").split(b"-----BEGIN CERT")[1]  # fmt: skip
    cases = {
        "another password": (job(vector("rsa-aes256.p12"), password="口令abc124"), "key.password_wrong"),
        "no password": (job(vector("p256-3des-rc2.p12"), password=""), "key.password_wrong"),
        "no password, no MAC": (job(vector("p256-nomac.p12"), password="x"), "key.password_wrong"),
        "PEM, another password": (job(vector("p256-aes256.pem"), password="x"), "key.password_wrong"),
        "PEM, no password": (job(vector("p256-aes256.pem"), password=""), "key.password_needed"),
        "a bit": (job(bytes(damaged)), "key.password_wrong"),
        "only a certificate": (job(vector("no-key.p12")), "key.file_bad"),
        "only a key": (job(vector("no-certificate.p12")), "key.file_bad"),
        "key of another": (job(of_another), "key.not_of_certificate"),
        "SM2": (job(vector("sm2-aes256.p12")), None),
        "old PEM": (job(vector("old.pem")), "key.unsupported"),
        "a text": (job(b"hello"), "key.file_bad"),
        "nothing": (job(b""), "key.file_bad"),
        "a cut": (job(vector("rsa-aes256.p12")[:500]), "certificate.malformed"),
    }
    answers = read(*(said for said, _ in cases.values()))
    got = {why: answer.get("code") for why, answer in zip(cases, answers, strict=True)}
    assert got == {why: code for why, (_, code) in cases.items()}
    assert all(a.get("zh", "。").endswith(("。", "）")) or "：" in a["zh"] for a in answers)


def test_an_sm2_file_signs_with_sm3() -> None:
    if not sm2.available():
        pytest.skip("no libcrypto with SM2")
    [got] = read(job(vector("sm2-aes256.p12")))
    public = sm2.Sm2PrivateKey.from_pkcs8(bytes.fromhex(got["pkcs8"])).public_key()
    assert (got["alg"], public.is_signature(base64.b64decode(got["signature"]), b"hello")) == (
        "sm2-sm3",
        True,
    )


def _paired() -> tuple[list[x509.Certificate], bytes, bytes]:
    """双证 in one file: a signing and an encryption certificate, told apart by their keyUsage, and their CA."""
    return pair_files(NAME, CODE, PASSWORD.encode())


def test_a_pair_of_certificates_is_told_apart_and_two_signers_are_asked_about() -> None:
    (signing, encryption), both, two_signers = _paired()
    answers = read(job(both), job(two_signers), job(two_signers, chosen=1))
    one = answers[0]
    leaves = [row["leaf"] for row in one["pairs"]]
    assert (leaves[one["signing"]], leaves[one["decrypting"]]) == (
        fingerprint(signing),
        fingerprint(encryption),
    )
    assert one["pairs"][one["signing"]]["chain"] == 2
    assert answers[1]["code"] == "key.several"
    assert answers[2]["signing"] == 1


def test_what_cryptography_writes_is_read_too() -> None:
    key = load_pem_private_key(vector("rsa-pkcs1.pem"), None)
    leaf = _leaf("rsa")
    old = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(3000).key_cert_algorithm(
        pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1()).build(PASSWORD.encode())  # fmt: skip
    files = [pkcs12.serialize_key_and_certificates(b"x", key, leaf, None, e)  # type: ignore[arg-type]
             for e in (BestAvailableEncryption(PASSWORD.encode()), old)]  # fmt: skip
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for got in read(*map(job, files), job(der, leaf.public_bytes(Encoding.DER))):
        assert got.get("pkcs8") == der.hex(), got
        _verify(leaf, got)


# Encodings that OpenSSL does not write ---------------------------------------------------------------


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(content):
        tag, first, start = content[at], content[at + 1], at + 2
        if first & 0x80:
            count = first & 0x7F
            first, start = int.from_bytes(content[start : start + count], "big"), start + count
        found.append((tag, content[start : start + first]))
        at = start + first
    return found


def _ber(der: bytes) -> bytes:
    """Indefinite lengths, and OCTET STRINGs in pieces of 100 bytes, as Java's libraries write them."""
    out = b""
    for tag, content in _parts(der):
        if tag == 0x04 and len(content) > 100:
            pieces = b"".join(_tlv(4, content[at : at + 100]) for at in range(0, len(content), 100))
            out += bytes([0x24, 0x80]) + pieces + b"\0\0"
        elif tag & 0x20:
            out += bytes([tag, 0x80]) + _ber(content) + b"\0\0"
        else:
            out += _tlv(tag, content)
    return out


def _pbmac1(der: bytes) -> bytes:
    """The same PFX under a MAC of RFC 9579: PBKDF2 with HMAC-SHA-256."""
    version, safe, _ = _parts(_parts(der)[0][1])
    content = _parts(_parts(safe[1])[1][1])[0][1]
    salt, rounds = b"saltsalt", 2048
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, rounds, 32)
    oid = lambda text: _tlv(6, bytes.fromhex(text))  # noqa: E731
    prf = _tlv(0x30, oid("2a864886f70d0209") + b"\5\0")
    kdf = _tlv(0x30, _tlv(4, salt) + _tlv(2, rounds.to_bytes(2, "big")) + _tlv(2, b"\x20") + prf)
    parameters = _tlv(0x30, _tlv(0x30, oid("2a864886f70d01050c") + kdf) + prf)
    algorithm = _tlv(0x30, oid("2a864886f70d01050e") + parameters)
    info = _tlv(0x30, algorithm + _tlv(4, hmac.new(key, content, "sha256").digest()))
    mac = _tlv(0x30, info + _tlv(4, b"NOT USED") + _tlv(2, b"\1"))
    return _tlv(0x30, _tlv(*version) + _tlv(*safe) + mac)


def test_ber_and_the_mac_of_rfc_9579_are_read() -> None:
    der = vector("rsa-aes256.p12")
    good = _pbmac1(der)
    answers = read(job(_ber(der)), job(_ber(vector("p256-3des-rc2.p12"))), job(good), job(good, password="x"))
    assert [a.get("code") for a in answers] == [None, None, None, "key.password_wrong"]
    _verify(_leaf("rsa"), answers[0])
    _verify(_leaf("p256"), answers[1])


@pytest.mark.parametrize("name", ["p256-open.p12", "p256-3des-rc2.p12", "p256-sec1.pem"])
def test_damage_anywhere_is_a_refusal(name: str) -> None:
    """Never an exception of the language, and never another key."""
    good, dice = vector(name), random.Random(7)
    password = "" if "open" in name else PASSWORD
    jobs = []
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 1, 4))):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        jobs.append(job(bytes(bad[: dice.choice((len(bad), dice.randrange(len(bad))))]), password=password))
    for got in read(*jobs):
        assert got.get("code", "key.").split(".")[0] in ("key", "certificate", "sealing"), got


def test_certificate_of_the_cast_is_plain() -> None:
    """Certificates without keyUsage sign and decrypt."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    [got] = read(job(certificate(key, "谁").public_bytes(Encoding.PEM), pem))
    assert (got["pairs"][0]["signs"], got["pairs"][0]["decrypts"], got["locked"]) == (True, True, False)
