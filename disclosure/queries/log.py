"""The transparency log as C2SP tlog-tiles readers ask for it, and acts as people look at them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from journal import sequencer
from journal.models import Act, Checkpoint, LogNode
from kernel import tiles
from kernel.errors import Kind, ReasonForm, Refused

NO_SUCH_TILE = ReasonForm(
    "log.no_such_tile",
    zh="日志中还没有这个分片：{path}",
    en="the log has no such tile yet: {path}",
    kind=Kind.NOT_FOUND,
    law="C2SP tlog-tiles",
)
NO_SUCH_ACT = ReasonForm(
    "log.no_such_act",
    zh="存证日志中没有编号为「{act}」的行为记录",
    en="the log has no act {act}",
    kind=Kind.NOT_FOUND,
)
EMPTY_LOG = ReasonForm(
    "log.empty",
    zh="存证日志还没有检查点",
    en="the log has no checkpoint yet",
    kind=Kind.NOT_FOUND,
    law="C2SP tlog-checkpoint",
)


@dataclass(frozen=True)
class Tile:
    """The bytes of one tile, and whether it is full (then it never changes and is never removed)."""

    body: bytes
    full: bool


@dataclass(frozen=True)
class LoggedAct:
    """An act as the log shows it. ``document`` is empty for a sealed one: there only ``leaf`` speaks."""

    id: uuid.UUID
    index: int | None
    leaf: bytes
    document: dict[str, Any]
    sealed: bool


def head() -> Checkpoint:
    """The newest signed checkpoint; ``Refused(log.empty)``."""
    found = sequencer.checkpoint()
    if found is None:
        raise Refused(EMPTY_LOG())
    return found


def tile(path: str) -> Tile:
    """The tile at ``tile/<L>/<N>[.p/<W>]`` or ``tile/entries/…``, within the newest checkpoint."""
    level, index, width = tiles.parse_tile_path(path)
    size = head().size
    there = size >> (tiles.HEIGHT * max(level, 0))
    start = index * tiles.FULL
    if start + width > there:
        raise Refused(NO_SUCH_TILE(path=path))
    span = range(start, start + width)
    body = _entries(span) if level == tiles.ENTRIES else _hashes(level, span)
    return Tile(body, width == tiles.FULL)


def _entries(span: range) -> bytes:
    rows = Act.objects.filter(index__gte=span.start, index__lt=span.stop).order_by("index")
    return tiles.format_entries([bytes(leaf) for leaf in rows.values_list("leaf", flat=True)])


def _hashes(level: int, span: range) -> bytes:
    rows = LogNode.objects.filter(
        level=level * tiles.HEIGHT, index__gte=span.start, index__lt=span.stop
    ).order_by("index")
    return b"".join(bytes(value) for value in rows.values_list("hash", flat=True))


def act(act_id: str) -> LoggedAct:
    """One act by its id; ``Refused(log.no_such_act)``."""
    row = Act.objects.filter(pk=_uuid(act_id)).first()
    if row is None:
        raise Refused(NO_SUCH_ACT(act=act_id[:40]))
    return _shown(row)


def latest_open(limit: int, *, before: int | None = None) -> list[LoggedAct]:
    """The newest open acts, newest first. Sealed acts are left out: not even their verbs are told."""
    rows = Act.objects.filter(index__isnull=False, salt__isnull=True)
    if before is not None:
        rows = rows.filter(index__lt=before)
    return [_shown(row) for row in rows.order_by("-index")[:limit]]


def proof(act_id: str) -> str:
    """The tlog-proof@v1 text of an act; ``Refused`` when there is no such act or it has no place yet."""
    key = _uuid(act_id)
    if not Act.objects.filter(pk=key).exists():
        raise Refused(NO_SUCH_ACT(act=act_id[:40]))
    return sequencer.proof_text(key)[1]


def _shown(row: Act) -> LoggedAct:
    document = {} if row.sealed else row.document
    return LoggedAct(row.pk, row.index, bytes(row.leaf), document, row.sealed)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Refused(NO_SUCH_ACT(act=text[:40])) from error
