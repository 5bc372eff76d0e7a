"""The room through perform: from the declarations to the signed report and the handing over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from ca_interop import document_signing
from evaluation import policy
from evaluation.models import Evaluation, Score
from evaluation.queries import facts, public
from evaluation.rules.room_moves import label
from evaluation.rules.statuses import RoomStatus
from journal import clock
from journal.door import perform
from journal.models import Act
from kernel.canonical_json import digest
from kernel.clock import iso
from kernel.errors import Refused
from kernel.scoring import score
from parties import login
from parties.models import ExternalAccount
from portal import desk, rooms
from tests import worlds_tenders
from tests.integration.evaluation import rooms_world as w
from trading.commands import CancelTender
from trading.models import EvaluationResult
from trading.rules.statuses import LotStatus

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_evaluation_from_declaration_to_the_handed_over_result() -> None:
    with worlds_tenders.world(4) as world:
        w.opened(world)
        seats = w.committee(world, w.experts(world, 6))
        w.declare_all(seats)
        w.elect(seats, chair=3)
        assert (w.room().status, w.room().chair.no) == (RoomStatus.REVIEWING, 3)
        rejected = w.bid_ids()[1]
        w.review_all(seats, against=rejected)
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "close_review")
        assert refused.value.code == "evaluation.not_the_chair"
        w.do(seats[3].actor, "close_review")
        assert len(w.bid_ids()) == 3
        w.score_all(seats)
        w.lock_all(seats)
        room = w.room()
        assert room.status == RoomStatus.SIGNING
        assert room.calculation["output"] == score(room.calculation["input"])
        with room.report.open() as stream:
            assert stream.read(5) == b"%PDF-"
        for no, one in seats.items():
            w.sign(one, "对第二名的业绩分有不同意见" if no == 2 else "", pdf=no != 3)
        room = w.room()
        room.lot.refresh_from_db()
        assert (room.status, room.lot.status) == (RoomStatus.FINISHED, LotStatus.REPORTED)
        result = EvaluationResult.objects.get(lot=room.lot)
        _check_who_sees_names(world, seats[1], room)
        signed = [row.signer for row in document_signing.signatures_of(room.report)]
        assert signed == [label(no) for no in seats if no != 3]
        assert result.report == room.report
        assert [row["rank"] for row in result.ranking] == [1, 2, 3]
        assert [row["ground"] for row in result.rejected] == ["not_qualified"]
        _check_record(room)
        sealed = Act.objects.filter(verb__startswith="evaluation.")
        assert not sealed.filter(salt__isnull=True).exists()


def _check_who_sees_names(world: worlds_tenders.World, member: w.Expert, room: Evaluation) -> None:
    """The signatures hold the members' certificates: before the award staff get the report without them."""
    path = f"/evaluation/{room.lot.tender.number}/{room.lot.no}/report.pdf"
    sizes = {}
    for who, actor in (("staff", world.center.actor), ("member", member.actor)):
        client = Client()
        w.sign_in(client, actor)
        answer = client.get(path)
        assert answer.status_code == 200
        sizes[who] = len(b"".join(answer.streaming_content))
    newest = document_signing.latest(room.report)
    assert sizes == {"staff": room.report.size, "member": newest.size}

    _check_who_sees_the_ranking(world, room)
    # An identity provider that comes in as the member is not told on which committee it sits.
    assert Evaluation.objects.filter(policy.visible_rooms(member.actor)).count() == 1
    light = replace(member.actor, light=True)
    assert not Evaluation.objects.filter(policy.visible_rooms(light)).exists()


def _check_who_sees_the_ranking(world: worlds_tenders.World, room: Evaluation) -> None:
    """Before candidates are announced: the host by its certificate, and no session without one."""
    path = f"/api/v1/tenders/{room.lot.tender.number}/lots/{room.lot.no}/result"
    by_certificate, by_account = Client(), Client()
    w.sign_in(by_certificate, world.owner.actor)
    linked = ExternalAccount.objects.create(
        method="identity", provider="x", subject="y", label="z", linked_at=clock.now(),
        person_id=world.owner.actor.person, organization_id=world.owner.actor.organization,
    )  # fmt: skip
    session = by_account.session
    session.update({login.ACCOUNT: str(linked.pk), login.OPENED: iso(clock.now())})
    session.save()
    assert by_account.get("/api/v1/me").json()["light"] is True
    assert [("ranking" in c.get(path).json()) for c in (by_certificate, by_account)] == [True, False]


def _check_record(room: object) -> None:
    record = public.public_record(room.lot)
    assert record is not None
    acts = {str(a.pk): a.document for a in Act.objects.all()}
    for sheet in record["sheets"]:
        assert acts[sheet["act"]]["payload"]["sheet_sha256"] == digest(sheet["bids"])
    assert {s["dissent"] for s in record["signatures"]} == {"", "对第二名的业绩分有不同意见"}
    assert record["report"]["payload"]["report_sha256"] == record["report"]["pdf_sha256"]
    assert len(record["reviews"]) == 20
    assert sum(b["rejected"] for b in record["bids"]) == 1


def test_scores_are_checked_kept_and_locked_only_when_whole() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        seats = w.committee(world, w.experts(world, 6))
        w.declare_all(seats)
        w.elect(seats)
        w.review_all(seats)
        w.do(seats[1].actor, "close_review")
        bid = w.bid_ids()[0]
        for points, code in (
            ("5.5", "score.out_of_range"),
            ("3.25", "score.off_step"),
            ("四", "score.not_a_number"),
        ):
            with pytest.raises(Refused) as refused:
                w.do(seats[1].actor, "score", bid=bid, item="overview", points=points)
            assert refused.value.code == code
        assert Score.objects.count() == 0
        assert w.do(seats[1].actor, "score", bid=bid, item="overview", points="3")["points"] == "3.0"
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "lock")
        assert refused.value.code == "score.sheet_incomplete"
        assert "甲 第 2、3、4" in refused.value.reasons[0].zh
        own = rooms.snapshot(w.room().room, {"seat:1"}).state
        assert own["sheet"] == {bid: {"overview": "3.0"}}
        assert own["seats"]["1"]["done"] == 1
        for other in ((), {"seat:2"}, {"staff"}):
            assert "sheet" not in rooms.snapshot(w.room().room, other).state
        w.do(world.center.actor, "pause", reason="大丰副场断线")
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "score", bid=bid, item="schedule", points="4")
        assert refused.value.code == "evaluation.paused"
        w.do(world.center.actor, "resume")
        w.do(seats[1].actor, "score", bid=bid, item="schedule", points="4")


def test_objective_items_that_differ_go_back_and_nothing_else() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        seats = w.committee(world, w.experts(world, 6))
        w.declare_all(seats)
        w.elect(seats)
        w.review_all(seats)
        w.do(seats[1].actor, "close_review")
        w.score_all(seats)
        bid = w.bid_ids()[0]
        w.do(seats[4].actor, "score", bid=bid, item="credit", points="2")
        w.lock_all(seats)
        assert w.room().status == RoomStatus.SCORING
        assert rooms.snapshot(w.room().room, {"seat:1"}).state["returned_cells"] == [[bid, "credit"]]
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "score", bid=bid, item="overview", points="1")
        assert refused.value.code == "score.not_returned"
        w.do(seats[4].actor, "score", bid=bid, item="credit", points="3")
        w.lock_all(seats)
        assert w.room().status == RoomStatus.SIGNING


def test_a_replaced_member_leaves_nothing_behind_and_the_others_keep_theirs() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        pool = w.experts(world, 6)
        seats = w.committee(world, pool)
        w.declare_all(seats)
        w.elect(seats)
        w.review_all(seats)
        w.do(seats[1].actor, "close_review")
        w.score_all(seats)
        for no in (2, 3, 4):
            w.do(seats[no].actor, "lock")
        gone = seats[5]
        with pytest.raises(Refused) as refused:
            w.do(seats[2].actor, "replace", seat=5, ground="absent", reason="评委五号不在")
        assert refused.value.code == "evaluation.not_found"
        w.do(world.center.actor, "replace", seat=5, ground="absent", reason="断线两小时未恢复")
        assert w.room().status == RoomStatus.CONVENED
        with pytest.raises(Refused) as refused:
            w.do(gone.actor, "lock")
        assert refused.value.code == "evaluation.not_found"
        w.accept_all()
        seats = w.seated(pool)
        new = seats[5]
        assert rooms.snapshot(w.room().room, {"seat:5.2"}).state.get("sheet") is None
        w.declare(new)
        w.do(new.actor, "vote_chair", seat=1)
        w.review_all({5: new})
        w.do(seats[1].actor, "close_review")
        assert sorted(facts.active_locks(w.room())) == [2, 3, 4]
        w.score_all({5: new})
        w.do(new.actor, "lock")
        w.do(seats[1].actor, "lock")
        assert w.room().status == RoomStatus.SIGNING
        for no in (1, 2, 3, 4):
            w.sign(seats[no])
        w.do(world.center.actor, "deem_agreed", seat=5, note="拒绝签字且不说明理由")
        assert w.room().status == RoomStatus.FINISHED
        record = public.public_record(w.room().lot)
        assert record is not None
        assert [s["seat"] for s in record["seats"] if s["vacated"]] == ["5"]
        assert [s["seat"] for s in record["sheets"]] == ["1", "2", "3", "4", "5.2"]


def test_two_bids_left_need_a_finding_and_without_competition_the_lot_fails() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        seats = w.committee(world, w.experts(world, 6))
        w.declare_all(seats)
        w.elect(seats)
        w.review_all(seats, against=w.bid_ids()[0])
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "close_review")
        assert refused.value.code == "evaluation.competition_undecided"
        for no in (1, 2, 3):
            w.do(seats[no].actor, "find_competition", competitive=False)
        w.do(seats[1].actor, "reject_all")
        for one in seats.values():
            w.sign(one)
        lot = w.room().lot
        lot.refresh_from_db()
        assert (w.room().status, lot.status) == (RoomStatus.FINISHED, LotStatus.FAILED)


def test_another_persons_certificate_or_another_text_is_refused() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        seats = w.committee(world, w.experts(world, 6))
        statement = w.view.room_json(w.room(), seats[1].actor)["sign"]
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "declare", signed=seats[2].signed(statement))
        assert refused.value.code == "evaluation.other_certificate"
        other = {**statement, "payload": {**statement["payload"], "bidders": []}}
        with pytest.raises(Refused) as refused:
            w.do(seats[1].actor, "declare", signed=seats[1].signed(other))
        assert refused.value.code == "signing.other_statement"


def test_a_tender_called_off_takes_the_room_along_and_keeps_what_was_written() -> None:
    with worlds_tenders.world(4) as world:
        w.opened(world)
        seats = w.committee(world, w.experts(world, 6))
        w.declare_all(seats)
        w.elect(seats, chair=3)
        w.review_all(seats)
        w.do(seats[3].actor, "close_review")
        w.score_all(seats)
        kept = Score.objects.count()
        perform(CancelTender(w.NUMBER, "规划调整，项目停建"), world.owner.actor, via="http")
        room = w.room()
        assert (room.status, Score.objects.count()) == (RoomStatus.TERMINATED, kept)
        with pytest.raises(Refused) as refused:
            w.lock_all(seats)
        assert refused.value.code == "machine.wrong_status"
        assert rooms.snapshot(room.room, ()).state["step"] == "terminated"
        client = Client()
        w.sign_in(client, seats[1].actor)
        page = client.get(f"/evaluation/{w.NUMBER}/1/")
        assert (page.status_code, "本标段已终止，不再评标" in page.content.decode()) == (200, True)
        assert not [i for i in desk.items_for(seats[1].actor, clock.now()) if i.title.startswith("评标室")]
