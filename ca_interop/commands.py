"""Importing a signed trust list: from then on its authorities count, from its date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ca_interop import policy, queries
from ca_interop.models import TrustListVersion
from ca_interop.rules.trust_list import read_signed
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused

OLDER = ReasonForm(
    "trust_list.not_newer",
    zh="已导入第 {known} 版信任列表，第 {version} 版不能再导入",
    en="trust list version {known} is already imported; version {version} cannot follow it",
    kind=Kind.CONFLICT,
)
TWICE = ReasonForm(
    "trust_list.version_once",
    zh="这一版信任列表刚刚已经导入",
    en="this version of the trust list has just been imported",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["trust_list_version_once"] = TWICE


@dataclass(frozen=True)
class ImportTrustList(Command):
    """Take over a signed list. ``publishers``: hex SHA-256 of publisher certificates that the operator
    vouches for, beside those already known."""

    signed: dict[str, Any]
    publishers: tuple[str, ...] = ()

    verb = "trust_list.import"
    law = "电子签名法第十六条"


@handler(ImportTrustList, may=policy.may_import)
def import_trust_list(cmd: ImportTrustList, ctx: Context, row: None) -> Done:
    # Only whoever runs the machine may vouch for a new publisher; staff import known publishers' lists.
    vouched = frozenset(cmd.publishers) if ctx.actor.is_system else frozenset()
    read = read_signed(cmd.signed, queries.known_publishers() | vouched)
    newest = TrustListVersion.objects.order_by("-version").first()
    if newest is not None and read.version <= newest.version:
        raise Refused(OLDER(known=newest.version, version=read.version))
    TrustListVersion.objects.create(
        version=read.version,
        publisher=read.publisher,
        signer=read.signer,
        sha256=read.digest,
        issued_at=read.issued_at,
        effective_from=read.effective_from,
        signed=cmd.signed,
        imported_at=ctx.now,
    )
    said = {
        "version": read.version,
        "publisher": read.publisher,
        "signer": read.signer,
        "sha256": read.digest,
        "effective_from": read.effective_from,
        "authorities": [a.id for a in read.authorities],
    }
    return Done(f"trust-list:{read.version}", said, {"version": read.version, "sha256": read.digest})
