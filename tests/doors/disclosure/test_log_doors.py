"""The log's doors: C2SP tiles that the kernel's own verifier accepts, and pages that tell no secret."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from journal import sequencer
from journal.door import Command, Context, Done, handler, perform
from journal.models import Act
from kernel import merkle, tiles, tlog
from kernel.actor import SYSTEM, Actor, Role
from kernel.errors import Reason

STAFF = Actor("person:9", "王敏", frozenset({Role.TRADING_CENTER}), "org-9", "交易中心")


@dataclass(frozen=True)
class Announce(Command):
    words: str
    verb = "test.announce"


@dataclass(frozen=True)
class Hide(Command):
    words: str
    verb = "test.hide"
    sealed = True


def _anybody(actor: Actor, row: object) -> Reason | None:
    return None


@handler(Announce, may=_anybody)
def announce(cmd: Announce, ctx: Context, row: None) -> Done:
    return Done("tender:T-1", {"words": cmd.words})


@handler(Hide, may=_anybody)
def hide(cmd: Hide, ctx: Context, row: None) -> Done:
    return Done("tender:T-1", {"words": cmd.words})


def _fill(count: int) -> None:
    from django.db import transaction

    with transaction.atomic():
        for number in range(count):
            perform(Announce(f"第 {number} 号"), STAFF, via="http")


@pytest.mark.django_db(transaction=True)
def test_a_mirror_of_the_tiles_gives_the_signed_root(client: Client) -> None:
    _fill(300)
    note = client.get("/log/checkpoint").content.decode()
    head, _ = tlog.open_checkpoint(note, [sequencer.vkey()])
    assert head.size == 300
    bundles = []
    for path in tiles.paths_for_size(head.size, entries=True):
        bundles.append((path, client.get(f"/log/{path}").content))
    entries = [e for path, body in bundles for e in tiles.parse_entries(body, tiles.parse_tile_path(path)[2])]
    assert merkle.root(entries) == head.root
    tree = merkle.Tree(entries)
    for path in tiles.paths_for_size(head.size):
        level, index, width = tiles.parse_tile_path(path)
        assert client.get(f"/log/{path}").content == tiles.tile_bytes(level, index, width, tree.read)


@pytest.mark.django_db(transaction=True)
def test_full_tiles_are_for_ever_partial_ones_are_not_and_others_do_not_exist(client: Client) -> None:
    _fill(257)
    full, partial = client.get("/log/tile/0/000"), client.get("/log/tile/0/001.p/1")
    assert full["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (len(full.content), full["Content-Type"]) == (256 * 32, "application/octet-stream")
    assert partial["Cache-Control"] == "public, max-age=60"
    assert client.get("/log/tile/0/001").status_code == 404
    assert client.get("/log/tile/0/0001").status_code == 400
    assert client.get("/log/tile/0/001.p/2").status_code == 404
    assert client.get("/log/tile/entries/001.p/1").status_code == 200
    assert client.post("/log/checkpoint").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_the_proof_of_an_act_verifies(client: Client) -> None:
    _fill(5)
    act = Act.objects.get(index=3)
    proof = client.get(f"/log/proof/{act.pk}").content.decode()
    assert tlog.verify_proof(proof, bytes(act.leaf), [sequencer.vkey()]).index == 3


@pytest.mark.django_db(transaction=True)
def test_an_open_act_has_its_page_and_a_sealed_one_shows_its_commitment_only(client: Client) -> None:
    perform(Announce("公开的话"), STAFF, via="http")
    hidden = perform(Hide("八百七十五万"), STAFF, via="http")
    shown = Act.objects.get(verb="test.announce")
    assert "公开的话" in client.get(f"/log/acts/{shown.pk}/").content.decode()
    page = client.get(f"/log/acts/{hidden.act}/").content.decode()
    secrets = ("八百七十五万", "test.hide", "tender:T-1", "王敏", "person:9")
    assert [s for s in secrets if s in page] == []
    assert "这个行为已密封" in page
    overview = client.get("/log/").content.decode()
    assert (str(hidden.act) in overview, str(shown.pk) in overview) == (False, True)


@pytest.mark.django_db(transaction=True)
def test_what_is_not_there_is_said(client: Client) -> None:
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/log/").status_code == 200
    assert client.get("/log/acts/not-an-id/").status_code == 404
    assert client.get("/log/proof/00000000-0000-4000-8000-000000000000").status_code == 404
    assert client.get("/log/", {"act": "a/b"}).status_code == 404
    act = perform(Announce("x"), STAFF, via="http").act
    answer = client.get("/log/", {"act": f" {act} "})
    assert (answer.status_code, answer["Location"]) == (302, f"/log/acts/{act}/")


@pytest.mark.django_db(transaction=True)
def test_pages_are_there_on_an_empty_platform(client: Client) -> None:
    perform(Announce("x"), SYSTEM, via="task")
    for path in ("/", "/notices/", "/verify/", "/log/"):
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert "明堂" in answer.content.decode()
    assert client.get("/notices/none/").status_code == 404
    assert client.get("/record/none.zip").status_code == 404
    assert client.get("/notices/", {"phase": "no-such-phase", "page": "x"}).status_code == 200
