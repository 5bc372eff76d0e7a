"""Whose key signs: ``--key`` (and ``--encryption-key`` of a pair, 双证) with its password, or a token
(``--pkcs11``, ``--token``) with its PIN. What commands get is a :class:`sealing.signer.Signer`.

An authority may hand over the pair's second key inside SM2EnvelopedKey (GM/T 0009), for the signing key alone:
then ``--encryption-key`` is the certificate and ``--enveloped-key`` that parcel.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from cryptography import x509

from bidtool.files import read_bytes
from bidtool.pkcs11 import Pkcs11Signer, TokenPlace
from ca_interop.rules.enveloped_key import take_out
from kernel.errors import Kind, ReasonForm, Refused
from sealing.signer import PairedSigner, Signer, SoftwareSigner, from_pem, from_pkcs12, ordered_chain
from sealing.sm2 import Sm2PrivateKey

F = TypeVar("F", bound=Callable[..., Any])
MAX_KEY = 1024 * 1024
NO_KEY = ReasonForm(
    "key.not_given", zh="请用 --key 指定数字证书文件（.p12、.pfx 或 .pem），或用 --pkcs11 和 --token 指定密码钥匙",
    en="name the certificate file with --key (.p12, .pfx or .pem), or a token with --pkcs11 and --token",
    kind=Kind.MALFORMED,
)  # fmt: skip
TWO_KEYS = ReasonForm(
    "key.given_twice", zh="--key 与 --pkcs11 只能给一个；--pkcs11 须同时给出 --token", kind=Kind.MALFORMED,
    en="give --key or --pkcs11, not both; --pkcs11 needs --token",
)  # fmt: skip
NO_PARCEL = ReasonForm(
    "key.enveloped_incomplete", kind=Kind.MALFORMED,
    zh="--enveloped-key 须与 SM2 签名证书文件 --key 和加密证书 --encryption-key（.cer、.pem）一起给出",
    en="--enveloped-key goes with an SM2 signing key file in --key and the encryption certificate (.cer, .pem) in "
    "--encryption-key",
)  # fmt: skip
NO_PIN = ReasonForm(
    "token.pin_needed", zh="需要密码钥匙的 PIN 码；可用 --password-env 或 --password-file 给出", kind=Kind.MALFORMED,
    en="the token's PIN is needed; give it by --password-env or --password-file",
)  # fmt: skip
NO_PASSWORD = ReasonForm(
    "key.password_needed",
    zh="证书文件 {path} 打不开：口令未给出，或者它不是 .p12、.pfx、.pem 证书文件；可用 --password-env 或 --password-file 给出口令",
    en="{path} cannot be opened: its password is missing, or it is no .p12, .pfx or .pem file; "
    "give the password by --password-env or --password-file",
    kind=Kind.MALFORMED,
)


@dataclass(frozen=True)
class KeyOptions:
    """What the command line said about keys."""

    key: Path | None
    encryption_key: Path | None
    password_env: str
    password_file: Path | None
    token: TokenPlace | None = None
    enveloped_key: Path | None = None

    @property
    def given(self) -> bool:
        return self.key is not None or self.token is not None

    def signer(self) -> Signer:
        """The signer; asks for a password or PIN at a terminal when one is needed."""
        if self.token is not None:
            return self._from_token(self.token)
        if self.key is None:
            raise Refused(NO_KEY())
        first = self._load(self.key)
        if self.enveloped_key is not None:
            return PairedSigner(first, self._taken_out(first, self.enveloped_key))
        if self.encryption_key is None:
            return first
        return PairedSigner(first, self._load(self.encryption_key))

    def _from_token(self, place: TokenPlace) -> Signer:
        if self.key is not None or self.encryption_key is not None or not place.token:
            raise Refused(TWO_KEYS())
        pin = self._password()
        if pin is None and not sys.stdin.isatty():
            raise Refused(NO_PIN())
        if pin is None:
            pin = click.prompt(f"密码钥匙 {place.token} 的 PIN 码", hide_input=True, err=True).encode()
        signer = Pkcs11Signer(place, pin.decode("utf-8", "replace"))
        context = click.get_current_context(silent=True)
        if context is not None:
            context.call_on_close(signer.close)
        return signer

    def _taken_out(self, first: SoftwareSigner, parcel: Path) -> SoftwareSigner:
        mine = first.private_key
        if self.encryption_key is None or not isinstance(mine, Sm2PrivateKey):
            raise Refused(NO_PARCEL())
        key = take_out(_binary(read_bytes(parcel, MAX_KEY)), mine)
        certificates = _certificates(read_bytes(self.encryption_key, MAX_KEY))
        return SoftwareSigner(key, ordered_chain(certificates[0], certificates[1:]))

    def _load(self, path: Path) -> SoftwareSigner:
        data = read_bytes(path, MAX_KEY)
        given = self._password()
        try:
            return _read(data, given)
        except Refused:
            if given is not None:
                raise
            if not sys.stdin.isatty():
                raise Refused(NO_PASSWORD(path=path.name)) from None
        return _read(data, click.prompt(f"{path.name} 的口令", hide_input=True, err=True).encode())

    def _password(self) -> bytes | None:
        if self.password_file is not None:
            return read_bytes(self.password_file, 4096).rstrip(b"\r\n")
        if self.password_env:
            return os.environ.get(self.password_env, "").encode()
        return None


def _read(data: bytes, password: bytes | None) -> SoftwareSigner:
    if b"-----BEGIN" in data[:4096]:
        return from_pem(data, password if b"ENCRYPTED" in data else None)
    return from_pkcs12(data, password)


def _binary(data: bytes) -> bytes:
    """DER as it is, or in base64."""
    if data[:1] == b"\x30":
        return data
    try:
        return base64.b64decode(data, validate=False)
    except binascii.Error:
        return data


def _certificates(data: bytes) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise Refused(NO_PARCEL()) from error


def key_options(command: F) -> F:
    """``--key`` or ``--pkcs11`` and their companions; the command gets one argument ``keys``."""

    def collect(**arguments: Any) -> Any:
        take = arguments.pop
        module, token = take("pkcs11"), take("token")
        labels = take("key_label"), take("encryption_key_label")
        place = TokenPlace(module, token, *labels) if module is not None else None
        keys = KeyOptions(
            take("key"), take("encryption_key"), take("password_env"), take("password_file"), place,
            take("enveloped_key"),
        )  # fmt: skip
        return command(keys=keys, **arguments)

    collect.__doc__, collect.__name__ = command.__doc__, command.__name__
    collect.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(_OPTIONS):
        collect = option(collect)
    return collect  # type: ignore[return-value]


_file = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    click.option("--key", type=_file, help="签名证书文件 .p12 .pfx .pem / signing certificate and key"),
    click.option("--encryption-key", type=_file, help="加密证书文件（双证） / the pair's second file"),
    click.option("--enveloped-key", type=_file, help="CA 发来的加密私钥包 SM2EnvelopedKey / the pair's key as CAs send it"),
    click.option("--pkcs11", type=_file, metavar="MODULE", help="密码钥匙的驱动（.so、.dll） / a token's PKCS#11 module"),
    click.option("--token", default="", metavar="LABEL", help="密码钥匙的标签 / the token's label"),
    click.option("--key-label", default="", metavar="LABEL", help="签名私钥的标签；只有一个时可省略 / the signing key"),
    click.option(
        "--encryption-key-label", default="", metavar="LABEL", help="加密私钥的标签（双证） / the pair's second key"
    ),
    click.option(
        "--password-env", default="", metavar="NAME", help="口令或 PIN 码所在环境变量 / password or PIN: variable"
    ),
    click.option("--password-file", type=_file, help="口令或 PIN 码所在文件 / password or PIN: file"),
)  # fmt: skip
