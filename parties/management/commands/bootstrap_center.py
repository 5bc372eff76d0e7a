"""``manage.py bootstrap_center --certificate FILE.pem --role trading_center``: the first person of the center."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ca_interop import service
from ca_interop.rules.validation import Purpose
from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM, Role
from kernel.errors import Refused
from parties.commands import BootstrapCenter
from parties.commands.proofs import CertificateFound
from parties.signing import read_certificates
from portal.problems import EXIT_CODE


class Command(BaseCommand):
    help = "登记交易中心的首位人员，其余人员由其授权 / register the trading center's first person"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--certificate", required=True, help="PEM: signing certificate, issuers may follow"
        )
        parser.add_argument("--role", default=Role.TRADING_CENTER.value, choices=[Role.TRADING_CENTER.value])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chain = read_certificates(Path(options["certificate"]).read_text(errors="replace"))
            validation = service.check_chain(chain, Purpose.LOGIN, clock.now(), need_credit_code=True)
            found = CertificateFound.of(validation, validation.revocation_sha256)
            done = perform(BootstrapCenter(found), SYSTEM, via="cli")
        except Refused as refusal:
            for reason in refusal.reasons:
                self.stderr.write(f"{reason.code}: {reason.zh} / {reason.en}")
            sys.exit(EXIT_CODE[refusal.kind])
        except OSError as error:
            self.stderr.write(f"{options['certificate']}: {error.strerror}")
            sys.exit(2)
        said = done.result
        self.stdout.write(
            f"{said['organization_name']} {said['name']} 已登记为交易中心人员 / {said['person']}"
        )
