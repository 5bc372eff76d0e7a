"""``manage.py import_trust_list URL|FILE [--publisher FINGERPRINT]``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandParser

from ca_interop.commands import ImportTrustList
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.canonical_json import parse
from kernel.errors import Kind, ReasonForm, Refused
from portal.problems import EXIT_CODE

_MAX = 8 * 1024 * 1024
UNREADABLE = ReasonForm(
    "trust_list.unreadable",
    zh="读不到信任列表「{source}」：{why}",
    en="the trust list {source} cannot be read: {why}",
    kind=Kind.BUSY,
)


class Command(BaseCommand):
    help = "导入签名的信任列表 / import a signed trust list"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="http(s) address or file")
        parser.add_argument("--publisher", action="append", default=[], help="hex SHA-256 of the publisher's certificate")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            signed = parse(_read(options["source"]))
            command = ImportTrustList(
                signed, tuple(p.lower() for p in options["publisher"]), options["source"]
            )
            done = perform(command, SYSTEM, via="cli")
        except Refused as refusal:
            for reason in refusal.reasons:
                self.stderr.write(f"{reason.code}: {reason.zh} / {reason.en}")
            sys.exit(EXIT_CODE[refusal.kind])
        self.stdout.write(f"信任列表第 {done.result['version']} 版已导入 / imported {done.result['sha256']}")


def _read(source: str) -> bytes:
    try:
        if source.startswith(("http://", "https://")):
            answer = httpx.get(source, timeout=10, trust_env=False)
            answer.raise_for_status()
            data = answer.content
        else:
            data = Path(source).read_bytes()
    except (httpx.HTTPError, OSError) as error:
        raise Refused(UNREADABLE(source=source, why=str(error) or type(error).__name__)) from error
    if len(data) > _MAX:
        raise Refused(UNREADABLE(source=source, why=f"> {_MAX} bytes"))
    return data
