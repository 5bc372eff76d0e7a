"""The tender world under the national suite: custodians with SM2 encryption certificates, a bidder with SM2 ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.rules.certificates import to_base64
from journal import clock
from journal.door import perform
from sealing.signer import SoftwareSigner
from tests import worlds_tenders
from tests.integration.ca_interop.authorities import house
from tests.worlds_tenders import Member, World
from trading import custodians
from trading.commands import AnnounceTender, SetCustodians
from trading.models import Tender

NATIONAL = worlds_tenders.name_of("bidder-sm2", "南通国密建设有限公司", "91320600MA1YLD117", "沈国平", 4)


def custodian(member: Member) -> tuple[Member, list[str]]:
    """The member with an SM2 encryption certificate beside its registered one, and that certificate's chain."""
    now = datetime.now(UTC)
    who = Subscriber(member.organization.name, member.credit_code, member.actor.name)
    got = house().authorities["demo-ca-4"].issue(
        who, not_before=now - timedelta(days=30), not_after=now + timedelta(days=700)
    )  # fmt: skip
    opener = got.encryption.key, got.encryption.certificate
    signer = SoftwareSigner(member.signer._key, member.signer.chain, opener)  # type: ignore[arg-type]
    return replace(member, signer=signer), [to_base64(one) for one in got.encryption.full_chain]


def national_tender(world: World) -> Tender:
    """Announced, with SM2 custodians; the world's three then hold the SM2 keys."""
    tender = worlds_tenders.draft_tender(world)
    rows = []
    for key in ("center", "authority", "owner"):
        member, chain = custodian(getattr(world, key))
        setattr(world, key, member)
        rows.append({"organization": member.credit_code, "certificates": chain})
    chosen = custodians.examined(rows, clock.now())
    perform(SetCustodians(tender.number, 2, chosen), world.agent.actor, via="http")
    perform(AnnounceTender(tender.number), world.agent.actor, via="http")
    tender.refresh_from_db()
    return tender
