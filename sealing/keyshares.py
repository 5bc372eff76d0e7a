"""Content keys and key shares: splitting, opening one's share, combining (SPEC.md §6)."""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from kernel.errors import Refused
from sealing import shamir
from sealing.header import MAX_CUSTODIANS, Header, SealedShare, Wrap
from sealing.keys import public_key_of
from sealing.recipients import (
    KEY_TAG,
    SHARE_TAG,
    alg_for,
    key_in_suite,
    read_wrap,
    recipient_key,
    suite_for,
    wrap,
)
from sealing.refusals import (
    CONTENT_KEY_WRONG,
    CUSTODIANS_BAD,
    NOT_A_CUSTODIAN,
    SHARE_DUPLICATE,
    SHARE_UNKNOWN,
    SHARE_WRONG,
    SHARES_TOO_FEW,
    SPLIT_DISHONEST,
    SUITE_MISMATCH,
)
from sealing.shamir import Random
from sealing.signer import Signer, fingerprint
from sealing.suites import KEY_SIZE, Suite

SHARE_DOMAIN = b"mingtang envelope v1 share\n"
#: With more than k shares and a dishonest split, how many subsets are tried before giving up.
_SUBSETS = 1000


@dataclass(frozen=True)
class ContentKey:
    """The 32-byte key of one envelope. Never printed."""

    value: bytes = field(repr=False)


@dataclass(frozen=True)
class Share:
    """One opened key share: index 1…n and 32 bytes."""

    index: int
    value: bytes = field(repr=False)


def split_to(
    custodians: Sequence[x509.Certificate], k: int, key: bytes, context: bytes, suite: Suite, random: Random
) -> tuple[SealedShare, ...]:
    """Split the key and seal share ``i`` to the ``i``-th custodian's certificate."""
    check_custodians(custodians, k)
    values = shamir.split(key, k, len(custodians), random)
    shares = []
    for index, certificate in enumerate(custodians, start=1):
        public = key_in_suite(suite, public_key_of(certificate))
        alg, sealed = wrap(public, SHARE_TAG, index, values[index], context, random)
        check = share_check(suite, index, values[index], context)
        shares.append(SealedShare(fingerprint(certificate), index, alg, sealed, check))
    return tuple(shares)


def check_custodians(custodians: Sequence[x509.Certificate], k: int) -> Suite:
    """At least two, k of them needed, no certificate and no key twice (two seats for one holder), all of one
    suite, which is the answer."""
    n = len(custodians)
    if not 2 <= k <= n <= MAX_CUSTODIANS:
        raise Refused(CUSTODIANS_BAD(why=f"2 ≤ k ≤ n ≤ {MAX_CUSTODIANS}: k={k}, n={n}"))
    keys = [recipient_key(public_key_of(c)) for c in custodians]
    if any(a == b for a, b in itertools.combinations(keys, 2)):
        raise Refused(CUSTODIANS_BAD(why="两个托管人使用同一密钥 / two custodians share one key"))
    return suite_for(keys)


def share_check(suite: Suite, index: int, value: bytes, context: bytes) -> bytes:
    """Public digest of a share. Shares are uniformly random, so it helps nobody to guess one."""
    return suite.digest(SHARE_DOMAIN, bytes([index]), value, context)


def check_key(header: Header, key: ContentKey) -> None:
    """``Refused(envelope.content_key_wrong)`` unless it is the key the header commits to."""
    if len(key.value) != KEY_SIZE or not header.suite.commits(header.key_commitment, key.value):
        raise Refused(CONTENT_KEY_WRONG())


def check_share(header: Header, share: Share) -> None:
    """``Refused(share.unknown | share.wrong)`` unless it is the share the header speaks of."""
    sealed = header.share(share.index)
    if sealed is None:
        raise Refused(SHARE_UNKNOWN(index=share.index))
    found = share_check(header.suite, share.index, share.value, header.wrap_context)
    if len(share.value) != KEY_SIZE or not hmac.compare_digest(found, sealed.check):
        raise Refused(SHARE_WRONG(index=share.index))


def open_share(header: Header, custodian: Signer) -> Share:
    """The custodian's own share, opened where its key is. Refused when it is none, or made wrongly."""
    mine = fingerprint(custodian.encryption_certificate)
    sealed = next((s for s in header.shares if s.custodian == mine), None)
    if sealed is None:
        raise Refused(NOT_A_CUSTODIAN())
    plain = custodian.unwrap(sealed.alg, sealed.sealed, header.wrap_context)
    index, value = read_wrap(plain, SHARE_TAG, header.wrap_context)
    share = Share(index, value)
    if index != sealed.index:
        raise Refused(SHARE_WRONG(index=sealed.index))
    check_share(header, share)
    return share


def combine(header: Header, shares: Iterable[Share]) -> ContentKey:
    """The content key from at least k different, right shares.

    ``share.duplicate``, ``.unknown``, ``.wrong``, ``.too_few``; ``share.split_dishonest`` when right
    shares give a key that the header does not commit to: the bidder's client split another key.
    """
    by_index: dict[int, bytes] = {}
    for share in shares:
        if share.index in by_index:
            raise Refused(SHARE_DUPLICATE(index=share.index))
        check_share(header, share)
        by_index[share.index] = share.value
    if len(by_index) < header.threshold:
        raise Refused(SHARES_TOO_FEW(needed=header.threshold, found=len(by_index)))
    subsets = itertools.combinations(sorted(by_index), header.threshold)
    for subset in itertools.islice(subsets, _SUBSETS):
        key = shamir.combine({index: by_index[index] for index in subset})
        if header.suite.commits(header.key_commitment, key):
            return ContentKey(key)
    raise Refused(SPLIT_DISHONEST())


def wrap_key(suite: Suite, kind: str, public: object, key: bytes, context: bytes, random: Random) -> Wrap:
    """The bidder's own wrap of the content key. A certificate of the other suite is refused with the way out."""
    recipient = recipient_key(public)
    if alg_for(recipient) not in suite.recipient_algs:
        raise Refused(
            SUITE_MISMATCH(
                what=f"本招标用 {suite.name}，您的加密证书不是，请改用本机生成的密钥（--own-key client） / "
                f"this tender's is {suite.name}, your certificate's is not: choose --own-key client"
            )
        )
    alg, sealed = wrap(recipient, KEY_TAG, 0, key, context, random)
    return Wrap(kind, alg, sealed)
