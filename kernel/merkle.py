"""RFC 6962 Merkle trees: hashes, proofs, and their O(log n) form over stored complete subtrees.

A stored node ``(level, index)`` is the hash of the *complete* subtree over the leaves
``[index * 2**level, (index + 1) * 2**level)``; such a node never changes once it exists, so a
table of them is append-only. Every hash is 32 bytes of SHA-256. Verifiers return
:class:`Evidence` or raise ``Refused``; they never answer with a bare bool (house plan,
conventions). The verification loops follow RFC 9162, section 2.1.3.2 and 2.1.4.2, which accept
exactly the proofs RFC 6962, sections 2.1.1 and 2.1.2, define.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kernel.errors import Kind, ReasonForm, Refused

HASH_SIZE = 32
#: Sizes stay below 2**63, as in every deployed log: a signed 64-bit column can carry them.
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()

#: Gives the stored hash of the complete subtree ``(level, index)``.
ReadNode = Callable[[int, int], bytes]
#: A new complete subtree: ``(level, index, hash)``.
Node = tuple[int, int, bytes]

BAD_HASH = ReasonForm(
    "merkle.bad_hash",
    zh="散列值「{what}」不是 32 字节",
    en="hash {what} is not 32 bytes",
    kind=Kind.MALFORMED,
    law="RFC 6962 §2.1",
)
OUT_OF_RANGE = ReasonForm(
    "merkle.out_of_range",
    zh="日志位置超出范围：{why}",
    en="log position out of range: {why}",
    kind=Kind.MALFORMED,
    law="RFC 6962 §2.1",
)
BAD_INCLUSION = ReasonForm(
    "merkle.inclusion_failed",
    zh="存在性证明不成立：{why}",
    en="the inclusion proof does not hold: {why}",
    law="RFC 6962 §2.1.1",
)
BAD_CONSISTENCY = ReasonForm(
    "merkle.consistency_failed",
    zh="一致性证明不成立：{why}",
    en="the consistency proof does not hold: {why}",
    law="RFC 6962 §2.1.2",
)


@dataclass(frozen=True)
class Evidence:
    """What a verifier established: ``check`` names it, ``steps`` say how, ``facts`` carry hex and sizes."""

    check: str
    steps: tuple[str, ...]
    facts: dict[str, str | int]

    def as_json(self) -> dict[str, object]:
        return {"check": self.check, "steps": list(self.steps), "facts": dict(self.facts)}


def leaf_hash(data: bytes) -> bytes:
    """``SHA-256(0x00 ‖ data)``: the hash of one log entry (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 ‖ left ‖ right)``; ``Refused(merkle.bad_hash)`` unless both have 32 bytes."""
    _need_hash(left, "left")
    _need_hash(right, "right")
    return _node(left, right)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _need_hash(value: bytes, what: str) -> None:
    if len(value) != HASH_SIZE:
        raise Refused(BAD_HASH(what=what))


def _need_size(size: int, what: str = "size") -> None:
    if not 0 <= size <= MAX_SIZE:
        raise Refused(OUT_OF_RANGE(why=f"{what} {size}"))


# Over stored nodes ------------------------------------------------------------------------------


def _spans(start: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees ``(level, index)`` that make up ``MTH(D[start:end])``, left to right.

    ``start`` must be a multiple of the largest power of two below the span, as it is for every
    range RFC 6962 ever splits off.
    """
    spans: list[tuple[int, int]] = []
    while start < end:
        level = (end - start).bit_length() - 1
        spans.append((level, start >> level))
        start += 1 << level
    return spans


def _range_hash(start: int, end: int, read: ReadNode) -> bytes:
    hashes = [read(level, index) for level, index in _spans(start, end)]
    result = hashes.pop()
    while hashes:
        result = _node(hashes.pop(), result)
    return result


def root_of(size: int, read: ReadNode) -> bytes:
    """The root of the first ``size`` leaves from stored nodes, in O(log size) reads."""
    _need_size(size)
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (``size`` ≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(index: int, size: int, read: ReadNode) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size``, leaf's sibling first (RFC 6962 §2.1.1)."""
    return [_range_hash(start, end, read) for start, end in _siblings(index, size)]


def inclusion_nodes(index: int, size: int) -> list[tuple[int, int]]:
    """Which ``(level, index)`` rows :func:`inclusion` reads: one query fetches them."""
    return [node for start, end in _siblings(index, size) for node in _spans(start, end)]


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges of leaves beside the way from leaf ``index`` up to the root, lowest first."""
    _need_size(size)
    if not 0 <= index < size:
        raise Refused(OUT_OF_RANGE(why=f"index {index}, size {size}"))
    path: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    path.reverse()
    return path


def consistency(size1: int, size2: int, read: ReadNode) -> list[bytes]:
    """The consistency proof from ``size1`` to ``size2`` (1 ≤ size1 ≤ size2; RFC 6962 §2.1.2)."""
    _need_size(size2, "size2")
    if not 1 <= size1 <= size2:
        raise Refused(OUT_OF_RANGE(why=f"size1 {size1}, size2 {size2}"))
    path: list[bytes] = []
    start, end, old_is_whole = 0, size2, True
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start, old_is_whole = middle, False
    if not old_is_whole:
        path.append(_range_hash(start, end, read))
    path.reverse()
    return path


def append_leaves(
    size: int, right_edge: Sequence[bytes], leaf_hashes: Sequence[bytes]
) -> tuple[list[Node], list[bytes]]:
    """Append a batch to a tree of ``size``.

    ``right_edge`` holds the hashes of the complete subtrees of the tree of ``size``, largest
    (leftmost) first: one for each one-bit of ``size``. Gives the nodes that became complete
    (leaves included, in the order they came about) and the new right edge.
    """
    _need_size(size + len(leaf_hashes))
    if size < 0 or len(right_edge) != size.bit_count():
        raise Refused(OUT_OF_RANGE(why=f"right edge of {len(right_edge)} for size {size}"))
    edge = list(right_edge)
    new: list[Node] = []
    for hashed in leaf_hashes:
        _need_hash(hashed, "leaf")
        level, index = 0, size
        new.append((0, index, hashed))
        while index & 1:
            hashed = _node(edge.pop(), hashed)
            level, index = level + 1, index >> 1
            new.append((level, index, hashed))
        edge.append(hashed)
        size += 1
    return new, edge


def right_edge_of(size: int, read: ReadNode) -> list[bytes]:
    """The right edge that :func:`append_leaves` continues from, read from stored nodes."""
    _need_size(size)
    return [read(level, index) for level, index in _spans(0, size)]


def right_edge_nodes(size: int) -> list[tuple[int, int]]:
    """Which ``(level, index)`` rows make up the right edge: one query fetches them."""
    _need_size(size)
    return _spans(0, size)


@dataclass(frozen=True)
class Frontier:
    """A tree as its size and right edge: all that is needed to append and to know the root."""

    size: int = 0
    right_edge: tuple[bytes, ...] = ()

    @classmethod
    def load(cls, size: int, read: ReadNode) -> Frontier:
        return cls(size, tuple(right_edge_of(size, read)))

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple[Frontier, list[Node]]:
        """The frontier after a batch, and the nodes to store. ``self`` is not changed."""
        new, edge = append_leaves(self.size, self.right_edge, leaf_hashes)
        return Frontier(self.size + len(leaf_hashes), tuple(edge)), new

    @property
    def root(self) -> bytes:
        if not self.right_edge:
            return EMPTY_ROOT
        result = self.right_edge[-1]
        for left in reversed(self.right_edge[:-1]):
            result = _node(left, result)
        return result


# Over whole lists -------------------------------------------------------------------------------


class Tree:
    """All nodes of a small tree in memory: what verifiers and tests use. ``leaves`` are raw entries."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self._nodes: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        self.append_hashes([leaf_hash(leaf) for leaf in leaves])

    def append_hashes(self, leaf_hashes: Sequence[bytes]) -> None:
        self.frontier, new = self.frontier.append(leaf_hashes)
        for level, index, hashed in new:
            self._nodes[level, index] = hashed

    def read(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    @property
    def size(self) -> int:
        return self.frontier.size

    @property
    def root(self) -> bytes:
        return self.frontier.root


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of raw entries; the hash of the empty string for none."""
    frontier, _ = Frontier().append([leaf_hash(leaf) for leaf in leaves])
    return frontier.root


def prove_inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of ``leaves[index]`` over raw entries."""
    tree = Tree(leaves)
    return inclusion(index, tree.size, tree.read)


def prove_consistency(leaves: Sequence[bytes], size1: int) -> list[bytes]:
    """The proof from the first ``size1`` entries to all of them (1 ≤ size1 ≤ n)."""
    tree = Tree(leaves)
    return consistency(size1, tree.size, tree.read)


# Verification -----------------------------------------------------------------------------------


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that ``proof`` leads to from the leaf hash ``leaf``; ``Refused`` for a wrong length."""
    _need_size(size)
    if not 0 <= index < size:
        raise Refused(OUT_OF_RANGE(why=f"index {index}, size {size}"))
    _need_hash(leaf, "leafHash")
    position, last, result = index, size - 1, leaf
    for sibling in proof:
        _need_hash(sibling, "proof")
        if last == 0:
            raise Refused(BAD_INCLUSION(why="proof too long"))
        if position & 1 or position == last:
            result = _node(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = _node(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise Refused(BAD_INCLUSION(why="proof too short"))
    return result


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> Evidence:
    """That the entry with hash ``leaf`` stands at ``index`` of the tree ``(size, root)``."""
    _need_hash(root, "root")
    if root_from_inclusion(index, size, leaf, proof) != root:
        raise Refused(BAD_INCLUSION(why="root differs"))
    return Evidence(
        "inclusion",
        (f"{len(proof)} proof hashes lead from leaf {index} to the root of size {size}",),
        {"index": index, "size": size, "leaf": leaf.hex(), "root": root.hex()},
    )


def verify_consistency(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> Evidence:
    """That the tree ``(size2, root2)`` only appended to ``(size1, root1)``.

    ``size1 = 0 < size2`` is refused (nothing to compare); ``0 = 0`` needs the empty root on both sides.
    """
    _need_size(size2, "size2")
    if not 0 <= size1 <= size2:
        raise Refused(OUT_OF_RANGE(why=f"size1 {size1}, size2 {size2}"))
    for name, value in (("root1", root1), ("root2", root2), *(("proof", p) for p in proof)):
        _need_hash(value, name)
    if size1 == size2:
        _verify_same(size1, root1, root2, proof)
    elif size1 == 0:
        raise Refused(BAD_CONSISTENCY(why="size1 is 0"))
    else:
        _verify_grown(size1, size2, root1, root2, proof)
    return Evidence(
        "consistency",
        (f"{len(proof)} proof hashes give both roots",),
        {"size1": size1, "size2": size2, "root1": root1.hex(), "root2": root2.hex()},
    )


def _verify_same(size: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise Refused(BAD_CONSISTENCY(why="equal sizes need an empty proof"))
    if root1 != root2:
        raise Refused(BAD_CONSISTENCY(why="equal sizes, different roots"))
    if size == 0 and root1 != EMPTY_ROOT:
        raise Refused(BAD_CONSISTENCY(why="size 0 needs the empty root"))


def _verify_grown(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    # A power-of-two old tree is itself a node of the new one, so the proof leaves it out.
    path = [root1, *proof] if size1.bit_count() == 1 else list(proof)
    if not proof or not path:
        raise Refused(BAD_CONSISTENCY(why="proof too short"))
    position, last = size1 - 1, size2 - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise Refused(BAD_CONSISTENCY(why="proof too long"))
        if position & 1 or position == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = _node(new, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise Refused(BAD_CONSISTENCY(why="proof too short"))
    if old != root1:
        raise Refused(BAD_CONSISTENCY(why="old root differs"))
    if new != root2:
        raise Refused(BAD_CONSISTENCY(why="new root differs"))
