"""SM2 by the system's libcrypto: the standard's examples, OpenSSL's command line, key files, hostile bytes."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Refused
from sealing import der, sm2
from tests.vectors.sealing import sm2_reference as reference

PUBLISHED = json.loads((Path(reference.__file__).parent / "sm_published.json").read_text())["sm2"]
K = int(PUBLISHED["k"], 16)
KEY = sm2.Sm2PrivateKey(int(PUBLISHED["private_key"], 16))
POINT = bytes.fromhex("04" + PUBLISHED["x"] + PUBLISHED["y"])


def code(call, *arguments) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.reasons[0].code


def test_the_standards_key():
    assert KEY.public_key().point == POINT
    assert reference.multiply(int(PUBLISHED["private_key"], 16), reference.G) == reference.affine(POINT)


def test_the_standards_signature():
    said = PUBLISHED["sign"]
    message = said["message"].encode()
    assert reference.z(reference.affine(POINT)).hex() == said["z"]
    r, s = reference.sign(int(PUBLISHED["private_key"], 16), message, K)
    assert (f"{r:064x}", f"{s:064x}") == (said["r"], said["s"])
    right = reference.signature(r, s)
    assert KEY.public_key().is_signature(right, message)
    assert not KEY.public_key().is_signature(right, message, b"another identifier")
    assert not KEY.public_key().is_signature(reference.signature(r, s ^ 1), message)


def test_the_standards_ciphertext_in_every_order():
    said = PUBLISHED["encrypt"]
    plain = said["message"].encode()
    x, y, c3, c2 = reference.encrypt(reference.affine(POINT), plain, K)
    assert [f"{x:064x}", f"{y:064x}", c3.hex(), c2.hex()] == [said[n] for n in ("c1x", "c1y", "c3", "c2")]
    new = bytes.fromhex("04" + said["c1x"] + said["c1y"] + said["c3"] + said["c2"])
    old = bytes.fromhex("04" + said["c1x"] + said["c1y"] + said["c2"] + said["c3"])
    sealed = sm2.from_raw(new)
    assert sealed == sm2.from_raw(old, "C1C2C3") == sm2.from_raw(new[1:])
    assert sealed == reference.ciphertext(x, y, c3, c2)
    assert (sm2.to_raw(sealed), sm2.to_raw(sealed, "C1C2C3")) == (new, old)
    assert KEY.decrypt(sealed) == plain
    assert KEY.decrypt(sm2.from_raw(old)) is None


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=1, max_size=200), st.binary(max_size=40), st.integers(0, 1 << 30))
def test_what_is_signed_verifies_and_what_is_sealed_opens(plain, signer_id, flip):
    key = sm2.Sm2PrivateKey.generate(os.urandom)
    signature, sealed = key.sign(plain, signer_id), key.public_key().encrypt(plain)
    assert key.public_key().is_signature(signature, plain, signer_id)
    assert key.decrypt(sealed) == plain
    place, bit = flip // 8 % len(sealed), 1 << flip % 8
    assert key.decrypt(sealed[:place] + bytes([sealed[place] ^ bit]) + sealed[place + 1 :]) is None
    place = flip // 8 % len(signature)
    changed = signature[:place] + bytes([signature[place] ^ bit]) + signature[place + 1 :]
    assert not key.public_key().is_signature(changed, plain, signer_id)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_quietly(data):
    assert KEY.decrypt(data) is None
    assert not KEY.public_key().is_signature(data, b"message")
    assert not sm2.verify(data, data, data)
    assert not sm2.is_sm2(data)
    assert code(sm2.Sm2PublicKey.from_spki, data) == "key.unsupported"
    assert code(sm2.Sm2PublicKey.from_point, data) == "key.unsupported"
    assert code(sm2.Sm2PrivateKey.from_pkcs8, data) == "key.unsupported"
    assert code(sm2.load_pem, data) == "key.file_bad"
    assert code(sm2.load_pkcs12, data) == "key.file_bad"


def test_points_compressed_off_the_curve_and_of_other_curves():
    public = KEY.public_key()
    assert sm2.Sm2PublicKey.from_point(public.compressed) == public
    assert sm2.Sm2PublicKey.from_spki(public.spki) == public
    assert code(sm2.Sm2PublicKey.from_point, POINT[:-1] + bytes([POINT[-1] ^ 1])) == "key.unsupported"
    assert code(sm2.Sm2PublicKey.from_point, b"\x06" + POINT[1:]) == "key.unsupported"
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert code(sm2.Sm2PublicKey.from_spki, spki(other)) == "key.unsupported"


def spki(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def openssl(folder: Path, *command: str) -> None:
    subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """An SM2 key and its certificate in every kind of file, made by OpenSSL's command line."""
    folder = tmp_path_factory.mktemp("sm2")
    openssl(folder, "genpkey", "-algorithm", "SM2", "-out", "key.pem")
    openssl(
        folder, "req", "-new", "-x509", "-key", "key.pem", "-sm3", "-subj", "/CN=leaf", "-out", "leaf.pem"
    )
    openssl(folder, "ec", "-in", "key.pem", "-out", "sec1.pem")
    openssl(folder, "pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:pw", "-out", "locked.pem")
    export = ("pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "leaf.pem")
    openssl(folder, *export, "-passout", "pass:pw", "-out", "new.p12")
    openssl(folder, *export, "-legacy", "-passout", "pass:pw", "-out", "old.p12")
    return folder


def test_keys_from_every_kind_of_file(files):
    key = sm2.load_pem((files / "key.pem").read_bytes())
    leaf = x509.load_pem_x509_certificate((files / "leaf.pem").read_bytes())
    assert sm2.public_key_of(leaf) == key.public_key()
    assert sm2.load_pem((files / "sec1.pem").read_bytes()) == key
    assert sm2.load_pem((files / "locked.pem").read_bytes(), b"pw") == key
    assert sm2.Sm2PrivateKey.from_pkcs8(key.pkcs8) == key
    for name in ("new.p12", "old.p12"):
        held = sm2.load_pkcs12((files / name).read_bytes(), b"pw")
        assert (held.key, held.certificate, held.others) == (key, leaf, (leaf,))


def test_gmssls_encrypted_key(files):
    """SM4-CBC under PBKDF2 with HMAC-SM3, which OpenSSL 3.0 cannot read; made here as GmSSL lays it out."""
    key = sm2.load_pem((files / "key.pem").read_bytes())
    pem = gmssl(key.pkcs8, b"Password")
    assert sm2.load_pem(pem, b"Password") == key
    assert code(sm2.load_pem, pem, b"password") == "key.file_bad"
    assert code(sm2.load_pem, pem, None) == "key.file_bad"
    assert code(sm2.load_pem, gmssl(key.pkcs8, b"Password", rounds=2_000_001), b"Password") == "key.file_bad"


def gmssl(plain: bytes, password: bytes, rounds: int = 1000) -> bytes:
    salt, iv = os.urandom(16), os.urandom(16)
    secret = PBKDF2HMAC(hashes.SM3(), 16, salt, min(rounds, 1000)).derive(password)
    pad = PKCS7(128).padder()
    state = Cipher(SM4(secret), modes.CBC(iv)).encryptor()
    sealed = state.update(pad.update(plain) + pad.finalize()) + state.finalize()
    oid = [der.encode(der.OID, bytes.fromhex(one)) for one in OIDS]
    parts = (
        der.encode(der.OCTETS, salt),
        der.integer(rounds),
        der.integer(16),
        der.encode(der.SEQUENCE, oid[2]),
    )
    derivation = der.encode(der.SEQUENCE, oid[1], der.encode(der.SEQUENCE, *parts))
    scheme = der.encode(der.SEQUENCE, oid[3], der.encode(der.OCTETS, iv))
    how = der.encode(der.SEQUENCE, oid[0], der.encode(der.SEQUENCE, derivation, scheme))
    body = base64.encodebytes(der.encode(der.SEQUENCE, how, der.encode(der.OCTETS, sealed)))
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + body + b"-----END ENCRYPTED PRIVATE KEY-----\n"


#: PBES2, PBKDF2, hmacWithSM3, sm4-cbc.
OIDS = ("2a864886f70d01050d", "2a864886f70d01050c", "2a811ccf5501831102", "2a811ccf55016802")


def test_our_own_file_is_read_here_and_by_openssl(files):
    key = sm2.load_pem((files / "key.pem").read_bytes())
    leaf = x509.load_pem_x509_certificate((files / "leaf.pem").read_bytes())
    data = sm2.dump_pkcs12(key, [leaf, leaf], "口令".encode(), "签名")
    held = sm2.load_pkcs12(data, "口令".encode())
    assert (held.key, held.certificate, held.others) == (key, leaf, (leaf,))
    (files / "ours.p12").write_bytes(data)
    openssl(files, "pkcs12", "-in", "ours.p12", "-passin", "pass:口令", "-nodes", "-out", "ours.pem")
    assert sm2.load_pem((files / "ours.pem").read_bytes()) == key


@pytest.mark.parametrize("password", [None, b"", b"wrong", b"p\0w"])
def test_wrong_passwords(files, password):
    assert code(sm2.load_pem, (files / "locked.pem").read_bytes(), password) == "key.file_bad"
    assert code(sm2.load_pkcs12, (files / "new.p12").read_bytes(), password) == "key.file_bad"


def test_openssl_takes_our_signature_our_key_and_our_ciphertext(files):
    key = sm2.load_pem((files / "key.pem").read_bytes())
    (files / "text").write_bytes(b"hello")
    (files / "sig").write_bytes(key.sign(b"hello"))
    (files / "sealed").write_bytes(key.public_key().encrypt(b"secret"))
    (files / "key.der").write_bytes(key.pkcs8)
    own = ("-inkey", "key.der", "-keyform", "DER")
    raw = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    openssl(files, "pkeyutl", "-verify", *own, "-in", "text", "-sigfile", "sig", *raw)
    openssl(files, "pkeyutl", "-decrypt", *own, "-in", "sealed", "-out", "opened")
    assert (files / "opened").read_bytes() == b"secret"
    openssl(files, "pkeyutl", "-encrypt", *own, "-in", "text", "-out", "theirs")
    assert key.decrypt((files / "theirs").read_bytes()) == b"hello"


@pytest.mark.parametrize(
    "data",
    ["0200", "020200ff02", "30800000", "02820001ff", "0281017f", "1f01", "30840000000101", "020100ff"],
)
def test_der_has_one_spelling(data):
    with pytest.raises(der.BadDer):
        der.natural(der.whole(bytes.fromhex(data), der.INTEGER))
