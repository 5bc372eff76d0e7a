"""Publishing and importing signed trust lists: from then on their authorities count, from their date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ca_interop import policy, queries
from ca_interop.models import MatrixRun, TrustListVersion
from ca_interop.rules.trust_list import check_succession, read_signed
from ca_interop.rules.trust_list_changes import changes
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.clock import parse_iso
from kernel.errors import Kind, ReasonForm

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
    vouches for, beside those already known; ``source`` where it was read, for the journal."""

    signed: dict[str, Any]
    publishers: tuple[str, ...] = ()
    source: str = ""

    verb = "trust_list.import"
    law = "电子签名法第十六条"


@dataclass(frozen=True)
class PublishTrustList(Command):
    """A list that this platform's publisher has just signed: in force here, and for others to import."""

    signed: dict[str, Any]
    publishers: tuple[str, ...] = ()

    verb = "trust_list.publish"
    law = "电子签名法第十六条"


@handler(ImportTrustList, may=policy.may_import)
def import_trust_list(cmd: ImportTrustList, ctx: Context, row: None) -> Done:
    return _take_over(cmd.signed, cmd.publishers, "imported", {"source": cmd.source}, ctx)


@handler(PublishTrustList, may=policy.may_publish)
def publish_trust_list(cmd: PublishTrustList, ctx: Context, row: None) -> Done:
    return _take_over(cmd.signed, cmd.publishers, "published", {}, ctx)


def _take_over(
    signed: dict[str, Any], publishers: tuple[str, ...], origin: str, more: dict[str, str], ctx: Context
) -> Done:
    # Only whoever runs the machine may vouch for a new publisher; staff import known publishers' lists.
    vouched = frozenset(publishers) if ctx.actor.is_system else frozenset()
    read = read_signed(signed, queries.known_publishers() | vouched)
    newest = queries.newest_list()
    if newest is not None:
        check_succession(newest, read)
    TrustListVersion.objects.create(
        version=read.version,
        publisher=read.publisher,
        signer=read.signer,
        sha256=read.digest,
        issued_at=read.issued_at,
        effective_from=read.effective_from,
        signed=signed,
        imported_at=ctx.now,
        origin=origin,
    )
    said = {
        "version": read.version,
        "publisher": read.publisher,
        "signer": read.signer,
        "sha256": read.digest,
        "effective_from": read.effective_from,
        "authorities": [a.id for a in read.authorities],
        "changes": [change.as_json() for change in changes(newest, read)],
        **more,
    }
    return Done(f"trust-list:{read.version}", said, {"version": read.version, "sha256": read.digest})


@dataclass(frozen=True)
class RecordMatrix(Command):
    """What a run of the interoperability matrix found. ``asked_by`` is the key of whoever asked for it;
    ``started_at`` RFC 3339; ``cells`` as ``rules.matrix.Cell.as_json`` gives them."""

    asked_by: str
    started_at: str
    trust_list_version: int
    cells: tuple[dict[str, Any], ...]

    verb = "ca_matrix.record"


@handler(RecordMatrix, may=policy.may_record_matrix)
def record_matrix(cmd: RecordMatrix, ctx: Context, row: None) -> Done:
    failed = [cell for cell in cmd.cells if cell["code"]]
    run = MatrixRun.objects.create(
        started_at=parse_iso(cmd.started_at),
        finished_at=ctx.now,
        asked_by=cmd.asked_by,
        trust_list_version=cmd.trust_list_version,
        cells=list(cmd.cells),
        failed=len(failed),
    )
    said = {
        "asked_by": cmd.asked_by,
        "trust_list_version": cmd.trust_list_version,
        "cells": len(cmd.cells),
        "failed": [{k: c[k] for k in ("authority", "algorithm", "operation", "code")} for c in failed],
    }
    return Done(f"ca-matrix:{run.pk}", said, {"run": str(run.pk), "failed": len(failed)})


@dataclass(frozen=True)
class NoteUndecided(Command):
    """A certificate whose standing nobody could tell was accepted under the soft policy. ``act``: what for;
    ``at`` RFC 3339; ``why`` what was missing, in Chinese."""

    certificate: str
    authority: str
    act: str
    at: str
    why: str

    verb = "revocation.accept_undecided"
    law = "电子签名法第十三条"
    # Who signed something at what moment is told by the act it was for, when that is disclosed.
    sealed = True


@handler(NoteUndecided, may=policy.may_note_undecided)
def note_undecided(cmd: NoteUndecided, ctx: Context, row: None) -> Done:
    said = {
        "certificate": cmd.certificate,
        "authority": cmd.authority,
        "act": cmd.act,
        "at": cmd.at,
        "policy": "soft",
        "why": cmd.why,
    }
    return Done(f"certificate:{cmd.certificate}", said, {})
