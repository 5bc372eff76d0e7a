"""A service of person codes: the phone shows a code, whoever may ask resolves it once."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

from gateways.persons.http import KIND
from gateways.sandbox import Answer, No, Request, SandboxServer, esc, page

SECONDS = 60
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
FAULTS = (
    "expired", "other_audience", "from_the_future", "rotated", "unknown_key", "wrong_signature", "alg_none",
    "other_code",
)  # fmt: skip


class PersonCodeServer(SandboxServer):
    faults = FAULTS
    title = "苏服码（演示）"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        #: code → person, credit code, end; a code that was resolved is gone.
        self.codes: dict[str, tuple[str, str, float]] = {}

    def answer(self, request: Request) -> Answer:
        match (request.method, *request.path):
            case ("GET", "phone"):
                return Answer(self._phone())
            case ("POST", "codes"):
                return self._show(request)
            case ("POST", "resolve"):
                return Answer(self._resolve(request))
        raise No(404, "not_found")

    def _phone(self) -> str:
        rows = [
            f'<p><button name="holder" value=".{esc(p["id"])}">{esc(p["name"])}</button></p>'
            for p in self.register.people.values()
        ]
        rows += [
            f'<p><button name="holder" value="{esc(value)}">{esc(words)}</button></p>'
            for value, words in self.register.holders()
        ]
        return page(self.title, f'<form method="post" action="/codes?page=1">{"".join(rows)}</form>')

    def _show(self, request: Request) -> Answer:
        code, _, person = request.text("holder").partition(".")
        self.register.person(person)
        if code:
            self.register.organization(code)
        shown = "".join(secrets.choice(_LETTERS) for _ in range(20))
        with self.lock:
            self.codes[shown] = (person, code, time.monotonic() + SECONDS)
        if request.given.get("page"):
            return Answer(page(self.title, f"<p>{SECONDS} 秒内请出示：</p><p><code>{esc(shown)}</code></p>"))
        return Answer({"code": shown, "seconds": SECONDS})

    def _resolve(self, request: Request) -> dict[str, Any]:
        client, shown = self.client_of(request), request.text("code")
        with self.lock:
            kept = self.codes.pop(shown, None)
        if kept is None or kept[2] < time.monotonic():
            raise No(404, "code_unknown_used_or_expired")
        person, code, _ = kept
        row = self.register.person(person)
        number = row.get("id_number", "")
        said = self.claims(client, 120) | {
            "sub": hashlib.sha256(f"{client} {person}".encode()).hexdigest(),
            "name": row["name"],
            # 个人信息保护法第六条: no more than is needed to compare with the card on the desk.
            "id_number_masked": f"{number[:6]}{'*' * 8}{number[-4:]}" if number else "",
            "code_sha256": hashlib.sha256(shown.encode()).hexdigest(),
        }
        if self.fault == "other_code":
            said["code_sha256"] = "0" * 64
        if code:
            organization = self.register.organization(code)
            said |= {"organization_name": organization["name"], "credit_code": code}
        return {"answer": self.signed(said, KIND)}
