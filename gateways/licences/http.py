"""The adapter of the licence service."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from gateways import tokens
from gateways.answers import AnsweringHouse
from gateways.licences.port import OTHER_SESSION, Code, Holder, Progress
from gateways.outside import BAD_ANSWER
from kernel.errors import Refused
from kernel.ids import credit_code

KIND = "licence-login+jwt"
STEPS = ("waiting", "scanned", "confirmed", "declined", "expired")


class HttpLicenceService(AnsweringHouse):
    def begin(self, nonce: str) -> Code:
        said = self.call("POST", "/sessions", {"nonce": nonce})
        seconds = said.get("seconds")
        if not isinstance(seconds, int) or not 10 <= seconds <= 600:
            raise Refused(BAD_ANSWER(name=self.name, why="seconds"))
        return Code(
            session=tokens.text(self.house, said, "session", limit=100),
            text=tokens.text(self.house, said, "qr", limit=500),
            digits=tokens.text(self.house, said, "digits", limit=8),
            seconds=seconds,
        )

    def progress(self, session: str, nonce: str) -> Progress:
        said = self.call("GET", f"/sessions/{quote(session, safe='')}")
        step = said.get("step")
        if step not in STEPS:
            raise Refused(BAD_ANSWER(name=self.name, why="step"))
        if step != "confirmed":
            return Progress(step)
        return Progress(step, self._holder(self.claims(said.get("answer"), KIND), session, nonce))

    def _holder(self, claims: dict[str, Any], session: str, nonce: str) -> Holder:
        for name, wanted in (("session", session), ("nonce", nonce)):
            if not hmac.compare_digest(tokens.text(self.house, claims, name).encode(), wanted.encode()):
                raise Refused(OTHER_SESSION())
        licence, holder = claims.get("licence"), claims.get("holder")
        if not isinstance(licence, dict) or not isinstance(holder, dict):
            raise Refused(BAD_ANSWER(name=self.name, why="licence, holder"))
        until = tokens.text(self.house, holder, "authorized_until", limit=40, optional=True)
        return Holder(
            credit_code=credit_code(tokens.text(self.house, licence, "credit_code", limit=18)),
            organization=tokens.text(self.house, licence, "name"),
            registration=tokens.text(self.house, licence, "status", limit=40),
            subject=tokens.text(self.house, holder, "id"),
            person=tokens.text(self.house, holder, "name", limit=100),
            authorized=holder.get("kind") == "legal_representative" or self._lasts(until),
            authorized_until=until,
            once=claims["jti"],
        )

    def _lasts(self, until: str) -> bool:
        """Real time: the authorization is of another house, whose clock no training moves."""
        if not until:
            return False
        try:
            end = datetime.fromisoformat(until)
        except ValueError as error:
            raise Refused(BAD_ANSWER(name=self.name, why="authorized_until")) from error
        return (end if end.tzinfo else end.replace(tzinfo=UTC)) > datetime.now(UTC)
