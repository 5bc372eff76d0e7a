"""The cast of a selection: center, client, agencies, each signed in with a real certificate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from ca_interop import service
from ca_interop.rules.validation import Purpose
from journal import clock
from journal.door import perform
from journal.models import TrainingClock
from kernel import draw
from kernel.actor import SYSTEM
from kernel.clock import iso
from parties.commands import BootstrapCenter
from parties.commands.proofs import CertificateFound
from sealing import statements
from sealing.signer import SoftwareSigner
from tests.integration.ca_interop.authorities import subscriber
from tests.integration.parties.people import post, register, sign_in

API = "/api/v1/agencies"
ITEM = "procurement-agency"


@dataclass
class Someone:
    """A signed-in person: the client of the doors and the certificate."""

    client: Client
    signer: SoftwareSigner
    credit_code: str = ""

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return post(self.client, API + path, body)


def center() -> Someone:
    someone = Someone(Client(), subscriber("盐城市公共资源交易中心", 1, "王敏"))
    validation = service.check_chain(someone.signer.chain, Purpose.LOGIN, clock.now())
    perform(BootstrapCenter(CertificateFound.of(validation)), SYSTEM, via="cli")
    sign_in(someone.client, someone.signer)
    return someone


def registered(name: str, number: int, person: str, role: str, by: Someone | None = None) -> Someone:
    """``by``: the center that grants what only it may grant."""
    from tests.integration.ca_interop.authorities import code

    someone = Someone(Client(), subscriber(name, number, person), code(number))
    said = register(someone.client, someone.signer, role).json()
    if by is not None:
        body = {"person": said["person"], "organization": said["organization"], "role": role}
        post(by.client, "/api/v1/parties/roles", body)
    return someone


def seek(someone: Someone, head: str, controllers: tuple[str, ...] = ()) -> Any:
    body = {"item": ITEM, "head": head, "controllers": list(controllers), "qualification": "招标师 6 人"}
    said = someone.post("/admissions/statement", body).json()["statement"]
    return someone.post("/admissions", {**body, "signed": statements.sign(said, someone.signer)})


def apply(someone: Someone, number: str, interest: str = "") -> Any:
    said = someone.post(f"/assignments/{number}/applications/statement", {"interest": interest}).json()
    body = {"interest": interest, "signed": statements.sign(said["statement"], someone.signer)}
    return someone.post(f"/assignments/{number}/applications", body)


def announcement(**more: Any) -> dict[str, Any]:
    return {
        "item": ITEM,
        "title": "聚亨路改造工程招标代理",
        "project": "盐城市聚亨路（青年路—世纪大道）改造工程",
        "need": "编制招标文件，组织开标、评标，协助签订合同。",
        "budget": "86000.00",
        "closing_at": iso(clock.now() + timedelta(days=3, minutes=1)),
        "head": "陈立",
        **more,
    }


def later(**by: int) -> None:
    """Move the training clock on."""
    row = TrainingClock.objects.first()
    offset = (row.offset if row else timedelta()) + timedelta(**by)
    TrainingClock.objects.update_or_create(pk=1, defaults={"offset": offset})


def nonce(who: str) -> bytes:
    return hashlib.sha256(f"{who} {datetime.now(UTC).date()}".encode()).digest()


def committed(number: str, who: str, round_: int = 1) -> dict[str, str]:
    return {"digest": draw.commitment(nonce(who), who, f"{number}#{round_}")}
