"""The command of the contract: bad input, hostile input, SM2."""

import base64
import json
import subprocess
import sys
import time

import pytest
from cryptography import x509

from ca_interop.rules import sm2
from ca_interop.rules.rfc5280.faults import Budget
from ca_interop.rules.rfc5280.request import answer
from tests.unit.ca_interop.rfc5280.pki import ask, b64, crl, issue, request

ROOT = issue("Root", ca=True)
CA = issue("CA", ROOT, ca=True)
LEAF = issue("Leaf", CA)
GOOD = request(LEAF, CA, anchor=ROOT, crls=(crl(ROOT), crl(CA)))


def limited():
    return Budget(clock=time.monotonic)


def reason(fields):
    return answer(json.dumps(fields).encode(), limited())["reason"]


@pytest.mark.parametrize("field", [k for k in GOOD if k not in ("policies", "peer_name", "max_path_length")])
def test_every_field_of_a_wrong_type_is_malformed(field):
    for value in ([1], {"x": 1}, "%", 7, "AAAA"):
        if field == "id" and isinstance(value, str):
            continue
        assert reason({**GOOD, field: value}) == "malformed", (field, value)


def test_the_process_goes_on_and_keeps_the_order():
    lines = [b"\xff\xfe", b"[" * 100_000, b"null", json.dumps(GOOD).encode(), b'{"id": "z", "leaf": ']
    run = subprocess.run(
        [sys.executable, "-m", "ca_interop", "validate", "--stdin"],
        input=b"\n".join(lines) + b"\n",
        capture_output=True,
        timeout=30,
        check=True,
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert [a["ok"] for a in answers] == [False, False, False, True, False]
    assert [a["id"] for a in answers] == [None, None, None, "t", "z"]
    assert run.stderr == b""


def test_json_that_would_fill_the_memory_is_not_parsed():
    for part in (b"[],", b"{},", b"1,", b"[1,"):
        line = b'{"id": "m", "x": [' + part * 1_000_000 + b"1]}"
        found = answer(line, limited())
        assert (found["id"], found["reason"]) == ("m", "too_complex")


def timed(*arguments, **more):
    start = time.monotonic()
    fields = request(*arguments, **more)
    made = time.monotonic() - start
    found = answer(json.dumps(fields).encode(), limited())
    assert time.monotonic() - start - made < 2
    return found["reason"]


def test_a_thousand_of_one_name_and_loops():
    many = [issue("CA", ROOT, ca=True, label=f"k{n % 5}") for n in range(1000)]
    assert timed(issue("Leaf", CA), *many, anchor=ROOT) in ("bad_signature", "too_complex")
    assert timed(issue("Leaf", CA), *many, CA, anchor=ROOT) == "ok"
    ring = [issue(f"R{a}", issue(f"R{b}", ca=True), ca=True) for a in range(12) for b in range(12)]
    ring.append(issue("R0", issue("Nobody", ca=True), ca=True))
    assert timed(issue("Leaf", issue("R1", ca=True)), *ring, anchor=ROOT) == "no_path"


def test_thousands_of_name_constraints():
    trees = [x509.DNSName(f"d{n}.cn") for n in range(2500)]
    hostile = issue("CA", ROOT, ca=True, extra=((x509.NameConstraints(trees, trees), True),))
    names = [x509.DNSName(f"d{n}.cn") for n in range(2500)]
    leaf = issue("Leaf", hostile, extra=((x509.SubjectAlternativeName(names), False),))
    assert timed(leaf, hostile, anchor=ROOT) == "too_complex"


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2")
def test_sm2_certificates(tmp_path):
    def run(*command):
        subprocess.run(["openssl", *command], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "ca.ext").write_text(
        "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
    )
    sign = ("-sm3", "-sigopt", "distid:1234567812345678")
    for who in ("root", "leaf"):
        run("genpkey", "-algorithm", "SM2", "-out", f"{who}.key")
        run("req", "-new", "-key", f"{who}.key", "-subj", f"/CN={who}", *sign, "-out", f"{who}.csr")
    days = ("-days", "3650", *sign, "-outform", "DER", "-vfyopt", "distid:1234567812345678")
    run(
        "x509",
        "-req",
        "-in",
        "root.csr",
        "-signkey",
        "root.key",
        "-extfile",
        "ca.ext",
        *days,
        "-out",
        "root.der",
    )
    run(
        "x509",
        "-req",
        "-in",
        "leaf.csr",
        "-CA",
        "root.der",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        *days,
        "-out",
        "leaf.der",
    )
    root, leaf = ((tmp_path / f"{w}.der").read_bytes() for w in ("root", "leaf"))
    asked = {
        **GOOD, "leaf": b64(leaf), "anchors": [b64(root)], "intermediates": [], "crls": [],
        "require_revocation": False, "time": "2027-06-01T00:00:00Z",
    }  # fmt: skip
    assert reason(asked) == "ok"
    wrong = bytearray(leaf)
    wrong[-1] ^= 1
    assert reason({**asked, "leaf": base64.b64encode(wrong).decode()}) == "bad_signature"


def test_ask_and_answer_agree():
    assert ask(LEAF, CA, anchor=ROOT) == "ok"
