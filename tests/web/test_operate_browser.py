"""What the script adds to the operator's pages in a real Chromium: figures that stay current."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser

from storage.layout import Layout
from tests.web.browsing import PHONE, Tab, overflow, serving, tab
from tests.web.operators import document_of, inventory, listener, observed, seen, telling
from tests.web.site import browser as browser  # noqa: PLC0414 - a fixture
from web.appliance import Appliance, Seen

SECONDS = 1000  # of a page's clock, in milliseconds


def counting() -> Appliance:
    """Give an appliance that has received one message more at each look."""
    numbers = count(1000)

    def look() -> Seen:
        told = document_of()
        told["roles"]["collector"]["listeners"] = {"udp": listener(messages=next(numbers))}
        return seen(told)

    many = inventory(*(observed(1_800_000_000.0 + number, host=f"host-{number}") for number in range(30)))
    return Appliance(look=look, inventory=telling(many))


@pytest.fixture
def opened(browser: Browser, layout: Layout) -> Iterator[tuple[Tab, str]]:
    """Give a tab whose clock the test moves, and the address of the pages."""
    with serving(layout, counting()) as url, tab(browser) as found:
        found.page.clock.install()
        yield found, url
        assert found.complaints == []


def received(found: Tab) -> str:
    """Give what the page says came in since the start."""
    return found.page.locator(".tile-note").first.inner_text()


def test_figures_stay_current(opened: tuple[Tab, str]) -> None:
    """Switched on, they are loaded again after a while; what is open stays open, and the switch stays on."""
    found, url = opened
    found.open(f"{url}/overview")
    found.page.locator("summary", has_text="Every figure").press("Enter")
    before = received(found)
    switch = found.page.get_by_label("Keep current")
    switch.press("Space")
    for _ in range(2):
        found.page.clock.run_for(6 * SECONDS)
        found.page.wait_for_function(
            "before => document.querySelector('.tile-note').innerText !== before", arg=before
        )
        assert switch.is_checked()
        assert found.page.locator("details.help").evaluate("one => one.open")
        before = received(found)


def test_it_ends_where_nobody_is(opened: tuple[Tab, str]) -> None:
    """Ten minutes without a touch switch it off, so that a session left alone ends."""
    found, url = opened
    found.open(f"{url}/listeners")
    switch = found.page.get_by_label("Keep current")
    switch.press("Space")
    found.page.clock.fast_forward(11 * 60 * SECONDS)
    found.page.clock.run_for(6 * SECONDS)
    found.page.wait_for_function("() => !document.querySelector('[data-current] input').checked")


def test_without_script_nothing_is_missing(browser: Browser, layout: Layout) -> None:
    """The pages are whole without it, on a phone, too; only the switch is not there."""
    with serving(layout, counting()) as url, tab(browser, java_script_enabled=False, viewport=PHONE) as found:
        found.open(f"{url}/overview")
        assert "since the start" in received(found)
        assert found.page.get_by_label("Keep current").count() == 0
    with serving(layout, counting()) as url, tab(browser, viewport=PHONE) as found:
        for path in ("/overview", "/sources", "/listeners", "/archive", "/retention", "/balance"):
            found.open(url + path)
            assert overflow(found.page) == [], path
