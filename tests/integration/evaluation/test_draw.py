"""The draw through perform: frozen pool, recusals, commit and reveal, invitations in order, replacement."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from bidtool.record.draws import taken
from evaluation import commands as verb
from evaluation.models import DrawTicket
from evaluation.queries import ceremony, public, rows
from evaluation.rules.statuses import DrawStatus, InvitationStatus
from journal import due
from journal.door import perform
from journal.models import Act
from kernel import draw as engine
from kernel.errors import Refused
from tests import worlds_tenders
from tests.integration.evaluation import rooms_world as w

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_draw_leaves_out_who_is_close_and_anybody_can_recompute_it() -> None:
    with worlds_tenders.world() as world:
        w.opened(world)
        pool = w.experts(world, 7)
        w.expert(world, "王近", 20, employer_credit_code=world.bidders[0].credit_code)
        w.expert(world, "李联", 21, relations={world.agent.credit_code: "配偶任职"})
        w.freeze(world)
        draw = w.reveal(world, w.commit(world))
        grounds = sorted(draw.tickets.filter(pooled=False).values_list("ground", flat=True))
        assert grounds == ["declared_relation", "employed_by_bidder"]
        said = ceremony.draw_json(draw)
        commitments = {p["who"]: p["commitment"] for p in said["parties"]}
        nonces = {p["who"]: bytes.fromhex(p["nonce"]) for p in said["parties"]}
        found = engine.verify(
            said["entries"], said["pool_digest"], commitments, nonces, said["order"], said["draw"]
        )
        assert (len(found.order), found.seed) == (len(pool), draw.seed)
        assert "蒋正明" not in str(said)
        opened = Act.objects.filter(verb__startswith="expert_draw.", salt__isnull=True)
        assert opened.count() == 7
        assert not Act.objects.filter(verb__startswith="invitation.", salt__isnull=True).exists()


def test_who_does_not_answer_or_declines_is_followed_by_the_next_of_the_order() -> None:
    with worlds_tenders.world() as world:
        w.opened(world)
        w.experts(world, 8)
        w.freeze(world)
        draw = w.reveal(world, w.commit(world))
        first, second, *rest = w.invited()
        assert [t.place for t in (first, second, *rest)] == [1, 2, 3, 4, 5]
        perform(verb.AnswerInvitation(str(first.pk), False, "身体不适"), w.actor_of(first), via="http")
        assert [t.place for t in w.invited()] == [2, 3, 4, 5, 6]
        for ticket in rest:
            perform(verb.AnswerInvitation(str(ticket.pk), True), w.actor_of(ticket), via="http")
        world.advance(minutes=31)
        with pytest.raises(Refused) as refused:
            perform(verb.AnswerInvitation(str(second.pk), True), w.actor_of(second), via="http")
        assert refused.value.code == "invitation.too_late"
        due.take_due()
        assert [t.place for t in w.invited()] == [7, 8]
        w.accept_all()
        draw.refresh_from_db()
        assert draw.status == DrawStatus.FORMED
        record = public.public_draws(draw.committee.tender)
        assert record is not None
        row = record["draws"][0]
        sites = [(s["site"], s["seats"]) for s in row["sites"]]
        skipped = {s["entry"] for s in row["skipped"]}
        assert row["result"] == taken(row["order"], skipped, row["count"], sites)
        assert [s["ground"] for s in row["skipped"]] == ["declined", "expired", "expired"]


def test_seats_are_given_by_site() -> None:
    with worlds_tenders.world() as world:
        w.opened(world)
        w.experts(world, 8)
        w.freeze(world, sites=({"site": "盐城主场", "seats": 3}, {"site": "大丰副场", "seats": 2}))
        w.reveal(world, w.commit(world))
        assert sorted(t.site for t in w.invited()) == ["大丰副场"] * 2 + ["盐城主场"] * 3
        w.accept_all()
        record = public.public_draws(rows.tender(w.NUMBER))
        assert record is not None
        row = record["draws"][0]
        sites = [(s["site"], s["seats"]) for s in row["sites"]]
        assert row["result"] == taken(row["order"], set(), row["count"], sites)


def test_a_reveal_that_is_not_what_was_committed_is_refused_and_a_silent_party_voids_the_draw() -> None:
    with worlds_tenders.world() as world:
        w.opened(world)
        w.experts(world, 8)
        w.freeze(world)
        nonces = w.commit(world)
        with pytest.raises(Refused) as refused:
            wrong = verb.RevealDraw(w.NUMBER, "trading_center", secrets.token_bytes(32).hex())
            perform(wrong, world.center.actor, via="http")
        assert refused.value.code == "draw.reveal_differs"
        mine = verb.RevealDraw(w.NUMBER, "trading_center", nonces["trading_center"].hex())
        perform(mine, world.center.actor, via="http")
        perform(verb.VoidDraw(w.NUMBER, "招标人拒不公开随机数"), world.center.actor, via="http")
        again = rows.draw(w.NUMBER)
        assert (again.round, again.status) == (2, DrawStatus.COMMITTING)
        record = public.public_draws(again.committee.tender)
        assert record is not None
        first, second = record["draws"]
        assert (first["entries"], first["pool_digest"], first["order"]) == (
            second["entries"], second["pool_digest"], [],
        )  # fmt: skip
        assert w.reveal(world, w.commit(world)).status == DrawStatus.INVITING


def test_conditions_that_the_law_does_not_allow() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"number": 3}, "draw.size_too_small"),
        ({"number": 6}, "draw.size_even"),
        ({"number": 9}, "draw.pool_too_small"),
        ({"sites": ({"site": "盐城主场", "seats": 4},)}, "draw.sites_differ"),
    ]
    with worlds_tenders.world() as world:
        w.opened(world)
        w.experts(world, 6)
        for changes, code in wrong:
            with pytest.raises(Refused) as refused:
                w.freeze(world, **changes)
            assert refused.value.code == code


def test_nothing_is_drawn_before_the_opening_and_only_parties_commit() -> None:
    with worlds_tenders.world() as world:
        worlds_tenders.announced_tender(world)
        with pytest.raises(Refused) as refused:
            w.freeze(world)
        assert refused.value.code == "draw.not_opened"
        w.closed(world)
        w.experts(world, 6)
        w.freeze(world)
        for actor, who in (
            (world.bidders[0].actor, "procuring_entity"),
            (world.center.actor, "procuring_entity"),
        ):
            with pytest.raises(Refused) as refused:
                perform(verb.CommitDraw(w.NUMBER, who, "0" * 64), actor, via="http")
            assert refused.value.code == "draw.not_your_part"


def test_when_nobody_is_left_a_supplementary_draw_fills_the_seat() -> None:
    with worlds_tenders.world() as world:
        w.opened(world)
        pool = w.experts(world, 5)
        w.freeze(world, reserves=0)
        w.reveal(world, w.commit(world))
        w.accept_all()
        seats = w.seated(pool)
        w.do(seats[2].actor, "recuse", reason="与投标人有利害关系")
        assert w.invited() == []
        more = [w.expert(world, name, 30 + no) for no, name in enumerate(("孔令辉", "曹文轩"))]
        w.freeze(world, number=1, reserves=0)
        assert rows.draw(w.NUMBER).purpose == "replacement"
        w.reveal(world, w.commit(world))
        assert len(w.invited()) == 1
        w.accept_all()
        seat = w.room().committee.occupied().get(no=2)
        assert (seat.generation, seat.audience) == (2, "seat:2.2")
        assert str(seat.ticket.expert_id) in {one.profile for one in more}
        assert DrawTicket.objects.filter(status=InvitationStatus.REPLACED).count() == 1


def test_the_pool_is_kept_by_the_center_and_a_too_young_expert_stays_out() -> None:
    with worlds_tenders.world() as world:
        one = w.expert(world, "蒋正明", 1)
        profile = w.profile(one)
        with pytest.raises(Refused) as found:
            w.expert(world, "沈玉兰", 2, years=7)
        assert found.value.code == "expert.too_few_years"
        anew = verb.UpdateExpert(
            str(profile.pk), ("A0804 市政管网",), "东台市市政工程管理处", profile.employer_credit_code,
            "盐城", "东台副场", "正高级工程师", 12,
        )  # fmt: skip
        assert perform(anew, world.center.actor, via="http").result["site"] == "东台副场"
        stop = verb.SetExpertActive(str(profile.pk), False, "长期出国")
        assert perform(stop, world.center.actor, via="http").result["active"] is False
        with pytest.raises(Refused) as found:
            perform(stop, one.actor, via="http")
        assert found.value.kind.value == "forbidden"
