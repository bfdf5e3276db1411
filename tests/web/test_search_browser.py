"""The search page in a real Chromium: what its script adds, and that nothing is missing without it."""

from collections.abc import Callable, Iterator
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from storage.layout import Layout
from storage.search import Searcher
from tests.web.browsing import PHONE, Tab, accessibility, overflow, serving, tab

Store = Callable[..., None]
SECOND = 10**9
AT = 1_795_215_060 * SECOND  # 2026-11-20 22:51:00 UTC
WAIT = 60.0


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], str]) -> Iterator[Browser]:
    """Give a real Chromium."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        found = playwright.chromium.launch(executable_path=tool("chromium"), args=options)
        yield found
        found.close()


@pytest.fixture
def stored(store: Store) -> None:
    """Store forty messages of an hour, of two hosts."""
    for minute in range(20):
        store(
            [
                b"<38>1 2026-11-20T22:51:03Z pay-01 sshd - - - Failed password for root",
                b"<35>1 2026-11-20T22:51:03Z fw-1 pay - - - CEF:0|A|B|1|1|x|5|src=10.0.0.1 suser=bob",
            ],
            received_at=AT + minute * 180 * SECOND,
            sealed=minute == 19,
        )


@pytest.fixture
def opened(browser: Browser, layout: Layout, stored: None) -> Iterator[tuple[Tab, str]]:  # noqa: ARG001 - it is stored
    """Give a tab, and the address of the pages."""
    with serving(layout) as url, tab(browser) as found:
        yield found, url
        assert found.complaints == []


def query(page: Page) -> dict[str, list[str]]:
    """Give what stands in the address."""
    return parse_qs(urlsplit(page.url).query)


def test_names_and_values_are_completed(opened: tuple[Tab, str]) -> None:
    """By keyboard alone: a field's name, then its value, then the answer; and the address is short."""
    found, url = opened
    found.open(f"{url}/search")
    page = found.page
    page.focus("#q")
    page.keyboard.type("hos")
    page.wait_for_selector("#completions [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#completions [role=option]:has-text('pay-01')")
    assert page.get_attribute("#q", "aria-expanded") == "true"
    page.keyboard.type("pa")
    page.wait_for_selector("#completions li:only-child")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "completion-0"
    page.keyboard.press("Tab")
    assert page.input_value("#q") == "host:pay-01 "
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert query(page) == {"q": ["host:pay-01 "]}
    assert page.inner_text("#answer") == "20 messages match"


def test_escape_closes_the_completions(opened: tuple[Tab, str]) -> None:
    """Escape puts the list away and leaves what was typed; Enter then searches for that."""
    found, url = opened
    found.open(f"{url}/search")
    page = found.page
    page.focus("#q")
    page.keyboard.type("ho")
    page.wait_for_selector("#completions [role=option]")
    page.keyboard.press("Escape")
    assert page.is_hidden("#completions")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert query(page) == {"q": ["ho"]}


def test_a_range_is_dragged_on_the_histogram(opened: tuple[Tab, str]) -> None:
    """From one bar to another, in either direction, is a range; the numbers of its bars are what is found."""
    found, url = opened
    found.open(f"{url}/search?q=failed")
    page = found.page
    bars = page.locator(".chart-plot a")
    first, last = bars.nth(4), bars.nth(9)
    expected = [first.get_attribute("data-from"), last.get_attribute("data-to")]
    page.mouse.move(*middle(last.bounding_box()))
    page.mouse.down()
    page.mouse.move(*middle(bars.nth(6).bounding_box()))
    page.mouse.move(*middle(first.bounding_box()))
    with page.expect_navigation():
        page.mouse.up()
    assert [query(page)["from"][0], query(page)["to"][0]] == expected
    assert query(page)["q"] == ["failed"]
    assert page.inner_text("#answer") == "2 messages match"


def middle(box: object) -> tuple[float, float]:
    """Give the middle of what is drawn in a box."""
    assert isinstance(box, dict)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_keys_go_through_the_messages(opened: tuple[Tab, str]) -> None:
    """j and k move, Enter opens a message in its place, o its own page, n and p turn the pages of results."""
    found, url = opened
    found.open(f"{url}/search?q=*")
    page = found.page
    seqs = page.eval_on_selector_all("tr.row", "rows => rows.map(row => row.dataset.seq)")
    for key in "jjjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.closest('tr').dataset.seq") == seqs[1]
    page.keyboard.press("Enter")
    assert page.locator("tr.row details[open]").count() == 1
    with page.expect_navigation():
        page.keyboard.press("o")
    assert urlsplit(page.url).path == f"/message/default/syslog/{seqs[1]}"
    page.go_back()
    with page.expect_navigation():
        page.keyboard.press("n")
    assert "page" in query(page)
    with page.expect_navigation():
        page.keyboard.press("p")
    assert "page" not in query(page)


def test_the_help_opens_by_a_key(opened: tuple[Tab, str]) -> None:
    """A question mark opens the help and goes there, and closes it again; in the query it is a letter."""
    found, url = opened
    found.open(f"{url}/search")
    page = found.page
    page.focus("#q")
    page.keyboard.press("?")
    assert page.input_value("#q") == "?"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.evaluate("document.activeElement.matches('.help[open] > summary')")
    page.keyboard.press("?")
    assert page.locator(".help[open]").count() == 0


def test_keys_can_be_turned_off(opened: tuple[Tab, str]) -> None:
    """Whoever speaks to the computer, or types by accident, turns the single keys off; that is remembered."""
    found, url = opened
    found.open(f"{url}/search")
    page = found.page
    page.click(".help > summary")
    page.uncheck("[data-keys] input")
    page.reload()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('tr')") is None


def test_facets_lead_to_what_they_count(opened: tuple[Tab, str]) -> None:
    """A value's number is what is found when it is chosen, and it can be let go again."""
    found, url = opened
    found.open(f"{url}/search")
    page = found.page
    with page.expect_navigation():
        page.click(".facet a.choice-name:has-text('fw-1')")
    assert page.inner_text("#answer") == "20 messages match"
    page.click(".facet:has(h4:has-text('Fields')) .facet-more > summary")
    with page.expect_navigation():
        page.click(".facet [aria-label='Values of suser']")
    assert page.inner_text(".facet:has(h4:has-text('suser')) .choice-name") == "bob"
    with page.expect_navigation():
        page.click(".choice-chosen a.choice-name")
    assert "q" not in query(page)


def test_an_answer_grows_and_can_be_stopped(
    browser: Browser, layout: Layout, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page comes before all is counted, with the number so far; after Stop that number stays."""
    assert stored is None
    go, survey = Event(), Searcher.survey

    def held(*arguments: object, **more: object) -> Iterator[Callable[[], object]]:
        for step in survey(*arguments, **more):  # type: ignore[arg-type]
            yield step
            go.wait(WAIT)

    monkeypatch.setattr(Searcher, "survey", held)
    with serving(layout, count_seconds=0.1) as url, tab(browser) as found:
        found.open(f"{url}/search?q=failed")
        page = found.page
        page.wait_for_selector("#answer:has-text('so far')")
        assert page.is_visible("progress")
        assert page.locator("tr.row").count() == 10
        page.evaluate("window.stillTheSame = true")
        with page.expect_navigation():
            page.click("text=Stop counting")
        go.set()
        page.wait_for_selector("#part-head:has-text('Counting was stopped')")
        with page.expect_navigation():
            page.click("text=Count again")
        page.wait_for_selector("#answer:text-is('20 messages match')")
        assert found.complaints == []


def test_a_page_grows_to_its_end_by_itself(
    browser: Browser, layout: Layout, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without being loaded again the page has the whole number when it is there, and says it aloud."""
    assert stored is None
    go, survey = Event(), Searcher.survey

    def held(*arguments: object, **more: object) -> Iterator[Callable[[], object]]:
        for step in survey(*arguments, **more):  # type: ignore[arg-type]
            yield step
            go.wait(WAIT)

    monkeypatch.setattr(Searcher, "survey", held)
    with serving(layout, count_seconds=0.1) as url, tab(browser) as found:
        found.open(f"{url}/search?q=failed")
        page = found.page
        page.wait_for_selector("#answer:has-text('so far')")
        page.evaluate("window.stillTheSame = true")
        page.click("tr.row summary >> nth=3")
        go.set()
        page.wait_for_selector("#answer:text-is('20 messages match')")
        page.wait_for_selector("#answer-status:has-text('20 messages match')", state="attached")
        assert page.evaluate("window.stillTheSame")
        assert page.locator("tr.row details[open]").count() == 1
        assert page.is_visible("text=Export all")
        assert page.is_hidden("progress")
        assert found.complaints == []


def test_messages_come_as_they_are_found(
    browser: Browser, layout: Layout, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that takes long shows what it found so far, says that it goes on, and ends by itself."""
    assert stored is None
    go, pages = Event(), Searcher.pages

    def held(*arguments: object) -> Iterator[Callable[[], object]]:
        for step in pages(*arguments):  # type: ignore[arg-type]
            yield step
            go.wait(WAIT)

    monkeypatch.setattr(Searcher, "pages", held)
    with serving(layout, count_seconds=0.1) as url, tab(browser) as found:
        found.open(f"{url}/search?q=failed")
        page = found.page
        assert "The search goes on" in page.inner_text("#part-rows")
        page.evaluate("window.stillTheSame = true")
        go.set()
        page.wait_for_selector("tr.row >> nth=9")
        assert page.evaluate("window.stillTheSame")
        assert found.complaints == []


def test_what_comes_in_is_put_on_top(opened: tuple[Tab, str], store: Store) -> None:
    """Live, new matches come on top; paused, they wait and are counted; hostile text is text."""
    found, url = opened
    found.open(f"{url}/tail?q=failed")
    page = found.page
    page.wait_for_selector("#live-state:has-text('Live')")
    hostile = b"<33>1 2026-11-20T22:51:03Z h a - - - failed <script>document.title='owned'</script>"
    store([b"<38>1 2026-11-20T22:51:03Z h a - - - failed now", hostile], received_at=AT + 7200 * SECOND)
    page.wait_for_selector("tbody.live-new tr.row >> nth=1")
    assert "<script>document" in page.inner_text("tbody.live-new tr.row >> nth=0")
    assert "owned" not in page.title()
    page.click("button:text-is('Pause')")
    store([b"<38>1 2026-11-20T22:51:03Z h a - - - failed later"], received_at=AT + 7300 * SECOND)
    page.wait_for_selector("#live-state:has-text('1 new since')")
    assert page.locator("tbody.live-new tr.row").count() == 2
    page.click("button:text-is('Go on')")
    assert "later" in page.inner_text("tbody.live-new tr.row >> nth=0")


def test_without_script_nothing_is_missing(browser: Browser, layout: Layout, stored: None) -> None:
    """Facets, columns, order, stop and live are links and forms that work without script."""
    assert stored is None
    with serving(layout) as url, tab(browser, java_script_enabled=False) as found:
        page = found.page
        found.open(f"{url}/search")
        page.click(".choose > summary")
        page.check("input[name=columns][value=peer]")
        page.fill("#own-column", "suser")
        page.click("text=Show it so")
        assert page.locator(".messages thead th").all_inner_texts() == [
            "Received (UTC) ▼", "Severity", "Host", "App", "Peer", "suser", "Message",
        ]  # fmt: skip
        page.click("text=Oldest first")
        assert page.locator("tr.row").first.get_attribute("data-seq") == "1"
        assert page.locator(".messages thead th").first.get_attribute("aria-sort") == "ascending"
        page.click(".facet a.choice-not >> nth=0")
        assert query(page)["q"][0].startswith("-severity:")
        page.click("text=Watch live")
        assert page.inner_text("h1") == "Live in default/syslog"


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=failed&facet=src&columns=host,src,suser,peer,app",
        "/tail?q=failed",
        "/message/default/syslog/2?q=pay",
    ],
)
def test_pages_are_accessible_and_fit_a_phone(opened: tuple[Tab, str], address: str) -> None:
    """axe-core has no serious finding, in light and in dark, and nothing sticks out at a phone's width."""
    found, url = opened
    for scheme in ("light", "dark"):
        found.page.emulate_media(color_scheme=scheme)
        found.open(f"{url}{address}")
        assert accessibility(found.page) == []
    found.page.set_viewport_size(PHONE)
    found.open(f"{url}{address}")
    assert overflow(found.page) == []
