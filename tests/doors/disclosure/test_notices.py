"""The public pages of a tender, from its announcement on: complete, in Chinese, and silent on bids."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from journal import clock
from journal.door import perform
from tests import worlds_bids, worlds_tenders
from trading.commands import AskEnquiry, CancelTender, DownloadDocuments

NUMBER = "YC2026-SZ-0417"


@pytest.fixture
def world(transactional_db: None) -> Iterator[worlds_tenders.World]:
    with worlds_tenders.world() as made:
        yield made


def test_a_draft_is_nobodys_business(client: Client, world: worlds_tenders.World) -> None:
    worlds_tenders.draft_tender(world)
    assert client.get(f"/notices/{NUMBER}/").status_code == 404
    assert NUMBER not in client.get("/notices/").content.decode()
    assert NUMBER not in client.get("/").content.decode()


def test_an_announced_tender_is_found_by_every_way(client: Client, world: worlds_tenders.World) -> None:
    worlds_tenders.announced_tender(world)
    for path in ("/", "/notices/", "/notices/?q=聚亨路", "/notices/?phase=bidding&category=works"):
        assert f'href="/notices/{NUMBER}/"' in client.get(path).content.decode(), path
    for path in ("/notices/?q=不存在的工程", "/notices/?phase=awarded", "/notices/?category=goods"):
        assert "没有符合条件的公告" in client.get(path).content.decode(), path
    page = client.get(f"/notices/{NUMBER}/").content.decode()
    wanted = (
        "投标中",
        "距投标截止",
        "招标公告",
        "施工一标段",
        "3 个保管人，2 片可开启",
        "招标投标法第十六条",
        "演练",
    )
    assert [words for words in wanted if words not in page] == []
    world.advance(days=25)
    assert "开标" in client.get(f"/notices/{NUMBER}/").content.decode()


def test_before_the_deadline_no_page_tells_who_is_interested(
    client: Client, world: worlds_tenders.World
) -> None:
    worlds_tenders.announced_tender(world)
    asker = world.bidders[0]
    perform(DownloadDocuments(NUMBER), asker.actor, via="http")
    perform(AskEnquiry(NUMBER, "路基回填用什么材料？"), asker.actor, via="http")
    pages = [client.get(p).content.decode() for p in ("/", "/notices/", f"/notices/{NUMBER}/", "/log/")]
    secrets = (asker.organization.name, asker.actor.key, "路基回填", "documents.take", "enquiry.ask")
    assert [s for s in secrets for page in pages if s in page] == []


def test_submitted_bids_are_not_even_counted(client: Client, world: worlds_tenders.World) -> None:
    tender = worlds_tenders.announced_tender(world)
    sent = worlds_bids.submit_all(world, tender)
    paths = ("/", "/notices/", f"/notices/{NUMBER}/", "/log/", *(f"/log/acts/{_act(one)}/" for one in sent))
    pages = [client.get(path).content.decode() for path in paths]
    entries = client.get("/log/tile/entries/000.p/1").content.decode(errors="replace")
    secrets = [text for one in sent for text in (one.bid, one.sealed.ticket.pseudonym, one.sealed.price)]
    secrets += [member.organization.name for member in world.bidders] + ["份收到", "bid.submit"]
    assert [s for s in secrets for page in (*pages, entries) if s in page] == []


def _act(sent: worlds_bids.Sent) -> str:
    return str(sent.receipt["statement"]["payload"]["act"]["id"])


def test_the_log_shows_the_announcement_and_the_page_links_to_it(
    client: Client, world: worlds_tenders.World
) -> None:
    worlds_tenders.announced_tender(world)
    assert "发布招标公告" in client.get("/log/").content.decode()
    page = client.get(f"/notices/{NUMBER}/").content.decode()
    link = page.split('data-proof="proven" href="')[1].split('"')[0]
    assert "发布招标公告" in client.get(link).content.decode()


def test_there_is_no_record_before_the_end(client: Client, world: worlds_tenders.World) -> None:
    worlds_tenders.announced_tender(world)
    answer = client.get(f"/record/{NUMBER}.zip", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (409, "record.not_yet")
    assert "招标投标法第四十四条" in answer.json()["reasons"][0]["law"]


def test_a_cancelled_tender_gives_its_record_at_once(client: Client, world: worlds_tenders.World) -> None:
    worlds_tenders.announced_tender(world)
    perform(CancelTender(NUMBER, "规划调整，项目不再实施。"), world.owner.actor, via="http")
    page = client.get(f"/notices/{NUMBER}/").content.decode()
    assert "终止招标" in page
    answer = client.get(f"/record/{NUMBER}.zip")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert f'href="/record/{NUMBER}.zip"' in page


def test_many_notices_are_paged_and_cost_no_more_queries(
    client: Client, world: worlds_tenders.World, django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    worlds_tenders.announced_tender(world)
    with CaptureQueriesContext(connection) as one:
        client.get("/notices/")
    for number in range(2):
        worlds_tenders.announced_tender(world, f"YC2026-SZ-05{number:02d}")
    with CaptureQueriesContext(connection) as three:
        page = client.get("/notices/").content.decode()
    assert page.count('href="/notices/YC2026') == 3
    assert len(three) == len(one)
    assert clock.now()
