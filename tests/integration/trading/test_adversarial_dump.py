"""One second before the deadline somebody takes everything: database, files, settings, keys. And tries."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import itertools
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import connection

from ca_interop.platform_key import platform_signer
from kernel.errors import Refused
from sealing import (
    ContentKey,
    check_key,
    combine,
    open_body,
    open_identity,
    open_share,
    read_header,
    shamir,
)
from sealing.header import Header
from sealing.recipients import unseal
from sealing.signer import fingerprint
from tests import worlds_bids, worlds_tenders
from tests.worlds_bids import Sent
from tests.worlds_tenders import World
from trading.models import Bid

pytestmark = pytest.mark.django_db(transaction=True)
_KEY_FILES = ("LOG_KEY_FILE", "PLATFORM_KEY_FILE")


def test_everything_that_is_there_a_second_before_the_deadline_opens_nothing() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        rows, files = set(_rows()), _files()
        sent = worlds_bids.submit_all(world, tender)
        assert tender.submission_deadline is not None
        world.advance_to(tender.submission_deadline - timedelta(seconds=1))
        platform_signer()
        taken = set(_rows()) - rows
        media = b"".join(path.read_bytes() for path in sorted(_files() - files))
        assert len(media) >= sum(len(s.sealed.data) for s in sent)
        # The search finds what is there: registration names them all.
        assert len(_told(set(_rows()), b"", world, sent)) >= 3 * len(world.bidders)
        assert _told(taken, media, world, sent) == []
        headers = [_header(s) for s in sent]
        candidates = set(_candidates("\n".join(_rows()), media))
        assert len(candidates) > 50
        assert [h.pseudonym.hex() for h in headers for key in candidates if _opens(h, key)] == []
        assert [h.pseudonym.hex() for h in headers for key in _private_keys() if _unwraps(h, key)] == []


def _rows() -> Iterator[str]:
    """Every row of every table, with its table's name; bytes as hex."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                cells = [bytes(c).hex() if isinstance(c, bytes | memoryview) else str(c) for c in row]
                yield f"{table} {cells}"


def _files() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def _told(rows: set[str], media: bytes, world: World, sent: list[Sent]) -> list[str]:
    """What the rows and files that the bids left say about bidders and prices, in any spelling."""
    words = [s.sealed.price for s in sent] + [s.sealed.price.removesuffix(".00") for s in sent]
    for member in world.bidders:
        words += [member.organization.name, member.credit_code, str(member.organization.pk)]
        words += [member.organization.pk.hex, str(member.actor.person), fingerprint(member.signer.chain[0])]
        words.append(str(member.signer.chain[0].serial_number))
    dump = "\n".join(rows)
    dump += dump.encode().decode("unicode_escape", errors="ignore")
    spelt = {w: (w, w.encode().hex(), base64.b64encode(w.encode()).decode().rstrip("=")[:-1]) for w in words}
    told = [word for word, forms in spelt.items() if any(form in dump for form in forms)]
    return told + [word for word in words if word.encode() in media]


def _header(sent: Sent) -> Header:
    with Bid.objects.get(pk=sent.bid).envelope.open() as source:
        return read_header(source)


def _candidates(dump: str, media: bytes) -> Iterator[bytes]:
    """Whatever could be a 32-byte key: in hex, in base64, in the settings and key files, and their digests."""
    texts = [dump, media.decode("latin-1")]
    for name in dir(settings):
        texts.append(str(getattr(settings, name, "")))
    raw: set[bytes] = set()
    for text in texts:
        raw |= {bytes.fromhex(found) for found in re.findall(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", text)}
        raw |= set(_base64(text))
    for name in _KEY_FILES:
        path = Path(getattr(settings, name))
        if path.exists():
            raw |= {path.read_bytes()[:32], hashlib.sha256(path.read_bytes()).digest()}
    raw.add(hashlib.sha256(settings.SECRET_KEY.encode()).digest())
    for key in raw:
        yield key
        yield hashlib.sha256(key).digest()


def _base64(text: str) -> Iterator[bytes]:
    for found in re.findall(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=", text):
        try:
            yield base64.b64decode(found)
        except binascii.Error:
            continue


def _opens(header: Header, key: bytes) -> bool:
    try:
        check_key(header, ContentKey(key))
    except Refused:
        return False
    return True


def _private_keys() -> list[Any]:
    """The private keys of the platform's own files, of whatever kind."""
    found = []
    for name in _KEY_FILES:
        path = Path(getattr(settings, name))
        if path.exists() and b"-----BEGIN" in path.read_bytes():
            found.append(load_pem_private_key(path.read_bytes(), None))
    assert found
    return found


def _unwraps(header: Header, key: Any) -> bool:
    sealed = [(w.alg, w.sealed) for w in header.wraps] + [(s.alg, s.sealed) for s in header.shares]
    for alg, data in sealed:
        try:
            unseal(key, alg, data, header.wrap_context)
        except Refused:
            continue
        return True
    return False


def test_one_custodian_alone_fails_and_any_two_succeed() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[0]))
        with Bid.objects.get(pk=sent.bid).envelope.open() as source:
            envelope = source.read()
        stream = io.BytesIO(envelope)
        header = read_header(stream)
        holders = (world.center, world.authority, world.owner)
        shares = [open_share(header, member.signer) for member in holders]
        for share in shares:
            with pytest.raises(Refused, match=r"share\.too_few"):
                combine(header, [share])
            # A share alone, as a key or stretched by a guess at the other one, is no key.
            guesses = [share.value] + [
                shamir.combine({share.index: share.value, other: bytes([guess]) * 32})
                for other in {1, 2, 3} - {share.index}
                for guess in range(256)
            ]
            assert [guess for guess in guesses if _opens(header, guess)] == []
        keys = {combine(header, pair).value for pair in itertools.combinations(shares, 2)}
        assert len(keys) == 1
        key, out = ContentKey(keys.pop()), io.BytesIO()
        open_body(stream, header, key, out)
        assert sent.sealed.price.encode() in out.getvalue()
        assert open_identity(header, key).leaf == world.bidders[0].signer.chain[0]
