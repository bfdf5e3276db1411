"""Reviews and findings in a real Chromium: signed off by keyboard, saved without script, printed whole."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from reviews.store import Store
from storage.layout import Layout, StreamName
from tests.reviews.conftest import keeper
from tests.web.browsing import accessibility, focused, serving, tab
from tests.web.reviewed import DAY, HOSTILE, NEXT, found, reviewed

pytestmark = pytest.mark.timeout(120)
TABS: Final = 40  # to get anywhere on a page
PAPER: Final = {"width": 718, "height": 1000}  # A4 between its margins, in pixels of CSS


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], str]) -> Iterator[Browser]:
    """Give a real Chromium."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=tool("chromium"), args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the pages over a missed review of hostile messages, and a finding of it."""
    layout = Layout(tmp_path_factory.mktemp("reviews") / "data")
    message = f"<33>1 2020-03-10T12:00:00Z web-01 sshd - - - failed {HOSTILE}".encode()
    keeper(layout)([message] * 60, DAY + timedelta(hours=12), StreamName())
    reviewed(layout, title=f"Failed {HOSTILE}")
    found(layout, f"Sixty failures {HOSTILE}")
    store = Store(layout.reviews)
    store.searches.remove(1, "console", NEXT)  # or the role would catch up with all the days since
    store.close()
    with serving(layout) as address:
        yield address


def reach(page: Page, tag: str, text: str) -> None:
    """Go to a link or button with Tab alone, see that one sees it, and press Enter."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        here = focused(page)
        if here["tag"] == tag and here["text"].startswith(text):
            assert here["ring"], here
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no Tab leads to {text}")


def test_a_review_is_signed_off_by_keyboard_alone(browser: Browser, url: str) -> None:
    """From the queue to the sign-off with Tab, Enter and letters; the page then says who and what."""
    with tab(browser) as opened:
        opened.open(f"{url}/reviews")
        reach(opened.page, "A", "Failed")
        opened.page.wait_for_url("**/reviews/1")
        reach(opened.page, "A", "Go to the sign-off")
        opened.page.keyboard.type("Only ours, by keyboard.")
        reach(opened.page, "BUTTON", "Sign off")
        opened.page.get_by_text("signed off late").wait_for()
        assert "Only ours, by keyboard." in opened.text()
        assert accessibility(opened.page) == []
        assert opened.complaints == []


def test_a_finding_is_saved_and_checked_without_script(browser: Browser, url: str) -> None:
    """From the search's answer to the finding and its check, in a browser that runs no script."""
    with tab(browser, java_script_enabled=False) as opened:
        opened.open(f"{url}/search?q=absent&from=2020-03-10&to=2020-03-10")
        opened.page.get_by_text("Save this result as a finding").click()
        opened.page.get_by_label("Title").fill("Nothing was absent")
        opened.page.get_by_role("button", name="Save the finding").click()
        opened.page.get_by_text("No message matches").wait_for()
        assert opened.page.get_by_text("of 60 messages in this range").count() == 1
        opened.page.get_by_role("button", name="Check it again").click()
        opened.page.get_by_text("The same", exact=True).wait_for()


@pytest.mark.parametrize("path", ["/reviews/1", "/findings/1", "/reviews/record?from=2020-03-01"])
def test_what_is_printed_is_the_record(browser: Browser, url: str, path: str, tmp_path: Path) -> None:
    """On paper there is all that was stated and nothing to click, and nothing sticks out of the sheet."""
    with tab(browser, viewport=PAPER) as opened:
        opened.open(url + path)
        opened.page.emulate_media(media="print")
        assert opened.page.locator("button:visible, nav:visible, textarea:visible").count() == 0
        assert opened.page.locator(".digest:visible").count() >= 1
        assert "2020-03-10 00:00" in opened.page.locator("main").inner_text()
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
        printed = tmp_path / "record.pdf"
        opened.page.pdf(path=printed, format="A4")
        assert printed.read_bytes().startswith(b"%PDF")
        assert opened.complaints == []
