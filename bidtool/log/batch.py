"""``bidtool log batch``: one JSON object a line in, one a line out, with the same ``id`` and ``ok``.

Nothing that stands on a line ends the process: what is malformed or does not verify is ``ok: false``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from kernel import merkle, tiles, tlog
from kernel.canonical_json import canonical, parse
from kernel.errors import Kind, ReasonForm, Refused

#: A longer line is answered with ok:false and skipped without being held in memory.
MAX_LINE = 256 * 1024 * 1024
#: Integers beyond this are not exact as IEEE 754 doubles, which is what RFC 8785 says a number is.
_SAFE = 2**53 - 1

BAD_REQUEST = ReasonForm(
    "log.bad_request", zh="请求不合格：{why}", en="malformed request: {why}", kind=Kind.MALFORMED
)
Request = Mapping[str, Any]
Answer = dict[str, Any]


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer every line of ``source`` on ``target``, each flushed at once."""
    for line in _lines(source):
        target.write(json.dumps(answer(line)).encode("ascii") + b"\n")
        target.flush()


def answer(line: bytes | None) -> Answer:
    """The answer to one line; ``None`` stands for a line that was too long."""
    identifier: Any = None
    try:
        if line is None:
            raise Refused(BAD_REQUEST(why="line too long"))
        identifier = _identifier(line)
        request = parse(line)
        if not isinstance(request, dict):
            raise Refused(BAD_REQUEST(why="not an object"))
        operation = request.get("op")
        act = OPERATIONS.get(operation) if isinstance(operation, str) else None
        if act is None:
            raise Refused(BAD_REQUEST(why="unknown op"))
        return {"id": identifier, "ok": True, **act(request)}
    except Refused as refusal:
        return {"id": identifier, "ok": False, "error": refusal.code, "detail": refusal.reasons[0].en}
    except RecursionError:
        return {"id": identifier, "ok": False, "error": BAD_REQUEST.code, "detail": "nested too deeply"}


def _lines(source: IO[bytes]) -> Iterator[bytes | None]:
    while line := source.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while rest := source.readline(1 << 20):
                if rest.endswith(b"\n"):
                    break
            yield None
        else:
            yield line.rstrip(b"\r\n")


def _identifier(line: bytes) -> Any:
    """The ``id`` of a line as far as it can be made out, so that a refusal is found by its sender."""
    try:
        request = json.loads(line.decode("utf-8", "surrogateescape"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return request.get("id") if isinstance(request, dict) else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


# Reading fields -----------------------------------------------------------------------------------


def _data(request: Request, name: str) -> bytes:
    return _decoded(request.get(name), name)


def _decoded(value: Any, name: str) -> bytes:
    if not isinstance(value, str):
        raise Refused(BAD_REQUEST(why=f"{name}: base64 text expected"))
    return tlog.decode64(value, BAD_REQUEST)


def _list(request: Request, name: str) -> list[bytes]:
    """A list of binary values; ``null`` is an empty one."""
    value = request.get(name)
    if value is None and name in request:
        return []
    if not isinstance(value, list):
        raise Refused(BAD_REQUEST(why=f"{name}: list expected"))
    return [_decoded(item, name) for item in value]


def _number(request: Request, name: str) -> int:
    value = request.get(name)
    if type(value) is not int:
        raise Refused(BAD_REQUEST(why=f"{name}: integer expected"))
    return value


def _text(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str):
        raise Refused(BAD_REQUEST(why=f"{name}: text expected"))
    return value


# Operations ---------------------------------------------------------------------------------------


def _leaf_hash(request: Request) -> Answer:
    return {"hash": tlog.encode64(merkle.leaf_hash(_data(request, "data")))}


def _node_hash(request: Request) -> Answer:
    return {"hash": tlog.encode64(merkle.node_hash(_data(request, "left"), _data(request, "right")))}


def _root(request: Request) -> Answer:
    return {"root": tlog.encode64(merkle.root(_list(request, "leaves")))}


def _prove_inclusion(request: Request) -> Answer:
    proof = merkle.prove_inclusion(_list(request, "leaves"), _number(request, "index"))
    return {"proof": [tlog.encode64(h) for h in proof]}


def _prove_consistency(request: Request) -> Answer:
    proof = merkle.prove_consistency(_list(request, "leaves"), _number(request, "size1"))
    return {"proof": [tlog.encode64(h) for h in proof]}


def _verify_inclusion(request: Request) -> Answer:
    merkle.verify_inclusion(
        _number(request, "leafIdx"),
        _number(request, "treeSize"),
        _data(request, "leafHash"),
        _data(request, "root"),
        _list(request, "proof"),
    )
    return {}


def _verify_consistency(request: Request) -> Answer:
    merkle.verify_consistency(
        _number(request, "size1"),
        _number(request, "size2"),
        _data(request, "root1"),
        _data(request, "root2"),
        _list(request, "proof"),
    )
    return {}


def _note_open(request: Request) -> Answer:
    vkeys = request.get("vkeys")
    if not isinstance(vkeys, list) or not all(isinstance(key, str) for key in vkeys):
        raise Refused(BAD_REQUEST(why="vkeys: list of texts expected"))
    return {"signers": tlog.open_note(_text(request, "note"), vkeys).names}


def _checkpoint_parse(request: Request) -> Answer:
    found = tlog.parse_checkpoint(_text(request, "body"))
    return {"origin": found.origin, "size": found.size, "root": tlog.encode64(found.root)}


def _tile_path(request: Request) -> Answer:
    level, index, width = (_number(request, name) for name in ("level", "index", "width"))
    return {"path": tiles.tile_path(level, index, width)}


def _tile_parse(request: Request) -> Answer:
    level, index, width = tiles.parse_tile_path(_text(request, "path"))
    return {"level": level, "index": index, "width": width}


def _tiles_for_size(request: Request) -> Answer:
    return {"tiles": [list(group) for group in tiles.tiles_for_size(_number(request, "size"))]}


def _tlog_proof_parse(request: Request) -> Answer:
    found = tlog.parse_proof(_text(request, "text"))
    return {
        "index": found.index,
        "proof": [tlog.encode64(h) for h in found.proof],
        "checkpoint": found.checkpoint,
        "extra": None if found.extra is None else tlog.encode64(found.extra),
    }


def _jcs(request: Request) -> Answer:
    return {"out": tlog.encode64(jcs(_data(request, "json")))}


def jcs(data: bytes) -> bytes:
    """RFC 8785 of JSON bytes. Numbers are IEEE 754 doubles, as there; ``Refused(json.malformed)``."""
    return canonical(_as_doubles(parse(data, parse_int=_double_or_int)))


def _double_or_int(text: str) -> int | float:
    if len(text) <= 17 and abs(int(text)) <= _SAFE:
        return int(text)
    return float(text)


def _as_doubles(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(BAD_REQUEST(why="a number is too large for a double"))
    if isinstance(value, list):
        return [_as_doubles(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_doubles(item) for name, item in value.items()}
    return value


OPERATIONS: dict[str, Callable[[Request], Answer]] = {
    "leaf_hash": _leaf_hash,
    "node_hash": _node_hash,
    "root": _root,
    "prove_inclusion": _prove_inclusion,
    "prove_consistency": _prove_consistency,
    "verify_inclusion": _verify_inclusion,
    "verify_consistency": _verify_consistency,
    "note_open": _note_open,
    "checkpoint_parse": _checkpoint_parse,
    "tile_path": _tile_path,
    "tile_parse": _tile_parse,
    "tiles_for_size": _tiles_for_size,
    "tlog_proof_parse": _tlog_proof_parse,
    "jcs": _jcs,
}
