"""RFC 6962 hashing against the RFC's own definitions and the well-known vectors of its reference log."""

from __future__ import annotations

import hashlib

import pytest

from kernel import merkle
from kernel.errors import Refused

#: The eight entries and roots used by the certificate-transparency reference tests.
ENTRIES = [
    bytes.fromhex(h)
    for h in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def plain_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*plain_path(m, leaves[:k]), plain_root(leaves[k:])]
    return [*plain_path(m - k, leaves[k:]), plain_root(leaves[:k])]


def plain_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [plain_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*plain_subproof(m, leaves[:k], whole), plain_root(leaves[k:])]
    return [*plain_subproof(m - k, leaves[k:], False), plain_root(leaves[:k])]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_known_ones(size: int) -> None:
    assert merkle.root(ENTRIES[:size]).hex() == ROOTS[size]


def test_proofs_are_those_of_the_rfc_and_verify() -> None:
    leaves = [bytes([n]) for n in range(21)]
    for size in range(1, 22):
        part = leaves[:size]
        root = plain_root(part)
        for index in range(size):
            proof = merkle.prove_inclusion(part, index)
            assert proof == plain_path(index, part)
            merkle.verify_inclusion(index, size, merkle.leaf_hash(part[index]), root, proof)
        for old in range(1, size + 1):
            proof = merkle.prove_consistency(part, old)
            assert proof == plain_subproof(old, part, True)
            merkle.verify_consistency(old, size, plain_root(part[:old]), root, proof)


def test_every_damaged_inclusion_proof_is_refused() -> None:
    leaves = [bytes([n]) for n in range(13)]
    root = merkle.root(leaves)
    for index in range(13):
        leaf, proof = merkle.leaf_hash(leaves[index]), merkle.prove_inclusion(leaves, index)
        bad = [
            (index, 13, leaf, root, proof[:-1]),
            (index, 13, leaf, root, [*proof, root]),
            (index, 13, leaf, root, [root, *proof]),
            (index, 13, merkle.leaf_hash(b"x"), root, proof),
            (index, 13, leaf, merkle.EMPTY_ROOT, proof),
            ((index + 1) % 13, 13, leaf, root, proof),
            (index, index, leaf, root, proof),
            (-1, 13, leaf, root, proof),
            (index, 13, leaf[:-1], root, proof),
            (index, 13, leaf, root, [proof[0][:-1], *proof[1:]]),
        ]
        for case in bad:
            with pytest.raises(Refused):
                merkle.verify_inclusion(*case)


def test_every_damaged_consistency_proof_is_refused() -> None:
    leaves = [bytes([n]) for n in range(13)]
    new = merkle.root(leaves)
    for size in range(1, 13):
        old, proof = merkle.root(leaves[:size]), merkle.prove_consistency(leaves, size)
        bad = [
            (size, 13, old, new, proof[:-1]),
            (size, 13, old, new, [*proof, new]),
            (size, 13, new, new, proof),
            (size, 13, old, old, proof),
            (size, 13, old, new, []),
            (13, size, new, old, proof),
            (size, 13, old, new, [b"", *proof]),
            (-1, 13, old, new, proof),
        ]
        for case in bad:
            with pytest.raises(Refused):
                merkle.verify_consistency(*case)


def test_sizes_zero_and_equal() -> None:
    empty, other = merkle.EMPTY_ROOT, merkle.root([b"a"])
    merkle.verify_consistency(0, 0, empty, empty, [])
    merkle.verify_consistency(1, 1, other, other, [])
    for case in (
        (0, 0, other, other, []),
        (0, 1, empty, other, []),
        (0, 0, empty, empty, [empty]),
        (1, 1, other, other, [other]),
        (1, 1, other, empty, []),
    ):
        with pytest.raises(Refused):
            merkle.verify_consistency(*case)
    with pytest.raises(Refused):
        merkle.prove_consistency([b"a"], 0)


def test_append_in_batches_stores_each_complete_node_once() -> None:
    stored: dict[tuple[int, int], bytes] = {}
    frontier = merkle.Frontier()
    leaves = [bytes([n]) for n in range(30)]
    at = 0
    for batch in (1, 4, 0, 7, 3, 15):
        frontier, new = frontier.append([merkle.leaf_hash(x) for x in leaves[at : at + batch]])
        at += batch
        for level, index, hashed in new:
            assert (level, index) not in stored
            stored[level, index] = hashed

        def read(level: int, index: int) -> bytes:
            return stored[level, index]

        assert frontier.root == plain_root(leaves[:at]) == merkle.root_of(at, read)
        assert merkle.Frontier.load(at, read) == frontier
    assert len(stored) == sum(30 >> level for level in range(5))
    assert merkle.inclusion(17, 29, read) == plain_path(17, leaves[:29])
    assert merkle.consistency(11, 29, read) == plain_subproof(11, leaves[:29], True)


def test_a_right_edge_that_does_not_fit_the_size_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        merkle.append_leaves(3, [merkle.EMPTY_ROOT], [])
    assert refusal.value.code == "merkle.out_of_range"
