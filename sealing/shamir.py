"""Shamir's secret sharing (1979), byte by byte over GF(2^8) with the AES polynomial 0x11b.

The only primitive of our own in this room. Coefficients come from the caller's random source.
Multiplication runs without secret-dependent branches or table indices (eight shift-and-mask
rounds), but Python integers promise no constant time; sharing and combining happen once per bid
on the bidder's machine and at the opening, where the key becomes public to the opener anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Random = Callable[[int], bytes]


def multiply(a: int, b: int) -> int:
    """Product in GF(2^8), polynomial x^8+x^4+x^3+x+1."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        a = (a << 1) ^ (0x11B & -(a >> 7))
        b >>= 1
    return product


def inverse(a: int) -> int:
    """a^254, the inverse of a non-zero element."""
    if a == 0:
        raise ZeroDivisionError("zero has no inverse in GF(2^8)")
    result, power = 1, a
    for _ in range(7):
        power = multiply(power, power)
        result = multiply(result, power)
    return result


def split(secret: bytes, k: int, n: int, random: Random) -> dict[int, bytes]:
    """Shares ``{index: value}`` for indices 1…n, each as long as the secret; any ``k`` combine.

    ``ValueError`` unless 2 ≤ k ≤ n ≤ 255. One block of ``len(secret)`` random bytes per degree.
    """
    if not 2 <= k <= n <= 255:
        raise ValueError("2 <= k <= n <= 255 is needed")
    rows = [secret] + [random(len(secret)) for _ in range(k - 1)]
    return {index: _evaluate(rows, index) for index in range(1, n + 1)}


def _evaluate(rows: list[bytes], x: int) -> bytes:
    value = bytes(len(rows[0]))
    for row in reversed(rows):
        value = bytes(multiply(v, x) ^ c for v, c in zip(value, row, strict=True))
    return value


def combine(shares: Mapping[int, bytes]) -> bytes:
    """The secret: Lagrange interpolation at 0 of all given points (give exactly ``k`` of them)."""
    sizes = {len(value) for value in shares.values()}
    if not shares or len(sizes) != 1 or any(not 1 <= x <= 255 for x in shares):
        raise ValueError("shares need indices 1…255 and one length")
    secret = bytes(sizes.pop())
    for x, value in shares.items():
        weight = 1
        for other in shares:
            if other != x:
                weight = multiply(weight, multiply(other, inverse(other ^ x)))
        secret = bytes(s ^ multiply(v, weight) for s, v in zip(secret, value, strict=True))
    return secret
