"""Whatever stands on a line is answered; a witness never goes back, whatever it is sent."""

import json
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bidtool.log.batch import OPERATIONS, answer, jcs
from bidtool.log.witness import Witness
from bidtool.log.witness_store import Store
from bidtool.record.draws import taken
from kernel import merkle, tlog
from kernel.canonical_json import parse
from kernel.errors import Refused

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ("data", "left", "right", "leaves", "index", "size1", "size2", "root1", "root2", "proof", "leafIdx",
          "treeSize", "leafHash", "root", "note", "vkeys", "body", "level", "width", "path", "size", "text", "json")  # fmt: skip
LOG = tlog.SigningKey("log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = tlog.SigningKey("w", Ed25519PrivateKey.from_private_bytes(bytes(32)), 4)
LEAVES = [bytes([n]) for n in range(20)]


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(line: bytes) -> None:
    found = answer(line)
    assert set(found) >= {"id", "ok"}
    json.dumps(found).encode("ascii")


@given(
    st.sampled_from(sorted(OPERATIONS)), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6), VALUES
)
def test_any_fields_are_answered(operation: str, fields: dict[str, object], identifier: object) -> None:
    line = json.dumps({**fields, "id": identifier, "op": operation}).encode()
    found = answer(line)
    assert isinstance(found["ok"], bool)
    json.dumps(found)


@given(VALUES.filter(lambda v: "NaN" not in json.dumps(v) and "Infinity" not in json.dumps(v)))
def test_canonical_json_is_a_fixed_point(value: object) -> None:
    try:
        once = jcs(json.dumps(value).encode())
    except Refused:
        return
    assert jcs(once) == once
    assert parse(once) == parse(json.dumps(value)) or "e" in once.decode() or len(once) > 16


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans()), max_size=15))
@settings(max_examples=30, deadline=None)
def test_a_witness_never_goes_back(steps: list[tuple[int, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        witness = Witness(KEY, [str(LOG.verifier)], store)
        seen = 0
        for old, size, forked in steps:
            leaves = [b"x", *LEAVES[1:]] if forked else LEAVES
            proof = merkle.prove_consistency(leaves[:size], old) if 0 < old <= size else []
            note = tlog.sign_checkpoint(LOG.name, size, merkle.root(leaves[:size]), LOG)
            lines = [f"old {old}\n", *(tlog.encode64(h) + "\n" for h in proof), "\n", note]
            reply = witness.add_checkpoint("".join(lines).encode())
            if reply.status == 200:
                assert (old, size >= seen) == (seen, True)
                seen = size
            assert store.head(LOG.name).size == seen
        store.close()
        again = Store(Path(folder) / "store")
        assert again.head(LOG.name).size == seen
        again.close()


@given(
    st.lists(st.tuples(st.uuids(), st.sampled_from("甲乙丙")), unique_by=lambda e: e[0], max_size=12),
    st.sets(st.integers(0, 11)),
    st.dictionaries(st.sampled_from(["甲", "乙", ""]), st.integers(0, 4)),
)
def test_whoever_is_drawn_is_the_first_of_the_site(
    entries: list[tuple[object, str]], out: set[int], seats: dict[str, int]
) -> None:
    order = [f"{ticket}@{site}" for ticket, site in entries]
    skipped = {entry for number, entry in enumerate(order) if number in out}
    found = taken(order, skipped, sum(seats.values()), list(seats.items()))
    assert skipped.isdisjoint(found)
    assert found == sorted(found, key=order.index)
    for site, free in seats.items():
        mine = [e for e in found if (e.rpartition("@")[2] if e.rpartition("@")[2] in seats else "") == site]
        assert len(mine) <= free
