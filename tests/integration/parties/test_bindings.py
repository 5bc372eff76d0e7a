"""Several certificates, several authorities: a second one needs the first; a lost one counts for nothing from the
report on; a renewed one loses no right."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ca_interop import service
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.rules.validation import Purpose
from evaluation import policy
from evaluation.models import Evaluation
from journal import clock
from journal.door import perform
from journal.models import Act
from kernel.actor import Actor, Role
from kernel.errors import Refused
from parties import desk, login, queries
from parties.commands import (
    BindCertificate,
    BlockCertificate,
    ConfirmCertificate,
    EndRole,
    HandOverAdministration,
    LiftBlock,
    RetireCertificate,
)
from parties.commands.proofs import CertificateFound
from parties.models import (
    SIGNS,
    CertificateBinding,
    CertificateRequest,
    Membership,
    Organization,
    Outage,
    Person,
)
from sealing import statements
from sealing.signer import SoftwareSigner, fingerprint
from tests import worlds_tenders
from tests.integration.ca_interop.authorities import code, house, recognized, subscriber
from tests.integration.evaluation import rooms_world as w
from tests.integration.parties.people import answer, post, register, sign_in
from trading import releases
from trading.models import Custodian
from trading.releases import _custodian_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Any:
    with recognized() as running:
        yield running


def refusal(act: Any, *args: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*args)
    return refused.value.code


def actor(name: str, number: int = 22) -> Actor:
    organization = Organization.objects.get(credit_code=code(number))
    person = Person.objects.filter(name=name, certificates__organization=organization).distinct().get()
    return queries.actor_for(person, organization)


def print_of(signer: SoftwareSigner) -> str:
    return fingerprint(signer.chain[0])


def do(command: Any, who: Actor) -> Any:
    return perform(command, who, via="http").result


# -- a second certificate


def test_a_certificate_of_the_same_name_waits_for_the_first(server: Any) -> None:
    first, second = subscriber("甲公司", 22, "甲一"), subscriber("甲公司", 22, "甲一", "demo-ca-1")
    mine, stranger = Client(), Client()
    register(mine, first, "bidder")
    asked = register(stranger, second, "bidder")
    assert (asked.status_code, asked.json()["roles"]) == (202, [])
    assert stranger.get("/api/v1/me").status_code == 401
    assert sign_in(stranger, second).json()["code"] == "certificate.waiting"
    assert register(stranger, second, "bidder").json()["code"] == "certificate.request_waiting"
    waiting = mine.get("/api/v1/certificate-requests").json()["requests"]
    assert [row["certificate"] for row in waiting] == [print_of(second)]
    assert "甲一有一张新证书等您确认" in mine.get("/desk/").content.decode()
    said = {"request": waiting[0]["request"], "reason": "是我的"}
    assert post(mine, "/api/v1/certificates/confirm", said).status_code == 200
    assert sign_in(stranger, second).json()["person"] == mine.get("/api/v1/me").json()["person"]
    assert Membership.objects.count() == 1
    assert post(mine, "/api/v1/certificates/confirm", said).json()["code"] == "machine.wrong_status"


def test_the_administrator_knows_a_colleague_of_the_same_name(server: Any) -> None:
    register(Client(), subscriber("甲公司", 22, "管理"), "bidder")
    register(Client(), subscriber("甲公司", 22, "张伟"), "bidder")
    other = subscriber("甲公司", 22, "张伟", "demo-ca-3")
    register(Client(), other, "bidder")
    row = CertificateRequest.objects.get()
    outsider = Client()
    register(outsider, subscriber("乙公司", 23, "乙一"), "bidder")
    said = {"request": str(row.id), "reason": "x"}
    for act in ("confirm", "decline"):
        refused = post(outsider, f"/api/v1/certificates/{act}", said)
        assert (refused.status_code, refused.json()["code"]) == (403, "parties.only_administrator")
    done = do(ConfirmCertificate(str(row.id), "两位同名同事，看过工牌", somebody_new=True), actor("管理"))
    assert Person.objects.filter(name="张伟").count() == 2
    assert sign_in(Client(), other).json() == {
        "person": done["person"], "name": "张伟", "organization": str(row.organization_id),
        "organization_name": "甲公司", "roles": ["bidder"],
    }  # fmt: skip


def test_a_declined_certificate_may_be_asked_for_again(server: Any) -> None:
    mine, second = Client(), subscriber("甲公司", 22, "甲一", "demo-ca-1")
    register(mine, subscriber("甲公司", 22, "甲一"), "bidder")
    register(Client(), second, "bidder")
    row = CertificateRequest.objects.get()
    assert (
        mine.post("/certificates/", {"act": "decline", "request": row.id, "reason": "不是我的"}).status_code
        == 302
    )
    assert sign_in(Client(), second).json()["code"] == "certificate.not_registered"
    assert register(Client(), second, "bidder").status_code == 202


def test_a_pair_that_waited_is_bound_together(server: Any) -> None:
    register(Client(), subscriber("甲公司", 22, "甲一"), "bidder")
    second = subscriber("甲公司", 22, "甲一", "demo-ca-3")
    pair = [base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in (second.encryption_certificate, *second.chain[1:])]  # fmt: skip
    register(Client(), second, "bidder", encryption=pair)
    do(ConfirmCertificate(str(CertificateRequest.objects.get().id), "本人"), actor("甲一"))
    assert sorted(row.usage for row in CertificateBinding.objects.all()) == [
        "combined",
        "encryption",
        "signing",
    ]


def test_a_colleagues_certificate_is_not_bound_to_oneself(server: Any) -> None:
    client = Client()
    register(client, subscriber("甲公司", 22, "甲一"), "bidder")
    got = post(client, "/api/v1/certificates", {"signed": answer(client, subscriber("甲公司", 22, "甲二"))})
    assert (got.status_code, got.json()["code"]) == (422, "certificate.other_holder")


# -- lost


def test_a_loss_counts_at_once_for_what_is_signed_after_it(server: Any) -> None:
    first, second = subscriber("甲公司", 22, "甲一"), subscriber("甲公司", 22, "甲一", "demo-ca-1")
    mine = Client()
    register(mine, first, "bidder")
    post(mine, "/api/v1/certificates", {"signed": answer(mine, second)})
    by_second = Client()
    sign_in(by_second, second)
    before = clock.now()
    said = statements.sign(statements.statement("opening-record", {"bids": 6}), first)
    lost = {"certificate": print_of(first), "reason": "U 盾遗失"}
    assert post(by_second, "/api/v1/certificates/block", lost).status_code == 200
    # Every door that takes a signature or a certificate asks the same.
    assert mine.get("/api/v1/me").status_code == 401
    assert sign_in(Client(), first).json()["code"] == "certificate.blocked"
    assert refusal(lambda: service.check_signed(said, purpose="opening-record", at=clock.now())) == (
        "certificate.blocked"
    )
    assert (
        refusal(lambda: service.check_chain(first.chain, Purpose.OPEN, clock.now())) == "certificate.blocked"
    )
    # What was signed before keeps its force, also after the block was lifted and another one stands.
    assert service.check_signed(said, purpose="opening-record", at=before).evidence.payload == {"bids": 6}
    assert by_second.get("/api/v1/me").status_code == 200
    assert Act.objects.get(verb="certificate.block").document["law"] == "电子签名法第十五条"


def test_a_block_is_lifted_by_somebody_else_and_its_time_stays_a_gap(server: Any) -> None:
    signer = subscriber("甲公司", 22, "甲一")
    register(Client(), signer, "bidder")
    register(Client(), subscriber("甲公司", 22, "甲二"), "bidder")
    mark = print_of(signer)
    do(BlockCertificate(mark, "遗失"), actor("甲一"))
    during = clock.now()
    assert refusal(do, BlockCertificate(mark, "遗失"), actor("甲一")) == "machine.wrong_status"
    # 甲一 administers the organization, and is the holder: the own word does not do.
    assert refusal(do, LiftBlock(mark, "找到了"), actor("甲一")) == "certificate.someone_else"
    assert refusal(do, LiftBlock(mark, "找到了"), actor("甲二")) == "parties.only_administrator"
    do(HandOverAdministration(code(22), actor("甲二").person, "甲一的证书挂失"), _center())
    assert refusal(do, LiftBlock(mark, " "), actor("甲二")) == "certificate.no_reason"
    do(LiftBlock(mark, "在抽屉里找到，密封完好"), actor("甲二"))
    assert sign_in(Client(), signer).status_code == 200
    assert refusal(queries.refuse_blocked, mark, during) == "certificate.blocked"
    assert queries.refuse_blocked(mark, clock.now()) is None
    row = Outage.objects.get()
    assert (row.by, row.lifted_by) == (actor("甲一").person, actor("甲二").person)


def test_the_center_reports_and_somebody_else_there_lifts(server: Any) -> None:
    signer = subscriber("甲公司", 22, "甲一")
    register(Client(), signer, "bidder")
    do(BlockCertificate(print_of(signer), "持有人到窗口报失"), _center("one"))
    assert refusal(do, LiftBlock(print_of(signer), "找到"), _center("one")) == "certificate.someone_else"
    assert do(LiftBlock(print_of(signer), "找到"), _center("two"))["status"] == "active"


def _center(person: str = "clerk") -> Actor:
    return Actor(f"person:{person}", "王敏", frozenset({Role.TRADING_CENTER}), person=person)


def test_a_custodians_lost_certificate_releases_no_share() -> None:
    """One certificate for both uses once stood for its custodian without being asked about."""
    with worlds_tenders.world(1) as world:
        signer = world.center.signer
        said = {"bid": "b", "envelope_sha256": "e", "index": 1, "share": "s"}
        signed = statements.sign(statements.statement("share-release", said), signer)
        mark = print_of(signer)
        assert CertificateBinding.objects.get(fingerprint=mark).usage == "combined"
        do(BlockCertificate(mark, "遗失"), world.center.actor)
        assert refusal(releases.share_release, None, signed) == "certificate.blocked"


# -- replaced


def test_a_certificate_is_retired_when_another_is_there(server: Any) -> None:
    first, second = subscriber("甲公司", 22, "甲一"), subscriber("甲公司", 22, "甲一", "demo-ca-1")
    client = Client()
    register(client, first, "bidder")
    assert refusal(do, RetireCertificate(print_of(first), "换证"), actor("甲一")) == "certificate.last_one"
    post(client, "/api/v1/certificates", {"signed": answer(client, second)})
    assert do(RetireCertificate(print_of(first), "换证"), actor("甲一"))["status"] == "retired"
    assert client.get("/api/v1/me").status_code == 401
    assert sign_in(client, first).json()["code"] == "certificate.retired"
    assert sign_in(client, second).json()["roles"] == ["bidder"]
    assert refusal(do, LiftBlock(print_of(first), "x"), _center()) == "machine.wrong_status"


def test_an_administrator_retires_and_ends_whom_has_left(server: Any) -> None:
    admin, gone = Client(), Client()
    register(admin, subscriber("甲公司", 22, "管理"), "bidder")
    register(gone, subscriber("甲公司", 22, "离职"), "bidder")
    mark = CertificateBinding.objects.get(person__name="离职").fingerprint
    membership = Membership.objects.get(person__name="离职")
    page = admin.get("/my-organization/").content.decode()
    assert ("离职" in page, "移交管理员" in page) == (True, True)
    assert ("签发机构" in page, "demo-ca-" in page) == (True, False), "an authority's id instead of its name"
    assert "移交管理员" not in gone.get("/my-organization/").content.decode()
    refused = gone.post("/my-organization/", {"act": "end", "membership": membership.id, "reason": "x"})
    assert (refused.status_code, "parties.only_center" in refused.content.decode()) == (403, True)
    for act, more in (("end", {"membership": membership.id}), ("retire", {"certificate": mark})):
        done = admin.post("/my-organization/", {"act": act, "reason": "离职", **more})
        assert done.status_code == 302, done.content.decode()
    assert gone.get("/api/v1/me").status_code == 401
    foreign = Client()
    register(foreign, subscriber("乙公司", 23, "乙一"), "bidder")
    other = Membership.objects.get(person__name="管理")
    assert refusal(do, EndRole(str(other.id), "x"), actor("乙一", 23)) == "parties.only_center"
    assert admin.post("/my-organization/", {"act": "fly"}).status_code == 400


def test_the_administration_is_handed_over(server: Any) -> None:
    for name in ("管理", "接任"):
        register(Client(), subscriber("甲公司", 22, name), "bidder")
    command = HandOverAdministration(code(22), actor("接任").person, "轮岗")
    assert refusal(do, command, actor("接任")) == "parties.only_administrator"
    assert refusal(do, HandOverAdministration(code(22), actor("管理").person, "x"), actor("管理")) == "administrator.is_already"  # fmt: skip
    assert refusal(do, HandOverAdministration(code(22), actor("接任").person, ""), actor("管理")) == "certificate.no_reason"  # fmt: skip
    register(Client(), subscriber("乙公司", 23, "乙一"), "bidder")
    stranger = HandOverAdministration(code(22), actor("乙一", 23).person, "x")
    assert refusal(do, stranger, actor("管理")) == "administrator.no_certificate"
    assert do(command, actor("管理"))["administrator"] == actor("接任").person
    assert refusal(do, command, actor("管理")) == "parties.only_administrator"
    assert queries.administrator(Organization.objects.get(credit_code=code(22))).name == "接任"


@pytest.mark.django_db(transaction=True)
def test_a_renewed_certificate_keeps_every_right() -> None:
    """Memberships, a custodian's seat, an expert's row and seat in an open room: they are the person's."""
    with worlds_tenders.world(3) as world:
        w.opened(world)
        expert = w.committee(world, w.experts(world, 5 + 1))[1].actor
        room = Evaluation.objects.earliest("pk")
        seat = policy.seat_of(expert, room)
        for who in (expert, world.authority.actor):
            old = CertificateBinding.objects.get(person_id=who.person, usage__in=SIGNS)
            new = _renewed(old)
            do(
                BindCertificate(
                    CertificateFound.of(service.check_chain(new.chain, Purpose.LOGIN, clock.now()))
                ),
                who,
            )
            do(RetireCertificate(old.fingerprint, "已换新证书"), who)
            assert login.actor_of_session(login.opened_by(old.fingerprint)) is None
            assert login.actor_of_session(login.opened_by(print_of(new))) == who
        assert (seat is not None, policy.seat_of(expert, room)) == (True, seat)
        custodian = Custodian.objects.get(organization=world.authority.organization)
        signs = CertificateBinding.objects.get(person_id=world.authority.actor.person, status="active")
        assert _custodian_actor(custodian, signs.fingerprint) == world.authority.actor


def _renewed(old: CertificateBinding) -> SoftwareSigner:
    """A new certificate of another authority in the same names."""
    now = datetime.now(UTC)
    organization = old.organization
    who = Subscriber(
        organization.name if organization else "",
        organization.credit_code if organization else "",
        old.person.name,
    )
    other = "demo-ca-1" if old.authority_id != "demo-ca-1" else "demo-ca-2"
    got = (
        house()
        .authorities[other]
        .issue(who, not_before=now - timedelta(days=1), not_after=now + timedelta(days=700))
    )
    return SoftwareSigner(got.signing.key, got.signing.full_chain, None)


# -- spoken of in time


@pytest.mark.parametrize(
    ("days", "said"), [(61, None), (59, "还有 59 天到期"), (29, "还有 29 天到期"), (6, "还有 6 天到期")]
)
def test_the_end_of_a_certificate_is_on_the_desk(server: Any, days: int, said: str | None) -> None:
    client = Client()
    register(client, subscriber("甲公司", 22, "甲一", days_ago=30, days=days + 30), "bidder")
    # The certificate ends within the day: its days are whole ones.
    who = actor("甲一")
    items = [item.title for item in desk.items(who, clock.now() - timedelta(hours=1))]
    assert items == ([f"证书{said}"] if said else [])
    page = client.get("/certificates/").content.decode()
    assert ("天到期" in page, f"还有 {days - 1} 天到期" in page) == (said is not None, said is not None)
    post(client, "/api/v1/certificates", {"signed": answer(client, subscriber("甲公司", 22, "甲一"))})
    assert [item.title for item in desk.items(who, clock.now())] == []


def test_pages_cost_the_same_with_one_certificate_and_with_four(server: Any) -> None:
    client = Client()
    register(client, subscriber("甲公司", 22, "甲一"), "bidder")
    counts = []
    for extra in (0, 3):
        for no in range(extra):
            register(Client(), subscriber("甲公司", 22, f"同事{no}"), "bidder")
        for path in ("/certificates/", "/my-organization/"):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
    assert counts[:2] == counts[2:]


# -- personal certificates


def test_a_personal_certificate_that_renews_an_earlier_one_is_compared_at_the_desk(server: Any) -> None:
    """Two people of one name: the desk says whose it is, and the expert keeps row and role."""
    for _ in range(2):
        register(Client(), subscriber("", 0, "张伟"), "expert")
    first, second = Person.objects.filter(name="张伟").order_by("id")
    new, client = subscriber("", 0, "张伟", "demo-ca-1"), Client()
    asked = register(client, new, "expert", renews=True)
    assert (asked.status_code, asked.json()["name"]) == (202, "张伟")
    row = CertificateRequest.objects.get()
    assert (row.organization, row.person) == (None, second)
    # Whoever bears the name does not decide it.
    own = queries.actor_for(second, None)
    assert refusal(do, ConfirmCertificate(str(row.id), "是我"), own) == "parties.only_administrator"
    assert list(queries.requests_for(own)) == []
    stranger = Person.objects.create(name="李四", created_at=clock.now())
    wrong = ConfirmCertificate(str(row.id), "看过身份证", person=str(stranger.id))
    assert refusal(do, wrong, _center()) == "certificate.not_of_that_name"
    do(ConfirmCertificate(str(row.id), "看过身份证", person=str(first.id)), _center())
    assert sign_in(client, new).json()["person"] == str(first.id)
    nobody = register(Client(), subscriber("", 0, "无此人"), "expert", renews=True)
    assert (nobody.status_code, nobody.json()["code"]) == (422, "registration.nothing_to_renew")


def test_the_desk_finds_people_by_name_and_blocks(tmp_path: Any) -> None:
    with worlds_tenders.world(1) as world:
        name = w.experts(world, 2)[0].actor.name
        center = Client()
        w.sign_in(center, world.center.actor)
        page = center.get(f"/parties/people/?q={name}").content.decode()
        assert "签发机构" in page
        mark = CertificateBinding.objects.filter(person__name=name).earliest("id").fingerprint
        done = center.post(
            f"/parties/people/?q={name}", {"act": "block", "certificate": mark, "reason": "窗口报失"}
        )
        assert done.status_code == 302
        assert "已挂失" in center.get(f"/parties/people/?q={name}").content.decode()
        assert "没有找到这个姓名" in center.get("/parties/people/?q=无此人").content.decode()
        other = Client()
        w.sign_in(other, world.owner.actor)
        assert other.get("/parties/people/").status_code == 403
