"""Receipts (投标回执): what the platform signs when an envelope is complete, checked offline.

A receipt is a signed statement ``mingtang/bid-receipt`` with the payload of :data:`_KEYS`:
``bid`` is a UUID, ``size`` bytes, ``received_at`` RFC 3339 UTC with microseconds, ``act`` the journal's
act document, ``salt`` what opens its commitment in the log (base64, empty for an open act), ``index`` its
place in the log, ``proof`` text in C2SP ``tlog-proof@v1``. The leaf is :func:`kernel.acts.leaf_of`.
"""

from __future__ import annotations

import hashlib
import importlib
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kernel.acts import SALT_SIZE, leaf_of
from kernel.canonical_json import canonical
from kernel.clock import parse_iso
from kernel.errors import Refused
from sealing import fields, pseudonym, statements
from sealing.evidence import Evidence
from sealing.header import envelope_size, read_header
from sealing.keys import PrivateKey, PublicKey
from sealing.refusals import DIGEST_DIFFERS, FOREIGN, RECEIPT_ACT, RECEIPT_PROOF, TRAILING, TRUNCATED
from sealing.statements import Signing

PURPOSE = "bid-receipt"
_KEYS = ("v", "tender", "lot", "part", "bid", "pseudonym", "envelope_sha256", "size", "received_at",
         "act", "salt", "index", "proof")  # fmt: skip

#: ``verify_proof(text, leaf_bytes, [vkey])``: raises ``Refused`` unless the leaf is in the signed tree.
ProofVerifier = Callable[[str, bytes, list[str]], Any]


def issue(payload: Mapping[str, Any], platform: PrivateKey | Signing) -> dict[str, Any]:
    """Sign a receipt; refuses a payload that :func:`read` would not read."""
    signed = statements.sign(statements.statement(PURPOSE, payload), platform)
    read(signed)
    return signed


def read(receipt: Any) -> dict[str, Any]:
    """The payload of a receipt, its fields checked; no signature is checked here."""
    outer = fields.mapping(receipt, "receipt")
    said = fields.mapping(outer.get("statement"), "statement")
    got = fields.exact_keys(said.get("payload"), "payload", _KEYS)
    fields.integer(got, "v", 1, 1)
    for key in ("tender", "lot", "part"):
        fields.text(got, key)
    _uuid(got)
    pseudonym.read(got)
    fields.hex_bytes(got, "envelope_sha256", 32)
    fields.integer(got, "size", 1, 1 << 41)
    try:
        parse_iso(fields.text(got, "received_at", limit=40))
    except ValueError as error:
        raise fields.bad("received_at", "应为 RFC 3339 时间 / must be RFC 3339") from error
    fields.mapping(got["act"], "act")
    if got["salt"] != "":
        fields.b64_bytes(got, "salt", low=SALT_SIZE, limit=SALT_SIZE)
    fields.integer(got, "index", 0, 1 << 52)
    if not isinstance(got["proof"], str) or not 0 < len(got["proof"]) <= 64 * 1024:
        raise fields.bad("proof", "应为文本 / must be text")
    return got


def verify(
    receipt: Any,
    platform_public_key: PublicKey,
    log_vkey: str,
    envelope_path: Path | None = None,
    *,
    proof_verifier: ProofVerifier | None = None,
) -> list[Evidence]:
    """Numbered evidence that the platform took this envelope and wrote it into the log.

    1 the platform's signature; 2 the act says what the receipt says; 3 the act is in the log under
    ``log_vkey`` at ``index``; with ``envelope_path`` also 4 the file's length and SHA-256, 5 its header:
    tender, lot, part and pseudonym. Raises ``Refused`` at the first check that fails.
    """
    got = read(receipt)
    steps: list[Evidence] = [statements.verify(receipt, purpose=PURPOSE, public_key=platform_public_key)]
    steps.append(_check_act(got))
    steps.append(_check_log(got, log_vkey, proof_verifier or _log_verifier()))
    if envelope_path is not None:
        steps.append(_check_file(got, envelope_path))
        steps.append(_check_header(got, envelope_path))
    return steps


def proof_index(text: str) -> int:
    """The ``index`` line of a tlog-proof@v1 text."""
    for line in text.split("\n")[1:4]:
        word, _, number = line.partition(" ")
        if word == "index" and number.isascii() and number.isdigit() and str(int(number[:16])) == number:
            return int(number)
    raise Refused(RECEIPT_PROOF(why="缺少 index 行 / no index line"))


def _check_act(got: Mapping[str, Any]) -> Evidence:
    """The act is the platform's record of this very bid: its values stand in the act's own fields."""
    said = set(_texts(got["act"]))
    for key in ("envelope_sha256", "pseudonym", "bid"):
        wanted = str(got[key])
        if wanted not in said and f"pseudonym:{wanted}" not in said:
            raise Refused(RECEIPT_ACT(field=key))
    return Evidence(
        2,
        "receipt.act",
        "行为记录与回执一致（信封摘要、一次性公钥、投标编号）",
        "the act says what the receipt says (envelope digest, pseudonym, bid)",
        {"act_sha256": hashlib.sha256(canonical(got["act"])).hexdigest()},
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in _texts(child)]


def _check_log(got: Mapping[str, Any], vkey: str, verifier: ProofVerifier) -> Evidence:
    if proof_index(got["proof"]) != got["index"]:
        raise Refused(RECEIPT_PROOF(why="位置与回执不符 / index differs from the receipt"))
    salt = fields.b64_bytes(got, "salt", low=SALT_SIZE, limit=SALT_SIZE) if got["salt"] else None
    verifier(got["proof"], leaf_of(got["act"], salt), [vkey])
    return Evidence(
        3,
        "receipt.log",
        f"行为记录在存证日志第 {got['index']} 位，检查点签名和包含证明有效",
        f"the act stands at {got['index']} in the log; checkpoint and inclusion proof are valid",
        {"index": got["index"]},
    )


def _check_file(got: Mapping[str, Any], path: Path) -> Evidence:
    size, digest = path.stat().st_size, hashlib.sha256()
    if size < got["size"]:
        raise Refused(TRUNCATED(expected=got["size"], actual=size))
    if size > got["size"]:
        raise Refused(TRAILING(expected=got["size"]))
    with path.open("rb") as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    if digest.hexdigest() != got["envelope_sha256"]:
        raise Refused(DIGEST_DIFFERS(expected=got["envelope_sha256"], actual=digest.hexdigest()))
    return Evidence(
        4,
        "receipt.envelope",
        f"加密投标文件与回执一致（{size} 字节）",
        f"the envelope file is the receipted one ({size} bytes)",
        {"sha256": digest.hexdigest(), "size": size},
    )


def _check_header(got: Mapping[str, Any], path: Path) -> Evidence:
    with path.open("rb") as stream:
        header = read_header(stream)
    if envelope_size(header) != got["size"]:
        raise Refused(TRUNCATED(expected=envelope_size(header), actual=got["size"]))
    found = {"tender": header.tender, "lot": header.lot, "part": header.part}
    for key, value in (found | {"pseudonym": header.pseudonym.hex()}).items():
        if value != got[key]:
            raise Refused(FOREIGN(what=key, found=value, expected=got[key]))
    return Evidence(
        5,
        "receipt.header",
        "信封头签名有效，招标、标段、部分和一次性公钥与回执一致",
        "the header's signature is valid; tender, lot, part and pseudonym are the receipt's",
        found,
    )


def _uuid(got: Mapping[str, Any]) -> None:
    value = fields.text(got, "bid", limit=36)
    try:
        right = str(uuid.UUID(value)) == value
    except ValueError:
        right = False
    if not right:
        raise fields.bad("bid", "应为 UUID / must be a UUID")


def _log_verifier() -> ProofVerifier:
    # Loaded when first needed: sealing alone (a browser's twin, a custodian) works without the log.
    verifier: ProofVerifier = importlib.import_module("kernel.tlog").verify_proof
    return verifier
