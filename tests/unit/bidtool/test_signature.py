"""``bidtool sign --cms``, ``bidtool signature verify``: any file, any signer, off line."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bidtool.cli import cli, run
from bidtool.output import Output
from ca_interop.demo_ca.server import DemoAuthorities, DemoServer
from ca_interop.rules.trust_list import PURPOSE
from sealing import statements
from tests.unit.ca_interop.signatures import cast


def said(capsys, *arguments: object) -> tuple[int, dict]:
    code = run(cli, [*(str(a) for a in arguments), "--json"], Output())
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a contract, a key, and a signed trust list."""
    (tmp_path / "contract.pdf").write_bytes(cast.pdf("contract"))
    one = cast.issued("p256")
    (tmp_path / "key.p12").write_bytes(one.pkcs12("secret"))
    (tmp_path / "password").write_text("secret\n")
    listed = statements.statement(PURPOSE, cast.trust("p256", "rsa").as_payload())
    signed = statements.sign(listed, one.key, [one.certificate])
    (tmp_path / "trust.json").write_text(json.dumps(signed, ensure_ascii=False))
    for number, crl in enumerate(cast.authority("p256").crls(cast.NOW)):
        (tmp_path / f"{number}.crl").write_bytes(crl)
    return tmp_path


def evidence(place: Path) -> list[object]:
    return [part for path in sorted(place.glob("*.crl")) for part in ("--evidence", path)]


def test_a_file_is_signed_and_judged(place, capsys):
    keys = ["--key", place / "key.p12", "--password-file", place / "password"]
    code, answer = said(capsys, "sign", "--cms", place / "contract.pdf", *keys)
    assert (code, answer["kind"], answer["algorithm"]) == (0, "cms", "ecdsa-sha256")
    verify = [
        "verify",
        place / "contract.pdf.p7s",
        "--content",
        place / "contract.pdf",
        "--trust-list",
        place / "trust.json",
    ]
    code, report = said(capsys, "signature", *verify, *evidence(place), "--report", place / "report.json")
    assert (code, report["verdict"], report["signatures"][0]["organization"]) == (
        0,
        "valid",
        "盐城城南建设工程有限公司",
    )
    assert json.loads((place / "report.json").read_text())["sha256"] == report["sha256"]
    (place / "contract.pdf").write_bytes(cast.pdf("another"))
    code, report = said(capsys, "cms", *verify, *evidence(place))
    assert (code, report["verdict"]) == (1, "invalid")


def test_without_evidence_of_standing_it_is_undecided_and_fails(place, capsys):
    keys = ["--key", place / "key.p12", "--password-file", place / "password"]
    assert said(capsys, "sign", "--cms", "--enclosed", place / "contract.pdf", *keys)[0] == 0
    root = place / "root.pem"
    chain = [cast.authority("p256").root, *cast.issued("p256").chain]
    root.write_bytes(chain[0].public_bytes(Encoding.PEM))
    code, report = said(capsys, "signature", "verify", place / "contract.pdf.p7m", "--anchor", root)
    assert (code, report.get("verdict"), report.get("code")) == (1, "undecided", None)


def test_the_report_speaks_both_languages(place, capsys):
    (place / "signed.pdf").write_bytes(cast.signed_pdf(cast.pdf("x"), "p256", "Signature1", stamped=True))
    arguments = ["signature", "verify", str(place / "signed.pdf"), "--trust-list", str(place / "trust.json")]
    assert run(cli, arguments, Output()) == 0
    assert "✓ 签名覆盖它那一版的全部内容" in capsys.readouterr().out
    assert run(cli, [*arguments, "--english"], Output()) == 0
    assert "✓ the signature covers its whole revision" in capsys.readouterr().out


def test_a_time_stamp_is_fetched_over_http(place, capsys):
    house = DemoAuthorities.open(place / "ca", cast.START, cast.END)
    server = DemoServer(("127.0.0.1", 0), house)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        keys = ["--key", place / "key.p12", "--password-file", place / "password"]
        tsa = f"{server.url}/ca/demo-ca-2/tsa"
        code, answer = said(capsys, "sign", "--cms", place / "contract.pdf", "--tsa", tsa, *keys)
        assert (code, answer["timestamp"]) == (0, True)
        code, answer = said(
            capsys, "sign", "--cms", place / "contract.pdf", "--tsa", f"{tsa}?fault=wrong_nonce", *keys
        )
        assert (code, answer["code"]) == (7, "timestamp.wrong_nonce")
        code, answer = said(
            capsys, "sign", "--cms", place / "contract.pdf", "--tsa", f"{tsa}?fault=down", *keys
        )
        assert (code, answer["code"]) == (75, "timestamp.refused")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "signature.unknown_kind"),
        (b"", "signature.unknown_kind"),
        (b"%PDF-1.7 nothing", "signature.malformed"),
    ],
)
def test_what_is_no_signed_file_is_malformed(place, capsys, data, code):
    (place / "odd").write_bytes(data)
    found = said(capsys, "signature", "verify", place / "odd", "--trust-list", place / "trust.json")
    assert (found[0], found[1]["code"]) == (2, code)
