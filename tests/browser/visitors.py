"""People at their browsers: they sign in through the page, fill forms by their labels and sign with a PEM file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page

from tests.browser.axe import violations


@dataclass
class Visitor:
    """``faults``: what the console said and nobody expected; must be empty at the end."""

    page: Page
    base: str
    pem: Path | None = None
    expected: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self._said.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        # What axe-core does inside the page has no address.
        if said.type == "error" and said.location["url"].startswith("http"):
            self._said.append(f"{said.text} {said.location['url']}")

    @property
    def faults(self) -> list[str]:
        return [words for words in self._said if not any(part in words for part in self.expected)]

    def expects(self, *words: str) -> None:
        """Console errors with these words belong to the story: a refusal's status, a broken line."""
        self.expected += words

    def at(self, path: str) -> Page:
        answer = self.page.goto(f"{self.base}{path}")
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.page

    def login(self, then: str = "/desk/") -> Page:
        self.at(f"/login/?next={then}")
        self.sign("登录")
        self.page.wait_for_url(f"**{then}")
        return self.page

    def form(self, button: str) -> Locator:
        """The form with a button of exactly this name."""
        named = self.page.get_by_role("button", name=button, exact=True)
        return self.page.locator("form").filter(has=named)

    def fill(self, button: str, values: Mapping[str, str | Path]) -> None:
        """Type into the form of ``button``, by label; a Path is a file to choose, a radio's label says which."""
        form = self.form(button).first
        for label, value in values.items():
            control = form.get_by_label(label).first
            if isinstance(value, Path):
                control.set_input_files(value)
            elif control.evaluate("c => c.tagName") == "SELECT":
                control.select_option(label=value)
            elif control.get_attribute("type") == "radio":
                control.check()
            else:
                control.fill(value)

    def press(self, button: str, values: Mapping[str, str | Path] | None = None) -> Page:
        """Fill the form of ``button``, press it, and confirm if the page asks."""
        self.fill(button, values or {})
        form = self.form(button).first
        asks = form.get_attribute("data-confirm") is not None
        form.get_by_role("button", name=button, exact=True).click()
        if asks:
            self._confirm(form.get_attribute("data-confirm-word") or "")
        self.page.wait_for_load_state()
        return self.page

    def _confirm(self, word: str) -> None:
        dialog = self.page.get_by_role("dialog")
        if word:
            dialog.get_by_label(word).fill(word)
        with self.page.expect_navigation():
            dialog.locator(".button-danger").click()

    def sign(self, button: str, values: Mapping[str, str | Path] | None = None) -> Page:
        """Choose certificate and key in the form of ``button`` and let the page sign."""
        assert self.pem is not None
        form = self.form(button).first
        form.get_by_label("证书文件").set_input_files(self.pem)
        form.get_by_label("私钥文件").set_input_files(self.pem)
        self.fill(button, values or {})
        with self.page.expect_navigation():
            form.get_by_role("button", name=button, exact=True).click()
        return self.page

    def sees(self, *words: str) -> None:
        """Each of the words is on the page, in sight, or comes soon."""
        for part in words:
            self.page.get_by_text(part).locator("visible=true").first.wait_for()

    def accessible(self, schemes: Sequence[str] = ("light", "dark")) -> None:
        for scheme in schemes:
            self.page.emulate_media(color_scheme=scheme)
            found = violations(self.page)
            assert not found, f"{self.page.url}: {found}"
        self.page.emulate_media(color_scheme="light")
