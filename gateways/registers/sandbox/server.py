"""A register of legal persons that answers with a signed token, also for codes it does not know."""

from __future__ import annotations

from gateways.registers.http import KIND
from gateways.sandbox import Answer, No, Request, SandboxServer

FAULTS = (
    "expired", "other_audience", "from_the_future", "rotated", "unknown_key", "wrong_signature", "alg_none",
    "other_organization", "bad_status",
)  # fmt: skip


class RegisterServer(SandboxServer):
    faults = FAULTS
    title = "法人库（演示）"

    def answer(self, request: Request) -> Answer:
        if (request.method, *request.path) != ("POST", "look-up"):
            raise No(404, "not_found")
        client, code = self.client_of(request), request.text("credit_code")
        said = self.claims(client, 120) | {"credit_code": code, "status": "unknown"}
        row = self.register.organizations.get(code)
        if row is not None:
            chief = self.register.person(row["legal_representative"])["name"]
            said |= {"name": row["name"], "status": row["status"], "legal_representative": chief}
        if self.fault == "other_organization":
            said["credit_code"] = "91320900000000999X"
        if self.fault == "bad_status":
            said["status"] = "perhaps"
        return Answer({"answer": self.signed(said, KIND)})
