"""Whose key signs: ``--key`` (and ``--encryption-key`` of a pair, 双证), with its password.

What commands get is a :class:`sealing.signer.Signer`; a token will be one more way to make one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from cryptography import x509

from bidtool.files import read_bytes
from kernel.errors import Kind, ReasonForm, Refused
from sealing.signer import Signer, SoftwareSigner, from_pem, from_pkcs12

F = TypeVar("F", bound=Callable[..., Any])
MAX_KEY = 1024 * 1024
NO_KEY = ReasonForm(
    "key.not_given", zh="请用 --key 指定数字证书文件（.p12、.pfx 或 .pem）",
    en="name the certificate file with --key (.p12, .pfx or .pem)", kind=Kind.MALFORMED,
)  # fmt: skip
NO_PASSWORD = ReasonForm(
    "key.password_needed",
    zh="证书文件 {path} 打不开：口令未给出，或者它不是 .p12、.pfx、.pem 证书文件；可用 --password-env 或 --password-file 给出口令",
    en="{path} cannot be opened: its password is missing, or it is no .p12, .pfx or .pem file; "
    "give the password by --password-env or --password-file",
    kind=Kind.MALFORMED,
)


@dataclass(frozen=True)
class PairedSigner:
    """双证: one holder signs, the other one opens."""

    signing: Signer
    encryption: Signer

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        return self.signing.chain

    @property
    def encryption_certificate(self) -> x509.Certificate:
        return self.encryption.encryption_certificate

    @property
    def alg(self) -> str:
        return self.signing.alg

    def sign(self, data: bytes) -> bytes:
        return self.signing.sign(data)

    def unwrap(self, alg: str, sealed: bytes, context: bytes) -> bytes:
        return self.encryption.unwrap(alg, sealed, context)


@dataclass(frozen=True)
class KeyOptions:
    """What the command line said about keys."""

    key: Path | None
    encryption_key: Path | None
    password_env: str
    password_file: Path | None

    def signer(self) -> Signer:
        """The signer; asks for a password at a terminal when the file needs one."""
        if self.key is None:
            raise Refused(NO_KEY())
        first = self._load(self.key)
        if self.encryption_key is None:
            return first
        return PairedSigner(first, self._load(self.encryption_key))

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


def key_options(command: F) -> F:
    """``--key`` and its companions; the command gets one argument ``keys``."""

    def collect(**arguments: Any) -> Any:
        keys = KeyOptions(
            arguments.pop("key"),
            arguments.pop("encryption_key"),
            arguments.pop("password_env"),
            arguments.pop("password_file"),
        )
        return command(keys=keys, **arguments)

    collect.__doc__, collect.__name__ = command.__doc__, command.__name__
    collect.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    file = click.Path(path_type=Path, dir_okay=False)
    for option in (
        click.option("--password-file", type=file, help="口令所在文件 / file with the password"),
        click.option(
            "--password-env", default="", metavar="NAME", help="口令所在环境变量 / environment variable"
        ),
        click.option("--encryption-key", type=file, help="加密证书文件（双证） / the pair's second file"),
        click.option("--key", type=file, help="签名证书文件 .p12 .pfx .pem / signing certificate and key"),
    ):
        collect = option(collect)
    return collect  # type: ignore[return-value]
