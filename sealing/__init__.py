"""Sealed envelopes, key shares, signed statements and receipts. Pure; the format is SPEC.md."""

from sealing.envelope import (
    ContentKey,
    Share,
    Ticket,
    check_identity,
    check_key,
    check_share,
    combine,
    open_body,
    open_identity,
    open_share,
    seal,
    unwrap_as_bidder,
)
from sealing.header import Header, envelope_size, read_header
from sealing.signer import Signer, SoftwareSigner

__all__ = [
    "ContentKey",
    "Header",
    "Share",
    "Signer",
    "SoftwareSigner",
    "Ticket",
    "check_identity",
    "check_key",
    "check_share",
    "combine",
    "envelope_size",
    "open_body",
    "open_identity",
    "open_share",
    "read_header",
    "seal",
    "unwrap_as_bidder",
]
