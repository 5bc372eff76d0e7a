"""What a paired page may have done: statements of known types signed, envelopes' content keys opened; nothing else.

There is no request that takes a digest or bytes: what is signed is put together here from what was shown.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from bidtool.agent.asking import Asking
from bidtool.agent.documents import Document
from bidtool.agent.origins import origin_of
from bidtool.agent.pairing import Pairing
from bidtool.agent.refusals import (
    BAD_BODY,
    BUSY,
    DECLINED,
    OTHER_PLATFORM,
    TOO_LONG,
    UNKNOWN_PURPOSE,
    UNKNOWN_REQUEST,
)
from bidtool.wording import MEANING, in_words, plain
from kernel.errors import Refused
from sealing import envelope, fields, statements
from sealing.header import MAX_HEADER, Header, read_header
from sealing.signer import Signer

#: Rows of a terminal that a person can be expected to read; a Chinese character takes two columns of a hundred.
MOST_LINES, _WIDTH = 400, 50
_PARTS = {"whole": "整份投标文件", "technical": "技术部分", "price": "报价部分"}


class Desk:
    """One key and the pages paired with it. Requests come from threads; the key is used by one at a time."""

    def __init__(self, signer: Signer, pairing: Pairing, asking: Asking) -> None:
        self._signer, self._pairing, self._asking = signer, pairing, asking
        self._one = threading.Lock()

    def pair(self, origin: str, body: Mapping[str, Any]) -> dict[str, Any]:
        token = self._pairing.pair(origin, fields.text(body, "code", limit=40))
        self._asking.say(f"已连接：{origin} 的网页。每次签名、解密仍会在这里问您。")
        return {"token": token, **self.key()}

    def key(self) -> dict[str, Any]:
        """Certificates and algorithm: what a signature shows anyway."""
        second = self._signer.encryption_certificate
        return {
            "v": 1,
            "alg": self._signer.alg,
            "certificates": [fields.b64(c.public_bytes(Encoding.DER)) for c in self._signer.chain],
            "encryption_certificate": fields.b64(second.public_bytes(Encoding.DER)),
        }

    def answer(self, origin: str, token: str, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A paired page's request; ``Refused`` with the reason."""
        self._pairing.check(origin, token)
        if what == "key":
            return self.key()
        if what == "sign":
            return self._sign(origin, token, body)
        if what == "open":
            return self._open(origin, token, body)
        raise Refused(UNKNOWN_REQUEST(what=what[:40]))

    def _sign(self, origin: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        got = fields.exact_keys(body, "", ("statement",), ("document",))
        said = _statement(origin, got["statement"])
        lines = list(in_words(_purpose(said), said["payload"], most=MOST_LINES + 1, whole=True))
        if sum(1 + len(line) // _WIDTH for line in lines) > MOST_LINES:
            raise Refused(TOO_LONG(most=MOST_LINES))
        document = Document.read(got["document"], said["payload"]) if "document" in got else None
        if document is not None:
            lines.append(document.in_words())
        with self._asked(token, [f"网页 {origin} 请求签名。", *lines], "以上内容属实，确认签名？"):
            # The document first: what is not the statement's is refused before anything is signed.
            beside = {} if document is None else {"pdf": document.signed(self._signer)}
            return {"signed": statements.sign(said, self._signer), **beside}

    def _open(self, origin: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        head = fields.b64_bytes(fields.exact_keys(body, "", ("head",)), "head", limit=MAX_HEADER + 1024)
        header = read_header(io.BytesIO(head))
        with self._asked(
            token, [f"网页 {origin} 请求解密。", *_in_words(header)], "确认用您的私钥解开这份投标的内容密钥？"
        ):
            key = envelope.unwrap_as_bidder(header, self._signer)
        return {"content_key": fields.b64(key.value)}

    @contextmanager
    def _asked(self, token: str, lines: list[str], question: str) -> Iterator[None]:
        """Inside, the key may be used for what was shown."""
        if not self._one.acquire(blocking=False):
            raise Refused(BUSY())
        try:
            yes = self._asking.ask(lines, question)
            self._pairing.answered(token, yes)
            if not yes:
                raise Refused(DECLINED())
            yield
        finally:
            self._one.release()


def _statement(origin: str, value: Any) -> dict[str, Any]:
    """A statement of a type that the agent knows, and can put into words."""
    said = dict(fields.exact_keys(value, "statement", ("v", "type", "payload")))
    fields.integer(said, "v", 1, 1)
    if _purpose(said) not in MEANING or said["type"] != f"mingtang/{_purpose(said)}":
        raise Refused(UNKNOWN_PURPOSE(type=str(said["type"])[:80]))
    payload = fields.mapping(said["payload"], "payload")
    if _purpose(said) == "login":
        _same_platform(origin, payload)
    return said


def _purpose(said: Mapping[str, Any]) -> str:
    return fields.text(said, "type", limit=80).removeprefix("mingtang/")


def _same_platform(origin: str, payload: Mapping[str, Any]) -> None:
    """A challenge of one platform that another one hands on would sign the holder in there."""
    named = fields.text(payload, "platform", limit=200)
    try:
        same = origin_of(named) == origin
    except Refused:
        same = False
    if not same:
        raise Refused(OTHER_PLATFORM(found=named, origin=origin))


def _in_words(header: Header) -> Iterator[str]:
    yield "您将解开一份投标文件的内容密钥；拿到它的网页可以读这份投标文件。"
    yield f"  招标编号：{plain(header.tender, whole=True)}"
    yield f"  标段：{plain(header.lot, whole=True)}"
    yield f"  部分：{_PARTS.get(header.part) or plain(header.part, whole=True)}"
    yield f"  一次性公钥：{header.pseudonym.hex()}"


def body_of(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refused(BAD_BODY(why="应为 JSON 对象 / a JSON object"))
    return value
