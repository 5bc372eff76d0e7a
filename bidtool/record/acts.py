"""The log's side of a record: checkpoint and acts (checks 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidtool.record.directory import Folder
from bidtool.record.reasons import ACT_SILENT, DIFFERS, FILE_BAD, NO_ACT, OUT_OF_ORDER, PIN_DIFFERS
from bidtool.record.rows import Row, strings_in
from bidtool.record.steps import Steps
from kernel import merkle, tlog
from kernel.acts import SALT_SIZE, leaf_of
from kernel.canonical_json import canonical, parse
from kernel.errors import Refused
from sealing.fields import b64_bytes

ACTS, CHECKPOINT = "acts.jsonl", "checkpoint"
MAX_LINE = 256 * 1024


@dataclass(frozen=True)
class Act:
    """One act: its place in the log, who did what when, and the whole document."""

    index: int
    id: str
    verb: str
    at: datetime
    document: dict[str, Any]

    @property
    def payload(self) -> Any:
        return self.document.get("payload")

    def says(self, text: str) -> bool:
        """The payload holds this text somewhere."""
        return text in strings_in(self.payload)


class Acts:
    """Acts by id. Only their places in the file are kept in memory; a document is read when asked for."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._places: dict[str, tuple[int, int]] | None = None

    def lines(self) -> Iterator[tuple[int, Row]]:
        """``(offset, line)`` of every line, which must be canonical JSON."""
        with self._folder.open(ACTS) as stream:
            offset = 0
            while data := stream.readline(MAX_LINE + 1):
                if not data.endswith(b"\n"):
                    raise _bad(offset, "行过长或文件残缺 / a line is too long or cut off")
                yield offset, _line(data, offset)
                offset += len(data)

    def named(self, act_id: str, where: str) -> Act:
        """The act that ``where`` names; ``Refused(record.no_act)``."""
        if self._places is None:
            self._places = {}
            for offset, row in self.lines():
                self._places[row.row("act").text("id")] = (offset, len(row.value))
        if act_id not in self._places:
            raise Refused(NO_ACT(act=act_id, where=where))
        with self._folder.open(ACTS) as stream:
            stream.seek(self._places[act_id][0])
            return act_of(_line(stream.readline(MAX_LINE + 1), self._places[act_id][0]))

    def saying(self, act_id: str, where: str, text: str, what: str) -> Act:
        """The act, which must hold ``text`` in its payload."""
        act = self.named(act_id, where)
        if not act.says(text):
            raise Refused(ACT_SILENT(act=act.id, verb=act.verb, what=what))
        return act


def act_of(row: Row) -> Act:
    act = row.row("act")
    return Act(row.integer("index"), act.text("id"), act.text("verb"), act.time("at"), dict(act.value))


def _line(data: bytes, offset: int) -> Row:
    try:
        value = parse(data[:-1])
        same = canonical(value) == data[:-1]
    except Refused as refusal:
        raise Refused(_bad(offset, "JSON").reasons[0], *refusal.reasons) from refusal
    if not same or not isinstance(value, dict):
        raise _bad(offset, "不是规范 JSON / not canonical JSON")
    return Row(value, f"{ACTS}@{offset}")


def _bad(offset: int, why: str) -> Refused:
    return Refused(FILE_BAD(path=f"{ACTS}@{offset}", why=why))


def check_checkpoint(folder: Folder, payload: Row, pinned_vkey: str, steps: Steps) -> tlog.Checkpoint:
    """Check 2: the checkpoint is signed by the log's key, the pinned one where there is one."""
    with steps.at(CHECKPOINT):
        vkey = payload.text("log_vkey")
        if pinned_vkey and pinned_vkey != vkey:
            raise Refused(PIN_DIFFERS(what="日志公钥 log_vkey", found=vkey, wanted=pinned_vkey))
        note = tlog.text_of(folder.read(CHECKPOINT, tlog.MAX_NOTE))
        checkpoint, opened = tlog.open_checkpoint(note, [vkey])
        for what, found, wanted in (
            ("日志名称 origin", checkpoint.origin, payload.text("log_origin")),
            ("日志大小 size", checkpoint.size, payload.integer("checkpoint_size")),
        ):
            if found != wanted:
                raise Refused(DIFFERS(what=what, where=CHECKPOINT, found=found, wanted=wanted))
    root = tlog.encode64(checkpoint.root)
    steps.add(
        "record.checkpoint",
        f"{checkpoint.origin}，{checkpoint.size} 条，根 {root}，签名人 {'、'.join(opened.names)}"
        + ("" if pinned_vkey else "；未固定日志公钥（--pin-vkey）"),
        f"{checkpoint.origin}, {checkpoint.size} entries, root {root}, signed by {', '.join(opened.names)}"
        + ("" if pinned_vkey else "; the log key is not pinned (--pin-vkey)"),
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=root,
    )
    return checkpoint


def check_acts(acts: Acts, checkpoint: tlog.Checkpoint, steps: Steps) -> None:
    """Check 3: every act's leaf is in the tree of the checkpoint; ids are unique, indexes ascend."""
    seen: set[str] = set()
    last, sealed = -1, 0
    with steps.at(ACTS):
        for _, row in acts.lines():
            act = act_of(row)
            steps.where = f"{ACTS}: {act.id}"
            if act.id in seen or act.index <= last:
                raise Refused(
                    OUT_OF_ORDER(earlier=f"#{last}", earlier_at=last, later=act.id, later_at=act.index)
                )
            seen.add(act.id)
            last = act.index
            sealed += row.text("salt", empty=True) != ""
            merkle.verify_inclusion(
                act.index, checkpoint.size, merkle.leaf_hash(_leaf(row)), checkpoint.root, _proof(row)
            )
    steps.add(
        "record.acts",
        f"{len(seen)} 条行为记录均在日志中（其中 {sealed} 条原为密封承诺，现已公开）",
        f"{len(seen)} acts are in the log ({sealed} of them were sealed and are disclosed now)",
        acts=len(seen),
        sealed=sealed,
    )


def _leaf(row: Row) -> bytes:
    salt = row.text("salt", empty=True)
    raw = b64_bytes(row.value, "salt", low=SALT_SIZE, limit=SALT_SIZE) if salt else None
    try:
        return leaf_of(row.row("act").value, raw)
    except ValueError as error:
        raise row.bad("act", str(error)) from error


def _proof(row: Row) -> list[bytes]:
    hashes = row.texts("proof")
    if len(hashes) > tlog.MAX_PROOF_LINES:
        raise row.bad("proof", "过长 / too long")
    return [tlog.decode_hash(text, tlog.BAD_PROOF) for text in hashes]
