"""Every page of the table of routes in a real Chromium: it reads well, and nothing hostile acts.

A new page needs nothing here, unless its path names something that has to be made first: see furnished.py.
"""

import re
from itertools import groupby
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.web.browsing import ENLARGED, PHONE, UNSEEN, accessibility, focused, overflow, small_targets, tab
from tests.web.furnished import FILLED, OWNED, SECRET
from tests.web.site import Site, browser, site
from web.routes import PAGES
from web.routes import Page as Route

__all__ = ["browser", "site"]

pytestmark = pytest.mark.timeout(240)

SHOWN: Final = [page for page in PAGES if page.template and "GET" in page.methods]
FOREIGN: Final = (  # addresses of a tenant that bob is not to see
    "/message/default/syslog/1", "/message/default/syslog/1/octets", "/search?stream=default/syslog",
    "/search?tenant=default&q=lonvick", "/export?format=csv&tenant=default", "/tail?stream=default/syslog",
    "/api/v1/search?tenant=default", "/api/v1/message/default/syslog/1",
)  # fmt: skip
_TABS: Final = 25  # places that the keyboard goes to on each page
_PARTS: Final = 5  # of an input for a day, each of which Tab goes to: month, day, year, calendar


pages = pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.path)


@pages
def test_a_page_in_a_browser(site: Site, page: Route) -> None:
    """It reads well, in light and dark, wide and on a phone, by keyboard; hostile text is only text.

    It can be enlarged to 400 % and tapped with a finger, loads without a complaint, has a title, a heading
    and a main part, and axe-core finds nothing serious. Markup, scripts, terminal escapes and what turns text
    around: none acts, all of it is visible.
    """
    with tab(site.browser, color_scheme="light", storage_state=site.cookies_for(page)) as opened:
        assert opened.open(site.address(page)).status == 200
        assert opened.page.title().endswith("Sysledger")
        assert opened.page.locator("h1").count() == 1
        assert opened.page.locator("main").count() == 1
        assert harmful(opened.page, opened.text()) == []
        assert lost_by_keyboard(opened.page) == []
        opened.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert accessibility(opened.page) == []
        opened.page.emulate_media(color_scheme="dark")
        assert accessibility(opened.page, contrast_only=True) == []
        opened.page.set_viewport_size(PHONE)
        assert overflow(opened.page) == []
        opened.page.evaluate("document.querySelectorAll('.who').forEach((one) => { one.open = false; })")
        assert small_targets(opened.page) == []
        opened.page.set_viewport_size(ENLARGED)
        assert overflow(opened.page) == []
        assert opened.complaints == []


@pages
def test_a_page_needs_no_script(site: Site, page: Route) -> None:
    """Without script the page has its heading and links, and every form of it can be sent."""
    with tab(site.browser, java_script_enabled=False, storage_state=site.cookies_for(page)) as opened:
        assert opened.open(site.address(page)).status == 200
        assert opened.page.locator("h1").inner_text()
        assert opened.page.locator("a[href]").count() >= 2
        for form in opened.page.locator("main form").all():
            assert form.locator("button, input[type=submit]").count() >= 1, form.inner_html()[:300]


def harmful(page: Page, text: str) -> list[str]:
    """Give what of the hostile messages acts, or is hidden."""
    found = [
        one.evaluate("one => one.outerHTML")
        for one in page.locator('img[src="x"], [onerror], [onload]').all()
    ]
    found += [f"title {page.title()}"] if page.title() == OWNED else []
    hidden = ((run[0], text[max(0, run.start() - 40) : run.end()]) for run in UNSEEN.finditer(text))
    return found + [f"hidden {what!r} in {where!r}" for what, where in hidden]


def lost_by_keyboard(page: Page) -> list[str]:
    """Go on with Tab from the top; give each place that one does not see, and where it is caught."""
    page.evaluate("document.activeElement.blur()")
    seen: list[dict[str, Any]] = []
    while len(seen) < _TABS:
        page.keyboard.press("Tab")
        now = focused(page)
        if now["tag"] == "BODY":
            break
        seen.append(now)
    # A place may have several parts, of which not each is marked; it is seen when one of them is.
    places = [list(same) for _, same in groupby(seen, key=lambda one: one["place"])]
    unseen = [same[0]["html"] for same in places if not any(one["shown"] and one["ring"] for one in same)]
    caught = [same[0]["html"] for same in places if len(same) > _PARTS]
    return unseen + caught + ([] if len(seen) > 1 else ["nothing to go to"])


def test_every_part_of_a_path_can_be_filled() -> None:
    """A page whose address names something new has it made in furnished.py, and is tested like the rest."""
    paths = [page.path for page in SHOWN if page.path not in FILLED and page.path != "/welcome/{secret}"]
    assert {name for path in paths for name in re.findall(r"\{(\w+)", path)} <= FILLED.keys()


def test_another_tenants_pages_are_not_there(site: Site) -> None:
    """Who is limited to one tenant gets 404 for the other's addresses, as for what never was."""
    with tab(site.browser, storage_state=site.limited) as opened:
        assert opened.open(f"{site.url}/search").status == 200
        assert SECRET in opened.text()
        for path in FOREIGN:
            answer = opened.open(site.url + path)
            never = opened.page.request.get(site.url + path.replace("default", "never"))
            assert answer.status == never.status == 404, path
            assert "lonvick" not in opened.text().replace("q=lonvick", ""), path
        for path in ("/users", "/tenants", "/overview", "/trail", "/sources", "/users/ann"):
            assert opened.open(site.url + path).status == 403, path


def test_the_skip_link_comes_first(site: Site) -> None:
    """The first Tab on a page reaches the link to its content; Enter goes there."""
    with tab(site.browser, storage_state=site.administrator) as opened:
        opened.open(site.url + "/message/default/syslog/1")
        opened.page.keyboard.press("Tab")
        assert focused(opened.page)["class"] == "skip"
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_function("location.hash === '#main'")


def test_a_search_by_keyboard_alone(site: Site) -> None:
    """From an empty page to a message's own page, no mouse: type, Enter, to the message, Enter."""
    with tab(site.browser, storage_state=site.administrator) as opened:
        opened.open(site.url + "/search?stream=default/syslog")
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("lonvick")
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url("**/search?*q=lonvick*")
        assert "1 message matches" in opened.page.locator("#answer").inner_text()
        opened.page.locator(".messages summary").first.focus()
        opened.page.keyboard.press("Enter")
        opened.page.get_by_role("link", name=re.compile("Whole record")).first.focus()
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url("**/message/default/syslog/3*")
        assert opened.complaints == []


def test_a_search_without_script(site: Site) -> None:
    """The form searches without script, too."""
    with tab(site.browser, java_script_enabled=False, storage_state=site.administrator) as opened:
        opened.open(site.url + "/search?stream=default/syslog")
        opened.page.locator("input[name=q]").fill("lonvick")
        opened.page.locator("form.ask button[type=submit]").first.click()
        assert "1 message matches" in opened.page.locator("#answer").inner_text()


def test_a_megabyte_in_one_line_is_cut(site: Site) -> None:
    """A message of a megabyte makes no page of a megabyte, and its own page says what was left out."""
    with tab(site.browser, storage_state=site.administrator) as opened:
        answer = opened.open(site.url + "/message/default/syslog/5")
        assert len(answer.body()) < 500_000
        assert "more" in opened.text()


def test_refusals_are_pages(site: Site) -> None:
    """What is not there reads as well as what is."""
    with tab(site.browser, storage_state=site.administrator) as opened:
        assert opened.open(site.url + "/nowhere/<script>alert(1)</script>").status == 404
        assert accessibility(opened.page) == []
        assert opened.page.locator("h1").count() == 1
