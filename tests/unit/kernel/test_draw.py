"""The draw: vectors recomputed by hand-written hashing, faults with names, tampering."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from kernel import draw
from kernel.errors import Refused

POOL = ["甲所", "乙所", "丙所", "丁所"]
NONCES = {"交易中心": b"\x01" * 32, "招标人": b"\x02" * 32}
NUMBER = "AG2026-001"
# Computed once by this module (v1); a change here is a change of the published algorithm.
VECTOR_POOL = "5e6393ce403cdd024ca64fd2ea1b77fda6cb573757e49075ac153ca41563455a"
VECTOR_SEED = "098fb8c73740921af45d7050a193e0d3f3a0687f3be8841f8444bfc82952b08b"
VECTOR_ORDER = ["b", "a", "c"]


def commitments() -> dict[str, str]:
    return {who: draw.commitment(nonce, who, NUMBER) for who, nonce in NONCES.items()}


def test_an_outsider_recomputes_it_from_the_docstring_alone() -> None:
    def part(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    def h(tag: str, *parts: bytes) -> bytes:
        text = part(f"mingtang/draw/v1/{tag}".encode()) + b"".join(part(p) for p in parts)
        return hashlib.sha256(text).digest()

    pool_json = json.dumps(
        {"entries": sorted(POOL, key=str.encode), "v": 1}, ensure_ascii=False, separators=(",", ":")
    )
    pool = h("pool", pool_json.encode()).hex()
    parts = [NUMBER.encode(), pool.encode()]
    for who in sorted(NONCES, key=str.encode):
        parts += [who.encode(), NONCES[who]]
    seed = h("seed", *parts)
    tag = part(b"mingtang/draw/v1/rank")
    wanted = sorted(POOL, key=lambda e: hmac.new(seed, tag + part(e.encode()), hashlib.sha256).digest())
    evidence = draw.verify(POOL, pool, commitments(), NONCES, draw=NUMBER)
    assert (list(evidence.order), evidence.seed) == (wanted, seed.hex())
    assert commitments()["招标人"] == h("commitment", "招标人".encode(), NUMBER.encode(), b"\x02" * 32).hex()
    assert [s.step for s in evidence.steps] == [1, 2, 3, 4]


def test_a_fixed_vector_stays_what_it_is() -> None:
    assert draw.pool_digest(["b", "a"]) == VECTOR_POOL
    assert draw.seed(VECTOR_POOL, {"x": bytes(32)}).hex() == VECTOR_SEED
    assert draw.order(bytes.fromhex(VECTOR_SEED), ["a", "b", "c"]) == VECTOR_ORDER


def codes(**change: object) -> list[str]:
    arguments = {
        "entries": POOL,
        "published_digest": draw.pool_digest(POOL),
        "commitments": commitments(),
        "reveals": NONCES,
        "draw": NUMBER,
    } | change
    with pytest.raises(Refused) as refused:
        draw.verify(**arguments)  # type: ignore[arg-type]
    return [f"{r.code} {r.facts.get('who', '')}".strip() for r in refused.value.reasons]


def test_who_misbehaves_is_named() -> None:
    assert codes(reveals={"招标人": NONCES["招标人"]}) == ["draw.reveal_missing 交易中心"]
    assert codes(reveals=NONCES | {"招标人": b"\x03" * 32}) == ["draw.reveal_differs 招标人"]
    assert codes(reveals=NONCES | {"招标人": b"\x03"}) == ["draw.bad_nonce 招标人"]
    assert codes(reveals=NONCES | {"路人": b"\x03" * 32}) == ["draw.not_committed 路人"]
    assert codes(reveals={"招标人": b"\x03" * 32}) == [
        "draw.reveal_missing 交易中心",
        "draw.reveal_differs 招标人",
    ]
    assert codes(commitments={}, reveals={}) == ["draw.no_commitment"]
    assert codes(draw="AG2026-002") == ["draw.reveal_differs 交易中心", "draw.reveal_differs 招标人"]


def test_a_copied_commitment_is_of_no_use() -> None:
    stolen = commitments()["招标人"]
    assert codes(
        commitments=commitments() | {"路人": stolen}, reveals=NONCES | {"路人": NONCES["招标人"]}
    ) == ["draw.reveal_differs 路人"]


def test_pool_and_order_are_held_to_what_was_published() -> None:
    good = draw.verify(POOL, draw.pool_digest(POOL), commitments(), NONCES, draw=NUMBER).order
    draw.verify(POOL, draw.pool_digest(POOL), commitments(), NONCES, good[:1], NUMBER)
    assert codes(entries=POOL[:3]) == ["draw.pool_differs"]
    assert codes(published_order=[good[1], good[0]]) == ["draw.order_differs"]
    assert codes(published_order=[*good, "戊所"]) == ["draw.bad_pool"]


@pytest.mark.parametrize("pool", [[], [""], ["a", "a"]])
def test_a_bad_pool_is_refused(pool: list[str]) -> None:
    with pytest.raises(Refused, match="draw.bad_pool"):
        draw.pool_digest(pool)


def test_no_reveals_no_seed() -> None:
    with pytest.raises(Refused, match="draw.no_commitment"):
        draw.seed("00", {})
    with pytest.raises(Refused, match="draw.bad_nonce"):
        draw.commitment(b"short", "x")
