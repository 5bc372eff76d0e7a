"""The shell's own doors: clock, desk, preferences, error pages, content security."""

from __future__ import annotations

import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_time_is_the_databases(client: Client) -> None:
    response = client.get("/api/time")
    assert response["Cache-Control"] == "no-store"
    assert set(response.json()) == {"now"}


def test_the_desk_needs_a_signed_in_person(client: Client) -> None:
    response = client.get("/desk/")
    assert response.status_code == 401
    assert "请先用数字证书登录" in response.content.decode()
    assert 'href="/login/?next=%2Fdesk%2F"' in response.content.decode()


def test_an_unknown_address_is_a_page_or_a_problem_document(client: Client) -> None:
    assert client.get("/nowhere/").status_code == 404
    response = client.get("/api/v1/nowhere")
    assert (response.status_code, response.json()["code"]) == (404, "request.no_such_page")


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{", "application/json", "json.malformed"),
        (b"[]", "application/json", "request.not_json"),
        (b"to=1", "application/x-www-form-urlencoded", "request.not_json"),
        (b'{"to": 5}', "application/json", "request.bad_field"),
    ],
)
def test_malformed_json_is_refused_with_a_code(client: Client, body: bytes, kind: str, code: str) -> None:
    response = client.post("/api/v1/training/clock", body, content_type=kind)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response["Content-Type"] == "application/problem+json"


def test_the_clock_stands_still_for_the_public(client: Client, settings: object) -> None:
    settings.TRAINING = True
    body = json.dumps({"to": "2027-01-01T00:00:00Z"})
    response = client.post("/api/v1/training/clock", body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "clock.only_center")


def test_every_page_says_it_is_training(client: Client, settings: object) -> None:
    settings.TRAINING = True
    assert "演练模式" in client.get("/nowhere/").content.decode()


def test_nothing_inline_may_run(client: Client) -> None:
    response = client.get("/nowhere/")
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_preferences_never_lead_elsewhere(client: Client) -> None:
    response = client.get("/preferences/?elder=1&next=https://example.org/")
    assert response["Location"] == "/"
    assert response.cookies["elder"].value == "1"
