"""Chapter 1: everybody registers with a certificate; the center grants what it grants."""

from __future__ import annotations

from demo.cast import AGENCIES, AUTHORITY, BIDDERS, CENTER, ISSUER, OWNER
from demo.stage import Stage

_GRANTED = {OWNER.key: "procuring_entity", AUTHORITY.key: "supervisory_authority"}


def register(stage: Stage) -> None:
    clients = stage.clients
    clients[CENTER.key].login()
    for key, role in _GRANTED.items():
        person = clients[key].register(role)
        clients[CENTER.key].post("/api/v1/parties/roles", {
            "person": person["person"], "role": role, "organization": person["organization"],
        })  # fmt: skip
        clients[key].login()
    for agency in AGENCIES:
        clients[agency.key].register("agency")
    for bidder in BIDDERS:
        clients[bidder.organization.key].register("bidder")
    licence = {"name": ISSUER.name, "credit_code": ISSUER.credit_code, "endpoint": stage.issuer}
    clients[CENTER.key].post("/api/v1/guarantees/issuers", licence)
    stage.say(
        f"证书挑战登录：{len(AGENCIES)} 家中介机构、{len(BIDDERS)} 家投标人自助注册，招标人与监督部门由中心授予角色"
    )
