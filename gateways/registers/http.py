"""The adapter of the register of legal persons."""

from __future__ import annotations

from gateways import tokens
from gateways.answers import AnsweringHouse
from gateways.outside import BAD_ANSWER
from gateways.registers.port import OTHER_ONE, Registration
from kernel.errors import Refused

KIND = "legal-person+jwt"
STATUSES = ("in_force", "revoked", "deregistered", "abnormal", "unknown")


class HttpLegalPersonRegister(AnsweringHouse):
    def look_up(self, credit_code: str) -> Registration:
        claims = self.claims(self.call("POST", "/look-up", {"credit_code": credit_code}).get("answer"), KIND)
        if claims.get("credit_code") != credit_code:
            raise Refused(OTHER_ONE(code=credit_code))
        status = claims.get("status")
        if status not in STATUSES:
            raise Refused(BAD_ANSWER(name=self.name, why="status"))
        unknown = status == "unknown"
        return Registration(
            credit_code=credit_code,
            name=tokens.text(self.house, claims, "name", optional=unknown),
            status=status,
            legal_representative=tokens.text(self.house, claims, "legal_representative", optional=True),
            once=claims["jti"],
        )
