"""What the formats of the log share: refusals, canonical base64, decimals."""

from __future__ import annotations

import base64
import binascii
import re

from kernel import merkle
from kernel.errors import Kind, ReasonForm, Refused

#: What a signature line begins with: an em dash and a space.
SIGNATURE_LINE = "\u2014 "
_DECIMAL = re.compile(r"0|[1-9][0-9]*")

BAD_NOTE = ReasonForm(
    "tlog.bad_note",
    zh="签名文本格式不合格：{why}",
    en="malformed signed note: {why}",
    kind=Kind.MALFORMED,
    law="C2SP signed-note",
)
BAD_KEY = ReasonForm(
    "tlog.bad_key",
    zh="日志密钥格式不合格：{why}",
    en="malformed note key: {why}",
    kind=Kind.MALFORMED,
    law="C2SP signed-note",
)
NOT_SIGNED = ReasonForm(
    "tlog.no_known_signature",
    zh="没有任何已知密钥的签名",
    en="no signature by a known key",
    kind=Kind.FORBIDDEN,
    law="C2SP signed-note",
)
BAD_SIGNATURE = ReasonForm(
    "tlog.bad_signature",
    zh="密钥「{name}」的签名验证失败",
    en="the signature by {name} does not verify",
    kind=Kind.FORBIDDEN,
    law="C2SP signed-note",
)
BAD_CHECKPOINT = ReasonForm(
    "tlog.bad_checkpoint",
    zh="检查点格式不合格：{why}",
    en="malformed checkpoint: {why}",
    kind=Kind.MALFORMED,
    law="C2SP tlog-checkpoint",
)
BAD_PROOF = ReasonForm(
    "tlog.bad_proof",
    zh="日志证明格式不合格：{why}",
    en="malformed log proof: {why}",
    kind=Kind.MALFORMED,
    law="C2SP tlog-proof@v1",
)


def text_of(data: bytes) -> str:
    """UTF-8 text of a note or proof; ``Refused(tlog.bad_note)`` when it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(BAD_NOTE(why="not UTF-8")) from error


def encode64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def decode64(text: str, bad: ReasonForm) -> bytes:
    """Canonical base64 only; anything else is refused with ``bad``."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused(bad(why="not base64")) from error
    if encode64(data) != text:
        raise Refused(bad(why="base64 is not canonical"))
    return data


def decode_hash(text: str, bad: ReasonForm) -> bytes:
    data = decode64(text, bad)
    if len(data) != merkle.HASH_SIZE:
        raise Refused(bad(why="a hash has 32 bytes"))
    return data


def parse_decimal(text: str, bad: ReasonForm) -> int:
    """An ASCII decimal without leading zeros, below 2**63."""
    if len(text) > 19 or not _DECIMAL.fullmatch(text) or int(text) > merkle.MAX_SIZE:
        raise Refused(bad(why="not a decimal number without leading zeros below 2^63"))
    return int(text)


def is_encodable(text: str) -> bool:
    """Without lone surrogates, so that it has UTF-8 bytes."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def is_clean(text: str) -> bool:
    """No control character but the newline, and encodable."""
    return not any(c < " " and c != "\n" for c in text) and is_encodable(text)
