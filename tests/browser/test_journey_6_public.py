"""Anybody: from the notices to a tender's results, and a receipt checked in the page; the desks of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.cast import AUTHORITY, BIDDERS, CENTER
from demo.story.bidding import envelope_of
from tests.browser.conftest import Look, Visit
from tests.browser.world import World

pytestmark = pytest.mark.browser


def test_the_public_reads_and_verifies(world: World, visit: Visit, look: Look, tmp_path: Path) -> None:
    world.reach("submitting")
    public = visit()
    public.at("/")
    public.accessible()
    look(public.page, "home", widths=(1440, 360))
    public.page.get_by_role("link", name="交易公告").first.click()
    public.fill("筛选", {"名称、编号或招标人": "聚亨路"})
    public.press("筛选")
    public.accessible(("light",))
    look(public.page, "notices", widths=(1440, 360), schemes=("light",))
    public.page.get_by_role("link", name="盐城市聚亨路（青年路—世纪大道）改造工程施工").click()
    public.sees("招标概况", "核对您的回执")
    public.accessible()
    look(public.page, "notice")

    public.page.get_by_role("link", name="如何核验").first.click()
    envelope = envelope_of(world.stage, BIDDERS[2], 1)
    receipt = Path(f"{envelope}.receipt.json")
    public.page.locator("[data-local=receipt]").set_input_files(receipt)
    public.page.locator("[data-local=envelope]").set_input_files(envelope)
    public.sees("行为记录在存证日志第", "投标文件与回执的摘要一致")
    public.accessible()
    look(public.page, "verify", widths=(1440, 360))

    # One byte of the file is another: the page says so.
    damaged = tmp_path / envelope.name
    data = bytearray(envelope.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    public.page.locator("[data-local=envelope]").set_input_files(damaged)
    public.sees("与回执不同")
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"statement": {}}))
    public.page.locator("[data-local=receipt]").set_input_files(other)
    public.sees("这不是投标回执文件")

    public.at("/log/")
    public.accessible(("light",))
    look(public.page, "log", widths=(1440, 360), schemes=("light",))


@pytest.mark.parametrize("key", [CENTER.key, AUTHORITY.key])
def test_desks_are_accessible_and_fit(key: str, world: World, visit: Visit, look: Look) -> None:
    world.reach("people")
    visitor = visit(key)
    visitor.sees("我的工作台")
    visitor.accessible()
    look(visitor.page, f"desk-{key}", widths=(1440, 360), schemes=("light",))
