"""A page in Chromium, and what it complains about."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.fixtures.waiting import PATIENCE

#: What the browser itself notes of each request that nobody takes.
REFUSED = "Failed to load resource: net::ERR_CONNECTION_REFUSED"
UNAUTHORIZED = "Failed to load resource: the server responded with a status of 401"


@dataclass
class Watched:
    """A page; every error and warning of its console is kept, and none is allowed."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element."""
        return self.page.locator(selector).all_inner_texts()

    def wait_for(self, selector: str, text: str | re.Pattern[str]) -> None:
        """Return when an element shows it, or what matches."""
        found = self.page.locator(selector, has_text=text).first
        found.wait_for(timeout=1000 * PATIENCE)

    def forgive(self, begin: str) -> None:
        """Forget complaints that a browser makes of its own accord."""
        self.complaints = [c for c in self.complaints if not c.startswith(begin)]


@dataclass(frozen=True)
class Chromium:
    """Opens pages."""

    browser: Browser

    @contextmanager
    def open(
        self, port: int, width: int = 1200, scheme: Literal["light", "dark"] = "light"
    ) -> Iterator[Watched]:
        """Return the page at the root of a port; see that it complained of nothing."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page = context.new_page()
        watched = Watched(page)
        page.on("console", watched.note)
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("dialog", lambda dialog: watched.complaints.append(dialog.message))
        page.goto(f"http://127.0.0.1:{port}/")
        yield watched
        context.close()
        assert watched.complaints == []


# Not for the session: other tests run loops of their own in this thread.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Return the system's browser."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        # The sandbox is refused to root.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield Chromium(browser)
        browser.close()
