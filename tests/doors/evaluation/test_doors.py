"""The same verbs by form, JSON and socket; the pages of every step; nobody sees what is not theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from evaluation.queries import view
from kernel.actor import Actor
from tests import worlds_tenders
from tests.integration.evaluation import rooms_world as w
from tests.integration.evaluation.rooms_world import sign_in
from trading.models import Lot
from trading.rules.statuses import LotStatus

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(actor: Actor) -> Client:
    """A browser that is signed in as ``actor``."""
    client = Client(SERVER_NAME="localhost")
    sign_in(client, actor)
    return client


def post(client: Client, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = client.post(path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def page(actor: Actor, path: str) -> str:
    answer = client_of(actor).get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.content.decode()[:2000])
    return answer.content.decode()


def test_every_page_at_every_step_and_every_door() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        pool = w.experts(world, 6)
        center = world.center.actor
        assert "蒋正明" in page(center, "/evaluation/experts/")
        assert w.NUMBER in page(center, "/evaluation/")
        assert "固定抽取条件" in page(center, f"/evaluation/{w.NUMBER}/draw/")
        code, said = post(
            client_of(center),
            f"/api/v1/evaluation/{w.NUMBER}/draw",
            number=5,
            specialties=["A0803"],
            reserves=1,
        )
        assert (code, said["pool_size"]) == (200, 6)
        assert "现在请您提交承诺" in page(world.owner.actor, f"/evaluation/{w.NUMBER}/draw/")
        w.reveal(world, w.commit(world))
        assert "蒋正明" not in page(center, f"/evaluation/{w.NUMBER}/draw/")
        first = w.invited()[0]
        invited = page(w.actor_of(first), "/evaluation/")
        assert "现在请您答复评标通知" in invited
        assert w.NUMBER not in invited
        answer = client_of(w.actor_of(first)).post(f"/evaluation/invitations/{first.pk}/", {"accept": "yes"})
        assert (answer.status_code, answer["Location"]) == (302, "/evaluation/")
        w.accept_all()
        seats = w.seated(pool)
        path = f"/evaluation/{w.NUMBER}/1/"
        assert "签署声明" in page(seats[1].actor, path)
        api = f"/api/v1/evaluation/{w.NUMBER}/1"
        statement = client_of(seats[1].actor).get(api).json()["sign"]
        code, _ = post(client_of(seats[1].actor), f"{api}/declare", signed=seats[1].signed(statement))
        assert code == 200
        w.declare_all(seats)
        assert "组长人选" in page(seats[1].actor, path)
        w.elect(seats)
        reviewing = page(seats[2].actor, path)
        assert "认为应当否决" in reviewing
        _documents(seats[2].actor)
        w.review_all(seats)
        answer = client_of(seats[1].actor).post(f"{path}do/close_review/", {"_key": "k"})
        assert (answer.status_code, answer["Location"]) == (302, path)
        scoring = page(seats[2].actor, path)
        assert "data-matrix" in scoring
        for shown in (scoring, page(center, path), page(world.authority.actor, path)):
            assert not [name for name in w.NAMES if name in shown.split("</header>")[1]]
        bid = w.bid_ids()[0]
        code, said = post(client_of(seats[2].actor), f"{api}/score", bid=bid, item="overview", points="9")
        assert (code, said["code"]) == (422, "score.out_of_range")
        w.score_all(seats)
        w.lock_all(seats)
        assert "签署报告" in page(seats[2].actor, path)
        assert client_of(seats[2].actor).get(f"{path}report.pdf")["Content-Type"] == "application/pdf"
        for one in seats.values():
            w.sign(one)
        assert "评标已结束" in page(seats[2].actor, path)
        assert Client(SERVER_NAME="localhost").get(f"{path}result/").status_code == 404
        Lot.objects.filter(no=1).update(status=LotStatus.AWARDED)
        result = Client(SERVER_NAME="localhost").get(f"{path}result/")
        assert "bidtool verify" in result.content.decode()
        assert client_of(center).get(f"{api}/result").json()["evaluation"]["lot"] == "1"


def _documents(actor: Actor) -> None:
    """A bid's file by its alias; nothing of it says whose it is, and other people get nothing."""
    files = view.documents(w.room())[0]["documents"]
    assert [f["role"] for f in files] == ["boq", "qualification", "technical"]
    answer = client_of(actor).get(files[2]["href"])
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["X-Content-SHA256"] == files[2]["digest"]


def test_strangers_are_told_there_is_no_room() -> None:
    with worlds_tenders.world(3) as world:
        w.opened(world)
        pool = w.experts(world, 6)
        seats = w.committee(world, pool)
        sitting = {one.profile for one in seats.values()}
        outsider = next(one for one in pool if one.profile not in sitting)
        for actor in (outsider.actor, world.bidders[0].actor, world.owner.actor):
            assert client_of(actor).get(f"/evaluation/{w.NUMBER}/1/").status_code == 404
            code, said = post(client_of(actor), f"/api/v1/evaluation/{w.NUMBER}/1/lock")
            assert (code, said["code"]) == (404, "evaluation.not_found")
        assert client_of(world.center.actor).get("/api/v1/experts").status_code == 200
        assert client_of(world.bidders[0].actor).get("/api/v1/experts").status_code == 403
        code, said = post(client_of(world.center.actor), f"/api/v1/evaluation/{w.NUMBER}/1/dance")
        assert (code, said["code"]) == (400, "frame.unknown_verb")
