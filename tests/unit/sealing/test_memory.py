"""Memory does not grow with the bid."""

from __future__ import annotations

from tests.bench.seal_memory import BOUND, child


def test_a_bid_of_64_mib_is_sealed_and_opened_in_bounded_memory() -> None:
    small, large = child(4), child(64)
    assert large["resident"] < BOUND
    # Sixteen times the bid: a few chunks more at most.
    assert large["resident"] - small["resident"] < 24 << 20
