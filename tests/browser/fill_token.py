"""Puts a PEM file's P-256 key and its certificates into the token ``bidder``: MODULE PIN FILE."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pkcs11.util.ec import decode_ec_private_key


def fill(module: str, pin: str, data: bytes) -> None:
    a = pkcs11.Attribute
    key: Any = load_pem_private_key(data, None)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    use = {a.SIGN: True, a.DERIVE: True, a.SENSITIVE: True, a.EXTRACTABLE: False, a.PRIVATE: True}
    with pkcs11.lib(module).get_token(token_label="bidder").open(rw=True, user_pin=pin) as session:
        session.create_object(decode_ec_private_key(der) | use | {a.ID: b"\1", a.LABEL: "key", a.TOKEN: True})
        for place, certificate in enumerate(x509.load_pem_x509_certificates(data)):
            mine = certificate.public_key() == key.public_key()
            session.create_object({
                a.CLASS: pkcs11.ObjectClass.CERTIFICATE, a.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                a.TOKEN: True, a.ID: b"\1" if mine else bytes([2 + place]), a.LABEL: "key" if mine else "ca",
                a.SUBJECT: certificate.subject.public_bytes(), a.VALUE: certificate.public_bytes(Encoding.DER),
            })  # fmt: skip


if __name__ == "__main__":
    fill(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes())
