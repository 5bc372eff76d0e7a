"""The demo authorities over HTTP: certificate requests, SM2 envelopes, time-stamps, refusals."""

from __future__ import annotations

import base64
import os
import subprocess

import httpx
import pytest

from ca_interop.rules import enveloped_key
from ca_interop.rules.certificates import load_certificate
from sealing import sm2
from sealing.sm2 import Sm2PrivateKey
from tests.integration.ca_interop.authorities import code, serving

WHO = {"organization": "江苏恒远市政工程有限公司", "credit_code": code(81), "person": "刘芳"}


@pytest.fixture(scope="module")
def server():
    with serving() as running:
        yield running


def post(server, path: str, body: dict) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", json=body, timeout=60, trust_env=False)


def request_of(folder, *, sigopt: str = "distid:1234567812345678") -> tuple[str, Sm2PrivateKey]:
    """A certificate request of OpenSSL's with an SM2 key, and the key."""
    key = Sm2PrivateKey.generate(os.urandom)
    (folder / "key.der").write_bytes(key.pkcs8)
    made = subprocess.run(
        ["openssl", "req", "-new", "-key", folder / "key.der", "-keyform", "DER", "-subj", "/CN=x", "-sm3", "-sigopt", sigopt],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return made.stdout, key


@pytest.mark.parametrize("ca", ["demo-ca-4", "demo-ca-9"])
def test_an_encryption_key_is_handed_over_for_the_signing_key_only(server, tmp_path, ca):
    csr, key = request_of(tmp_path)
    got = post(server, f"/ca/{ca}/issue", {**WHO, "csr": csr, "password": "secret"}).raise_for_status().json()
    signing, encryption = (
        load_certificate(base64.b64decode(got[part]["certificate"])) for part in ("signing", "encryption")
    )
    assert sm2.public_key_of(signing) == key.public_key()
    taken = enveloped_key.take_out(base64.b64decode(got["encryption"]["enveloped_key"]), key)
    assert taken.public_key() == sm2.public_key_of(encryption)
    assert "PRIVATE KEY" not in got["encryption"]["pem"] + got["signing"]["pem"]
    assert "pkcs12" not in got["encryption"]


def test_a_request_signed_with_another_identifier_is_refused(server, tmp_path):
    csr, _ = request_of(tmp_path, sigopt="distid:somebody")
    answer = post(server, "/ca/demo-ca-4/issue", {**WHO, "csr": csr})
    assert (answer.status_code, answer.json()["code"]) == (400, "demo_ca.bad_request")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/ca/demo-ca-4/issue", {**WHO, "algorithm": "p256"}, 400),
        ("/ca/demo-ca-1/issue", {**WHO, "csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"}, 400),
        ("/ca/demo-ca-0/issue", WHO, 404),
        ("/ca/demo-ca-1/revoke", {"serial": "abc"}, 404),
        ("/faults", {"demo-ca-1": "on fire"}, 400),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_a_code(server, path, body, status):
    answer = post(server, path, body)
    assert (answer.status_code, answer.json()["code"].startswith("demo_ca.")) == (status, True)


def test_an_authority_with_ocsp_only_serves_no_list(server):
    entry = next(
        a for a in httpx.get(f"{server.url}/trust-list", trust_env=False).json()["statement"]["payload"]["authorities"]
        if a["id"] == "demo-ca-8"
    )  # fmt: skip
    assert (entry["crl"], len(entry["ocsp"]), len(entry["tsa"])) == ([], 1, 1)
    assert httpx.get(f"{server.url}/ca/demo-ca-8/crl/1", trust_env=False).status_code == 404
