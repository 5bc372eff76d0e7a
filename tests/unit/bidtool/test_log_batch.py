"""``bidtool log batch``: every line answered, nothing ends the process."""

import base64
import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidtool.log.batch import answer
from kernel import merkle, tlog

EMPTY = base64.b64encode(merkle.EMPTY_ROOT).decode()


def ask(**request: object) -> dict[str, object]:
    return answer(json.dumps(request).encode())


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_hashes_and_proofs_agree_with_the_kernel() -> None:
    leaves = [b"a", b"", b"ccc", b"d", b"e"]
    texts = [b64(leaf) for leaf in leaves]
    root = b64(merkle.root(leaves))
    assert ask(id=1, op="root", leaves=texts) == {"id": 1, "ok": True, "root": root}
    proof = ask(op="prove_inclusion", leaves=texts, index=3)["proof"]
    leaf = b64(merkle.leaf_hash(b"d"))
    good = {"leafIdx": 3, "treeSize": 5, "leafHash": leaf, "root": root, "proof": proof}
    assert ask(id=2, op="verify_inclusion", **good) == {"id": 2, "ok": True}
    assert ask(op="verify_inclusion", **good | {"leafIdx": 2})["ok"] is False
    grown = ask(op="prove_consistency", leaves=texts, size1=3)["proof"]
    roots = {"root1": b64(merkle.root(leaves[:3])), "root2": root}
    assert ask(op="verify_consistency", size1=3, size2=5, proof=grown, **roots)["ok"] is True


@pytest.mark.parametrize(
    ("request_", "ok"),
    [
        ({"size1": 0, "size2": 0, "root1": EMPTY, "root2": EMPTY, "proof": []}, True),
        ({"size1": 0, "size2": 0, "root1": EMPTY, "root2": EMPTY, "proof": None}, True),
        ({"size1": 0, "size2": 0, "root1": b64(bytes(32)), "root2": b64(bytes(32)), "proof": []}, False),
        ({"size1": 0, "size2": 3, "root1": EMPTY, "root2": EMPTY, "proof": []}, False),
        ({"size1": 2**64, "size2": 2**64, "root1": EMPTY, "root2": EMPTY, "proof": []}, False),
        ({"size1": True, "size2": 1, "root1": EMPTY, "root2": EMPTY, "proof": []}, False),
        ({"size1": 1.0, "size2": 1, "root1": EMPTY, "root2": EMPTY, "proof": []}, False),
    ],
)
def test_consistency_of_small_sizes(request_: dict[str, object], ok: bool) -> None:
    assert ask(op="verify_consistency", **request_)["ok"] is ok


def test_notes_give_sorted_unique_names() -> None:
    log = tlog.SigningKey("z.example/log", Ed25519PrivateKey.generate())
    other = tlog.SigningKey("a.example/w", Ed25519PrivateKey.generate(), tlog.COSIGNATURE)
    note = tlog.sign_note("text\n", log, other, log, at=1)
    keys = [str(log.verifier), str(other.verifier)]
    assert ask(op="note_open", note=note, vkeys=keys)["signers"] == ["a.example/w", "z.example/log"]
    assert ask(op="note_open", note=note, vkeys=[])["ok"] is False
    assert ask(op="note_open", note=note.replace("text", "tekst"), vkeys=keys)["ok"] is False
    assert ask(op="note_open", note=note, vkeys=["nonsense"])["ok"] is False


def test_tiles_checkpoints_and_proof_texts() -> None:
    assert ask(op="tile_path", level=0, index=1234067, width=256)["path"] == "tile/0/x001/x234/067"
    assert ask(op="tile_parse", path="tile/entries/000.p/7") == {
        "id": None, "ok": True, "level": -1, "index": 0, "width": 7,
    }  # fmt: skip
    assert ask(op="tile_parse", path="tile/0/1")["ok"] is False
    body = f"example.com/log\n0\n{EMPTY}\n"
    assert ask(op="checkpoint_parse", body=body)["origin"] == "example.com/log"
    assert ask(op="checkpoint_parse", body=f"o\n1\n{b64(bytes(31))}\n")["ok"] is False
    key = tlog.SigningKey("example.com/log", Ed25519PrivateKey.generate())
    text = tlog.format_proof(3, [bytes(32)], tlog.sign_checkpoint("example.com/log", 5, bytes(32), key), b"x")
    found = ask(op="tlog_proof_parse", text=text)
    assert (found["index"], found["proof"], found["extra"]) == (3, [b64(bytes(32))], "eA==")


@pytest.mark.parametrize(
    ("given", "out"),
    [
        (b'{"b":1,"a":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]}',
         b'{"a":[333333333.3333333,1e+30,4.5,0.002,1e-27],"b":1}'),
        (b"9007199254740993", b"9007199254740992"),
        (b"1" + b"0" * 22, b"1e+22"),
        (b"-0", b"0"),
        ('{"\\u20ac":1,"\\r":2,"\ufb33":3,"\U0001f600":4}'.encode(),
         '{"\\r":2,"€":1,"\U0001f600":4,"\ufb33":3}'.encode()),
    ],
)  # fmt: skip
def test_canonical_json(given: bytes, out: bytes) -> None:
    assert ask(op="jcs", json=b64(given)) == {"id": None, "ok": True, "out": b64(out)}


@pytest.mark.parametrize(
    "given",
    [b"", b"{", b"NaN", b"[Infinity]", b'{"a":1,"a":1}', b'"\\ud800"', b"\xff", b"1e400", b"1" * 400, b"[1] 2",
     b"[" * 100_000, b'"\x01"', b"\xef\xbb\xbf1"],
)  # fmt: skip
def test_canonical_json_refuses(given: bytes) -> None:
    assert ask(op="jcs", json=b64(given))["ok"] is False


@pytest.mark.parametrize("text", ["QQ", "QQ=", "Q Q=", "QR==", "_-8=", "QQ==\n", 7, None])
def test_only_standard_base64(text: object) -> None:
    assert ask(op="leaf_hash", data=text)["ok"] is False


def test_the_process_goes_on_over_a_pipe() -> None:
    lines = [b"", b"nonsense", b"[1]", b'{"id": "\xff"}', b'{"id": 5}', b'{"id": 6, "op": ["x"]}',
             b'{"id": 7, "op": "note_open", "note": "\xff"}', b'{"id": {"a": 1}, "op": "leaf_hash", "data": ""}',
             b'{"id": ' + b"[" * 50_000]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bidtool", "log", "batch"],
        input=b"\n".join(lines),
        capture_output=True,
        timeout=60,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["id"], row["ok"]) for row in found] == [
        (None, False), (None, False), (None, False), ("\udcff", False), (5, False), (6, False), (7, False),
        ({"a": 1}, True), (None, False),
    ]  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
