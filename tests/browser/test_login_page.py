"""The doors of the house: signing in and registering, without and with script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.conftest import Look

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["login", "register"])
def test_the_way_in_is_accessible_and_fits(name: str, page: Page, live_server_url: str, look: Look) -> None:
    answer = page.goto(f"{live_server_url}/{name}/")
    assert answer is not None
    assert answer.status == 200
    look(page, name)
    assert violations(page) == []
