"""The witness: statuses as in C2SP tlog-witness, and a memory that never goes back."""

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidtool.log.witness import Witness
from bidtool.log.witness_store import Store
from kernel import merkle, tlog
from kernel.errors import Refused

LOG = tlog.SigningKey("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = tlog.SigningKey("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32), 4)
LEAVES = [b"leaf %d" % n for n in range(40)]


def body(old: int, size: int, *, proof: list[bytes] | None = None, key: tlog.SigningKey = LOG,
         origin: str = LOG.name, leaves: list[bytes] = LEAVES) -> bytes:  # fmt: skip
    if proof is None:
        proof = merkle.prove_consistency(leaves[:size], old) if 0 < old <= size else []
    note = tlog.sign_checkpoint(origin, size, merkle.root(leaves[:size]), key)
    return "".join([f"old {old}\n", *(tlog.encode64(h) + "\n" for h in proof), "\n", note]).encode()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    store = Store(tmp_path / "store")
    yield Witness(KEY, [str(LOG.verifier)], store, now=lambda: 1_700_000_000)
    store.close()


def test_cosigns_what_grew(witness: Witness) -> None:
    for old, size in ((0, 3), (3, 8), (8, 8), (8, 33)):
        asked = body(old, size)
        reply = witness.add_checkpoint(asked)
        assert reply.status == 200
        note = asked.decode().partition("\n\n")[2] + reply.body
        opened = tlog.open_note(note, [KEY.verifier])
        assert [(s.key.kind, s.at) for s in opened.signers] == [(4, 1_700_000_000)]


def test_refusals_have_their_status(witness: Witness) -> None:
    assert witness.add_checkpoint(body(0, 8)).status == 200
    other = tlog.SigningKey(LOG.name, Ed25519PrivateKey.generate())
    elsewhere = tlog.SigningKey("example.org/x", LOG.private_key)
    forked = [b"other", *LEAVES[1:]]
    bad = merkle.prove_consistency(LEAVES[:12], 8)[:-1]
    rows = [
        (body(3, 12), 409), (body(0, 12), 409), (body(9, 12), 409),
        (body(8, 8, leaves=forked), 409), (body(8, 12, leaves=forked), 422), (body(8, 12, proof=bad), 422),
        (body(8, 8, proof=[bytes(32)]), 422), (body(8, 12, key=other), 403),
        (body(0, 12, key=elsewhere, origin="example.org/x"), 404), (body(12, 9), 400),
        (b"", 400), (b"old 8\n", 400), (b"\xff", 400), (body(8, 12).replace(b"old 8", b"old 08"), 400),
        (body(8, 12, proof=[bytes(32)] * 64), 400), (body(8, 12).replace(b"old", b"size"), 400),
    ]  # fmt: skip
    for asked, status in rows:
        reply = witness.add_checkpoint(asked)
        assert reply.status == status, (asked[:40], reply)
        if status == 409:
            assert (reply.body, reply.media_type) == ("8\n", "text/x.tlog.size")
    assert witness.add_checkpoint(body(8, 12)).status == 200


def test_a_first_checkpoint_needs_no_proof_but_must_have_none(witness: Witness) -> None:
    assert witness.add_checkpoint(body(0, 5, proof=[bytes(32)])).status == 422
    assert witness.add_checkpoint(body(0, 0)).status == 200
    assert witness.add_checkpoint(body(0, 5)).status == 200


def test_many_at_once_never_go_back(witness: Witness) -> None:
    threads = [
        threading.Thread(target=witness.add_checkpoint, args=(body(0, size),)) for size in range(1, 40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert int(witness.add_checkpoint(body(40, 40)).body) in range(1, 40)


def test_the_store_survives_and_is_not_shared(tmp_path: Path) -> None:
    first = Store(tmp_path / "store")
    Witness(KEY, [str(LOG.verifier)], first).add_checkpoint(body(0, 8))
    with pytest.raises(Refused) as caught:
        Store(tmp_path / "store", wait=0)
    assert caught.value.code == "witness.store_taken"
    first.close()
    again = Store(tmp_path / "store")
    assert again.head(LOG.name).size == 8
    again.close()
    for damage in (b"", b"{}", b"\xff"):
        (tmp_path / "store").write_bytes(damage)
        with pytest.raises(Refused):
            Store(tmp_path / "store")


def test_as_a_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bidtool", "log", "witness", "--listen", "127.0.0.1:0", "--store",
               str(tmp_path / "s" / "store"), "--log-vkey", str(LOG.verifier), "--key", str(tmp_path / "k"),
               "--name", "w.example"]  # fmt: skip
    for old, size in ((0, 4), (4, 9)):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(":", 1)[1].strip("/\n"))
        vkey = process.stdout.readline().removeprefix("vkey ").strip()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        answers = []
        for asked, path in (
            (body(old, size), "/add-checkpoint"),
            (body(1, 30), "/add-checkpoint"),
            (b"", "/x"),
        ):
            connection.request("POST", path, asked)
            response = connection.getresponse()
            answers.append((response.status, response.headers["Content-Type"], response.read()))
        connection.close()
        process.send_signal(signal.SIGKILL if old == 0 else signal.SIGTERM)
        assert process.wait(10) == (-signal.SIGKILL if old == 0 else 0)
        assert [status for status, _, _ in answers] == [200, 409, 404]
        assert answers[1][1:] == ("text/x.tlog.size", f"{size}\n".encode())
        note = body(old, size).decode().partition("\n\n")[2] + answers[0][2].decode()
        assert tlog.open_note(note, [vkey]).names == ["w.example"]
    assert os.stat(tmp_path / "k").st_mode & 0o777 == 0o600
