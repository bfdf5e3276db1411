"""/saved: what was saved is listed for whoever may read it, and asks the same again."""

from collections.abc import Callable

import pytest

from access.visitor import Limits
from storage.layout import Layout, StreamName
from tests.web.reviewed import HOSTILE, reviewed
from tests.web.signing import Site, site_of

Keep = Callable[..., None]


@pytest.fixture
def site(layout: Layout, store: Keep) -> Site:
    """Give the pages over two streams, with an account of each role."""
    store([b"<35>1 2026-11-20T22:51:03Z web-01 sshd - - - failed password"])
    store([b"<35>1 2026-11-20T22:51:03Z db-01 sshd - - - other"], name=StreamName("shop", "web"))
    found = site_of(layout)
    for name, role in (("anna", "auditor"), ("rita", "reviewer"), ("adam", "administrator")):
        found.add(name, role)  # type: ignore[arg-type]
    return found


def test_what_is_saved_is_listed_and_asks_the_same(site: Site) -> None:
    """The search's address comes back as it was: query, range as typed, stream, columns."""
    anna = site.signed_in("anna")
    anna.get("/saved/new?q=host%3Adb-*&from=-7d&tenant=shop&stream=web&columns=host,app&order=oldest")
    page = anna.submit(action="", title="Data bases", about="Look.\nTwice.")
    assert page.status_code == 200
    assert str(page.url).endswith("/saved#search-1")
    assert "Data bases" in page.text
    assert (
        'href="/search?q=host%3Adb-%2A&amp;from=-7d&amp;tenant=shop&amp;stream=web&amp;columns=host%2Capp&amp;'
        'order=oldest"'
    ) in page.text
    assert anna.get("/search?q=host%3Adb-%2A&from=-7d&tenant=shop&stream=web").status_code == 200


def test_the_search_page_leads_here(site: Site) -> None:
    """An answer offers to save its search, and its result."""
    page = site.signed_in("anna").get("/search?q=failed").text
    assert 'href="/saved/new?q=failed"' in page
    assert 'href="/findings/new?q=failed&amp;' in page


def test_limits_hide_saved_searches(site: Site, layout: Layout) -> None:
    """A stream that is not seen has no saved search, whoever shared it; nor have masked words."""
    reviewed(layout, owner="rita", name=StreamName("shop", "web"), title="Shop's")
    reviewed(layout, owner="rita", query="user:alice", title="About alice")
    site.add("tina", "auditor", Limits(tenants=("default",)))
    site.add("mia", "auditor", Limits(masked=("user",)))
    tina, mia = site.signed_in("tina").get("/saved").text, site.signed_in("mia").get("/saved").text
    assert "About alice" in tina
    assert "Shop&#39;s" not in tina
    assert "Shop&#39;s" not in mia
    assert "alice" not in mia
    assert site.signed_in("tina").get("/saved/1").status_code == 404


def test_hostile_text_is_text(site: Site, layout: Layout) -> None:
    """Titles, descriptions and queries of others are shown as what they are."""
    reviewed(layout, title=HOSTILE, owner=HOSTILE, query='"<img src=x>"')
    page = site.signed_in("adam").get("/saved").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
