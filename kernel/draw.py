"""A random draw that anybody can recompute: commit, reveal, rank. One engine for agencies and experts.

**The algorithm (v1).** ``u32(n)`` is 4 bytes, big endian; ``part(b) = u32(len(b)) ‖ b``;
``H(tag, p₁, …) = SHA-256(part("mingtang/draw/v1/" + tag) ‖ part(p₁) ‖ …)``. Text is UTF-8.

1. *Pool.* The entries (distinct non-empty texts) are sorted by their UTF-8 bytes and frozen;
   ``pool = hex H("pool", RFC 8785 JSON of {"entries": [sorted], "v": 1})``.
2. *Commit.* After the pool is published each party ``who`` chooses 32 secret random bytes ``nonce`` and
   publishes ``commitment = hex H("commitment", who, draw, nonce)``; ``draw`` names this one draw (its
   public number), so that nobody can copy another's commitment or use one of an earlier draw.
3. *Reveal.* When every commitment stands, each party publishes its nonce.
4. *Seed.* ``seed = H("seed", draw, pool, who₁, nonce₁, who₂, nonce₂, …)``, parties sorted by UTF-8 bytes.
5. *Order.* ``rank(e) = HMAC-SHA256(key = seed, message = part("mingtang/draw/v1/rank") ‖ part(e))``;
   entries stand by ascending rank. The first are drawn, the next ones are the reserve, in order.

One honest party with a random nonce makes the seed unpredictable and every order equally likely. What is
not prevented: the party that reveals last can see the result and fall silent. That is why a missing
reveal is refused *with the name of who is at fault*, stands in the journal, and the draw starts again with
new commitments of all parties, for the same frozen pool.
(招例第四十六条 random draw; 招法第三十七条.)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kernel.canonical_json import canonical
from kernel.errors import Kind, Reason, ReasonForm, Refused, refuse_if

NONCE_SIZE = 32
_DOMAIN = "mingtang/draw/v1/"
_LAW = "招标投标法第三十七条；招标投标法实施条例第四十六条"

BAD_POOL = ReasonForm(
    "draw.bad_pool", zh="抽取名单不合格：{why}", en="the pool of the draw is not acceptable: {why}", law=_LAW
)
POOL_DIFFERS = ReasonForm(
    "draw.pool_differs",
    zh="名单摘要为 {found}，与公布的 {wanted} 不同",
    en="the pool's digest is {found}; {wanted} was published",
    law=_LAW,
)
BAD_NONCE = ReasonForm(
    "draw.bad_nonce",
    zh="「{who}」的随机数不是 32 字节",
    en="the nonce of {who} does not have 32 bytes",
    kind=Kind.MALFORMED,
    law=_LAW,
)
NO_PARTY = ReasonForm(
    "draw.no_commitment", zh="没有任何一方作出承诺", en="no party made a commitment", law=_LAW
)
REVEAL_MISSING = ReasonForm(
    "draw.reveal_missing",
    zh="「{who}」作出承诺后未揭示随机数，责任在「{who}」",
    en="{who} committed and did not reveal its nonce: {who} is at fault",
    kind=Kind.CONFLICT,
    law=_LAW,
)
REVEAL_DIFFERS = ReasonForm(
    "draw.reveal_differs",
    zh="「{who}」揭示的随机数与其承诺 {wanted} 不符（算得 {found}），责任在「{who}」",
    en="the nonce revealed by {who} does not match its commitment {wanted} (it gives {found}): {who} is at fault",
    kind=Kind.CONFLICT,
    law=_LAW,
)
NOT_COMMITTED = ReasonForm(
    "draw.not_committed",
    zh="「{who}」未作承诺而揭示随机数，责任在「{who}」",
    en="{who} reveals a nonce without a commitment: {who} is at fault",
    kind=Kind.CONFLICT,
    law=_LAW,
)
ORDER_DIFFERS = ReasonForm(
    "draw.order_differs",
    zh="公布的第 {place} 位是「{found}」，重新计算应为「{wanted}」",
    en="place {place} was published as {found}; recomputed it is {wanted}",
    kind=Kind.CONFLICT,
    law=_LAW,
)


@dataclass(frozen=True)
class Step:
    """One passed check; the same shape as ``sealing.evidence.Evidence``."""

    step: int
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class DrawEvidence:
    """A draw recomputed from its public parts. ``seed`` is hex; ``ranks`` entry → hex rank, in order."""

    pool_digest: str
    seed: str
    order: tuple[str, ...]
    ranks: Mapping[str, str]
    steps: tuple[Step, ...]


def pool_digest(entries: Iterable[str]) -> str:
    """Hex digest of the pool; the input's order does not matter. ``Refused(draw.bad_pool)``."""
    return _hash("pool", canonical({"v": 1, "entries": _sorted_pool(entries)})).hex()


def commitment(nonce: bytes, who: str, draw: str = "") -> str:
    """What ``who`` publishes before anybody reveals (hex)."""
    if len(nonce) != NONCE_SIZE:
        raise Refused(BAD_NONCE(who=who))
    return _hash("commitment", who.encode(), draw.encode(), nonce).hex()


def check_reveal(commitment_hex: str, nonce: bytes, who: str, draw: str = "") -> Reason | None:
    """Why a reveal is not accepted, or ``None``: for the moment in which it is made."""
    if len(nonce) != NONCE_SIZE:
        return BAD_NONCE(who=who)
    found = commitment(nonce, who, draw)
    if hmac.compare_digest(found, commitment_hex):
        return None
    return REVEAL_DIFFERS(who=who, wanted=commitment_hex, found=found)


def seed(pool: str, reveals: Mapping[str, bytes], draw: str = "") -> bytes:
    """The 32-byte seed from the pool's hex digest and every party's nonce."""
    if not reveals:
        raise Refused(NO_PARTY())
    parts = [draw.encode(), pool.encode()]
    for who in sorted(reveals, key=str.encode):
        if len(reveals[who]) != NONCE_SIZE:
            raise Refused(BAD_NONCE(who=who))
        parts += [who.encode(), reveals[who]]
    return _hash("seed", *parts)


def order(seed_bytes: bytes, entries: Iterable[str]) -> list[str]:
    """Every entry of the pool, in the order drawn."""
    return sorted(_sorted_pool(entries), key=lambda entry: rank(seed_bytes, entry))


def rank(seed_bytes: bytes, entry: str) -> bytes:
    """The number by which an entry is placed: smaller comes first."""
    message = _part(f"{_DOMAIN}rank".encode()) + _part(entry.encode())
    return hmac.digest(seed_bytes, message, "sha256")


def verify(
    entries: Sequence[str],
    published_digest: str,
    commitments: Mapping[str, str],
    reveals: Mapping[str, bytes],
    published_order: Sequence[str] | None = None,
    draw: str = "",
) -> DrawEvidence:
    """Recompute a whole draw. Raises ``Refused`` with every party at fault (``draw.reveal_missing``,
    ``draw.reveal_differs``, ``draw.not_committed``), ``draw.pool_differs`` or ``draw.order_differs``.

    Without ``published_order`` this is how the draw is made in the first place. A published order may
    be the beginning of the whole one (who was drawn, without the reserve).
    """
    found = pool_digest(entries)
    if found != published_digest:
        raise Refused(POOL_DIFFERS(found=found, wanted=published_digest))
    refuse_if(faults(commitments, reveals, draw))
    seed_bytes = seed(found, reveals, draw)
    drawn = order(seed_bytes, entries)
    if published_order is not None:
        _check_order(drawn, published_order)
    ranks = {entry: rank(seed_bytes, entry).hex() for entry in drawn}
    return DrawEvidence(
        found, seed_bytes.hex(), tuple(drawn), ranks, _steps(found, commitments, seed_bytes, drawn)
    )


def faults(
    commitments: Mapping[str, str], reveals: Mapping[str, bytes], draw: str = ""
) -> tuple[Reason, ...]:
    """Everybody at fault, with the reason; empty when every party kept its commitment."""
    if not commitments:
        return (NO_PARTY(),)
    found: list[Reason | None] = []
    for who in sorted({*commitments, *reveals}, key=str.encode):
        if who not in commitments:
            found.append(NOT_COMMITTED(who=who))
        elif who not in reveals:
            found.append(REVEAL_MISSING(who=who))
        else:
            found.append(check_reveal(commitments[who], reveals[who], who, draw))
    return tuple(reason for reason in found if reason is not None)


def _check_order(drawn: Sequence[str], published: Sequence[str]) -> None:
    if len(published) > len(drawn):
        raise Refused(BAD_POOL(why=f"{len(published)} > {len(drawn)}"))
    for place, (wanted, found) in enumerate(zip(drawn, published, strict=False), start=1):
        if wanted != found:
            raise Refused(ORDER_DIFFERS(place=place, found=found, wanted=wanted))


def _steps(
    pool: str, commitments: Mapping[str, str], seed_bytes: bytes, drawn: Sequence[str]
) -> tuple[Step, ...]:
    parties = "、".join(sorted(commitments, key=str.encode))
    return (
        Step(1, "draw.pool", f"名单摘要 {pool}，共 {len(drawn)} 个", f"pool {pool} of {len(drawn)}"),
        Step(
            2,
            "draw.commitments",
            f"{parties} 揭示的随机数均与承诺相符",
            f"the nonces of {parties} match their commitments",
        ),
        Step(3, "draw.seed", f"种子 {seed_bytes.hex()}", f"seed {seed_bytes.hex()}"),
        Step(
            4, "draw.order", "按 HMAC-SHA256 升序排列的顺序已重算", "the order by HMAC-SHA256 is recomputed"
        ),
    )


def _sorted_pool(entries: Iterable[str]) -> list[str]:
    pool = list(entries)
    if not pool:
        raise Refused(BAD_POOL(why="名单为空 / it is empty"))
    if any(not isinstance(entry, str) or not entry for entry in pool):
        raise Refused(BAD_POOL(why="含空项 / an entry is empty"))
    if len(set(pool)) != len(pool):
        raise Refused(BAD_POOL(why="有重复项 / an entry stands twice"))
    return sorted(pool, key=str.encode)


def _part(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _hash(tag: str, *parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(_part(p) for p in ((_DOMAIN + tag).encode(), *parts))).digest()
