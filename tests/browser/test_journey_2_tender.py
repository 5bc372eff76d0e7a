"""招标人 makes a tender through the forms: too short a period is shown with its article, then it is published."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from demo import method
from demo.cast import AUTHORITY, CENTER, OWNER
from documents.pdf import PdfDocument
from kernel.clock import BEIJING
from tests.browser.conftest import Look, Visit
from tests.browser.visitors import Visitor
from tests.browser.world import World

pytestmark = pytest.mark.browser

NUMBER = "YC2026-SZ-0588"
TITLE = "盐城市聚亨路（世纪大道—新都路）雨污水管网提升及沿线交通设施配套工程施工"


def _typed(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%dT%H:%M}"


def _schedule(now: datetime, days: int) -> dict[str, str | Path]:
    deadline = (now.astimezone(BEIJING) + timedelta(days=days)).replace(hour=9, minute=30)
    return {
        "招标文件开始提供": _typed(now),
        "招标文件提供截止": _typed(now + timedelta(days=7)),
        "提问截止": _typed(deadline - timedelta(days=11)),
        "投标截止（开标）时间": _typed(deadline),
    }


def _section(owner: Visitor, link: str, values: dict[str, str | Path]) -> None:
    owner.page.get_by_role("link", name=link, exact=True).click()
    owner.press("保存", values)


def _method(owner: Visitor, look: Look) -> None:
    """Twelve scoring items typed into the page, and the price formula."""
    page = owner.page
    page.get_by_role("link", name="评标办法", exact=True).click()
    for _ in range(2):
        page.get_by_role("button", name="再加三项").click()
    for no, (_, title, group, most, objective, how) in enumerate(method.ITEMS):
        for name, value in {"title": title, "group": group, "max": most, "help": how}.items():
            page.locator(f"[name=form-{no}-{name}]").fill(value)
        page.locator(f"[name=form-{no}-objective]").set_checked(objective)
    page.get_by_label("报价评分方法").select_option("mean_k")
    assert not page.locator("[name=delta]").is_visible()
    page.get_by_label("报价满分").fill(method.PRICE_FULL_SCORE)
    assert page.locator("[data-total]").inner_text() == "100"
    owner.accessible(("light",))
    look(page, "method", widths=(1440, 360), schemes=("light", "dark"))
    owner.press("保存", {"高于基准价扣分": "0.9", "低于基准价扣分": "0.6"})


def _document(owner: Visitor, folder: Path, kind: str, now: datetime) -> None:
    paper = folder / f"{kind}.pdf"
    paper.write_bytes(PdfDocument(kind, training=True, now=now).paragraph(f"{TITLE}{kind}。").build())
    owner.press("添加", {"类别": kind, "标题": kind, "文件": paper})


def test_a_tender_is_made_and_published(world: World, visit: Visit, look: Look, tmp_path: Path) -> None:
    world.reach("people")
    now = world.do(world.stage.now)
    owner = visit(OWNER.key, "/tenders/")
    owner.page.get_by_role("link", name="立项").click()
    owner.press(
        "保存", {"项目编号": NUMBER, "项目名称": TITLE.removesuffix("施工"), "项目估算": "9000000.00"}
    )
    owner.page.get_by_role("link", name="新建招标").click()
    owner.press("保存", {"招标编号": NUMBER, "招标名称": TITLE})

    # A field that cannot be read is named at the top, with a link to it.
    owner.expects("status of 422")
    _section(owner, "投标有效期与解密", {"投标有效期": "90", "解密时间": "60"})
    owner.page.get_by_role("link", name="标段", exact=True).click()
    owner.accessible(("light",))
    look(owner.page, "lots", widths=(1440, 360), schemes=("light",))
    owner.press("保存", {
        "标段名称": "施工一标段", "估算价": "8900000.00", "最高投标限价": "8800000.00",
        "投标担保金额": "170000.00", "工期": "120",
    })  # fmt: skip
    _method(owner, look)
    _section(owner, "投标文件组成", {"投标文件组成": json.dumps(method.REQUIREMENTS, ensure_ascii=False)})
    codes = "\n".join(who.credit_code for who in (CENTER, AUTHORITY, OWNER))
    _section(owner, "密钥托管单位", {"密钥托管单位": codes})
    _section(owner, "名称与公告", {"招标公告正文": "本工程已批准建设，现对施工进行公开招标。"})
    _document(owner, tmp_path, "招标公告", now)
    _document(owner, tmp_path, "招标文件", now)

    _section(owner, "时间安排", _schedule(now, 12))
    owner.sees("发布公告前还要办", "只有 12 日，不得少于 20 日", "招标投标法第二十四条")
    assert owner.page.get_by_role("button", name="发布公告").count() == 0
    owner.accessible()
    look(owner.page, "tender-draft")

    _section(owner, "时间安排", _schedule(now, 27))
    owner.sees("现在可以发布招标公告")
    owner.press("发布公告")
    owner.sees("澄清或者修改")

    public = visit()
    public.at(f"/notices/{NUMBER}/")
    public.sees(TITLE, "招标文件")
