"""The OpenID adapter against the sandbox provider over real HTTP: the whole flow, and every way it can lie."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gateways.identity.oidc import OidcProvider
from gateways.identity.port import Account
from gateways.outside import House
from kernel.errors import Refused
from tests.integration.gateways import houses
from tests.integration.gateways.houses import CLIENT, JIA, SECRET, approve, identity, query_of

BACK = "http://127.0.0.1:9/login/identity/jszwfw/back/"


@pytest.fixture(scope="module")
def _server() -> Any:
    with identity(BACK) as running:
        yield running


@pytest.fixture
def server(_server: Any) -> Any:
    _server.fault = ""
    return _server


def provider(server: Any, **more: Any) -> OidcProvider:
    return OidcProvider("江苏政务服务网", server.url, CLIENT, SECRET, **more)


def login(server: Any, account: str = f"{JIA}.p1", **more: Any) -> Account:
    at = provider(server, **more)
    leaving = at.depart(BACK)
    return at.arrive(query_of(approve(leaving.url, account)), leaving, BACK)


def refusal(server: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        login(server, **more)
    return refused.value.code


def test_accounts_of_legal_and_of_natural_persons(server: Any) -> None:
    legal, natural = login(server), login(server, "p1")
    assert (legal.person, legal.organization, legal.credit_code, legal.registration) == (
        "甲一", "甲公司", JIA, "in_force",
    )  # fmt: skip
    assert (natural.person, natural.organization, natural.credit_code) == ("甲一", "", "")
    assert legal.subject != natural.subject
    assert login(server).subject == legal.subject
    assert login(server).once != legal.once


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("expired", "outside.bad_answer"),
        ("other_audience", "outside.bad_answer"),
        ("from_the_future", "outside.bad_answer"),
        ("wrong_signature", "outside.bad_answer"),
        ("unknown_key", "outside.bad_answer"),
        ("alg_none", "outside.bad_answer"),
        ("mac_with_secret", "outside.bad_answer"),
        ("wrong_nonce", "outside.bad_answer"),
        ("no_nonce", "outside.bad_answer"),
        ("other_subject", "outside.bad_answer"),
        ("other_token", "outside.bad_answer"),
        ("not_json", "outside.bad_answer"),
        ("other_issuer", "identity.mixed_up"),
        ("no_iss", "identity.mixed_up"),
        ("declined", "identity.declined"),
        ("unverified", "identity.not_verified"),
    ],
)
def test_a_provider_that_lies_is_refused(server: Any, fault: str, code: str) -> None:
    server.fault = fault
    assert refusal(server) == code
    server.fault = ""
    assert login(server).person == "甲一"


def test_clocks_may_differ_by_less_than_a_minute(server: Any) -> None:
    server.fault = "fast_clock"
    assert login(server).person == "甲一"


def test_keys_are_looked_up_again_when_the_provider_has_rotated_them() -> None:
    with identity(BACK) as server:
        _rotated(server)


def _rotated(server: Any) -> None:
    login(server)
    server.signer.rotate()
    assert login(server).person == "甲一"
    # A made-up key does not become a flood: after a few look-ups nobody is asked any more.
    server.fault = "unknown_key"
    for _ in range(6):
        assert refusal(server) == "outside.bad_answer"
    server.fault = ""
    server.signer.rotate()
    assert refusal(server) == "outside.bad_answer"


def test_a_discovery_of_another_issuer_is_refused() -> None:
    with identity(BACK) as server:
        server.fault = "other_party"
        assert refusal(server) == "identity.mixed_up"


def test_a_code_works_once_for_its_verifier_and_its_address(server: Any) -> None:
    at = provider(server)
    leaving, other = at.depart(BACK), at.depart(BACK)
    query = query_of(approve(leaving.url, "p1"))
    assert at.arrive(query, leaving, BACK).person == "甲一"
    for departure, back in ((leaving, BACK), (other, BACK), (leaving, BACK + "x")):
        with pytest.raises(Refused) as refused:
            at.arrive(query, departure, back)
        assert refused.value.code == "outside.said_no"
    # A code that was stolen on its way is worth nothing without the verifier, nor with another nonce.
    stolen = query_of(approve(at.depart(BACK).url, "p1"))
    with pytest.raises(Refused) as refused:
        at.arrive(stolen, other, BACK)
    assert refused.value.code == "outside.said_no"


def test_the_provider_sends_nobody_to_an_address_that_is_not_ours(server: Any) -> None:
    url = provider(server).depart("https://elsewhere.example/").url
    assert houses.WEB.get(url).status_code == 400


def test_an_outage_ends_in_time(server: Any) -> None:
    for fault in ("down", "slow"):
        server.fault = ""
        at = provider(server, seconds=0.4)
        leaving = at.depart(BACK)
        query = query_of(approve(leaving.url, "p1"))
        server.fault, began = fault, time.monotonic()
        with pytest.raises(Refused) as refused:
            at.arrive(query, leaving, BACK)
        assert refused.value.code == "outside.unreachable"
        assert time.monotonic() - began < 3


def test_a_server_that_drips_is_cut_off() -> None:
    """One byte at a time keeps every single wait short; the whole is timed all the same."""
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            line, _ = listening.accept()
            with line:
                line.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                for _ in range(200):
                    try:
                        line.sendall(b"x")
                    except OSError:
                        return
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Refused) as refused:
            House("x", 0.5).call("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert refused.value.code == "outside.unreachable"
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("url", ["http://identity.example/", "ftp://127.0.0.1/", "file:///etc/passwd", "//x"])
def test_nothing_is_asked_without_tls_but_this_machine(url: str) -> None:
    with pytest.raises(Refused) as refused:
        House("x").call("GET", url)
    assert refused.value.code == "outside.bad_answer"


def test_logout_tokens_end_sessions_and_nothing_else_does(server: Any) -> None:
    at, found = provider(server), login(server)
    told: list[str] = []
    server.tell = lambda url, form: told.append(form["logout_token"]) or True
    server.backchannel[CLIENT] = "http://127.0.0.1:9/"
    assert houses.WEB.get(at.logout_url(found.id_token, "http://127.0.0.1:9/")).status_code == 303
    subject, once = at.logged_out(told[0])
    assert (subject, bool(once)) == (found.subject, True)
    with pytest.raises(Refused) as refused:
        at.logged_out(found.id_token)
    assert refused.value.code == "outside.bad_answer"
