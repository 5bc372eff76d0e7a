"""中介机构 on the marketplace: admission with a signed commitment, then an application, each in the page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from demo.cast import AGENCIES, CENTER, OWNER
from kernel.clock import BEIJING
from tests.browser.conftest import Look, Visit
from tests.browser.world import World

pytestmark = pytest.mark.browser

AGENCY = AGENCIES[0]


def test_an_agency_is_admitted_and_applies(world: World, visit: Visit, look: Look) -> None:
    world.reach("people")
    center = visit(CENTER.key, "/agencies/")
    center.press(
        "设立", {"代码": "supervision", "名称": "工程监理", "设立依据": "建筑法第三十条、第三十一条"}
    )
    center.sees("工程监理")

    agency = visit(AGENCY.key, "/agencies/")
    agency.page.get_by_role("link", name="申请入驻").click()
    agency.press(
        "下一步：看承诺书",
        {
            "服务事项": "工程监理",
            "单位负责人": AGENCY.person,
            "资质和人员": "市政公用工程监理甲级，总监 6 名",
        },
    )
    agency.sees("承诺书", AGENCY.name)
    agency.accessible()
    agency.sign("签署承诺书并申请")

    center.at("/agencies/admissions/")
    center.sees(AGENCY.name)
    center.accessible(("light",))
    center.press("准予入驻")

    owner = visit(OWNER.key, "/agencies/assignments/new/")
    owner.accessible(("light",))
    closing = (world.do(world.stage.now) + timedelta(days=4)).astimezone(BEIJING)
    owner.press("发布", {
        "服务事项": "工程监理", "委托项目名称": "聚亨路改造工程施工监理", "所属工程项目": "盐城市聚亨路改造工程",
        "服务内容和要求": "施工阶段监理，工期 180 日历天。", "服务费": "86000.00",
        "报名截止时间": f"{closing:%Y-%m-%dT%H:%M}", "本单位负责人": OWNER.person,
    })  # fmt: skip
    owner.sees("报名中", "¥ 86,000.00")

    agency.at("/agencies/")
    agency.page.get_by_role("link", name="聚亨路改造工程施工监理").click()
    agency.page.get_by_role("link", name="报名", exact=True).click()
    agency.press("下一步：看承诺书")
    agency.sign("签署承诺书并报名")
    agency.sees("本单位已于")
    agency.accessible(("light",))
    look(agency.page, "assignment", widths=(1440, 360), schemes=("light",))

    # Until the closing time nobody else sees who has applied.
    owner.page.reload()
    assert AGENCY.name not in owner.page.locator("main").inner_text()
