"""A bundle followed as it is written: what was seen is what reading it again would find, or does not count."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest

from kernel.errors import Refused
from sealing import bundle
from sealing.following import Follower

FILES = {
    "a.json": b"{}",
    "technical/empty.txt": b"",
    "technical/图.bin": bytes(range(256)) * 3000,
    "z.pdf": b"%PDF",
}


def _built() -> bytes:
    out = io.BytesIO()
    sources = [
        bundle.Source(path, lambda data=data: io.BytesIO(data), "text/plain", "other")  # type: ignore[misc]
        for path, data in FILES.items()
    ]
    bundle.build(sources, out)
    return out.getvalue()


def _followed(data: bytes, draw: random.Random) -> Follower:
    follower, at = Follower(), 0
    while at < len(data):
        size = draw.choice((1, 7, 30, 31, 4096, 200_000))
        follower.write(data[at : at + size])
        at += size
    return follower


class _Counted(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize("seed", range(8))
def test_a_followed_bundle_is_not_read_again(seed: int) -> None:
    data = _built()
    seen = _followed(data, random.Random(seed)).seen
    source = _Counted(data)
    content = bundle.read(source)
    source.taken = 0
    content.verify(seen)
    assert (source.taken, len(seen)) == (0, len(FILES) + 1)
    content.verify()
    assert source.taken > 700_000


@pytest.mark.parametrize("at", range(0, 768_000, 100_003))
def test_a_changed_byte_is_found_however_it_is_looked_for(at: int) -> None:
    data = bytearray(_built())
    data[data.index(FILES["technical/图.bin"]) + at] ^= 1
    seen = _followed(bytes(data), random.Random(at)).seen
    for how in (seen, None):
        with pytest.raises(Refused) as refused:
            bundle.read(io.BytesIO(data)).verify(how)
        assert refused.value.code == "bundle.mismatch"


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {},
        lambda s: {k + 1: v for k, v in s.items()},
        lambda s: dict.fromkeys(s, next(iter(s.values()))),
    ],
)
def test_what_was_seen_wrongly_is_read_again(change: Any) -> None:
    data = _built()
    source = _Counted(data)
    content = bundle.read(source)
    source.taken = 0
    content.verify(change(_followed(data, random.Random(1)).seen))
    assert source.taken > 700_000


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", b"%PDF-1.7" * 100, b"PK\x03\x04" + b"\xff" * 60])
def test_what_is_no_bundle_shows_nothing(data: bytes) -> None:
    assert _followed(data, random.Random(0)).seen == {}
