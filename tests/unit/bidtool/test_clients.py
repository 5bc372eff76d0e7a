"""The bidder's commands against a real HTTP server: from a folder to an opened bid."""

import base64
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from pypdf import PdfWriter

from bidtool.bidding import upload as uploads
from bidtool.cli import cli, run
from bidtool.output import Output
from ca_interop.demo_ca.specifications import CA_FOUR
from ca_interop.rules.enveloped_key import envelop
from kernel.canonical_json import canonical, parse
from sealing import bundle, envelope, fields, sm2, statements
from sealing.header import read_header
from sealing.keyshares import Share, combine
from sealing.ticket import Ticket
from tests import records
from tests.unit.bidtool import platform as platforms
from tests.unit.bidtool.platform import Platform

TOML = """
tender = "YC2026-SZ-0417"
lot = 1
price = 4820000.5
duration_days = 170
quality = "合格"
remarks = "无"
"""


@pytest.fixture
def platform() -> Iterator[Platform]:
    with platforms.running() as here:
        yield here


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def pdf() -> bytes:
    out, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "bid"
    for path, data in {
        "bid.toml": TOML.encode(), "technical/施工组织设计.pdf": pdf(), "boq/清单.csv": b"a,b\n" * 9000,
        ".DS_Store": b"x",
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (tmp_path / "key.pem").write_bytes(records.party("江苏一建", 11).issued.pem())
    return root


def call(*arguments: str | Path) -> int:
    return run(cli, [str(a) for a in arguments], Output())


def answer(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert call("--json", *arguments) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def sealed(folder: Path, platform: Platform) -> Path:
    assert call("seal", folder, "--key", folder.parent / "key.pem", "--server", platform.url) == 0
    return folder.parent / "bid.mtse"


def test_a_folder_becomes_a_sealed_bid(folder: Path, platform: Platform) -> None:
    path = sealed(folder, platform)
    ticket_path = path.with_name("bid.mtse.ticket")
    assert os.stat(ticket_path).st_mode & 0o777 == 0o600
    ticket, plain = Ticket.from_json(parse(ticket_path.read_bytes())), io.BytesIO()
    with path.open("rb") as source:
        head = read_header(source)
        envelope.open_body(source, head, envelope.unwrap_as_bidder(head, ticket), plain)
    found = bundle.read(plain)
    summary = parse(found.read("bid_summary.json", 10_000))
    assert summary["price"] == "4820000.50"
    assert summary["bidder"] == {"name": "江苏一建", "credit_code": records.party("江苏一建", 11).code}
    assert {e.role for e in found.entries} == {"bid_summary", "bid_summary_signature", "technical", "boq"}
    assert call("seal", folder, "--key", folder.parent / "key.pem", "--server", platform.url) == 6


def test_check_names_what_is_missing(
    folder: Path, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", folder, "--key", folder.parent / "key.pem", "--server", platform.url]
    assert call(*arguments) == 0
    (folder / "boq/清单.csv").unlink()
    (folder / "technical/施工组织设计.pdf").write_bytes(b"not a pdf")
    (folder / "bid.toml").write_text(TOML.replace("4820000.5", '"5000000.01"'))
    capsys.readouterr()
    assert call(*arguments) == 7
    said = capsys.readouterr()
    assert "缺少「已标价工程量清单」" in said.err
    assert "缺少「已标价工程量清单」" not in said.out
    for code in ("bid.requirement_missing", "bid.broken_pdf", "bid.over_ceiling"):
        assert code in said.err
    assert call("seal", folder, "--key", folder.parent / "key.pem", "--server", platform.url) == 7


@pytest.mark.parametrize(
    "toml",
    ["price = 1", 'lot="1"\nprice="1.234"\nduration_days=1\nquality="x"', "x = [", "typo = 1\n" + TOML,
     TOML.replace("4820000.5", "-1"), TOML.replace("4820000.5", "nan"), TOML.replace("170", '"170"')],
)  # fmt: skip
def test_a_bad_description_is_malformed(folder: Path, platform: Platform, toml: str) -> None:
    (folder / "bid.toml").write_text(toml)
    key = folder.parent / "key.pem"
    assert call("check", folder, "--tender", records.NUMBER, "--key", key, "--server", platform.url) == 2


def test_stray_files_are_refused(folder: Path, platform: Platform) -> None:
    (folder / "投标函.docx").write_bytes(b"x")
    assert call("check", folder, "--key", folder.parent / "key.pem", "--server", platform.url) == 2


def test_the_whole_way(folder: Path, platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    path = sealed(folder, platform)
    done = answer(capsys, "submit", path, "--server", platform.url)
    assert [e["step"] for e in done["evidence"]] == [1, 2, 3, 4, 5] or len(done["evidence"]) == 5
    receipt = Path(done["receipt"])
    keys = ["--platform-key", records.PLATFORM_HEX, "--vkey", records.VKEY]
    assert call("receipt", "verify", receipt, "--envelope", path, *keys) == 0
    assert answer(capsys, "submit", path, "--server", platform.url)["bid"] == done["bid"]
    assert call("open", path, "--server", platform.url) == 0
    url, body = platform.posted[-1]
    released = statements.verify(body["signed"], purpose="key-release").payload
    with path.open("rb") as source:
        key = envelope.unwrap_as_bidder(read_header(source), Ticket.from_json(parse(
            path.with_name("bid.mtse.ticket").read_bytes())))  # fmt: skip
    assert (url, released["content_key"]) == (
        f"/api/v1/bids/{done['bid']}/key-release",
        records.b64(key.value),
    )
    assert call("withdraw", path, "--server", platform.url) == 6
    assert "招标投标法第二十九条" in capsys.readouterr().err


def test_who_lost_the_ticket_reads_what_is_left_to_do(
    folder: Path, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sealed(folder, platform)
    path.with_name("bid.mtse.ticket").rename(path.with_name("elsewhere"))
    for command in ("submit", "withdraw", "open", "key-lost"):
        assert call(command, path, "--server", platform.url) == 5
        said = capsys.readouterr().err
        assert "--ticket" in said
        assert "电子招标投标办法第三十一条" in said
    assert call("submit", path, "--ticket", path.with_name("elsewhere"), "--server", platform.url) == 0


def test_a_second_bid_for_the_same_lot_is_spoken_of_until_the_first_is_taken_back(
    folder: Path, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    first = sealed(folder, platform)
    assert call("submit", first, "--server", platform.url) == 0
    assert "没有撤回" not in capsys.readouterr().err
    second = first.with_name("second.mtse")
    key = folder.parent / "key.pem"
    assert call("seal", folder, "-o", second, "--key", key, "--server", platform.url) == 0
    assert call("submit", second, "--server", platform.url) == 0
    assert f"bidtool withdraw {first}" in capsys.readouterr().err
    platform.withdrawals = True
    assert call("withdraw", first, "--server", platform.url) == 0
    assert call("submit", second, "--server", platform.url) == 0
    assert "没有撤回" not in capsys.readouterr().err


def test_custodians_release_their_shares(
    folder: Path, platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sealed(folder, platform)
    assert call("submit", path, "--server", platform.url) == 0
    key = tmp_path / "custodian.pem"
    key.write_bytes(records.party(records.CUSTODIANS[0], 1).issued.pem())
    assert call("share", records.NUMBER, "--key", key, "--server", platform.url) == 6
    assert call("key-lost", path, "--reason", "U 盾损坏", "--server", platform.url) == 0
    shares = []
    for number, name in enumerate(records.CUSTODIANS[:2], start=1):
        key.write_bytes(records.party(name, number).issued.pem())
        assert call("share", records.NUMBER, "--key", key, "--server", platform.url) == 0
        said = statements.verify(platform.posted[-1][1]["signed"], purpose="share-release").payload
        shares.append(Share(said["index"], base64.b64decode(said["share"])))
    with path.open("rb") as source:
        head = read_header(source)
    assert len(combine(head, shares).value) == 32
    key.write_bytes(records.party("江苏九建", 19).issued.pem())
    assert call("share", records.NUMBER, "--key", key, "--server", platform.url) != 0


def test_an_upload_cut_anywhere_goes_on(folder: Path, platform: Platform) -> None:
    path = sealed(folder, platform)
    platform.cut = [1, 0, 7_000, 19_999]
    assert call("submit", path, "--server", platform.url) == 0
    assert len(platform.uploads) == 1
    assert bytes(next(iter(platform.uploads.values()))["data"]) == path.read_bytes()
    assert not path.with_name("bid.mtse.upload").exists()


def test_a_killed_client_goes_on_where_the_server_stands(folder: Path, platform: Platform) -> None:
    path = sealed(folder, platform)
    ticket = Ticket.from_json(parse(path.with_name("bid.mtse.ticket").read_bytes()))
    platform.cut = [15_000] + [0] * 30
    assert call("submit", path, "--server", platform.url) == 75
    assert path.with_name("bid.mtse.upload").exists()
    platform.cut = []
    assert call("submit", path, "--server", platform.url) == 0
    assert (len(platform.uploads), len(platform.bids)) == (1, 1)
    assert ticket.envelope_sha256 in platform.bids
    assert platform.chunk_max <= uploads.CHUNK


def test_an_upload_the_server_forgot_begins_anew(folder: Path, platform: Platform) -> None:
    path = sealed(folder, platform)
    platform.cut = [15_000] + [0] * 30
    assert call("submit", path, "--server", platform.url) == 75
    platform.uploads.clear()
    platform.cut = []
    assert call("submit", path, "--server", platform.url) == 0


def test_a_damaged_envelope_stays_at_home(folder: Path, platform: Platform) -> None:
    path = sealed(folder, platform)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert call("submit", path, "--server", platform.url) == 7
    assert platform.uploads == {}


def test_network_trouble_is_75_and_says_what_to_do(
    folder: Path, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sealed(folder, platform)
    assert call("submit", path, "--server", "http://127.0.0.1:9") == 75
    assert "重试" in capsys.readouterr().err
    platform.busy = 3
    assert call("submit", path, "--server", platform.url) == 0
    platform.busy = 100
    assert call("open", path, "--server", platform.url) == 75


def test_a_receipt_of_another_key_is_not_believed(folder: Path, platform: Platform) -> None:
    path = sealed(folder, platform)
    assert call("submit", path, "--server", platform.url, "--platform-key", "00" * 32) == 1
    receipt = path.with_name("bid.mtse.receipt.json")
    keys = ["--platform-key", records.PLATFORM_HEX, "--vkey", records.VKEY]
    assert call("receipt", "verify", receipt, *keys) == 0
    value = parse(receipt.read_bytes())
    value["statement"]["payload"]["size"] += 1
    receipt.write_bytes(canonical(value))
    assert call("receipt", "verify", receipt, *keys) == 1
    assert call("receipt", "verify", receipt, "--platform-key", "xx", "--vkey", records.VKEY) == 2


def test_login_keeps_the_session_to_itself(
    folder: Path, platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, session = folder.parent / "key.pem", tmp_path / "s" / "session.json"
    done = answer(capsys, "login", "--key", key, "--server", platform.url, "--session", session)
    assert done["roles"] == ["bidder"]
    assert os.stat(session).st_mode & 0o777 == 0o600
    assert parse(session.read_bytes())["cookies"] == {"sessionid": "s1"}
    assert call("login", "--key", key, "--server", platform.url, "--register", "bidder") == 0
    assert platform.posted[-1][0] == "/api/v1/register"


def test_a_certificate_that_waits_to_be_confirmed_opens_no_session(
    folder: Path, platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.waiting, session = True, tmp_path / "s" / "session.json"
    key = folder.parent / "key.pem"
    words = ("login", "--key", key, "--server", platform.url, "--register", "bidder", "--session", session)
    assert call(*words) == 6
    assert ("login.certificate_waits" in capsys.readouterr().err, session.exists()) == (True, False)


def test_a_challenge_of_another_platform_is_not_signed(folder: Path, platform: Platform) -> None:
    platform.platform = "https://real.example"
    key = folder.parent / "key.pem"
    assert call("login", "--key", key, "--server", platform.url) == 4
    assert [path for path, _ in platform.posted] == ["/api/v1/login/challenge"]
    assert call("login", "--key", key, "--server", platform.url, "--platform", "https://real.example") == 0


def test_keys_with_passwords(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = records.party("江苏一建", 11).issued
    (tmp_path / "key.p12").write_bytes(issued.pkcs12("secret"))
    assert issued.key is not None
    pem = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "locked.pem").write_bytes(pem + issued.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "password").write_text("secret\n")
    said = tmp_path / "said.json"
    said.write_bytes(
        canonical(statements.statement("opening-record", {"tender": records.NUMBER, "bids": []}))
    )
    monkeypatch.setenv("PW", "secret")
    for key in (tmp_path / "key.p12", tmp_path / "locked.pem"):
        assert call("sign", said, "--yes", "--key", key, "--password-env", "PW") == 0
        assert call("sign", said, "--yes", "--key", key, "--password-file", tmp_path / "password") == 0
        monkeypatch.setenv("BAD", "other")
        assert call("sign", said, "--yes", "--key", key, "--password-env", "BAD") == 2
    signed = parse((tmp_path / "said.signed.json").read_bytes())
    assert statements.verify(signed, purpose="opening-record").payload["tender"] == records.NUMBER


def test_sign_shows_what_is_signed_and_asks(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, key = tmp_path / "said.json", folder.parent / "key.pem"
    payload = {"tender": records.NUMBER, "bids": [{"bidder": "江苏一建", "price": "1.00\x1b[2J"}]}
    said.write_bytes(canonical(statements.statement("opening-record", payload)))
    assert call("sign", said, "--key", key) == 7
    assert not (tmp_path / "said.signed.json").exists()
    shown = capsys.readouterr().err
    assert "确认开标记录" in shown
    assert "\x1b" not in shown
    said.write_bytes(canonical(statements.statement("sell-my-house", {})))
    assert call("sign", said, "--yes", "--key", key) == 7


def test_both_certificates_of_a_pair(folder: Path, platform: Platform, tmp_path: Path) -> None:
    second = tmp_path / "second.pem"
    second.write_bytes(records.party("江苏一建", 12).issued.pem())
    keys = ["--key", folder.parent / "key.pem", "--encryption-key", second]
    assert call("seal", folder, *keys, "--own-key", "certificate", "--server", platform.url) == 0
    path = folder.parent / "bid.mtse"
    assert call("submit", path, "--server", platform.url) == 0
    assert call("open", path, *keys, "--server", platform.url) == 0
    assert call("open", path, "--key", folder.parent / "key.pem", "--server", platform.url) == 7


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2")
@pytest.mark.parametrize("own_key", ["client", "certificate"])
def test_the_whole_way_with_sm2_certificates(
    own_key: str, folder: Path, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pair in two PKCS#12 files seals, submits, opens and withdraws; SM2 custodians give their shares."""
    platform.of, platform.withdrawals = CA_FOUR, True
    monkeypatch.setenv("PW", "口令")
    path, server = folder.parent / "bid.mtse", ["--server", platform.url]
    keys = _files(records.party("江苏一建", 11, of=CA_FOUR), tmp_path, "mine")
    assert call("seal", folder, *keys, "--own-key", own_key, *server) == 0
    assert path.read_bytes()[5] == 2
    assert call("submit", path, *server) == 0
    assert call("open", path, *(keys if own_key == "certificate" else ()), *server) == 0
    with path.open("rb") as source:
        head = read_header(source)
    released = statements.verify(platform.posted[-1][1]["signed"], purpose="key-release")
    assert released.public_key_hex == head.pseudonym.hex()
    assert call("key-lost", path, *server) == 0
    shares = []
    for number, name in enumerate(records.CUSTODIANS[:2], start=1):
        holder = _files(records.party(name, number, of=CA_FOUR), tmp_path, f"custodian-{number}")
        assert call("share", records.NUMBER, *holder, *server) == 0
        signed = platform.posted[-1][1]["signed"]
        said = statements.verify(signed, purpose="share-release").payload
        assert signed["signature"]["alg"] == "sm2-sm3"
        shares.append(Share(said["index"], base64.b64decode(said["share"])))
    assert fields.b64(combine(head, shares).value) == released.payload["content_key"]
    assert call("withdraw", path, *server) == 0


def _files(who: records.Party, folder: Path, name: str) -> list[str | Path]:
    """Both certificates in PKCS#12, and the options that name them."""
    paths = [folder / f"{name}-{use}.p12" for use in ("signing", "encryption")]
    for path, issued in zip(paths, (who.issued, who.encryption), strict=True):
        path.write_bytes(issued.pkcs12("口令"))
    return ["--key", paths[0], "--encryption-key", paths[1], "--password-env", "PW"]


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2")
def test_the_encryption_key_as_an_authority_sends_it(
    folder: Path, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SM2EnvelopedKey (GM/T 0009) for the signing key: the pair's second key is never in a file of its own."""
    platform.of = CA_FOUR
    who = records.party("江苏一建", 11, of=CA_FOUR)
    keys = [*_files(who, tmp_path, "mine")[:2], "--password-env", "PW"]
    monkeypatch.setenv("PW", "口令")
    parcel, certificate = tmp_path / "parcel.b64", tmp_path / "encryption.pem"
    opener: Any = who.encryption.key
    signing: Any = who.issued.key
    parcel.write_text(fields.b64(envelop(opener, signing.public_key(), os.urandom)))
    certificate.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in who.encryption.full_chain))
    both = [*keys, "--encryption-key", certificate, "--enveloped-key", parcel]
    server = ["--server", platform.url]
    assert call("seal", folder, *both, "--own-key", "certificate", *server) == 0
    path = folder.parent / "bid.mtse"
    assert call("submit", path, *server) == 0
    assert call("open", path, *both, *server) == 0
    assert call("open", path, *keys, "--enveloped-key", parcel, *server) == 2
    parcel.write_bytes(b"0" * 100)
    assert call("open", path, *both, *server) == 2


def test_refusals_for_machines_and_help_for_people() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bidtool", "--json", "verify", "/nowhere"], capture_output=True, timeout=60
    )
    value = json.loads(done.stdout)
    assert (done.returncode, value["code"]) == (2, "record.not_a_directory")
    assert {"zh", "en"} <= set(value["reasons"][0])
    shown = subprocess.run([sys.executable, "-m", "bidtool", "--help"], capture_output=True, timeout=60)
    assert shown.returncode == 0
    assert call("nonsense") == 2
    for wrong in (
        ["nonsense"],
        ["submit"],
        ["submit", "--nonsense"],
        ["seal", "x", "--own-key", "none"],
        ["open", "--key"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "bidtool", "--json", *wrong], capture_output=True, timeout=60
        )
        assert (done.returncode, json.loads(done.stdout)["code"]) == (2, "command.misused")


def test_prices_in_words(folder: Path, platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    call("check", folder, "--key", folder.parent / "key.pem", "--server", platform.url)
    assert "¥ 4,820,000.50" in capsys.readouterr().out


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[str]:
    """The sandbox of gateways/guarantors: a real issuer as a process of its own."""
    (tmp_path / "issuer.pem").write_bytes(records.party("演示担保有限公司", 21).issued.pem())
    (tmp_path / "roots.pem").write_bytes(records.authority().root.public_bytes(Encoding.PEM))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gateways.guarantors.sandbox", "--store", str(tmp_path / "store"),
               "--certificate", str(tmp_path / "issuer.pem"), "--trusted", str(tmp_path / "roots.pem"),
               "--port", str(port), "--training"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


def test_a_guarantee_comes_into_the_folder(
    folder: Path, platform: Platform, issuer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ["--key", folder.parent / "key.pem", "--server", platform.url]
    done = answer(capsys, "guarantee", "apply", folder, "--issuer", issuer, *keys)
    assert done["amount"] == "80000.00"
    form = parse((folder / "guarantee/form.json").read_bytes())
    payload = statements.verify(form, purpose="guarantee").payload
    assert (
        hashlib.sha256((folder / "guarantee/guarantee.pdf").read_bytes()).hexdigest() == payload["pdf_sha256"]
    )
    assert call("check", folder, *keys) == 0
    assert f"保函 {done['number']}" in capsys.readouterr().out
    made = answer(capsys, "seal", folder, *keys)
    assert made["summary"]["guarantee"]["number"] == done["number"]
    assert call("guarantee", "apply", folder, "--issuer", "http://127.0.0.1:9", *keys) == 75


def test_a_guarantee_that_is_too_small_is_named(
    folder: Path, platform: Platform, issuer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ["--key", folder.parent / "key.pem", "--server", platform.url]
    assert call("guarantee", "apply", folder, "--issuer", issuer, "--amount", "60000.00", *keys) == 0
    assert call("check", folder, *keys) == 7
    assert "guarantee.amount_too_small" in capsys.readouterr().err
    assert call("seal", folder, "--despite", "guarantee.amount_too_small", *keys) == 0
