"""The C2SP formats: published examples, and one refusal for each rule of the texts."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel import merkle, tlog
from kernel.errors import Refused

# The documented example of the Go note package, whose format C2SP signed-note describes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"

LOG = tlog.SigningKey("log.example/main", Ed25519PrivateKey.from_private_bytes(b"L" * 32))
WITNESS = tlog.SigningKey(
    "witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"W" * 32), tlog.COSIGNATURE
)
LEAVES = [f"entry {n}".encode() for n in range(7)]


def note() -> str:
    signed = tlog.sign_checkpoint(LOG.name, 7, merkle.root(LEAVES), LOG)
    return signed + tlog.cosign(signed, WITNESS, 1679315147)


def refused(code: str, call: object, *args: object) -> None:
    assert callable(call)
    with pytest.raises(Refused) as refusal:
        call(*args)
    assert refusal.value.code == code


def test_the_published_note_key_is_read_and_written_as_it_stands() -> None:
    secret = tlog.parse_signing_key(PETER_SECRET + "\n")
    assert str(secret.verifier) == PETER
    assert secret.secret_text() == PETER_SECRET
    assert str(tlog.parse_vkey(PETER)) == PETER
    signed = tlog.sign_note(TEXT, secret)
    assert signed.split("\n")[3] == "— PeterNeumann " + PETER_SIGNATURE
    assert tlog.open_note(signed, [PETER]).text == TEXT


def test_a_cosigned_checkpoint_opens_with_both_keys() -> None:
    checkpoint, opened = tlog.open_checkpoint(note(), [str(LOG.verifier), str(WITNESS.verifier)])
    assert checkpoint == tlog.Checkpoint(LOG.name, 7, merkle.root(LEAVES))
    assert opened.names == ["log.example/main", "witness.example/w1"]
    assert [s.at for s in opened.signers] == [None, 1679315147]


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    assert tlog.open_note(note(), [str(WITNESS.verifier)]).names == ["witness.example/w1"]
    refused("tlog.no_known_signature", tlog.open_checkpoint, note(), [str(WITNESS.verifier)])


def test_unknown_keys_are_ignored_and_bad_known_signatures_refused() -> None:
    other = tlog.SigningKey(LOG.name, Ed25519PrivateKey.from_private_bytes(b"X" * 32))
    text = tlog.split_note(note())[0]
    assert tlog.open_note(note() + other.sign(text), [LOG.verifier]).names == [LOG.name]
    refused("tlog.no_known_signature", tlog.open_note, note(), [other.verifier])
    refused("tlog.no_known_signature", tlog.open_note, note(), [])
    refused("tlog.bad_signature", tlog.open_note, note().replace("\n7\n", "\n8\n"), [LOG.verifier])
    wrong_time = note().replace(WITNESS.sign(text, 1679315147), WITNESS.sign(text + "x\n", 1679315147))
    refused("tlog.bad_signature", tlog.open_note, wrong_time, [LOG.verifier, WITNESS.verifier])
    short = f"{text}\n— {LOG.name} {tlog.encode64(LOG.verifier.id + b's' * 63)}\n"
    refused("tlog.bad_signature", tlog.open_note, short, [LOG.verifier])


def test_the_same_key_as_log_and_as_witness_has_two_ids() -> None:
    as_log = tlog.vkey("a", LOG.verifier.public_key)
    as_witness = tlog.vkey("a", LOG.verifier.public_key, tlog.COSIGNATURE)
    assert tlog.parse_vkey(as_log).id != tlog.parse_vkey(as_witness).id


def test_text_may_hold_empty_lines_and_ends_at_the_last() -> None:
    text = "one\n\ntwo\n\n\nthree\n"
    assert tlog.open_note(tlog.sign_note(text, LOG), [LOG.verifier]).text == text


@pytest.mark.parametrize(
    "change",
    [
        lambda n: n[:-1],
        lambda n: n + "\n",
        lambda n: n.replace("\n\n", "\n"),
        lambda n: n.replace("— ", "- "),
        lambda n: n.replace("— ", "—  "),
        lambda n: n.replace("7\n", "7\r\n"),
        lambda n: n.replace("7\n", "7\t\n"),
        lambda n: n.replace("=\n", "\n"),
        lambda n: n + "— a+b AAAAAAA=\n",
        lambda n: n + "— a\u00a0b AAAAAAA=\n",
        lambda n: n + "— name AAAAAA==\n",
        lambda n: n + "— name AAAAAAB=\n",
        lambda n: n + "— name \n",
        lambda n: n + "— name\n",
        lambda n: n + "— name AAAAAAA= \n",
        lambda n: n + "— name AAAAAAA=\n" * 100,
        lambda n: "",
        lambda n: n.split("\n\n")[0] + "\n\n",
        lambda n: n + "\ud800",
    ],
)
def test_malformed_notes(change: object) -> None:
    assert callable(change)
    refused("tlog.bad_note", tlog.open_note, change(note()), [LOG.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3+AQ==",
        "PeterNeumann+c74f20a3+AhpcMQ==",
    ],
)
def test_malformed_keys(text: str) -> None:
    refused("tlog.bad_key", tlog.parse_vkey, text)


ROOT64 = base64.b64encode(bytes(32)).decode()


def test_checkpoint_text_and_extensions() -> None:
    body = f"example.com/log 42\n109482\n{ROOT64}\nextension\n"
    parsed = tlog.parse_checkpoint(body)
    assert parsed == tlog.Checkpoint("example.com/log 42", 109482, bytes(32), ("extension",))
    assert parsed.text() == body


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        f"o\n1\n{ROOT64}",
        f"o\n1\n{ROOT64}\n\n",
        f"o\n1\n{ROOT64}\n\nx\n",
        f"\n1\n{ROOT64}\n",
        f"o\n01\n{ROOT64}\n",
        f"o\n-1\n{ROOT64}\n",
        f"o\n+1\n{ROOT64}\n",
        f"o\n1 \n{ROOT64}\n",
        f"o\n１\n{ROOT64}\n",
        f"o\n9223372036854775808\n{ROOT64}\n",
        f"o\n1\n{ROOT64[:-1]}\n",
        "o\n1\nAAAA\n",
        f"o\n1\n{ROOT64[:-2]}B=\n",
        f"o\r\n1\n{ROOT64}\n",
        "o\n1\n",
    ],
)
def test_malformed_checkpoints(body: str) -> None:
    refused("tlog.bad_checkpoint", tlog.parse_checkpoint, body)


def test_a_field_cannot_smuggle_a_line() -> None:
    refused("tlog.bad_checkpoint", tlog.Checkpoint("o\n1", 1, bytes(32)).text)


def proof_text(extra: bytes | None = None) -> str:
    return tlog.format_proof(3, merkle.prove_inclusion(LEAVES, 3), note(), extra)


@pytest.mark.parametrize("extra", [None, b"", b"act"])
def test_a_proof_goes_round_and_verifies(extra: bytes | None) -> None:
    text = proof_text(extra)
    parsed = tlog.parse_proof(text)
    assert (parsed.index, parsed.checkpoint, parsed.extra) == (3, note(), extra)
    evidence = tlog.verify_proof(text, LEAVES[3], [LOG.verifier, WITNESS.verifier])
    assert evidence.checkpoint.size == 7
    assert evidence.as_json()["index"] == 3


def test_a_proof_for_another_entry_or_log_is_refused() -> None:
    refused("merkle.inclusion_failed", tlog.verify_proof, proof_text(), LEAVES[2], [LOG.verifier])
    refused("tlog.no_known_signature", tlog.verify_proof, proof_text(), LEAVES[3], [PETER])
    moved = proof_text().replace("index 3", "index 2")
    refused("merkle.inclusion_failed", tlog.verify_proof, moved, LEAVES[3], [LOG.verifier])


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("@v1", "@v2"),
        lambda t: t.replace("index 3", "index 03"),
        lambda t: t.replace("index 3", "index"),
        lambda t: t.replace("index 3", "Index 3"),
        lambda t: t.replace("index 3\n", ""),
        lambda t: t.replace("index 3\n", "index 3\nextra AAAA\n"),
        lambda t: t.replace("index 3\n", "extra AAA\nindex 3\n"),
        lambda t: t.replace("index 3\n", "index 3\nAAAA\n"),
        lambda t: t.replace("index 3\n", f"index 3\n{ROOT64}\n" + f"{ROOT64}\n" * 63),
        lambda t: "",
    ],
)
def test_malformed_proofs(change: object) -> None:
    assert callable(change)
    refused("tlog.bad_proof", tlog.parse_proof, change(proof_text()))
