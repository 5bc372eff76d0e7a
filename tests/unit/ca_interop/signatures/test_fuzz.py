"""The doors of the parsers: whatever comes, a report or a refusal with a code. ``FULL=1``: 100,000 cases."""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from ca_interop import isolated
from ca_interop.rules.signatures import making, request, timestamps
from kernel.errors import Refused
from tests.unit.ca_interop.signatures import cast
from tests.unit.ca_interop.signatures.cast import CONTENT

CASES = 100_000 if os.environ.get("FULL") == "1" else 240
BY = cast.circumstances("rsa", "p256")


def seeds() -> dict[str, bytes]:
    one = cast.signer("p256")
    how = making.plan(one.chain, one.alg)
    attributes = making.attributes(how, b"\x00" * 32)
    value = one.sign(attributes)
    answer = cast.authority("p256").stamper.answer(timestamps.request(value, 1), cast.NOW)
    token = timestamps.token_of(answer, value, 1)
    return {
        "cms": making.sign(CONTENT, cast.signer("rsa"), detached=False, signing_time=cast.NOW),
        "gbt35275": making.sign(CONTENT, cast.signer("sm2"), detached=False),
        "stamped": making.assemble(how, attributes, value, content=CONTENT, timestamp=token),
        "pdf": cast.signed_pdf(cast.pdf("x"), "p256", "Signature1", stamped=True),
    }


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, a piece removed, doubled or moved, a length made wrong, an end cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place, kind = chance.randrange(len(changed)), chance.randrange(6)
        if kind == 0:
            changed[place] = chance.randrange(256)
        elif kind == 1:
            changed[place] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del changed[place : place + chance.choice((1, 2, 8, 64))]
        elif kind == 3:
            changed[place:place] = changed[place : place + chance.choice((1, 2, 8, 64, 512))]
        elif kind == 4:
            changed[place : place + 4] = chance.choice(
                (b"\x30\x80", b"\x84\xff\xff\xff\xff", b"\x00\x00", b"<<", b"9" * 9)
            )
        else:
            del changed[place:]
        if not changed:
            return b"\x30"
    return bytes(changed)


@pytest.mark.parametrize("kind", ["cms", "gbt35275", "stamped", "pdf"])
def test_every_mutation_ends_in_a_report_or_a_refusal(kind):
    chance, seed = random.Random(f"mingtang {kind}"), seeds()[kind]
    slowest, outcomes = 0.0, {}
    for _ in range(CASES // 4):
        data, start = mutated(seed, chance), time.monotonic()
        try:
            outcome = request.judge(data, None, BY).verdict.value
        except Refused as refusal:
            outcome = refusal.code
        slowest = max(slowest, time.monotonic() - start)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    if CASES > 1000:
        sys.stderr.write(f"{kind}: slowest {slowest:.2f} s, {outcomes}\n")
    assert outcomes.get("invalid", 0) + outcomes.get("signature.malformed", 0) > CASES // 16


NESTED = b"%PDF-1.7\n1 0 obj\n" + b"[" * 200_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"
LOOPING = (
    b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f\ntrailer<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF"
)


@pytest.mark.parametrize("data", [LOOPING, b"%PDF-" + b"\n" * 3_000_000, b"\x30\x80" * 200_000])
def test_what_leads_nowhere_is_malformed(data):
    with pytest.raises(Refused) as refused:
        request.judge(data, None, BY)
    assert refused.value.code == "signature.malformed"


@pytest.mark.parametrize("data", [NESTED, b"\x30\x80" * 2_000_000], ids=["nested", "indefinite"])
def test_hostile_files_end_within_the_limits(data):
    start = time.monotonic()
    with pytest.raises(Refused) as refused:
        isolated.judge(data, None, BY)
    assert refused.value.code in ("signature.malformed", "signature.too_complex", "signature.not_signed")
    assert time.monotonic() - start < isolated.SECONDS + 10
