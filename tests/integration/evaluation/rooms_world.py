"""The evaluation world: a tender whose bids are open, experts with certificates of their own.

The opened bids are rows of a factory (how bids are opened is proven elsewhere); everything else is performed.
"""

from __future__ import annotations

import io
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.test import Client

from ca_interop import document_signing
from ca_interop.rules.certificates import to_base64
from ca_interop.rules.signatures import signing_side
from demo import method
from documents import store
from evaluation import commands as verb
from evaluation import frames, policy, signing
from evaluation.models import DrawTicket, Evaluation, ExpertDraw, ExpertProfile
from evaluation.queries import facts, rows, view
from evaluation.rules.statuses import InvitationStatus
from journal import clock
from journal.door import perform
from kernel import draw as engine
from kernel.actor import PUBLIC, Actor
from parties import login
from parties import queries as parties
from parties.commands import RegisterByCertificate
from parties.models import CertificateBinding
from sealing import bundle, statements
from sealing.signer import SoftwareSigner
from tests import worlds_tenders
from tests.integration.ca_interop.authorities import code, subscriber
from tests.worlds_tenders import World
from trading.models import Bid, Lot, OpeningSession
from trading.rules.statuses import BidStatus, LotStatus, SessionStatus, TenderStatus

NUMBER = worlds_tenders.TENDER
NAMES = ("蒋正明", "沈玉兰", "韩国栋", "杨帆", "朱立新", "秦岚", "尤建军", "许永康", "吕思源", "施海燕")
SITES = ("盐城主场", "大丰副场")
PRICES = ("8620000.00", "8750000.00", "8900000.00", "8480000.00", "8560000.00")


@dataclass(frozen=True)
class Expert:
    actor: Actor
    signer: SoftwareSigner
    profile: str

    def signed(self, statement: dict[str, Any]) -> dict[str, Any]:
        return statements.sign(statement, self.signer)


@cache
def _signer(name: str) -> SoftwareSigner:
    return subscriber("", 0, name, "demo-ca-2")


def expert(world: World, name: str, no: int, **changes: Any) -> Expert:
    """Register by certificate, then the center puts the person into the pool."""
    signer = _signer(name)
    found, answered = login.prove(statements.sign(login.new_challenge()["statement"], signer))
    person = perform(RegisterByCertificate(found, answered), PUBLIC, via="api").result["person"]
    said = {
        "specialties": ("A0803 市政道路",),
        "employer": f"设计院 {no}",
        "employer_credit_code": code(9000 + no),
        "region": "盐城",
        "site": SITES[no % 2],
        "title": "高级工程师",
        "years": 10,
        **changes,
    }
    profile = perform(verb.RegisterExpert(person, **said), world.center.actor, via="http").result["expert"]
    return Expert(parties.actor_for(parties.person(person), None), signer, profile)


def experts(world: World, count: int = 8) -> list[Expert]:
    return [expert(world, name, no) for no, name in enumerate(NAMES[:count])]


def short_method() -> dict[str, Any]:
    """The demo's method with four items: as lawful, quicker to score."""
    keep = {"overview": "4", "schedule": "5", "credit": "3", "quality": "38"}
    whole = method.evaluation_method()
    items = [{**item, "max": keep[item["id"]]} for item in whole["items"] if item["id"] in keep]
    return {**whole, "items": items}


def opened(world: World) -> None:
    """The tender is announced, its deadline passed, every bid of lot 1 open, the session closed."""
    worlds_tenders.announced_tender(world, evaluation_method=short_method())
    closed(world)


def closed(world: World) -> None:
    """The deadline has passed and the opening is over."""
    tender = rows.tender(NUMBER)
    world.advance(days=25)
    OpeningSession.objects.create(tender=tender, status=SessionStatus.CLOSED, started_at=clock.now())
    tender.status = TenderStatus.OPENED
    tender.save()
    lot = tender.lots.get(no=1)
    tender.lots.filter(no=2).update(status=LotStatus.FAILED)
    lot.status = LotStatus.EVALUATING
    lot.save()
    for no, bidder in enumerate(world.bidders):
        opened_bid(lot, bidder, no + 1, PRICES[no])


def opened_bid(lot: Lot, bidder: worlds_tenders.Member, number: int, price: str) -> Bid:
    """A bid as the opening leaves it."""
    envelope = store.put(
        secrets.token_bytes(64), name="e.mtse", media_type="application/octet-stream", now=clock.now()
    )
    return Bid.objects.create(
        lot=lot, pseudonym=secrets.token_hex(32), envelope=envelope, envelope_sha256=envelope.sha256,
        size=64, received_at=clock.now(), act=uuid.uuid4(), status=BidStatus.OPENED, number=number,
        opened_at=clock.now(), opened_by="bidder", bidder=bidder.organization,
        bidder_name=bidder.organization.name, bidder_credit_code=bidder.credit_code,
        price=Decimal(price), bundle=bundle_file(number),
        summary={"duration_days": 170, "quality": "合格", "project_manager": {"name": "周", "certificate": "苏1"}},
    )  # fmt: skip


def bundle_file(number: int) -> Any:
    files = {
        "technical/施工组织设计.pdf": ("technical", worlds_tenders.PDF + str(number).encode()),
        "qualification/资格.pdf": ("qualification", worlds_tenders.PDF + b"q"),
        "boq/清单.csv": ("boq", "序号,合价\n1,2\n".encode()),
    }
    out = io.BytesIO()
    sources = [
        bundle.Source(path, lambda data=data: io.BytesIO(data), "application/pdf", role)
        for path, (role, data) in files.items()
    ]
    bundle.build(sources, out)
    return store.put(out.getvalue(), name="bundle.zip", media_type="application/zip", now=clock.now())


def sign_in(client: Client, actor: Actor) -> str:
    """Open a browser's session by the person's registered certificate; the session's key."""
    session = client.session
    bound = CertificateBinding.objects.filter(person_id=actor.person).order_by("bound_at").first()
    assert bound is not None
    session.update(login.opened_by(bound.fingerprint))
    session.save()
    client.cookies["sessionid"] = session.session_key
    return session.session_key


# ---------------------------------------------------------------- the draw


def freeze(world: World, **changes: Any) -> None:
    said = {"number": 5, "specialties": ("A0803",), "reserves": 1, "reply_minutes": 30, **changes}
    perform(verb.FreezeDraw(NUMBER, **said), world.center.actor, via="http")


def parties_of(world: World) -> dict[str, Actor]:
    return {
        "trading_center": world.center.actor,
        "supervisory_authority": world.authority.actor,
        "procuring_entity": world.owner.actor,
    }


def commit(world: World) -> dict[str, bytes]:
    """All three commit; their nonces."""
    draw, nonces = rows.draw(NUMBER), {}
    for who, actor in parties_of(world).items():
        nonces[who] = secrets.token_bytes(32)
        said = engine.commitment(nonces[who], who, draw.code)
        perform(verb.CommitDraw(NUMBER, who, said), actor, via="http")
    return nonces


def reveal(world: World, nonces: dict[str, bytes]) -> ExpertDraw:
    for who, actor in parties_of(world).items():
        perform(verb.RevealDraw(NUMBER, who, nonces[who].hex()), actor, via="http")
    return rows.draw(NUMBER)


def invited() -> list[DrawTicket]:
    found = DrawTicket.objects.filter(status=InvitationStatus.INVITED).select_related("expert")
    return list(found.order_by("place"))


def actor_of(ticket: DrawTicket) -> Actor:
    return parties.actor_for(ticket.expert.person, None)


def accept_all() -> None:
    for ticket in invited():
        perform(verb.AnswerInvitation(str(ticket.pk), True), actor_of(ticket), via="http")


def committee(world: World, pool: Iterable[Expert]) -> dict[int, Expert]:
    """Draw, invite, accept: seat number → expert. The room of lot 1 is open then."""
    freeze(world)
    reveal(world, commit(world))
    accept_all()
    return seated(pool)


def seated(pool: Iterable[Expert]) -> dict[int, Expert]:
    by_profile = {one.profile: one for one in pool}
    occupied = room().committee.occupied()
    return {s.no: by_profile[str(s.ticket.expert_id)] for s in occupied.select_related("ticket")}


# ---------------------------------------------------------------- the room


def room() -> Evaluation:
    return rows.evaluation(NUMBER, 1)


def do(actor: Actor, name: str, **args: Any) -> dict[str, Any]:
    """A verb of the room as a door does it: the frame's arguments, then perform."""
    return perform(frames.VERBS[name](args, actor, NUMBER, 1), actor, via="ws", key=str(uuid.uuid4())).result


def declare(one: Expert) -> None:
    do(one.actor, "declare", signed=one.signed(view.room_json(room(), one.actor)["sign"]))


def declare_all(seats: dict[int, Expert]) -> None:
    for one in seats.values():
        if not room().declarations.filter(seat__ticket__expert=one.profile).exists():
            declare(one)


def elect(seats: dict[int, Expert], chair: int = 1) -> None:
    for one in seats.values():
        do(one.actor, "vote_chair", seat=chair)


def bid_ids() -> list[str]:
    return [str(b.pk) for b in facts.bids_of(room()) if not b.rejected]


AGAINST = {
    "passed": False,
    "ground": "not_qualified",
    "reason": "项目负责人注册专业不符",
    "document": "资格.pdf",
    "page": 3,
}


def review_all(seats: dict[int, Expert], against: str = "") -> None:
    for one in seats.values():
        for bid in bid_ids():
            said = AGAINST if bid == against else {"passed": True}
            do(one.actor, "review", bid=bid, **said)


def points_for(seat: int, place: int, item: Any) -> str:
    """Objective items the same for everybody; others a little different, on the step."""
    share = Decimal(place % 3) if item.objective else Decimal((seat + place) % 5) / 10
    return str(max(item.min, item.max - share))


def score_all(seats: dict[int, Expert]) -> None:
    items = facts.items(room())
    for no, one in seats.items():
        for place, bid in enumerate(bid_ids()):
            for item in items:
                do(one.actor, "score", bid=bid, item=item.id, points=points_for(no, place, item))


def lock_all(seats: dict[int, Expert]) -> None:
    for one in seats.values():
        do(one.actor, "lock")


def sign(one: Expert, dissent: str = "", *, pdf: bool = False) -> None:
    """The statement; with ``pdf`` the report's PDF as well, as the member's machine does it."""
    said = view.room_json(room(), one.actor)["sign"]
    more = {"pdf": report_pdf(one, said["payload"]["report_sha256"])} if pdf else {}
    do(one.actor, "sign", signed=one.signed(said), dissent=dissent, **more)


def report_pdf(one: Expert, sha256: str) -> dict[str, str]:
    """The member's signature on the report's PDF."""
    row, chain = room(), [to_base64(c) for c in one.signer.chain]
    body = {"certificates": chain, "alg": one.signer.alg}
    told = signing.prepare_report(body, row, policy.seat_of(one.actor, row))
    data = document_signing.revision(document_signing.found(told["prepared"])).document
    return signing_side.sign_revision(told, data, one.signer, sha256)


def profile(one: Expert) -> ExpertProfile:
    return ExpertProfile.objects.get(pk=one.profile)
