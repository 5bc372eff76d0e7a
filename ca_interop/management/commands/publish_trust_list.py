"""``manage.py publish_trust_list --key PUBLISHER.pem [changes]``: the next version, signed, in force here.

Starts from the newest version (``--from FILE`` another payload). Changes: ``--add ENTRY.json`` (an authority of the
payload's shape; again to replace one), ``--withdraw ID --reason R [--at T] [--grace-days N]``, ``--restore ID``,
``--recognize FILE --recognized-publisher FINGERPRINT`` (take over another publisher's signed list), ``--successor
CERT.pem`` (who may sign the versions after this one), ``--effective T``, ``--next-update T``.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ca_interop import queries
from ca_interop.commands import PublishTrustList
from ca_interop.rules.certificates import fingerprint, load_certificate
from ca_interop.rules.reasons import TRUST_LIST_MALFORMED
from ca_interop.rules.trust_list import (
    PURPOSE,
    Authority,
    TrustList,
    Withdrawal,
    read_authority,
    read_payload,
    read_signed,
)
from ca_interop.rules.trust_list_recognition import recognize
from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.canonical_json import canonical, parse
from kernel.clock import parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from portal.problems import EXIT_CODE
from sealing import statements
from sealing.signer import SoftwareSigner, from_pem

NO_SUCH = ReasonForm(
    "trust_list.no_such_authority",
    zh="信任列表里没有「{id}」",
    en="no authority {id!r} is on the trust list",
    kind=Kind.NOT_FOUND,
)
UNREADABLE = ReasonForm(
    "trust_list.file_unreadable",
    zh="读不了文件：{why}",
    en="a file cannot be read: {why}",
    kind=Kind.MALFORMED,
)


class Command(BaseCommand):
    help = "签发并发布信任列表的下一版 / sign and publish the next version of the trust list"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--key", type=Path, required=True, help="发布者的私钥和证书（PEM）")
        parser.add_argument("--password-file", type=Path, help="私钥口令所在的文件")
        parser.add_argument("--publisher", default="", help="发布机构名称；缺省沿用上一版")
        parser.add_argument("--from", dest="start", type=Path, help="从这份载荷（JSON）开始，不从上一版")
        parser.add_argument(
            "--add", type=Path, action="append", default=[], help="新增或替换一家机构（JSON）"
        )
        parser.add_argument("--recognize", type=Path, help="互认：另一家发布者签名的信任列表（JSON 文件）")
        parser.add_argument("--recognized-publisher", default="", help="其发布者证书的 SHA-256 指纹")
        parser.add_argument("--withdraw", default="", metavar="ID")
        parser.add_argument("--reason", choices=[r.value for r in Withdrawal], default="ceased")
        parser.add_argument("--at", type=parse_iso, help="退出的时间；缺省为现在")
        parser.add_argument("--grace-days", type=int, default=0, help="过渡期：此前签发的证书再有效几天")
        parser.add_argument("--restore", default="", metavar="ID")
        parser.add_argument(
            "--successor", type=Path, action="append", default=[], help="可签以后各版的证书（PEM）"
        )
        parser.add_argument("--effective", type=parse_iso, help="自何时生效；缺省为现在")
        parser.add_argument("--next-update", type=parse_iso, help="最迟何时有新版")
        parser.add_argument("--out", type=Path, help="同时写到这个文件")
        parser.add_argument(
            "--vouch", action="store_true", help="初次发布，或换用不在继任之列的发布者：由运行机构担保"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            signer = _signer(options["key"], options["password_file"])
            made = _next(options, clock.now())
            signed = statements.sign(statements.statement(PURPOSE, made.as_payload()), signer)
            vouched = (fingerprint(signer.chain[0]),) if options["vouch"] else ()
            done = perform(PublishTrustList(signed, vouched), SYSTEM, via="cli")
        except Refused as refusal:
            for reason in refusal.reasons:
                self.stderr.write(f"{reason.code}: {reason.zh} / {reason.en}")
            sys.exit(EXIT_CODE[refusal.kind])
        if options["out"]:
            options["out"].write_bytes(canonical(signed))
        self.stdout.write(f"信任列表第 {done.result['version']} 版已发布 / published {done.result['sha256']}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(UNREADABLE(why=f"{path}: {error.strerror}")) from error


def _signer(key: Path, password_file: Path | None) -> SoftwareSigner:
    password = _read(password_file).strip() if password_file else None
    return from_pem(_read(key), password)


def _next(options: dict[str, Any], now: datetime) -> TrustList:
    """The version to come, before it is signed."""
    newest = queries.newest_list()
    base = read_payload(parse(_read(options["start"]))) if options["start"] else newest
    authorities = {a.id: a for a in base.authorities} if base else {}
    for path in options["add"]:
        one = read_authority(_json(path))
        authorities[one.id] = one
    if options["recognize"]:
        other = read_signed(_json(options["recognize"]), frozenset({options["recognized_publisher"].lower()}))
        authorities = {a.id: a for a in recognize(tuple(authorities.values()), other, now)}
    if options["withdraw"]:
        authorities[options["withdraw"]] = _withdrawn(authorities, options, now)
    if options["restore"]:
        kept = _known(authorities, options["restore"])
        nothing = {"withdrawn_at": None, "withdrawal_reason": None, "grace_until": None}
        authorities[kept.id] = dataclasses.replace(kept, **nothing)  # type: ignore[arg-type]
    if not authorities:
        raise Refused(TRUST_LIST_MALFORMED(why="authorities"))
    return TrustList(
        version=newest.version + 1 if newest else 1,
        publisher=options["publisher"] or (base.publisher if base else ""),
        issued_at=now,
        effective_from=options["effective"] or now,
        authorities=tuple(authorities.values()),
        next_update=options["next_update"],
        publishers=tuple(load_certificate(_read(path)) for path in options["successor"]),
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except ValueError as error:
        raise Refused(UNREADABLE(why=f"{path}: JSON")) from error


def _known(authorities: dict[str, Authority], name: str) -> Authority:
    if name not in authorities:
        raise Refused(NO_SUCH(id=name))
    return authorities[name]


def _withdrawn(authorities: dict[str, Authority], options: dict[str, Any], now: datetime) -> Authority:
    kept, at, days = _known(authorities, options["withdraw"]), options["at"] or now, options["grace_days"]
    return dataclasses.replace(
        kept,
        withdrawn_at=at,
        withdrawal_reason=Withdrawal(options["reason"]),
        grace_until=at + timedelta(days=days) if days > 0 else None,
    )
