"""Keys inside a PKCS#11 token (U 盾、智能卡、密码机): they sign and open there and never come out.

What the token cannot do by itself is refused, not imitated: RSA-OAEP with SHA-256 is the token's or nobody's
(a raw RSA decryption with the padding taken off here would make this program an oracle). Everything else is
plain PKCS#11 v2.40 through ``python-pkcs11`` (the extra ``pkcs11``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kernel.errors import Kind, ReasonForm, Refused
from sealing.keys import public_key_of
from sealing.recipients import (
    ECIES_P256,
    RSA_OAEP,
    ecies_open,
    ephemeral_point,
    point_bytes,
    recipient_key,
)
from sealing.refusals import KEY_NOT_OF_CERTIFICATE, WRAP_BAD
from sealing.signer import ECDSA_P256, PSS, RSA_PKCS1, RSA_PSS, ordered_chain

T = TypeVar("T")
NO_LIBRARY = ReasonForm(
    "token.no_library", zh="使用密码钥匙需要安装 python-pkcs11：pip install '.[pkcs11]'", kind=Kind.MALFORMED,
    en="a token needs python-pkcs11: pip install '.[pkcs11]'",
)  # fmt: skip
NO_MODULE = ReasonForm(
    "token.module_bad", zh="无法加载密码钥匙的驱动 {path}：{why}", en="the PKCS#11 module {path} does not load: {why}",
    kind=Kind.MALFORMED,
)  # fmt: skip
NO_TOKEN = ReasonForm(
    "token.not_found", zh="没有找到唯一一个标签为「{label}」的密码钥匙；现有：{found}", kind=Kind.NOT_FOUND,
    en="there is not exactly one token labelled {label}; found: {found}",
)  # fmt: skip
PIN_WRONG = ReasonForm(
    "token.pin_wrong", zh="PIN 码错误。连续输错会锁死密码钥匙，请核对后再试", kind=Kind.UNAUTHENTICATED,
    en="the PIN is wrong; repeated mistakes lock the token",
)  # fmt: skip
PIN_LOCKED = ReasonForm(
    "token.pin_locked", zh="密码钥匙的 PIN 码已锁死，请联系电子认证服务机构解锁", kind=Kind.FORBIDDEN,
    en="the token's PIN is locked; ask the certification authority",
)  # fmt: skip
NO_KEY = ReasonForm(
    "token.key_not_found",
    zh="密码钥匙中没有唯一一对标签为「{label}」的私钥和证书；有证书的私钥：{found}。请用 --key-label 指明",
    en="the token holds not exactly one key with a certificate labelled {label}; there are: {found}. Say --key-label",
    kind=Kind.NOT_FOUND,
)
NO_OAEP = ReasonForm(
    "token.no_oaep_sha256",
    zh="这个密码钥匙不支持 RSA-OAEP-SHA256，不能解密；请换用装有 P-256 加密证书的密码钥匙、证书文件，"
    "或（投标人）--own-key client",
    en="this token cannot decrypt RSA-OAEP with SHA-256; use one with a P-256 encryption certificate, a key file, "
    "or (bidders) --own-key client",
)
NO_SHA256 = ReasonForm(
    "token.no_sha256_signature",
    zh="这个密码钥匙不支持 SHA-256 签名，请换用支持的密码钥匙",
    en="this token does not sign with SHA-256; use one that does",
)
FAILED = ReasonForm(
    "token.failed", zh="密码钥匙没有完成操作（{why}），请检查是否插好后重试", kind=Kind.BUSY,
    en="the token did not finish ({why}); check that it is plugged in and try again",
)  # fmt: skip


@dataclass(frozen=True)
class TokenPlace:
    """Which key of which token: ``module`` a PKCS#11 library, labels as the token has them (``""``: the only one)."""

    module: Path
    token: str
    key_label: str = ""
    encryption_label: str = ""


@dataclass(frozen=True)
class _Pair:
    label: str
    key: Any
    certificate: x509.Certificate


class Pkcs11Signer:
    """A :class:`sealing.signer.Signer` whose keys stay in the token. One session, open until :meth:`close`."""

    def __init__(self, place: TokenPlace, pin: str) -> None:
        self._pkcs11 = _library()
        token = _token(self._pkcs11, place)
        self._mechanisms = token.slot.get_mechanisms()
        self._session = _session(self._pkcs11, token, pin)
        try:
            pairs, certificates = self._doing(lambda: _contents(self._pkcs11, self._session))
            self._signing = _choose(pairs, place.key_label)
            label = place.encryption_label
            self._encryption = _choose(pairs, label) if label else self._signing
            others = [c for c in certificates if c != self._signing.certificate]
            self._chain = tuple(ordered_chain(self._signing.certificate, others))
            self._alg = self._choose_alg()
        except Refused:
            self.close()
            raise

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        return self._chain

    @property
    def encryption_certificate(self) -> x509.Certificate:
        return self._encryption.certificate

    @property
    def alg(self) -> str:
        return self._alg

    def close(self) -> None:
        """Log out; the session's objects are gone."""
        self._session.close()

    def sign(self, data: bytes) -> bytes:
        """Signed in the token and checked against the certificate before it is given out."""
        mechanism = self._pkcs11.Mechanism
        key = self._signing.key
        if self._alg == ECDSA_P256:
            digest = hashlib.sha256(data).digest()
            raw = self._doing(lambda: key.sign(digest, mechanism=mechanism.ECDSA))
            half = len(raw) // 2
            made = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        elif self._alg == RSA_PSS:
            # (hash, MGF1 over the same hash, salt of 32 bytes), as sealing.signer.PSS has it.
            parameters = (mechanism.SHA256, self._pkcs11.MGF.SHA256, 32)
            made = self._doing(
                lambda: key.sign(data, mechanism=mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=parameters)
            )
        else:
            made = self._doing(lambda: key.sign(data, mechanism=mechanism.SHA256_RSA_PKCS))
        _verify(self._signing.certificate, self._alg, made, data)
        return bytes(made)

    def unwrap(self, alg: str, sealed: bytes, context: bytes) -> bytes:
        public = recipient_key(public_key_of(self._encryption.certificate))
        if alg == RSA_OAEP and isinstance(public, rsa.RSAPublicKey):
            return self._oaep(sealed)
        if alg == ECIES_P256 and isinstance(public, ec.EllipticCurvePublicKey):
            return ecies_open(self._agree(sealed), sealed, point_bytes(public), context)
        raise Refused(WRAP_BAD())

    def _oaep(self, sealed: bytes) -> bytes:
        mechanism, errors = self._pkcs11.Mechanism, self._pkcs11.exceptions
        parameters = (mechanism.SHA256, self._pkcs11.MGF.SHA256, None)
        try:
            plain = self._encryption.key.decrypt(
                sealed, mechanism=mechanism.RSA_PKCS_OAEP, mechanism_param=parameters
            )
        except (errors.ArgumentsBad, errors.MechanismInvalid, errors.MechanismParamInvalid) as error:
            raise Refused(NO_OAEP()) from error
        except (errors.EncryptedDataInvalid, errors.EncryptedDataLenRange, errors.GeneralError) as error:
            raise Refused(WRAP_BAD()) from error
        except errors.PKCS11Error as error:
            raise _failed(error) from error
        return bytes(plain)

    def _agree(self, sealed: bytes) -> bytes:
        """ECDH inside the token. The point is known to lie on the curve before the token sees it."""
        p, point = self._pkcs11, ephemeral_point(sealed)
        template = {p.Attribute.SENSITIVE: False, p.Attribute.EXTRACTABLE: True, p.Attribute.TOKEN: False}
        secret = self._doing(
            lambda: self._encryption.key.derive_key(
                p.KeyType.GENERIC_SECRET,
                256,
                mechanism=p.Mechanism.ECDH1_DERIVE,
                mechanism_param=(p.KDF.NULL, None, point),
                template=template,
            )[p.Attribute.VALUE]
        )
        return bytes(secret)

    def _choose_alg(self) -> str:
        mechanism = self._pkcs11.Mechanism
        rsa_key = isinstance(recipient_key(public_key_of(self._signing.certificate)), rsa.RSAPublicKey)
        wanted = [(RSA_PSS, mechanism.SHA256_RSA_PKCS_PSS), (RSA_PKCS1, mechanism.SHA256_RSA_PKCS)]
        for alg, needed in wanted if rsa_key else [(ECDSA_P256, mechanism.ECDSA)]:
            if needed in self._mechanisms:
                return alg
        raise Refused(NO_SHA256())

    def _doing(self, work: Callable[[], T]) -> T:
        with _trouble(self._pkcs11):
            return work()


def _library() -> Any:
    try:
        import pkcs11
        import pkcs11.exceptions
    except ImportError as error:
        raise Refused(NO_LIBRARY()) from error
    return pkcs11


def _token(p: Any, place: TokenPlace) -> Any:
    try:
        library = p.lib(str(place.module))
        tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
    except (p.exceptions.PKCS11Error, RuntimeError, OSError) as error:
        raise Refused(NO_MODULE(path=place.module.name, why=str(error) or type(error).__name__)) from error
    tokens = [t for t in tokens if p.TokenFlag.TOKEN_INITIALIZED in t.flags]
    mine = [t for t in tokens if t.label.strip() == place.token]
    if len(mine) != 1:
        found = "、".join(t.label.strip() for t in tokens) or "—"
        raise Refused(NO_TOKEN(label=place.token, found=found))
    return mine[0]


def _session(p: Any, token: Any, pin: str) -> Any:
    errors = p.exceptions
    try:
        return token.open(user_pin=pin)
    except errors.PinLocked as error:
        raise Refused(PIN_LOCKED()) from error
    except (errors.PinIncorrect, errors.PinInvalid, errors.PinLenRange) as error:
        raise Refused(PIN_WRONG()) from error
    except errors.PKCS11Error as error:
        raise _failed(error) from error


def _contents(p: Any, session: Any) -> tuple[list[_Pair], list[x509.Certificate]]:
    """Private keys that have a certificate under their id, and all certificates."""
    by_id: dict[bytes, x509.Certificate] = {}
    certificates = []
    for stored in session.get_objects({p.Attribute.CLASS: p.ObjectClass.CERTIFICATE}):
        try:
            found = x509.load_der_x509_certificate(bytes(stored[p.Attribute.VALUE]))
        except ValueError:
            continue  # not X.509, or broken: it cannot be ours
        certificates.append(found)
        by_id[bytes(stored[p.Attribute.ID])] = found
    keys = session.get_objects({p.Attribute.CLASS: p.ObjectClass.PRIVATE_KEY})
    pairs = [_Pair(key.label, key, by_id[bytes(key.id)]) for key in keys if bytes(key.id) in by_id]
    return pairs, certificates


def _choose(pairs: list[_Pair], label: str) -> _Pair:
    mine = [pair for pair in pairs if not label or pair.label == label]
    if len(mine) != 1:
        raise Refused(NO_KEY(label=label, found="、".join(pair.label for pair in pairs) or "—"))
    return mine[0]


def _verify(certificate: x509.Certificate, alg: str, signature: bytes, data: bytes) -> None:
    public: Any = certificate.public_key()
    try:
        if alg == ECDSA_P256:
            public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            public.verify(signature, data, PSS if alg == RSA_PSS else padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise Refused(KEY_NOT_OF_CERTIFICATE()) from error


@contextmanager
def _trouble(p: Any) -> Iterator[None]:
    try:
        yield
    except p.exceptions.PKCS11Error as error:
        raise _failed(error) from error


def _failed(error: Exception) -> Refused:
    return Refused(FAILED(why=type(error).__name__))
