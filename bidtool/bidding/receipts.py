"""The platform's keys and the receipt they are to verify: at once when it comes, and ever after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidtool.remote import ODD_ANSWER, Server
from kernel.errors import Kind, ReasonForm, Refused
from sealing import receipts
from sealing.evidence import Evidence
from sealing.ticket import Ticket

BAD_KEY = ReasonForm(
    "receipt.bad_key", zh="平台公钥不合格：应为 64 位小写十六进制", kind=Kind.MALFORMED,
    en="the platform's public key must be 64 lower-case hex digits",
)  # fmt: skip
OTHER_BID = ReasonForm(
    "receipt.other_bid", zh="回执不是这份投标的：{what}为 {found}，应为 {wanted}",
    en="the receipt is of another bid: {what} is {found}, should be {wanted}",
)  # fmt: skip
PIN_DIFFERS = ReasonForm(
    "receipt.pin_differs", zh="平台给出的{what}与所指定的不同：{found}", kind=Kind.INVALID,
    en="the platform's {what} is not the one you named: {found}",
)  # fmt: skip


@dataclass(frozen=True)
class PlatformKeys:
    """``platform``: raw Ed25519 key in hex; ``vkey``: the log's verifier key."""

    platform: str
    vkey: str

    def public_key(self) -> Ed25519PublicKey:
        if not re.fullmatch(r"[0-9a-f]{64}", self.platform):
            raise Refused(BAD_KEY())
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.platform))


def keys_of(server: Server, pinned: PlatformKeys) -> PlatformKeys:
    """``GET /api/v1/keys``; what was named on the command line must be the same."""
    found = server.get("/api/v1/keys")
    platform, vkey = found.get("platform_public_key"), found.get("log_vkey")
    if not isinstance(platform, str) or not isinstance(vkey, str):
        raise Refused(ODD_ANSWER(host=server.host, why="/api/v1/keys"))
    for what, has, wanted in (("公钥 key", platform, pinned.platform), ("日志公钥 vkey", vkey, pinned.vkey)):
        if wanted and has != wanted:
            raise Refused(PIN_DIFFERS(what=what, found=has))
    return PlatformKeys(platform, vkey)


def verify_receipt(receipt: Any, keys: PlatformKeys, envelope: Path | None) -> list[Evidence]:
    """Numbered evidence; ``Refused`` at the first check that fails."""
    return receipts.verify(receipt, keys.public_key(), keys.vkey, envelope)


def check_own(receipt: Any, ticket: Ticket) -> dict[str, Any]:
    """The receipt's payload, which must be of the ticket's envelope."""
    said = receipts.read(receipt)
    for what, wanted in (
        ("tender", ticket.tender),
        ("lot", ticket.lot),
        ("part", ticket.part),
        ("pseudonym", ticket.pseudonym),
        ("envelope_sha256", ticket.envelope_sha256),
        ("size", ticket.size),
    ):
        if said[what] != wanted:
            raise Refused(OTHER_BID(what=what, found=said[what], wanted=wanted))
    return said
