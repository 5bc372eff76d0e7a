"""Keys in a token: SoftHSM2 with a token of its own in a temporary folder."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bidtool.cli import cli, run
from bidtool.output import Output
from bidtool.pkcs11 import Pkcs11Signer, TokenPlace
from ca_interop.rules.signatures import checking, making, message, pdf_making, signing_side
from kernel.errors import Refused
from sealing import SoftwareSigner, open_body, open_share, read_header, statements, unwrap_as_bidder
from sealing.signer import fingerprint
from tests.unit.ca_interop.signatures.cast import NOW, pdf, signed_pdf
from tests.unit.sealing.cast import certificate, custodians, sealed, signer

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((Path(m) for m in MODULES if Path(m).exists()), None)
PIN = "24680975"
pytestmark = pytest.mark.skipif(
    MODULE is None or not shutil.which("softhsm2-util"),
    reason="softhsm2 is not installed: tools/setup-system.sh",
)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two tokens: ``bidder`` with an RSA and a P-256 pair and their CA, ``empty`` with nothing.

    SoftHSM reads its configuration once a process, when its module is loaded.
    """
    pkcs11 = pytest.importorskip("pkcs11")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    for label in ("bidder", "empty"):
        made = ["--init-token", "--free", "--label", label, "--so-pin", "86420864", "--pin", PIN]
        subprocess.run(["softhsm2-util", *made], check=True, capture_output=True)
    token = pkcs11.lib(str(MODULE)).get_token(token_label="bidder")
    with token.open(rw=True, user_pin=PIN) as session:
        for number, label in enumerate(("rsa", "ec")):
            _put(pkcs11, session, label, bytes([number]))
    yield folder
    os.environ.pop("SOFTHSM2_CONF")
    if before is not None:
        os.environ["SOFTHSM2_CONF"] = before


def _put(pkcs11: Any, session: Any, label: str, ident: bytes) -> None:
    """The test signer's key and certificate, as a CA's tool writes them; the key can never come out."""
    key, leaf = _pair(label)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    decode = (
        pkcs11.util.rsa.decode_rsa_private_key if label == "rsa" else pkcs11.util.ec.decode_ec_private_key
    )
    a = pkcs11.Attribute
    hidden = {
        a.ID: ident,
        a.LABEL: label,
        a.TOKEN: True,
        a.PRIVATE: True,
        a.SENSITIVE: True,
        a.EXTRACTABLE: False,
    }
    use = {a.DECRYPT: True} if label == "rsa" else {a.DERIVE: True}
    session.create_object(decode(der) | hidden | use | {a.SIGN: True})
    session.create_object(
        {
            a.CLASS: pkcs11.ObjectClass.CERTIFICATE,
            a.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            a.TOKEN: True,
            a.ID: ident,
            a.LABEL: label,
            a.SUBJECT: leaf.subject.public_bytes(),
            a.VALUE: leaf.public_bytes(Encoding.DER),
        }
    )


_KEYS: dict[str, tuple[Any, x509.Certificate]] = {}


def _pair(label: str) -> tuple[Any, x509.Certificate]:
    if label not in _KEYS:
        new = (
            rsa.generate_private_key(65537, 2048)
            if label == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        _KEYS[label] = new, certificate(new, f"盐城市建工集团有限公司 {label}")
    return _KEYS[label]


@pytest.fixture
def token(tokens: Path) -> Iterator[Any]:
    """``token("rsa")``: a signer of that key; closed at the end."""
    assert MODULE is not None
    opened: list[Pkcs11Signer] = []

    def of(label: str, encryption: str = "", *, pin: str = PIN, name: str = "bidder") -> Pkcs11Signer:
        opened.append(Pkcs11Signer(TokenPlace(MODULE, name, label, encryption), pin))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


@pytest.mark.parametrize("label", ["rsa", "ec"])
def test_what_the_token_signs_everybody_verifies(token: Any, label: str) -> None:
    held = token(label)
    signed = statements.sign(statements.statement("login", {"x": "明"}), held)
    assert statements.verify(signed, purpose="login").leaf == _pair(label)[1]
    assert held.alg == {"rsa": "rsa-pss-sha256", "ec": "ecdsa-p256-sha256"}[label]


def test_a_bid_sealed_with_a_token_opens_with_it(token: Any) -> None:
    held = token("ec")
    envelope, _ = sealed(b"bid" * 999, own_key="certificate", bidder=held)
    source, out = io.BytesIO(envelope), io.BytesIO()
    header = read_header(source)
    key = unwrap_as_bidder(header, held)
    open_body(source, header, key, out)
    assert out.getvalue() == b"bid" * 999
    software = SoftwareSigner(_pair("ec")[0], [_pair("ec")[1]])
    assert unwrap_as_bidder(header, software) == key


def test_a_custodian_opens_its_share_with_a_token(token: Any) -> None:
    held = token("rsa", "ec")
    assert held.encryption_certificate == _pair("ec")[1]
    certificates = [held.encryption_certificate, *(c.encryption_certificate for c in custodians(2))]
    envelope, _ = sealed(b"x", custodians=certificates)
    assert open_share(read_header(io.BytesIO(envelope)), held).index == 1


def test_rsa_oaep_is_done_by_the_token_or_refused(token: Any) -> None:
    """SoftHSM 2.6 knows OAEP with SHA-1 only; a later one may know SHA-256."""
    held = token("rsa")
    envelope, _ = sealed(b"x", own_key="certificate", bidder=held)
    header = read_header(io.BytesIO(envelope))
    expected = unwrap_as_bidder(header, SoftwareSigner(_pair("rsa")[0], [_pair("rsa")[1]]))
    try:
        found = unwrap_as_bidder(header, held)
    except Refused as refusal:
        found = refusal.code
    assert found in (expected, "token.no_oaep_sha256")


def test_a_point_off_the_curve_never_reaches_the_token(token: Any) -> None:
    held = token("ec")
    for sealed_ in (b"\4" + bytes(64) + bytes(82), b"", b"\2" + bytes(146)):
        with pytest.raises(Refused, match=r"envelope\.wrap_bad"):
            held.unwrap("ecies-p256", sealed_, bytes(32))
    with pytest.raises(Refused, match=r"envelope\.wrap_bad"):
        held.unwrap("rsa-oaep-sha256", bytes(256), bytes(32))


def test_each_mistake_has_its_own_code(token: Any) -> None:
    cases = {
        "token.pin_wrong": lambda: token("rsa", pin="00000000"),
        "token.not_found": lambda: token("rsa", name="nobody's"),
        "token.key_not_found": lambda: token(""),
    }
    found = {}
    for code, work in cases.items():
        with pytest.raises(Refused) as caught:
            work()
        found[code] = caught.value.code
    assert found == {code: code for code in cases}
    with pytest.raises(Refused, match=r"token\.key_not_found"):
        token("", name="empty")
    with pytest.raises(Refused, match=r"token\.module_bad"):
        Pkcs11Signer(TokenPlace(Path(__file__), "bidder"), PIN)


def test_the_command_line_signs_with_a_token(
    tokens: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    statement, out, pin = tmp_path / "s.json", tmp_path / "signed.json", tmp_path / "pin"
    statement.write_text(json.dumps(statements.statement("login", {"x": 1})))
    pin.write_text(PIN + "\n")
    where = ["--pkcs11", str(MODULE), "--token", "bidder", "--key-label", "ec"]
    call = ["sign", str(statement), "--yes", *where, "-o", str(out)]
    assert run(cli, [*call, "--password-file", str(pin)], Output()) == 0
    assert statements.verify(json.loads(out.read_text()), purpose="login").leaf == _pair("ec")[1]
    out.unlink()
    monkeypatch.setenv("TOKEN_PIN", "11112222")
    assert run(cli, [*call, "--password-env", "TOKEN_PIN"], Output()) == 3
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(cli, call, Output()) == 2
    assert run(cli, [*call, "--key", str(statement)], Output()) == 2
    assert PIN not in "".join(capsys.readouterr())


def test_another_signer_is_no_match(token: Any) -> None:
    held = token("ec")
    with pytest.raises(Refused, match=r"envelope\.wrap_bad"):
        unwrap_as_bidder(
            read_header(io.BytesIO(sealed(b"x", own_key="certificate", bidder=signer("other"))[0])), held
        )


@pytest.mark.parametrize("label", ["rsa", "ec"])
def test_a_token_signs_files_and_pdf_revisions(token: Any, label: str) -> None:
    held, content = token(label), signed_pdf(pdf("contract"), "p256", "Signature0")
    said = message.read(making.sign(content, held))
    found = checking.check(said.signers[0], content, said.content_type)
    assert found[-1].facts["certificate"] == fingerprint(_pair(label)[1])
    prepared = pdf_making.prepare(content, NOW, pdf_making.Appearance("单位"), "Signature1")
    told = {"prepared": "x", "document_size": len(content), "byte_range": list(prepared.byte_range)}
    sha256 = hashlib.sha256(content).hexdigest()
    value = base64.b64decode(signing_side.sign_revision(told, prepared.document, held, sha256)["signature"])
    how = making.plan(held.chain, held.alg)
    making.assemble(how, making.attributes(how, prepared.digest), value)
