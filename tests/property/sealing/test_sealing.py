import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Refused
from sealing import combine, open_body, open_share, read_header, shamir, unwrap_as_bidder
from sealing.padding import MIN_SIZE, padded_size
from tests.unit.sealing.cast import custodians, sealed


@settings(max_examples=25, deadline=None)
@given(
    st.binary(max_size=3000) | st.integers(60_000, 150_000).map(lambda n: bytes(i % 251 for i in range(n))),
    st.integers(1024, 200_000),
)
def test_open_of_seal_is_the_same(data: bytes, chunk_size: int) -> None:
    envelope, ticket = sealed(data, chunk_size=chunk_size)
    source, out = io.BytesIO(envelope), io.BytesIO()
    header = read_header(source)
    open_body(source, header, unwrap_as_bidder(header, ticket), out)
    assert out.getvalue() == data


ENVELOPE, TICKET = sealed(b"bid" * 1000, chunk_size=9000)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(ENVELOPE) - 1), st.integers(0, 7))
def test_any_flipped_bit_fails(place: int, bit: int) -> None:
    damaged = bytearray(ENVELOPE)
    damaged[place] ^= 1 << bit
    source = io.BytesIO(damaged)
    with pytest.raises(Refused):
        header = read_header(source)
        open_body(source, header, unwrap_as_bidder(header, TICKET), io.BytesIO())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(ENVELOPE) - 1))
def test_any_truncation_fails(length: int) -> None:
    source = io.BytesIO(ENVELOPE[:length])
    with pytest.raises(Refused):
        header = read_header(source)
        open_body(source, header, unwrap_as_bidder(header, TICKET), io.BytesIO())


def test_exactly_the_quorums_open() -> None:
    envelope, ticket = sealed(b"x", k=3, n=5)
    header = read_header(io.BytesIO(envelope))
    key = unwrap_as_bidder(header, ticket)
    shares = [open_share(header, c) for c in custodians(5)]
    for count in range(1, 6):
        for subset in itertools.permutations(shares, count):
            if count >= 3:
                assert combine(header, subset) == key
            else:
                with pytest.raises(Refused, match="share.too_few"):
                    combine(header, subset)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.binary(min_size=1, max_size=40), st.integers(2, 6), st.integers(0, 4))
def test_shamir_any_k_and_no_fewer(data: st.DataObject, secret: bytes, k: int, more: int) -> None:
    stream = data.draw(st.binary(min_size=len(secret) * (k - 1), max_size=len(secret) * (k - 1)))
    feed = io.BytesIO(stream)
    shares = shamir.split(secret, k, k + more, feed.read)
    chosen = data.draw(st.permutations(sorted(shares)))[:k]
    assert shamir.combine({i: shares[i] for i in chosen}) == secret
    # k-1 shares fit every secret: some last coefficient explains any other value at zero
    fewer = {i: shares[i] for i in chosen[: k - 1]}
    other = bytes(b ^ 1 for b in secret)
    assert shamir.combine(fewer | {chosen[-1]: shares[chosen[-1]]}) != other


@given(st.integers(1, 255))
def test_field_inverse(a: int) -> None:
    assert shamir.multiply(a, shamir.inverse(a)) == 1


@given(st.integers(0, 1 << 40))
def test_padding_is_a_step(size: int) -> None:
    padded = padded_size(size)
    assert padded_size(padded) == padded >= max(size, MIN_SIZE)
    assert padded <= max(size * 1.12, MIN_SIZE)
