"""``bidtool login``: answer a certificate challenge; the session's cookie is kept in a file of mode 0600."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from cryptography.hazmat.primitives.serialization import Encoding

from bidtool.bidding.names import bidder_of
from bidtool.keys import KeyOptions, key_options
from bidtool.output import json_option, output_of
from bidtool.remote import Server, connect, save_session, server_option, session_file, session_option
from kernel.actor import ROLE_ZH
from kernel.errors import Kind, ReasonForm, Refused
from sealing import fields, statements
from sealing.signer import Signer, fingerprint

OTHER_PLATFORM = ReasonForm(
    "login.other_platform",
    zh="登录挑战属于「{found}」，而连接的是「{wanted}」；可能有人冒充平台，已停止。确属同一平台时用 --platform 指明",
    en="the challenge is for {found}, but this is {wanted}: somebody may impersonate the platform. "
    "If it is the same platform, say so with --platform",
    kind=Kind.FORBIDDEN,
)
WAITS = ReasonForm(
    "login.certificate_waits",
    zh="{organization}已有一位「{name}」：这张新证书要由本人用原证书登录后、或由单位管理员、交易中心窗口确认，确认后即可登录",
    en="{organization} has a person {name} already: this new certificate waits to be confirmed by that person "
    "with the registered one, by the administrator or at the trading center's desk",
    kind=Kind.CONFLICT,
    law="电子签名法第二十条",
)


@click.command()
@click.option("--platform", default="", metavar="URL", help="平台的正式地址，与 --server 不同时指明")
@click.option("--register", "role", default="", metavar="ROLE", help="首次使用：注册为 bidder 或 agency")
@click.option("--person", default="", help="经办人姓名（注册时，证书中没有姓名则须填写）")
@key_options
@server_option
@session_option
@json_option
@click.pass_context
def login(
    ctx: click.Context, keys: KeyOptions, platform: str, role: str, person: str, server_url: str,
    session: Path | None,
) -> None:  # fmt: skip
    """用数字证书登录（或 --register 注册）。Sign in with a certificate."""
    output, signer = output_of(ctx), keys.signer()
    server = connect(server_url, session)
    body = _answered(server, signer, platform or server.url)
    path = "/api/v1/login"
    if role:
        path = "/api/v1/register"
        body |= {"role": role, "person_name": person, "encryption": _second_certificate(signer)}
    answer = server.post(path, body, key=str(uuid.uuid4()))
    if answer.get("waiting"):
        raise Refused(
            WAITS(name=str(answer.get("name"))[:100], organization=str(answer.get("organization_name"))[:200])
        )
    where = session_file(session)
    save_session(where, server)
    shown = {key: answer.get(key) for key in ("person", "organization", "roles")}
    output.say(f"已登录 {server.host}：{_who(signer)}，身份：{_roles(shown['roles'])}")
    output.say(f"会话保存于 {where}")
    output.result({"ok": True, "session": str(where), **shown})


def _answered(server: Server, signer: Signer, platform: str) -> dict[str, Any]:
    """A signed challenge. What it says of its platform is checked before it is signed: a challenge of one
    platform that another one hands on would sign the holder in there."""
    challenge = server.post("/api/v1/login/challenge", {})
    said = fields.mapping(challenge.get("statement"), "statement")
    payload = fields.mapping(said.get("payload"), "payload")
    named = str(payload.get("platform", ""))
    if said.get("type") != "mingtang/login" or _origin(named) != _origin(platform):
        raise Refused(OTHER_PLATFORM(found=named[:200], wanted=platform))
    return {"challenge": challenge.get("challenge"), "signed": statements.sign(dict(said), signer)}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _second_certificate(signer: Signer) -> list[str]:
    """The encryption certificate of a pair (双证); nothing when one certificate serves for both."""
    second = signer.encryption_certificate
    if fingerprint(second) == fingerprint(signer.chain[0]):
        return []
    return [fields.b64(c.public_bytes(Encoding.DER)) for c in (second, *signer.chain[1:])]


def _who(signer: Signer) -> str:
    """The holder as the certificate names it; the platform answers with ids."""
    return bidder_of(signer.chain[0])["name"]


def _roles(answered: Any) -> str:
    """The roles in Chinese; a person whose request waits has none yet."""
    known = {str(role): word for role, word in ROLE_ZH.items()}
    found = [known.get(str(role), str(role)) for role in answered] if isinstance(answered, list) else []
    return "、".join(found) or "等交易中心核实"
