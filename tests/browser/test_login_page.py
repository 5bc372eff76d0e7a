"""The doors of the house that need no sign-in: signing in, registering, judging a signed file."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.conftest import Look

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["login", "register", "verify/signature"])
def test_the_way_in_is_accessible_and_fits(name: str, page: Page, live_server_url: str, look: Look) -> None:
    answer = page.goto(f"{live_server_url}/{name}/")
    assert answer is not None
    assert answer.status == 200
    look(page, name.replace("/", "-"))
    assert violations(page) == []
