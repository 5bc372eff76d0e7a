"""Every component, looked at in three widths, light and dark, and asked of axe-core."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.conftest import Look

pytestmark = pytest.mark.browser


def test_every_component_is_accessible_and_fits(page: Page, live_server_url: str, look: Look) -> None:
    page.goto(f"{live_server_url}/styleguide/")
    look(page, "styleguide")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []


def test_empty_states_are_accessible_and_fit(page: Page, live_server_url: str, look: Look) -> None:
    page.goto(f"{live_server_url}/styleguide/?rows=0")
    look(page, "styleguide-empty", widths=(1440, 360), schemes=("light",))
    assert violations(page) == []


def test_two_hundred_rows_fit(page: Page, live_server_url: str, look: Look) -> None:
    page.goto(f"{live_server_url}/styleguide/?rows=200")
    assert page.locator(".roster-row").count() >= 200
    look(page, "styleguide-200", widths=(1440,), schemes=("light",))


def test_elder_mode_fits_a_phone(page: Page, live_server_url: str, look: Look) -> None:
    page.goto(f"{live_server_url}/preferences/?elder=1&next=/styleguide/")
    assert page.locator("html[data-elder]").count() == 1
    look(page, "styleguide-elder", widths=(360,), schemes=("light",))
    assert violations(page) == []
