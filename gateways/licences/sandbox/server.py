"""A licence service: a session with a code, a phone that scans it and confirms with a licence, a signed answer."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from gateways.licences.http import KIND
from gateways.sandbox import Answer, No, Request, SandboxServer, esc, page

SECONDS = 120
FAULTS = (
    "expired", "other_audience", "from_the_future", "rotated", "unknown_key", "wrong_signature", "alg_none",
    "wrong_nonce", "other_session", "never_scanned", "bad_step",
)  # fmt: skip

STEP_ZH = {
    "waiting": "没有收到，请再试一次。",
    "scanned": "已扫码。",
    "confirmed": "已确认，请回到网页。",
    "declined": "已取消，网页上不会登录。",
}


@dataclass
class Session:
    client: str
    nonce: str
    digits: str
    until: float
    step: str = "waiting"
    code: str = ""
    person: str = ""


class LicenceServer(SandboxServer):
    faults = FAULTS
    title = "电子营业执照（演示）"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.sessions: dict[str, Session] = {}

    def answer(self, request: Request) -> Answer:
        match (request.method, *request.path):
            case ("POST", "sessions"):
                return Answer(self._begin(request))
            case ("GET", "sessions", session):
                return Answer(self._tell(session, self.client_of(request)))
            case ("GET", "phone", session):
                return Answer(self._phone(session))
            case ("POST", "phone", session, "scan" | "confirm" | "decline" as act):
                return self._answer_of(self._act(session, act, request), request)
        raise No(404, "not_found")

    def _begin(self, request: Request) -> dict[str, Any]:
        client, number = self.client_of(request), secrets.token_urlsafe(24)
        digits = f"{secrets.randbelow(10_000):04d}"
        with self.lock:
            self.sessions[number] = Session(client, request.text("nonce"), digits, time.monotonic() + SECONDS)
        return {"session": number, "qr": f"{self.url}/phone/{number}", "digits": digits, "seconds": SECONDS}

    def session(self, number: str) -> Session:
        kept = self.sessions.get(number)
        if kept is None:
            raise No(404, "no_such_session")
        if kept.until < time.monotonic():
            kept.step = "expired"
        return kept

    def _tell(self, number: str, client: str) -> dict[str, Any]:
        kept = self.session(number)
        if kept.client != client:
            raise No(404, "no_such_session")
        if self.fault == "bad_step":
            return {"step": "almost"}
        if kept.step != "confirmed":
            return {"step": kept.step}
        organization = self.register.organization(kept.code)
        person = self.register.person(kept.person)
        chief = organization["legal_representative"] == kept.person
        until = next(
            (row["until"] for row in organization.get("authorized", []) if row["person"] == kept.person), ""
        )
        said = self.claims(client) | {
            "session": number if self.fault != "other_session" else "another",
            "nonce": kept.nonce if self.fault != "wrong_nonce" else "another",
            "licence": {k: organization[k] for k in ("credit_code", "name", "status")},
            "holder": {
                "id": f"{kept.code}.{kept.person}",
                "name": person["name"],
                "kind": "legal_representative" if chief else "authorized",
                "authorized_until": until,
            },
        }
        return {"step": "confirmed", "answer": self.signed(said, KIND)}

    def _phone(self, number: str) -> str:
        """What the app shows after scanning: the four digits, and the licences on this phone."""
        kept = self.session(number)
        if kept.step == "expired":
            return page(self.title, "<p>码已过期，请刷新网页上的码。</p>")
        rows = [
            f'<p><button name="holder" value="{esc(value)}">用「{esc(words)}」的执照登录</button></p>'
            for value, words in self.register.holders()
        ]
        return page(
            self.title,
            f"<p>网页上的校验码应为 <strong>{esc(kept.digits)}</strong>，不一致请不要确认。</p>"
            f'<form method="post" action="/phone/{esc(number)}/confirm">{"".join(rows)}</form>'
            f'<form method="post" action="/phone/{esc(number)}/decline"><button>取消</button></form>',
        )

    def _answer_of(self, said: dict[str, Any], request: Request) -> Answer:
        """The phone's own page sends a form, and its holder reads words; programs send JSON and read it."""
        if "json" in request.headers.get("Content-Type", ""):
            return Answer(said)
        return Answer(page(self.title, f"<p>{STEP_ZH[said['step']]}</p>"))

    def _act(self, number: str, act: str, request: Request) -> dict[str, Any]:
        kept = self.session(number)
        if kept.step not in ("waiting", "scanned"):
            raise No(409, f"session_{kept.step}")
        if self.fault == "never_scanned":
            return {"step": kept.step}
        if act == "confirm":
            code, _, person = request.text("holder").partition(".")
            self.register.organization(code)
            self.register.person(person)
            kept.code, kept.person = code, person
        kept.step = {"scan": "scanned", "confirm": "confirmed", "decline": "declined"}[act]
        return {"step": kept.step}
