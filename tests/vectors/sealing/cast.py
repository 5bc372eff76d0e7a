"""Who plays in the vectors: test keys (published, worth nothing) and their certificates, in ``keys.json``.

RSA keys cannot be derived from a label in a way that others could repeat, so all keys are made once
(``python -m tests.vectors.sealing.cast``, which adds who is missing and replaces nobody) and committed.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sealing import SoftwareSigner, sm2
from sealing.keys import from_pkcs8, pkcs8
from sealing.signer import RSA_PKCS1, fingerprint

HERE = Path(__file__).resolve().parent
KEYS = HERE / "keys.json"
#: name → kind of key, common name.
PLAYERS = {
    "bidder_p256": ("p256", "盐城市建工集团有限公司"),
    "bidder_rsa": ("rsa", "江苏华东建设集团有限公司"),
    "center_p256": ("p256", "盐城市公共资源交易中心"),
    "authority_rsa": ("rsa", "盐城市住房和城乡建设局"),
    "owner_p256": ("p256", "盐城市城市建设投资集团有限公司"),
    "notary_rsa": ("rsa", "盐城市公证处"),
    "auditor_p256": ("p256", "盐城市审计局"),
    "stranger_p256": ("p256", "陌生人"),
    "bidder_sm2": ("sm2", "南通国密建设有限公司"),
    "center_sm2": ("sm2", "盐城市公共资源交易中心"),
    "authority_sm2": ("sm2", "盐城市住房和城乡建设局"),
    "owner_sm2": ("sm2", "盐城市城市建设投资集团有限公司"),
    "notary_sm2": ("sm2", "盐城市公证处"),
    "auditor_sm2": ("sm2", "盐城市审计局"),
    "stranger_sm2": ("sm2", "陌生人"),
}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def player(name: str) -> SoftwareSigner:
    """The signer of a player. RSA signs by PKCS #1 v1.5, which needs no random salt."""
    row = json.loads(KEYS.read_text())[name]
    key = from_pkcs8(base64.b64decode(row["private_key"]))
    chain = [x509.load_der_x509_certificate(base64.b64decode(c)) for c in row["certificates"]]
    return SoftwareSigner(key, chain, alg=RSA_PKCS1 if row["kind"] == "rsa" else "")


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _p256() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def _row(kind: str, name: str, authority: Authority) -> dict[str, Any]:
    key: Any = rsa.generate_private_key(65537, 2048) if kind == "rsa" else _p256()
    leaf = _certificate(name, key.public_key(), authority.certificate.subject, authority.draft_key)
    if kind == "sm2":
        key = sm2.Sm2PrivateKey.generate(os.urandom)
        leaf = sm2.issue(leaf, authority.sm2_key, key.public_key().spki)
    return {
        "kind": kind,
        "name": name,
        "private_key": b64(pkcs8(key)),
        "certificates": [b64(c.public_bytes(Encoding.DER)) for c in (leaf, authority.certificate)],
        "fingerprint": fingerprint(leaf),
    }


@dataclass(frozen=True)
class Authority:
    """Signs a draft with P-256, and what is SM2's anew with SM2."""

    draft_key: Any
    sm2_key: sm2.Sm2PrivateKey
    certificate: x509.Certificate


def _authority(name: str, *, national: bool) -> Authority:
    key, own = _p256(), sm2.Sm2PrivateKey.generate(os.urandom)
    certificate = _certificate(name, key.public_key(), _subject(name), key)
    return Authority(
        key, own, sm2.issue(certificate, own, own.public_key().spki) if national else certificate
    )


def _certificate(name: str, public: Any, issuer: x509.Name, key: Any) -> x509.Certificate:
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(issuer, _subject(name), public, x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=3650))
    return builder.sign(key, hashes.SHA256())


def main() -> None:
    """Other implementations hold vectors made with these keys: a player stays who it is."""
    rows = json.loads(KEYS.read_text()) if KEYS.exists() else {}
    plain = _authority("测试向量 CA / vectors only", national=False)
    national = _authority("国密测试向量 CA / vectors only", national=True)
    for name, (kind, said) in PLAYERS.items():
        if name not in rows:
            rows[name] = _row(kind, said, national if kind == "sm2" else plain)
    KEYS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
