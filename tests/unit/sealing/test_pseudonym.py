"""A one-time key must be somebody's: points that anybody can sign for are refused."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kernel.errors import Refused
from sealing import pseudonym, statements

#: R is the base point and s is 1: no secret is in it.
FORGED = bytes.fromhex("58" + "66" * 31) + (1).to_bytes(32, "little")


def fits(raw: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(FORGED, message)
    except InvalidSignature:
        return False
    return True


def spellings() -> list[bytes]:
    return [y[:31] + bytes([y[31] | sign]) for y in sorted(pseudonym.SMALL_ORDER) for sign in (0, 0x80)]


def test_anybody_signs_for_the_points_of_the_list() -> None:
    """The list is right: the library takes a signature that nobody's key has made, for each point that it reads."""
    messages = [b"%d" % n for n in range(200)]
    weak = [raw for raw in spellings() if any(fits(raw, m) for m in messages)]
    assert {y[:31] + bytes([y[31] & 0x7F]) for y in weak} == pseudonym.SMALL_ORDER


@pytest.mark.parametrize("raw", spellings())
def test_a_key_of_small_order_names_no_bid(raw: bytes) -> None:
    said = statements.statement("bid-withdrawal", {"bid": "x"})
    signed = {
        "statement": said,
        "signature": {"alg": "ed25519", "value": pseudonym.fields.b64(FORGED)},
        "public_key": raw.hex(),
    }
    with pytest.raises(Refused) as refused:
        statements.verify(signed)
    assert refused.value.code == "key.unsupported"
