"""A furnished appliance behind its real server, with somebody signed in, for tests with a real browser.

Test files import ``browser`` and ``site``, so that each has an appliance of its own to do things to.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from storage.layout import Layout
from tests.web.browsing import serving, tab
from tests.web.furnished import FILLED, PASSWORD, Furnished, furnish
from web.routes import Page as Route


@dataclass(frozen=True)
class Site:
    """A running server, a browser, and the cookies of who is signed in."""

    url: str
    browser: Browser
    made: Furnished
    administrator: Any
    limited: Any

    def address(self, page: Route) -> str:
        """Give the address of a page, of what was made for it."""
        if page.path == "/welcome/{secret}":
            return self.url + self.made.welcome
        path = FILLED.get(page.path, page.path)
        return self.url + re.sub(r"\{(\w+)\}", lambda match: FILLED[match[1]], path)

    def cookies_for(self, page: Route) -> Any:
        """Give the administrator's cookies, but none for pages of those who are not signed in."""
        return None if page.needs is None else self.administrator


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], str]) -> Iterator[Browser]:
    """Give a real Chromium."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        found = playwright.chromium.launch(executable_path=tool("chromium"), args=options)
        yield found
        found.close()


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve an appliance with something hostile everywhere, at whose pages people sign in."""
    made = furnish(Layout(tmp_path_factory.mktemp("pages") / "data"))
    with serving(made.layout, made.appliance, sign_in="required") as url:
        yield Site(url, browser, made, signed_in(browser, url, "ann"), signed_in(browser, url, "bob"))


def signed_in(browser: Browser, url: str, name: str) -> Any:
    """Sign somebody in by the keyboard alone, and give the cookies."""
    with tab(browser) as opened:
        opened.open(f"{url}/search")
        opened.page.wait_for_url("**/sign-in?*")
        opened.page.keyboard.type(name)
        opened.page.keyboard.press("Tab")
        opened.page.keyboard.type(PASSWORD)
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url("**/search")
        assert opened.complaints == []
        return opened.page.context.storage_state()
