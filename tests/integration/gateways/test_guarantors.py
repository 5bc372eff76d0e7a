"""The issuer's sandbox over real HTTP, and the platform's adapter against it."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pypdf import PdfReader

from gateways.guarantors.http import HttpGuarantor
from gateways.guarantors.sandbox.identity import Roots
from kernel.clock import iso
from kernel.errors import Refused
from kernel.guarantee_terms import read_form
from sealing import statements
from tests.integration.ca_interop.authorities import code as credit_code
from tests.integration.ca_interop.authorities import house, subscriber
from tests.integration.guarantees.cast import (
    BIDDER,
    DAY,
    ISSUER,
    NOW,
    OTHER,
    OWNER,
    application,
    applied,
    authority,
    certificate,
    platform_release,
    post,
    serving,
    sign,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def url(tmp_path: Path) -> Any:
    with serving(tmp_path) as server:
        yield server.url


def adapter(url: str, **more: Any) -> HttpGuarantor:
    return HttpGuarantor(url, now=NOW, **more)


def demand(number: str, company: Any = OWNER, **change: Any) -> dict[str, Any]:
    payload = {"v": 1, "number": number, "ground": "bid_revoked", "amount": "160000.00",
               "explanation": "投标截止后撤销投标", "at": iso(NOW)} | change  # fmt: skip
    return sign(company, "guarantee-demand", payload)


def test_an_application_gives_a_signed_form_and_its_pdf(url: str) -> None:
    form, pdf = applied(url)
    said = statements.verify(form, purpose="guarantee")
    read = read_form(said.payload)
    assert said.leaf == certificate(ISSUER).certificate
    assert (read.applicant.name, read.beneficiary.name, str(read.amount), len(read.payable_on)) == (
        BIDDER.name, OWNER.name, "160000.00", 4,
    )  # fmt: skip
    assert read.pdf_sha256 == hashlib.sha256(pdf).hexdigest()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "投标保函" in text
    assert "壹拾陆万元整" in text
    assert read.number in text


def test_the_same_application_gives_the_same_guarantee_even_after_a_restart(tmp_path: Path) -> None:
    signed = sign(BIDDER, "guarantee-application", application())
    with serving(tmp_path) as server:
        first = post(f"{server.url}/guarantees/apply", signed).json()
        keyed = post(f"{server.url}/guarantees/apply", signed, key="k").json()
    with serving(tmp_path) as server:
        resigned = sign(BIDDER, "guarantee-application", signed["statement"]["payload"])
        again = post(f"{server.url}/guarantees/apply", resigned, key="k").json()
        stolen = post(f"{server.url}/guarantees/apply", sign(OTHER, "guarantee-application", signed["statement"]["payload"]), key="k")  # fmt: skip
        other = post(f"{server.url}/guarantees/apply", sign(BIDDER, "guarantee-application", application(lot="2")), key="k")  # fmt: skip
        standing = adapter(server.url).standing(first["number"])
    assert first == keyed == again
    assert stolen.json()["code"] == "guarantor.key_reused"
    assert (other.status_code, other.json()["code"]) == (409, "guarantor.key_reused")
    assert (standing.status, standing.form) == ("issued", first["form"])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"applicant": OTHER.json}, 403, "guarantor.wrong_signer"),
        ({"amount": "1e5"}, 400, "guarantee.malformed"),
        ({"amount": "0.00"}, 422, "guarantor.bad_application"),
        ({"valid_until": "2020-01-01"}, 422, "guarantor.bad_application"),
        ({"requested_at": iso(NOW - 3 * DAY)}, 422, "guarantor.bad_application"),
        ({"payable_on": ["because"]}, 422, "guarantor.bad_application"),
        ({"extra": 1}, 400, "sealing.bad_field"),
        ({"beneficiary": {"name": "x", "credit_code": "1"}}, 422, "ids.bad_credit_code"),
    ],
)
def test_applications_that_are_refused(url: str, change: dict[str, Any], status: int, code: str) -> None:
    signed = sign(BIDDER, "guarantee-application", application(**change))
    answer = post(f"{url}/guarantees/apply", signed)
    assert (answer.json()["code"], answer.status_code) == (code, status)


def test_a_stranger_and_a_forger_are_refused(url: str) -> None:
    from tests.unit.sealing.cast import signer

    said = statements.statement("guarantee-application", application())
    stranger = post(f"{url}/guarantees/apply", statements.sign(said, signer("nobody")))
    assert (stranger.status_code, stranger.json()["code"]) == (403, "guarantor.not_trusted")
    forged = sign(BIDDER, "guarantee-application", application())
    forged["statement"]["payload"]["amount"] = "1.00"
    assert post(f"{url}/guarantees/apply", forged).json()["code"] == "statement.signature_bad"
    assert post(f"{url}/guarantees/apply", []).json()["code"] == "guarantor.bad_request"


@pytest.mark.parametrize("ca", ["demo-ca-1", "demo-ca-2", "demo-ca-3"])
def test_subscribers_of_every_authority_may_apply(ca: str, tmp_path: Path) -> None:
    """Each authority has its own key type and its own place for the credit code."""
    mine = subscriber("苏北建设集团有限公司", 7, "张三", ca)
    named = {"name": "苏北建设集团有限公司", "credit_code": credit_code(7)}
    said = statements.statement("guarantee-application", application(applicant=named))
    with serving(tmp_path) as server:
        server.issuer.roots = Roots(tuple(a.root for a in house().authorities.values()))
        answer = post(f"{server.url}/guarantees/apply", statements.sign(said, mine))
    assert answer.status_code == 201, answer.text


def test_the_date_header_is_the_issuers_now(url: str) -> None:
    later = NOW + 60 * DAY
    form, _ = applied(url, at=later)
    assert form["statement"]["payload"]["issued_at"] == iso(later)
    number = form["statement"]["payload"]["number"]
    assert HttpGuarantor(url, now=later + 300 * DAY).standing(number).status == "expired"


def test_a_release_by_the_platform_or_the_beneficiary(url: str) -> None:
    numbers = [applied(url, lot=lot)[0]["statement"]["payload"]["number"] for lot in ("1", "2")]
    gate = adapter(url)
    assert gate.release(numbers[0], platform_release(numbers[0]), "r1").status == "released"
    assert gate.release(numbers[0], platform_release(numbers[0]), "r1").status == "released"
    assert gate.release(numbers[0], platform_release(numbers[0]), "r2").status == "released"
    payload = {"v": 1, "number": numbers[1], "ground": "撤回", "at": iso(NOW)}
    with pytest.raises(Refused, match="guarantor.wrong_signer"):
        gate.release(numbers[1], sign(OTHER, "guarantee-release", payload), "r3")
    assert gate.release(numbers[1], sign(OWNER, "guarantee-release", payload), "r4").status == "released"
    with pytest.raises(Refused, match="guarantor.not_in_force"):
        gate.demand(numbers[1], demand(numbers[1]), "d")


def test_a_demand_is_paid_once(url: str) -> None:
    number = applied(url)[0]["statement"]["payload"]["number"]
    gate = adapter(url)
    for signed, code in (
        (demand(number, OTHER), "guarantor.wrong_signer"),
        (demand(number, ground="because"), "guarantor.no_ground"),
        (demand(number, amount="160000.01"), "guarantor.too_much"),
        (demand("DZBH-0"), "guarantor.bad_request"),
    ):
        with pytest.raises(Refused, match=code):
            gate.demand(number, signed, "")
    signed = demand(number)
    assert [gate.demand(number, signed, k).paid for k in ("a", "a", "b")] == ["160000.00"] * 3
    assert gate.standing(number).paid == "160000.00"
    with pytest.raises(Refused, match="guarantor.not_in_force"):
        gate.release(number, platform_release(number), "r")


def test_faults_on_request(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        signed = sign(BIDDER, "guarantee-application", application())
        assert post(f"{server.url}/guarantees/apply?fault=down", signed).status_code == 503
        post(f"{server.url}/faults", {"fault": "wrong_signature"})
        form, _ = applied(server.url)
        with pytest.raises(Refused, match="statement.signature_bad"):
            statements.verify(form)
        post(f"{server.url}/faults", {"fault": "wrong_amount"})
        assert applied(server.url, lot="2")[0]["statement"]["payload"]["amount"] == "80000.00"
        post(f"{server.url}/faults", {"fault": "down"})
        with pytest.raises(Refused, match="guarantor.unreachable"):
            adapter(server.url).standing("x")
        assert post(f"{server.url}/faults", {"fault": None}).json() == {"fault": None}
        assert post(f"{server.url}/faults", {"fault": "nonsense"}).status_code == 400
        post(f"{server.url}/faults", {"fault": "slow"})
        started = datetime.now(UTC)
        with pytest.raises(Refused, match="guarantor.unreachable"):
            adapter(server.url, timeout=0.2).standing("x")
        assert (datetime.now(UTC) - started).total_seconds() < 2
        server.fault = ""


def test_an_issuer_that_is_not_there_or_talks_nonsense(url: str) -> None:
    with pytest.raises(Refused, match="guarantor.unreachable"):
        adapter("http://127.0.0.1:9", timeout=1).standing("x")
    with pytest.raises(Refused, match="guarantor.said_no"):
        adapter(url).standing("x")
    with pytest.raises(Refused, match="guarantor.bad_answer"):
        adapter(f"{url}/issuer?").standing("x")


def test_the_server_as_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "issuer.pem").write_bytes(certificate(ISSUER).pem())
    (tmp_path / "roots.pem").write_bytes(authority().root.public_bytes(Encoding.PEM))
    command = [sys.executable, "-m", "gateways.guarantors.sandbox", "--store", tmp_path / "store", "--port", "0",
               "--certificate", tmp_path / "issuer.pem", "--trusted", tmp_path / "roots.pem", "--training"]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().rpartition("：")[2]
            about = httpx.get(f"{url}/issuer", headers={"Date": format_datetime(NOW, usegmt=True)}).json()
            assert (about["name"], about["credit_code"]) == (ISSUER.name, ISSUER.credit_code)
            form, pdf = applied(url)
            assert form["statement"]["payload"]["issuer"] == ISSUER.json
            assert "演练" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
