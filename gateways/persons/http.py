"""The adapter of the service of person codes."""

from __future__ import annotations

import hashlib
import hmac

from gateways import tokens
from gateways.answers import AnsweringHouse
from gateways.persons.port import NOT_ONE, OTHER_CODE, Shown
from kernel.errors import Refused
from kernel.ids import credit_code

KIND = "person-code+jwt"
LOW, HIGH = 8, 64


class HttpPersonCodes(AnsweringHouse):
    def resolve(self, code: str) -> Shown:
        code = code.strip()
        if not (LOW <= len(code) <= HIGH and code.isascii() and code.isalnum()):
            raise Refused(NOT_ONE(low=LOW, high=HIGH))
        claims = self.claims(self.call("POST", "/resolve", {"code": code}).get("answer"), KIND)
        wanted = hashlib.sha256(code.encode()).hexdigest()
        if not hmac.compare_digest(tokens.text(self.house, claims, "code_sha256").encode(), wanted.encode()):
            raise Refused(OTHER_CODE())
        number = tokens.text(self.house, claims, "credit_code", limit=18, optional=True)
        return Shown(
            subject=tokens.text(self.house, claims, "sub"),
            person=tokens.text(self.house, claims, "name", limit=100),
            id_number=tokens.text(self.house, claims, "id_number_masked", limit=40, optional=True),
            organization=tokens.text(self.house, claims, "organization_name", optional=True),
            credit_code=credit_code(number) if number else "",
            once=claims["jti"],
        )
