"""The other houses of the demo: unified identity, electronic licences, person codes; each a sandbox of its own.

They know the demo's organizations and people. One bidder's licence is revoked, to be refused.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from demo.cast import AGENCIES, AUTHORITY, BIDDERS, CENTER, EXPERTS, OWNER, Organization
from demo.clients import Client, Refusal
from demo.processes import free_port

if TYPE_CHECKING:
    from demo.stage import Stage

#: Name → module, prefix of the platform's variables, variable of the address, what people read.
HOUSES = {
    "identity": ("gateways.identity.sandbox", "IDENTITY_JSZWFW", "ISSUER", "江苏政务服务网"),
    "licences": ("gateways.licences.sandbox", "LICENCE", "URL", "电子营业执照"),
    "persons": ("gateways.persons.sandbox", "PERSON_CODE", "URL", "苏服码"),
    "registers": ("gateways.registers.sandbox", "LEGAL_REGISTER", "URL", "法人库"),
}
CLIENT = "mingtang-demo"
#: Links its account in chapter 1, so that whoever browses the demo's world can come in by it.
LINKED = BIDDERS[2].organization
#: Its licence was revoked (吊销).
REVOKED = BIDDERS[5].organization


def _people() -> list[Organization]:
    return [CENTER, AUTHORITY, OWNER, *AGENCIES, *(b.organization for b in BIDDERS)]


def register() -> dict[str, Any]:
    """Everybody of the cast. Id numbers are invented, and have no right check digit."""
    people = [
        {"id": who.key, "name": who.person, "id_number": f"3209021980010{no:04d}X"}
        for no, who in enumerate(_people())
    ]
    people += [
        {"id": f"expert-{no}", "name": one.name, "id_number": f"3209021970010{no:04d}X"}
        for no, one in enumerate(EXPERTS, start=1)
    ]
    organizations = [
        {
            "credit_code": who.credit_code,
            "name": who.name,
            "status": "revoked" if who == REVOKED else "in_force",
            "legal_representative": who.key,
        }
        for who in _people()
    ]
    return {"people": people, "organizations": organizations}


def addresses() -> dict[str, Any]:
    """Where they will be, and the secret by which they know the platform: kept with the stage."""
    urls = {name: f"http://127.0.0.1:{free_port()}" for name in HOUSES}
    return {"urls": urls, "secret": secrets.token_urlsafe(32)}


def environment(kept: dict[str, Any]) -> dict[str, str]:
    """What the platform is told of them."""
    told = {"IDENTITY_PROVIDERS": "jszwfw"}
    for name, (_, prefix, address, word) in HOUSES.items():
        told |= {
            f"{prefix}_{address}": kept["urls"][name],
            f"{prefix}_CLIENT_ID": CLIENT,
            f"{prefix}_CLIENT_SECRET": kept["secret"],
            f"{prefix}_NAME": word,
        }
    return told


def start(stage: Stage) -> None:
    file = stage.home / "register.json"
    file.write_text(json.dumps(register(), ensure_ascii=False, indent=1), "utf-8")
    kept = stage.houses
    for name, (module, _, _, word) in HOUSES.items():
        url = kept["urls"][name]
        more = ("--platform", stage.base, "--title", f"{word}（演示）") if name == "identity" else ()
        stage.processes.launch(
            name, "-m", module, "--register", str(file), "--port", url.rsplit(":", 1)[1], *more,
            extra={"SANDBOX_CLIENT_ID": CLIENT, "SANDBOX_CLIENT_SECRET": kept["secret"]},
        )  # fmt: skip
    for name in HOUSES:
        stage.processes.wait(name, f"{kept['urls'][name]}/jwks")


def link(stage: Stage) -> None:
    """A bidder links its account of the portal, comes in by it, and is refused what takes a certificate."""
    client = stage.clients[LINKED.key]
    account = f"{LINKED.credit_code}.{LINKED.key}"
    _through(client, account, "?for=link")
    light = Client(client.base, client.name, client.key_file)
    _through(light, account)
    me = light.get("/api/v1/me")
    assert me["light"], me
    try:
        light.post("/api/v1/certificates/retire", {"certificate": me["certificates"][0]["fingerprint"], "reason": "—"})  # fmt: skip
    except Refusal as refusal:
        stage.say(f"{LINKED.name}绑定江苏政务服务网账号，用它登录可查看；停用证书被拒绝：{refusal.code}")
    else:
        raise SystemExit("没有证书的登录办成了要用证书的事")


def _through(client: Client, account: str, query: str = "") -> None:
    """What a browser does: to the provider, an account chosen there, and back."""
    away = client.http.get(f"/login/identity/jszwfw/{query}").headers["Location"]
    form = httpx.get(away, timeout=10).text
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)) or dict(
        parse_qsl(urlsplit(away).query)
    )
    went = httpx.post(away.split("?")[0], data={**hidden, "account": account}, timeout=10)
    back = urlsplit(went.headers["Location"])
    came = client.http.get(f"{back.path}?{back.query}")
    if came.status_code != 302:
        raise SystemExit(f"{back.path} → {came.status_code}: {came.text[:800]}")
