"""Ways in: the login page with all three, a portal's account that looks and prepares, a licence by QR code, a
person's certificates, an organization's people, and the hall's desk."""

from __future__ import annotations

import httpx
import pytest

from demo.houses import LINKED
from tests.browser.conftest import Look, Visit
from tests.browser.world import NUMBER, World

pytestmark = pytest.mark.browser
SIZES = {"widths": (1440, 360)}


def test_a_portals_account_comes_in_to_look_and_prepare(world: World, visit: Visit, look: Look) -> None:
    world.reach("people")
    somebody = visit()
    page = somebody.at("/login/")
    somebody.sees("数字证书", "江苏政务服务网", "电子营业执照")
    look(page, "login-ways", **SIZES)
    somebody.accessible()
    page.get_by_role("link", name="江苏政务服务网").click()
    # At the provider, another house: an account is chosen there.
    somebody.expects("favicon.ico")
    page.get_by_role("button", name=f"法人　{LINKED.name}").click()
    page.wait_for_url("**/desk/")
    somebody.sees("仅查看和准备")
    look(page, "desk-light", **SIZES)
    somebody.accessible()


def test_a_licence_is_linked_by_its_code(world: World, visit: Visit, look: Look) -> None:
    world.reach("people")
    bidder = visit(LINKED.key, "/certificates/")
    page = bidder.page
    page.get_by_role("link", name="绑定电子营业执照").click()
    bidder.sees("核对校验码")
    look(page, "licence", **SIZES)
    bidder.accessible()
    phone = page.get_by_role("link", name="在另一个窗口打开模拟的手机").get_attribute("href")
    assert phone is not None
    digits = page.locator(".licence-digits").inner_text().strip()
    assert digits[-4:] in httpx.get(phone).text
    holder = f"{LINKED.credit_code}.{LINKED.key}"
    assert httpx.post(f"{phone}/confirm", json={"holder": holder}).status_code == 200
    # The page finds out by itself.
    page.wait_for_url("**/certificates/")
    bidder.sees("已绑定", "电子营业执照")
    look(page, "certificates", **SIZES)
    bidder.accessible()
    bidder.at("/my-organization/")
    look(page, "my-organization", **SIZES)
    bidder.accessible()


def test_the_halls_desk_and_the_centers_page_of_an_organization(
    world: World, visit: Visit, look: Look
) -> None:
    world.reach("announcing")
    center = visit("center", f"/halls/{NUMBER}/desk/")
    look(center.page, "hall-desk", **SIZES)
    center.accessible()
    center.at(f"/parties/{LINKED.credit_code}/")
    look(center.page, "organization", **SIZES)
    center.accessible()
