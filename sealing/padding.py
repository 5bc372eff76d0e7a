"""Sizes tell: plaintexts are padded to Padmé steps (Nikitin et al., PETS 2019), at least 64 KiB.

A length of 2^E… keeps only its top ``⌊log2 E⌋ + 1`` bits after the leading one: at most 12 % growth
(2 KiB steps at 64 KiB, 1 MiB steps at 50 MB), and an observer learns O(log log size) bits.
"""

from __future__ import annotations

MIN_SIZE = 64 * 1024
LENGTH_SIZE = 8


def padded_size(size: int) -> int:
    """The padded length in bytes of ``size`` bytes (the length field included); idempotent."""
    size = max(size, MIN_SIZE)
    exponent = size.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size + mask) & ~mask
