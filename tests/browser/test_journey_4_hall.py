"""The opening hall, from roll call to the signed record: host, bidder, procuring entity and custodian at their pages.

Decryption is the bidders' own command line, as their task card says; everything else is clicked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from demo.cast import AUTHORITY, BIDDERS, CENTER, OWNER
from demo.story import bidding, opening
from kernel.clock import BEIJING, parse_iso
from tests.browser.conftest import PICTURES, Look, Visit
from tests.browser.keys import agent
from tests.browser.visitors import Visitor
from tests.browser.world import NUMBER, World

pytestmark = pytest.mark.browser

HALL = f"/halls/{NUMBER}/"
BIDDER = BIDDERS[2].organization
OBJECTION = "一标段第 2 家报失密钥、由分片开启，请主持人说明分片由哪几家单位提交。"
ANSWER = "分片由盐城市公共资源交易中心、盐城市住房和城乡建设局在各自电脑上解开并签名提交，过程已存证。"


def _move_clock(host: Visitor, to: datetime) -> None:
    host.at("/training/")
    host.press("推进时钟", {"推进到": f"{to.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"})


def _sign_in(visitor: Visitor) -> None:
    visitor.at(HALL)
    visitor.press("签到")


def _sign_by_agent(visitor: Visitor, origin: str) -> None:
    """Statement and PDF, both shown and agreed to in a terminal."""
    with agent(origin, "--key", str(visitor.pem)) as running:
        form = visitor.form("签名确认").first
        form.get_by_label("U 盾、密码钥匙").check()
        form.get_by_label("连接码").fill(running.code())
        form.get_by_role("button", name="签名确认").click()
        shown = running.agree()
        assert "确认开标记录（mingtang/opening-record）" in shown
        assert "连同文件本身：PDF" in shown
        visitor.sees("您已在开标记录上签名")


def test_an_opening_is_held_in_the_pages(world: World, visit: Visit, look: Look) -> None:
    world.reach("submitting")
    deadline = parse_iso(world.stage.notes["deadline"])
    host = visit(CENTER.key, "/training/")
    host.accessible(("light",))
    _move_clock(host, deadline - timedelta(minutes=30))
    bidder, entity, custodian = visit(BIDDER.key), visit(OWNER.key), visit(AUTHORITY.key)
    for visitor in (host, bidder, entity, custodian):
        _sign_in(visitor)
    bidder.sees("已签到，等待开标", "已连接")
    bidder.accessible()
    look(bidder.page, "hall-sign-in", widths=(1440, 360), schemes=("light",))
    before = visit()
    before.at(HALL)
    assert BIDDER.name not in before.page.content()

    _move_clock(host, deadline + timedelta(seconds=2))
    world.do(lambda: bidding.late_is_refused(world.stage))
    host.at(HALL)
    host.press("开标")
    host.sees("等待解密")
    # The bidder's page comes alive by itself: its own task with the command to run.
    bidder.sees("现在请您解密", "bidtool open")
    look(bidder.page, "hall-decrypting", widths=(1440, 360), schemes=("light",))
    bidder.accessible()
    # The custodian's page is told of a lost key while decryption goes on.
    world.do(lambda: opening._release_all(world.stage))
    custodian.at("/desk/")
    custodian.accessible(("light",))
    custodian.at(HALL)

    _read_out(host, look, bidder)
    bidder.page.get_by_text("对开标有异议", exact=True).click()
    bidder.press("提出异议", {"异议内容": OBJECTION})
    entity.sees("现在请您答复异议")
    entity.press("答复", {"答复": ANSWER})
    bidder.sees(ANSWER)
    host.sees("异议环节")
    host.press("结束异议环节，制作开标记录")
    for visitor in (bidder, entity, custodian, host):
        visitor.sees("现在请您确认开标记录")
        if visitor is entity:
            _sign_by_agent(visitor, world.base)
        else:
            visitor.sign("签名确认")
        visitor.sees("您已在开标记录上签名")
    signed = bidder.page.request.get(f"{bidder.page.url}record.pdf").body()
    assert signed.count(b"/ETSI.CAdES.detached") == 4, "每一方都在 PDF 本身上签名"
    host.press("闭会")
    bidder.sees("开标会已结束")
    look(bidder.page, "hall-closed", schemes=("light",))
    bidder.accessible(("light",))
    world.lived("opening")


def _read_out(host: Visitor, look: Look, bidder: Visitor) -> None:
    host.sees("现在请您唱标")
    for turn in range(10):
        if turn == 3:
            host.page.bring_to_front()
            host.page.set_viewport_size({"width": 1440, "height": 1320})
            host.page.screenshot(path=PICTURES / "hall.png")
            host.page.set_viewport_size({"width": 1440, "height": 900})
            look(host.page, "hall-reading")
            host.accessible()
            bidder.sees("正在唱标")
        host.press("唱标")
    host.sees("异议环节")
