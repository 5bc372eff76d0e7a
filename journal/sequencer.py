"""The sequencer: gives unnumbered acts their place in the transparency log, in batches."""

from __future__ import annotations

import functools
import operator
import uuid
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from journal import clock, key_files
from journal.models import Act, Checkpoint, LogNode
from kernel import merkle, tlog
from kernel.errors import Kind, ReasonForm, Refused

BATCH = 2000
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
        acts = list(Act.objects.filter(index__isnull=True).order_by("at", "id")[:BATCH])
        if not acts:
            return 0
        last = Checkpoint.objects.order_by("-size").first()
        size = last.size if last else 0
        frontier = merkle.Frontier.load(size, _edge(size))
        frontier, nodes = frontier.append([merkle.leaf_hash(bytes(act.leaf)) for act in acts])
        for number, act in enumerate(acts):
            act.index = size + number
        Act.objects.bulk_update(acts, ["index"])
        LogNode.objects.bulk_create(LogNode(level=level, index=index, hash=h) for level, index, h in nodes)
        root = frontier.root
        note = tlog.sign_checkpoint(settings.LOG_ORIGIN, size + len(acts), root, signing_key())
        Checkpoint.objects.create(size=size + len(acts), root=root, note=note, at=clock.database_now())
        return len(acts)


def _one_at_a_time() -> None:
    # SQLite's transactions begin IMMEDIATE (settings), which is the same lock.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _edge(size: int) -> merkle.ReadNode:
    return _reader(merkle.right_edge_nodes(size))


def _reader(wanted: list[tuple[int, int]]) -> merkle.ReadNode:
    """A reader of stored nodes that has fetched those that will be asked for."""
    known: dict[tuple[int, int], bytes] = {}
    if wanted:
        either = functools.reduce(operator.or_, (Q(level=level, index=index) for level, index in wanted))
        rows = LogNode.objects.filter(either).values_list("level", "index", "hash")
        known = {(level, index): bytes(found) for level, index, found in rows}

    def read(level: int, index: int) -> bytes:
        if (level, index) not in known:
            known[level, index] = bytes(LogNode.objects.get(level=level, index=index).hash)
        return known[level, index]

    return read


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
    hashes = merkle.inclusion(act.index, head.size, read)
    return act.index, tlog.format_proof(act.index, hashes, head.note)
