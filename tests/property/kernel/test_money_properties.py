"""Money conserves fen; capitals can be read back."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money, from_words, half_up, words

fen = st.integers(0, 10**18 - 1).map(lambda n: Decimal(n).scaleb(-2))


@given(fen)
def test_capitals_are_read_back(amount: Decimal) -> None:
    assert from_words(words(amount)) == amount


@given(fen, fen)
def test_different_amounts_have_different_capitals(one: Decimal, other: Decimal) -> None:
    assert (words(one) == words(other)) == (one == other)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_sharing_loses_no_fen(total: int, weights: list[int]) -> None:
    if not any(weights):
        weights = [*weights, 1]
    whole = Money(Decimal(total).scaleb(-2))
    parts = whole.shared(weights)
    assert sum((p.amount for p in parts), Decimal(0)) == whole.amount
    for part, weight in zip(parts, weights, strict=True):
        exact = whole.times(weight) / sum(weights)
        assert abs(exact - part.times(1)) < Decimal("0.01")


@given(st.decimals(-(10**9), 10**9, places=6), st.integers(0, 6))
def test_half_up_is_nearest(value: Decimal, decimals: int) -> None:
    rounded = half_up(value, decimals)
    assert 2 * abs(rounded - value) <= Decimal(1).scaleb(-decimals)
    assert half_up(-value, decimals) == -rounded
