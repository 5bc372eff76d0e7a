"""A tender that failed: the hall says so, the owner is told what comes next, the lots are tendered again once."""

from collections.abc import Iterator

import pytest

from journal import clock
from journal.door import perform
from kernel.errors import Refused
from portal import desk
from tests import worlds_bids
from tests import worlds_tenders as worlds
from tests.doors.trading.test_tender_doors import browser, post
from tests.worlds_tenders import TENDER, World
from trading import commands
from trading.models import Tender
from trading.queries import public_json, tenders

pytestmark = pytest.mark.django_db(transaction=True)
AGAIN = "YC2026-SZ-0417-2"


@pytest.fixture
def world() -> Iterator[World]:
    """Two bidders only: both lots fail at the opening."""
    with worlds.world(2) as made:
        tender = worlds.announced_tender(made)
        worlds_bids.submit_all(made, tender)
        worlds_bids.start(made, tender)
        yield made


def again(world: World, number: str = AGAIN) -> None:
    perform(commands.TenderAgain(TENDER, number, "重新招标"), world.agent.actor, via="http")


def test_the_hall_and_the_desk_say_what_comes_next(world: World) -> None:
    hall = browser(None).get(f"/halls/{TENDER}/").content.decode()
    assert "各标段投标人均少于三个，不开标" in hall
    assert "截止时间之前不公布" not in hall
    waiting = [item.title for item in desk.items_for(world.agent.actor, clock.now())]
    assert [f"重新招标 {TENDER}-01", f"重新招标 {TENDER}-02"] == [w for w in waiting if "重新" in w]
    page = browser(world.agent).get(f"/tenders/{TENDER}/").content.decode()
    assert "请依法重新招标" in page
    assert "投标人少于三个" in page
    assert "请依法重新招标" not in browser(world.bidders[0]).get(f"/tenders/{TENDER}/").content.decode()


def test_the_form_makes_a_draft_that_starts_from_the_failed_tender(world: World) -> None:
    client = browser(world.agent)
    answer = client.post(
        f"/tenders/{TENDER}/acts/tender_again/", {"number": AGAIN, "title": "再次", "_key": "k1"}
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/tenders/{AGAIN}/")
    old, new = Tender.objects.get(number=TENDER), Tender.objects.get(number=AGAIN)
    assert (new.status, new.project_id, new.evaluation_method) == (
        "draft",
        old.project_id,
        old.evaluation_method,
    )
    assert (new.announced_at, new.submission_deadline, new.custodians.count()) == (None, None, 0)
    named = [(lot.no, lot.name, lot.ceiling_price, lot.status) for lot in new.lots.all()]
    assert named == [(lot.no, lot.name, lot.ceiling_price, "pending") for lot in old.lots.all()]
    assert client.get(f"/tenders/{AGAIN}/").status_code == 200


def test_once_and_by_the_host_only(world: World) -> None:
    for actor, code in (
        (world.bidders[0].actor, "tender.only_host"),
        (world.center.actor, "tender.only_host"),
    ):
        with pytest.raises(Refused) as refused:
            perform(commands.TenderAgain(TENDER, AGAIN, "重新招标"), actor, via="http")
        assert refused.value.code == code
    asked = {"number": AGAIN, "title": "重新招标"}
    path = f"/api/v1/tenders/{TENDER}/again"
    made = [post(browser(world.agent), path, asked, "k1") for _ in range(2)]
    assert [(m.status_code, m.json()) for m in made] == [(201, {"tender": AGAIN})] * 2
    with pytest.raises(Refused) as twice:
        again(world, "YC2026-SZ-0417-3")
    assert twice.value.code == "tender.nothing_to_tender_again"
    assert not list(tenders.lots_to_tender_again(tenders.hosted_tenders(world.agent.actor)))


def test_the_new_draft_is_not_known_before_it_is_announced(world: World) -> None:
    again(world)
    old = Tender.objects.get(number=TENDER)
    assert [lot["tendered_again_as"] for lot in public_json(old, clock.now())["lots"]] == [None, None]
    page = browser(world.bidders[0]).get(f"/tenders/{TENDER}/").content.decode()
    assert AGAIN not in page
    assert AGAIN in browser(world.agent).get(f"/tenders/{TENDER}/").content.decode()


def test_a_tender_called_off_is_not_a_failed_one() -> None:
    with worlds.world() as world:
        worlds.announced_tender(world)
        perform(commands.CancelTender(TENDER, "项目停建"), world.agent.actor, via="http")
        with pytest.raises(Refused) as refused:
            again(world)
        assert refused.value.code == "tender.nothing_to_tender_again"
