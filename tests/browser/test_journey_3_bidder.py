"""投标人: registers with a certificate, takes the documents, asks; the answer reaches everybody."""

from __future__ import annotations

import pytest

from demo import stage as stages
from demo.cast import Organization, code
from tests.browser.conftest import Look, Visit
from tests.browser.world import NUMBER, World

pytestmark = pytest.mark.browser

#: A firm with a long name that is not of the demo's cast.
NEWCOMER = Organization(
    "newcomer",
    "江苏省盐城市大丰区黄海湿地生态保护修复与市政基础设施建设工程集团股份有限公司",
    code("91320982MA1YNEW07"),
    "欧阳明月",
    "demo-ca-2",
)
QUESTION = "招标文件第 3.4 条投标担保有效期，是否应覆盖投标有效期满后 30 日？"
ANSWER = "投标担保有效期与投标有效期一致，均为 90 日。"


def test_a_bidder_registers_takes_the_documents_and_asks(world: World, visit: Visit, look: Look) -> None:
    world.reach("asking")
    world.do(lambda: stages._issue(world.stage, NEWCOMER))
    bidder = visit()
    bidder.pem = world.pem(NEWCOMER.key)

    bidder.expects("status of 4")
    bidder.at(f"/login/?next=/tenders/{NUMBER}/")
    bidder.sign("登录")
    bidder.page.get_by_role("link", name="用它登记").click()
    bidder.accessible()
    bidder.sign("登记并登录", {"投标人": "", "经办人姓名": NEWCOMER.person})
    bidder.sees(NEWCOMER.name, "投标人")

    bidder.at(f"/tenders/{NUMBER}/")
    bidder.sees("现在请您获取招标文件")
    look(bidder.page, "tender-bidder")
    bidder.accessible()
    with bidder.page.expect_download() as started:
        bidder.page.get_by_role("link", name="招标文件", exact=True).click()
    assert started.value.path().read_bytes().startswith(b"%PDF-")
    bidder.page.reload()
    bidder.sees("距投标截止")

    bidder.press("提交", {"类型": "提问", "内容": QUESTION})
    bidder.sees(QUESTION, "等待答复")

    agent = visit(world.stage.notes["cast"]["agent"], f"/tenders/{NUMBER}/")
    agent.sees(QUESTION)
    assert NEWCOMER.name not in agent.page.content()
    agent.press("答复", {"答复": ANSWER})

    public = visit()
    public.at(f"/notices/{NUMBER}/")
    public.sees(QUESTION, ANSWER)
