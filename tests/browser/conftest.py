"""Chromium over Playwright against a real Daphne, and a way to look at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.visitors import Visitor
from tests.browser.world import World
from tests.conftest import missing
from tests.servers import ROOT

SCREENSHOTS = ROOT / "var" / "screenshots"
#: The two that README.md shows.
PICTURES = ROOT / "docs" / "images"
WIDTHS = (1440, 768, 360)
SCHEMES = ("light", "dark")
SETTING: dict[str, Any] = {
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "viewport": {"width": WIDTHS[0], "height": 900},
    "reduced_motion": "reduce",
}


class Look(Protocol):
    def __call__(
        self, page: Page, name: str, *, widths: Sequence[int] = ..., schemes: Sequence[str] = ...
    ) -> None: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; skips, or fails where services are required, if it is not there."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium", "no such command", "apt-get install chromium, or make setup.")
    # Playwright's own event loop would make Django refuse the database in later tests.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=zh-CN"],
        )
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser session in Chinese, at 1440 px, without motion."""
    opened = browser.new_context(**SETTING)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose errors fail the test: an exception in a module, a blocked inline script, a 404."""
    faults: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda said: faults.append(f"{said.text} {said.location['url']}") if _is_ours(said) else None,
    )
    yield opened
    opened.close()
    assert faults == []


def _is_ours(said: ConsoleMessage) -> bool:
    # What axe-core does inside the page has no address.
    return said.type == "error" and said.location["url"].startswith("http")


@pytest.fixture(scope="session")
def look() -> Look:
    """``look(page, name)``: the whole page at 1440, 768 and 360 px, light and dark, into var/screenshots/
    as ``<name>-<width>-<scheme>.png``; fewer if told so.

    Fails if the page is wider than the window at any of them.
    """
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(
        page: Page, name: str, *, widths: Sequence[int] = WIDTHS, schemes: Sequence[str] = SCHEMES
    ) -> None:
        before = page.viewport_size
        # Chromium draws what is in front; a page behind others may wait for ever.
        page.bring_to_front()
        wide = []
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
                if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
                    wide.append(f"{width} px: {found} px wide")
        page.emulate_media(color_scheme="light")
        if before is not None:
            page.set_viewport_size(before)
        assert wide == []

    return take


class Visit(Protocol):
    def __call__(self, key: str = "", then: str = "/desk/") -> Visitor: ...


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo's cast and servers, shared by all journeys; nothing has happened yet."""
    made = World(tmp_path_factory.mktemp("world") / "demo")
    yield made
    made.end()


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visit]:
    """``visit(key)``: that person of the cast at a browser of its own, signed in through the page, at ``then``;
    ``visit()``: somebody of the public. What a console says unexpectedly fails the test."""
    visitors: list[Visitor] = []

    def come(key: str = "", then: str = "/desk/") -> Visitor:
        context = browser.new_context(**SETTING)
        visitor = Visitor(context.new_page(), world.base, world.pem(key) if key else None)
        visitors.append(visitor)
        if key:
            visitor.login(then)
        return visitor

    yield come
    for visitor in visitors:
        visitor.page.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
