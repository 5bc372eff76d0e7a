"""Licences and person codes over real HTTP: what is asked, what is answered, and every way the answer can lie."""

from __future__ import annotations

from typing import Any

import pytest

from gateways.licences.http import HttpLicenceService
from gateways.licences.port import Progress
from gateways.persons.http import HttpPersonCodes
from kernel.errors import Refused
from tests.integration.gateways import houses
from tests.integration.gateways.houses import BING, CLIENT, JIA, SECRET, YI, licences, persons

LIES = ["expired", "other_audience", "from_the_future", "unknown_key", "wrong_signature", "alg_none"]


@pytest.fixture(scope="module")
def _licence_server() -> Any:
    with licences() as running:
        yield running


@pytest.fixture
def licence_server(_licence_server: Any) -> Any:
    _licence_server.fault = ""
    return _licence_server


@pytest.fixture(scope="module")
def _person_server() -> Any:
    with persons() as running:
        yield running


@pytest.fixture
def person_server(_person_server: Any) -> Any:
    _person_server.fault = ""
    return _person_server


def phone(server: Any, session: str, act: str, holder: str = "") -> int:
    return houses.WEB.post(f"{server.url}/phone/{session}/{act}", json={"holder": holder}).status_code


def shown(server: Any, holder: str) -> str:
    return str(houses.WEB.post(f"{server.url}/codes", json={"holder": holder}).json()["code"])


def service(server: Any) -> HttpLicenceService:
    return HttpLicenceService("电子营业执照", server.url, CLIENT, SECRET, seconds=2)


def confirmed(server: Any, holder: str) -> Progress:
    at = service(server)
    code = at.begin("nonce-1")
    assert phone(server, code.session, "confirm", holder) == 200
    return at.progress(code.session, "nonce-1")


def test_a_licence_is_scanned_and_confirmed(licence_server: Any) -> None:
    at = service(licence_server)
    code = at.begin("nonce-1")
    assert code.digits in houses.WEB.get(code.text).text
    assert at.progress(code.session, "nonce-1") == Progress("waiting")
    phone(licence_server, code.session, "scan")
    assert at.progress(code.session, "nonce-1") == Progress("scanned")
    phone(licence_server, code.session, "confirm", f"{JIA}.p1")
    holder = at.progress(code.session, "nonce-1").holder
    assert holder is not None
    assert (holder.organization, holder.credit_code, holder.person, holder.authorized) == (
        "甲公司", JIA, "甲一", True,
    )  # fmt: skip
    assert phone(licence_server, code.session, "decline") == 409
    other = at.begin("nonce-2")
    told = houses.WEB.post(f"{other.text}/confirm", data={"holder": f"{JIA}.p1"}).text
    assert ("已确认，请回到网页" in told, "{" in told) == (True, False)


@pytest.mark.parametrize(
    ("holder", "registration", "authorized"),
    [
        (f"{JIA}.p2", "in_force", True),
        (f"{YI}.p1", "in_force", False),
        (f"{JIA}.p3", "in_force", False),
        (f"{BING}.p1", "revoked", True),
    ],
)
def test_what_a_licence_says(licence_server: Any, holder: str, registration: str, authorized: bool) -> None:
    found = confirmed(licence_server, holder).holder
    assert found is not None
    assert (found.registration, found.authorized) == (registration, authorized)


@pytest.mark.parametrize("fault", [*LIES, "wrong_nonce", "other_session", "bad_step"])
def test_a_licence_service_that_lies_is_refused(licence_server: Any, fault: str) -> None:
    licence_server.fault = fault
    with pytest.raises(Refused) as refused:
        confirmed(licence_server, f"{JIA}.p1")
    wanted = "licence.other_session" if fault in ("wrong_nonce", "other_session") else "outside.bad_answer"
    assert refused.value.code == wanted


def test_keys_of_the_licence_service_may_change() -> None:
    with licences() as server:
        assert confirmed(server, f"{JIA}.p1").step == "confirmed"
        server.fault = "rotated"
        assert confirmed(server, f"{JIA}.p1").step == "confirmed"


def test_a_declined_and_a_foreign_session(licence_server: Any) -> None:
    at = service(licence_server)
    code = at.begin("n")
    phone(licence_server, code.session, "decline")
    assert at.progress(code.session, "n").step == "declined"
    for act in (lambda: at.progress("nobody", "n"), lambda: HttpLicenceService("x", licence_server.url, CLIENT, "wrong").begin("n")):  # fmt: skip
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "outside.said_no"
    licence_server.sessions[code.session].until = 0
    assert at.progress(code.session, "n").step == "expired"


def test_a_person_code_answers_once(person_server: Any) -> None:
    at = HttpPersonCodes("苏服码", person_server.url, CLIENT, SECRET)
    code = shown(person_server, f"{JIA}.p1")
    found = at.resolve(f" {code}\n")
    assert (found.person, found.id_number, found.organization, found.credit_code) == (
        "甲一", "320902********1234", "甲公司", JIA,
    )  # fmt: skip
    natural = at.resolve(shown(person_server, ".p1"))
    assert (natural.subject, natural.organization, natural.credit_code) == (found.subject, "", "")
    stale = shown(person_server, ".p1")
    person_server.codes[stale] = ("p1", "", 0.0)
    for again in (code, stale, "NOSUCHCODE00"):
        with pytest.raises(Refused) as refused:
            at.resolve(again)
        assert refused.value.code == "outside.said_no"
    for bad in ("", "short", "x" * 65, "two words", "一二三四五六七八"):
        with pytest.raises(Refused) as refused:
            at.resolve(bad)
        assert refused.value.code == "person_code.malformed"


@pytest.mark.parametrize("fault", [*LIES, "other_code", "down"])
def test_a_code_service_that_lies_or_is_down_is_refused(person_server: Any, fault: str) -> None:
    at = HttpPersonCodes("苏服码", person_server.url, CLIENT, SECRET, seconds=1)
    code = shown(person_server, ".p1")
    person_server.fault = fault
    wanted = {"other_code": "person_code.other_code", "down": "outside.unreachable"}
    with pytest.raises(Refused) as refused:
        at.resolve(code)
    assert refused.value.code == wanted.get(fault, "outside.bad_answer")
