"""The tender world: the demo's cast registered by certificate, a project, a tender announced.

Worlds perform commands; nothing here writes a status by hand. ::

    with worlds_tenders.world() as world:            # needs @pytest.mark.django_db
        tender = worlds_tenders.announced_tender(world)
        world.owner.actor, world.bidders[0].signer, world.advance(days=21)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.test import override_settings

from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.rules.certificates import to_base64
from ca_interop.rules.validation import Purpose
from ca_interop.service import check_chain
from demo import method
from documents import store
from documents.models import StoredFile
from journal import clock
from journal.commands import AdvanceClock
from journal.door import perform
from kernel.actor import PUBLIC, SYSTEM, Actor
from kernel.clock import BEIJING, iso
from kernel.ids import credit_code_check_digit
from parties import login
from parties import queries as parties
from parties.commands import BootstrapCenter, GrantRole, RegisterByCertificate
from parties.commands.proofs import CertificateFound
from parties.models import Organization
from sealing import statements
from sealing.signer import SoftwareSigner
from tests.integration.ca_interop.authorities import house, recognized
from trading import custodians
from trading.commands import (
    AddDocument,
    AnnounceTender,
    CommissionAgent,
    CreateProject,
    CreateTender,
    SetCustodians,
)
from trading.models import Tender
from trading.queries.tenders import tender as tender_by_number


@dataclass(frozen=True)
class Name:
    """Who plays: name, credit code, person, and the authority of its certificates."""

    key: str
    name: str
    credit_code: str
    person: str
    ca: str


def name_of(key: str, name: str, body: str, person: str, ca: int) -> Name:
    return Name(key, name, body + credit_code_check_digit(body), person, f"demo-ca-{ca}")


CENTER = name_of("center", "盐城市公共资源交易中心", "123209004683A1207", "王敏", 1)
AUTHORITY = name_of("authority", "盐城市住房和城乡建设局", "11320900014350526", "陈立国", 2)
OWNER = name_of("owner", "盐城市城市建设投资集团有限公司", "91320900740660513", "孙海涛", 1)
AGENT = name_of("agent", "江苏建诚工程咨询有限公司", "91320902MA1NAQ117", "吴倩", 2)
STRANGER = name_of("stranger", "淮安市路达工程有限公司", "91320800MA1RDU001", "马超", 2)
BIDDERS = (
    name_of("bidder-1", "盐城城南建设工程有限公司", "91320913MA1REW551", "周建", 1),
    name_of("bidder-2", "苏北路桥工程集团有限公司", "91320900MA1TFX662", "李文斌", 2),
    name_of("bidder-3", "中建华东（盐城）基础设施建设集团有限公司", "91320991MA1UGY773", "张弛", 3),
    name_of("bidder-4", "江苏恒远市政工程有限公司", "91320924MA1WHA884", "刘芳", 1),
    name_of("bidder-5", "射阳县通达建筑安装有限公司", "91320924MA1XJB995", "何勇", 2),
    name_of("bidder-6", "大丰鸿基园林绿化工程有限公司", "91320982MA1YKC006", "许静", 3),
)
TENDER = "YC2026-SZ-0417"
LOTS = (
    ("施工一标段（K0+000～K1+520）", "9000000.00", 180),
    ("施工二标段（K1+520～K2+880，含串场河中桥）", "6400000.00", 165),
)
PDF = b"%PDF-1.4\n% a paper of the tests\n%%EOF\n"


@dataclass(frozen=True)
class Member:
    """One organization with its person and certificates."""

    key: str
    actor: Actor
    organization: Organization
    signer: SoftwareSigner

    @property
    def credit_code(self) -> str:
        return self.organization.credit_code


@dataclass
class World:
    center: Member
    authority: Member
    owner: Member
    agent: Member
    bidders: list[Member]
    #: Organizations that take no part, e.g. to be refused.
    stranger: Member
    files: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def advance(self, **by: int) -> datetime:
        """Move the training clock; the new time."""
        return self.advance_to(clock.now() + timedelta(**by))

    def advance_to(self, to: datetime) -> datetime:
        if to > clock.now():
            perform(AdvanceClock(iso(to)), self.center.actor, via="http")
        return clock.now()

    def file(self, name: str = "文件.pdf", data: bytes = b"") -> StoredFile:
        """A stored file with bytes of its own."""
        self.files += 1
        body = data or PDF + f"% {self.files} {name}\n".encode()
        return store.put(body, name=name, media_type="application/pdf", now=clock.now())


@cache
def signer_of(organization: Name) -> SoftwareSigner:
    """Certificates of one of the cast, made once a run."""
    now = datetime.now(UTC)
    who = Subscriber(organization.name, organization.credit_code, organization.person)
    authority = house().authorities[organization.ca]
    got = authority.issue(who, not_before=now - timedelta(days=30), not_after=now + timedelta(days=700))
    pair = (got.encryption.key, got.encryption.certificate) if got.dual else None
    return SoftwareSigner(got.signing.key, got.signing.full_chain, pair)  # type: ignore[arg-type]


def register(organization: Name, role: str) -> Member:
    """Register by certificate challenge, as a browser or bidtool does."""
    signer = signer_of(organization)
    signed = statements.sign(login.new_challenge()["statement"], signer)
    found, answered = login.prove(signed)
    encryption = None
    if signer.encryption_certificate != signer.chain[0]:
        texts = [to_base64(signer.encryption_certificate), *(to_base64(c) for c in signer.chain[1:])]
        encryption = login.check_encryption(texts)
    command = RegisterByCertificate(found, answered, role=role, encryption=encryption)
    said = perform(command, PUBLIC, via="api").result
    return _member(organization.key, said["person"], said["organization"], signer)


def _member(key: str, person: str, organization: str, signer: SoftwareSigner) -> Member:
    of = parties.organization(organization)
    return Member(key, parties.actor_for(parties.person(person), of), of, signer)


def _center() -> Member:
    signer = signer_of(CENTER)
    found = CertificateFound.of(check_chain(signer.chain, Purpose.LOGIN, clock.now()))
    said = perform(BootstrapCenter(found), SYSTEM, via="cli").result
    return _member("center", said["person"], said["organization"], signer)


def granted(center: Member, organization: Name, role: str) -> Member:
    """Register, then the trading center grants the role."""
    member = register(organization, role)
    perform(GrantRole(member.actor.person, role, member.credit_code), center.actor, via="http")
    return _member(member.key, member.actor.person, str(member.organization.id), member.signer)


@contextmanager
def world(bidders: int = 3) -> Iterator[World]:
    """The cast, registered, with the demo CAs running and the training clock allowed."""
    with override_settings(TRAINING=True), recognized():
        center = _center()
        yield World(
            center=center,
            authority=granted(center, AUTHORITY, "supervisory_authority"),
            owner=granted(center, OWNER, "procuring_entity"),
            agent=register(AGENT, "agency"),
            bidders=[register(name, "bidder") for name in BIDDERS[:bidders]],
            stranger=register(STRANGER, "bidder"),
        )


# ---------------------------------------------------------------- a tender


def sections(now: datetime, **changes: Any) -> dict[str, Any]:
    """A lawful draft: two lots, 24 days to bid, the demo's evaluation method."""
    today = now.astimezone(BEIJING)
    at = {
        "documents_from": now,
        "documents_until": (today + timedelta(days=7)).replace(hour=17, minute=0, second=0, microsecond=0),
        "enquiry_deadline": (today + timedelta(days=8)).replace(hour=17, minute=0, second=0, microsecond=0),
        "submission_deadline": (today + timedelta(days=24)).replace(
            hour=9, minute=30, second=0, microsecond=0
        ),
    }
    lots = [
        {
            "name": name,
            "estimate": estimate,
            "ceiling_price": estimate,
            "bond_amount": "120000.00",
            "duration_days": days,
        }
        for name, estimate, days in LOTS
    ]
    return {
        "lots": lots,
        "schedule": {name: iso(value) for name, value in at.items()},
        "terms": {"bid_validity_days": 90, "decryption_minutes": 60},
        "evaluation_method": method.evaluation_method(),
        "requirements": method.REQUIREMENTS,
        "notice_text": "盐城市聚亨路改造工程已批准建设，现对施工进行公开招标。",
        **changes,
    }


def project(world: World, number: str = TENDER, **changes: Any) -> str:
    """A project with its agent commissioned."""
    said = {
        "number": number,
        "name": "盐城市聚亨路（青年路—世纪大道）改造工程",
        "category": "works",
        "state_funded": True,
        "estimate": "20000000.00",
        "location": "盐城市亭湖区",
        "approval": "盐发改审〔2026〕0198 号",
        **changes,
    }
    perform(CreateProject(**said), world.owner.actor, via="http")
    commission = world.file("委托代理合同.pdf").sha256
    perform(CommissionAgent(number, world.agent.credit_code, commission), world.owner.actor, via="http")
    return number


def draft_tender(world: World, number: str = TENDER, **changes: Any) -> Tender:
    """A complete draft, prepared by the agent; ``changes`` replace sections."""
    name = project(world, number)
    agent = world.agent.actor
    perform(
        CreateTender(
            name, number, "盐城市聚亨路（青年路—世纪大道）改造工程施工", sections(clock.now(), **changes)
        ),
        agent,
        via="http",
    )
    holders = [{"organization": m.credit_code} for m in (world.center, world.authority, world.owner)]
    perform(SetCustodians(number, 2, custodians.examined(holders, clock.now())), agent, via="http")
    for kind, title in (("notice", "招标公告"), ("bidding_documents", "招标文件"), ("boq", "工程量清单")):
        perform(AddDocument(number, kind, title, world.file(f"{title}.pdf").sha256), agent, via="http")
    return tender_by_number(number)


def announced_tender(world: World, number: str = TENDER, **changes: Any) -> Tender:
    """The tender, announced today; its deadline is 24 days ahead."""
    draft_tender(world, number, **changes)
    perform(AnnounceTender(number), world.agent.actor, via="http")
    return tender_by_number(number)
