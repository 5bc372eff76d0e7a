"""The sequencer: gives unnumbered acts their place in the transparency log, in batches."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from journal import clock, key_files
from journal.models import Act, Checkpoint, LogNode
from kernel import merkle, tlog
from kernel.errors import Kind, ReasonForm, Refused

BATCH = 2000
#: Nodes asked for in one query: databases bound the number of its parameters.
_AT_ONCE = 400
_ADVISORY_LOCK = 0x6D696E67

NOT_THERE = ReasonForm(
    "journal.not_logged",
    zh="该行为记录尚未入档，请稍后再试",
    en="the act has no place in the log yet; try again shortly",
    kind=Kind.BUSY,
)


@functools.cache
def signing_key() -> tlog.SigningKey:
    """The log's key, from the file of ``LOG_KEY_FILE`` (mode 0600), made there on first use."""
    made = key_files.once(Path(settings.LOG_KEY_FILE), _fresh_key)
    return tlog.parse_signing_key(made.decode("ascii"))


def _fresh_key() -> bytes:
    key = tlog.SigningKey(settings.LOG_ORIGIN, Ed25519PrivateKey.generate())
    return f"{key.secret_text()}\n".encode("ascii")


def vkey() -> str:
    """The verifier key that readers of the log know it by."""
    return str(signing_key().verifier)


def sequence() -> int:
    """Number every waiting act and sign a checkpoint; how many were numbered."""
    total = 0
    while True:
        count = _batch()
        total += count
        if count < BATCH:
            return total


def _batch() -> int:
    if not Act.objects.filter(index__isnull=True).exists():
        return 0
    with transaction.atomic():
        _one_at_a_time()
        waiting = Act.objects.filter(index__isnull=True).order_by("at", "id")
        acts = list(waiting.values_list("id", "leaf")[:BATCH])
        if not acts:
            return 0
        last = Checkpoint.objects.order_by("-size").first()
        size = last.size if last else 0
        frontier = merkle.Frontier.load(size, _edge(size))
        frontier, nodes = frontier.append([merkle.leaf_hash(bytes(leaf)) for _, leaf in acts])
        _number(size, [act for act, _ in acts])
        LogNode.objects.bulk_create(LogNode(level=level, index=index, hash=h) for level, index, h in nodes)
        root = frontier.root
        note = tlog.sign_checkpoint(settings.LOG_ORIGIN, size + len(acts), root, signing_key())
        Checkpoint.objects.create(size=size + len(acts), root=root, note=note, at=clock.database_now())
        return len(acts)


def _number(first: int, acts: list[uuid.UUID]) -> None:
    """Their places in the log, in one go: ``bulk_update`` would build an expression with a case for each."""
    key, table = Act._meta.get_field("id"), connection.ops.quote_name(Act._meta.db_table)
    rows = [
        (number, key.get_db_prep_value(act, connection, prepared=False))
        for number, act in enumerate(acts, first)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE {table} SET "index" = %s WHERE id = %s', rows)


def _one_at_a_time() -> None:
    # SQLite's transactions begin IMMEDIATE (settings), which is the same lock.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _edge(size: int) -> merkle.ReadNode:
    return _reader(merkle.right_edge_nodes(size))


def _reader(wanted: list[tuple[int, int]]) -> merkle.ReadNode:
    """A reader of stored nodes that has fetched those that will be asked for."""
    known = _fetched(list(dict.fromkeys(wanted)))

    def read(level: int, index: int) -> bytes:
        if (level, index) not in known:
            known[level, index] = bytes(LogNode.objects.get(level=level, index=index).hash)
        return known[level, index]

    return read


def _fetched(wanted: list[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    table = connection.ops.quote_name(LogNode._meta.db_table)
    known: dict[tuple[int, int], bytes] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            places = ", ".join(["(%s, %s)"] * len(some))
            query = f'SELECT level, "index", hash FROM {table} WHERE (level, "index") IN (VALUES {places})'
            cursor.execute(query, [number for pair in some for number in pair])
            known |= {(level, index): bytes(found) for level, index, found in cursor.fetchall()}
    return known


def stored_nodes() -> merkle.ReadNode:
    """A reader of the log's nodes: for proofs and tiles."""
    return _reader([])


def checkpoint() -> Checkpoint | None:
    """The newest signed tree head, or ``None`` for an empty log."""
    return Checkpoint.objects.order_by("-size").first()


def proof_text(act_id: uuid.UUID | str, *, head: Checkpoint | None = None) -> tuple[int, str]:
    """``(index, tlog-proof@v1 text)`` of an act against ``head`` (default: the newest checkpoint).

    An act that has no number yet is sequenced here, together with all that wait.
    """
    act = Act.objects.get(pk=act_id)
    if act.index is None:
        sequence()
        act.refresh_from_db(fields=["index"])
    head = head or checkpoint()
    if act.index is None or head is None or act.index >= head.size:
        raise Refused(NOT_THERE())
    read = _reader(merkle.inclusion_nodes(act.index, head.size))
    return act.index, _proof(act.index, head, read)


def first_proofs(acts: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    """Of each act its ``(index, proof)`` against the first checkpoint that covers it: always the same text.

    Acts that have no number yet are sequenced here, all that wait at once: many who ask together pay for one.
    """
    places = _places(acts)
    if len(places) < len(acts):
        sequence()
        places = _places(acts)
    if len(places) < len(acts):
        raise Refused(NOT_THERE())
    heads = _first_heads(sorted(places.values()))
    read = _reader([n for index, head in heads.items() for n in merkle.inclusion_nodes(index, head.size)])
    return {act: (index, _proof(index, heads[index], read)) for act, index in places.items()}


def _proof(index: int, head: Checkpoint, read: merkle.ReadNode) -> str:
    return tlog.format_proof(index, merkle.inclusion(index, head.size, read), head.note)


def _first_heads(places: list[int]) -> dict[int, Checkpoint]:
    """Of each place, in rising order, the first checkpoint over it; neighbours mostly share one."""
    heads: dict[int, Checkpoint] = {}
    head: Checkpoint | None = None
    for index in places:
        if head is None or index >= head.size:
            head = Checkpoint.objects.filter(size__gt=index).order_by("size").first()
            if head is None:
                raise Refused(NOT_THERE())
        heads[index] = head
    return heads


def _places(acts: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = Act.objects.filter(pk__in=acts).values_list("pk", "index")
    return {act: index for act, index in rows if index is not None}
