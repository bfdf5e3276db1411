"""/reviews: what waits is seen by whoever may, and what was missed shows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from access.visitor import Limits
from reviews.periods import Period
from reviews.store import Store
from storage.layout import Layout, StreamName
from tenants.file import edit
from tests.web.reviewed import DAY, RANGE, peopled, reviewed
from tests.web.signing import Site

Keep = Callable[..., None]


@pytest.fixture
def site(layout: Layout, store: Keep) -> Site:
    """Give the pages over an archive, with an account of each role and two reviewers."""
    return peopled(layout, store)


@pytest.fixture
def number(site: Site) -> int:
    """Give a review of all messages of DAY, of rita's search, that waits for rita; long overdue by now."""
    return reviewed(site.layout, owner="rita", reviewer="rita")


def test_the_queue_is_the_reviewers(site: Site, number: int) -> None:
    """What waits for somebody stands in that one's queue, and in everybody's list of all."""
    rita, rolf, anna = map(site.signed_in, ("rita", "rolf", "anna"))
    assert f'href="/reviews/{number}"' in rita.get("/reviews").text
    assert "Waiting for you (1)" in rita.page.text
    assert "Nothing waits for your sign-off" in rolf.get("/reviews").text
    assert "Waiting for anybody (1)" in rolf.page.text
    assert f'href="/reviews/{number}"' in rolf.get("/reviews?show=all").text
    assert f'href="/reviews/{number}"' in anna.get("/reviews").text
    assert "Waiting for you" not in anna.page.text


def test_what_was_missed_shows(site: Site, number: int) -> None:
    """A review that nobody signed in time is missed, and every list says so first."""
    page = site.signed_in("adam").get("/reviews").text
    assert "Missed (1)" in page
    assert "1 review was not signed off in time." in page
    assert ">missed<" in site.signed_in("adam").get("/reviews?show=missed").text
    assert f'href="/reviews/{number}"' in site.signed_in("adam").get("/reviews?show=missed").text


def test_limits_hide_reviews(site: Site, number: int) -> None:
    """Whoever sees less than a review was made of finds no review, no count and no record of it."""
    shop = reviewed(site.layout, owner="rita", reviewer="rita", name=StreamName("shop", "web"))
    site.add("hans", "reviewer", Limits(hosts=("web-*",)))
    site.add("tina", "reviewer", Limits(tenants=("default",)))
    hans, tina = site.signed_in("hans"), site.signed_in("tina")
    hidden, missing = hans.get(f"/reviews/{number}"), hans.get("/reviews/99")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace(f"review {number} ", "review 99 ") == missing.text
    assert "Waiting for anybody (0)" in hans.get("/reviews?show=all").text
    assert "There is no review yet" in hans.page.text
    assert "0 reviews" in hans.get("/reviews/record?from=2020-03-01").text
    assert tina.get(f"/reviews/{number}").status_code == 200
    assert tina.get(f"/reviews/{shop}").status_code == 404
    assert "Waiting for anybody (1)" in tina.get("/reviews").text
    for path in ("sign", "hand-over", "check"):
        token = hans.client.get("/saved/new").text.split('name="csrf" value="')[1].split('"')[0]
        answer = hans.client.post(f"/reviews/{number}/{path}", data={"csrf": token, "note": "x"})
        assert answer.status_code == 404


def test_long_lists_have_pages(site: Site, number: int) -> None:
    """Fifty on a page, and a link to older ones until there are none."""
    kept = Store(site.layout.reviews)
    for day in range(1, 61):
        start = DAY + timedelta(days=day)
        kept.queue.open(kept.searches.get(1), Period(start, start + timedelta(days=1)), start)
    kept.close()
    rita = site.signed_in("rita")
    first = rita.get("/reviews?show=all").text
    assert first.count('scope="row"') == 50
    assert "before=12" in first
    second = rita.get("/reviews?show=all&before=12").text
    assert second.count('scope="row"') == 11
    assert "Older" not in second
    assert f'href="/reviews/{number}"' in second


def test_a_suspended_tenant_has_no_reviews(site: Site, number: int) -> None:
    """While its tenant is suspended, nobody sees what was made of it: review, finding, saved search."""
    rita = site.signed_in("rita")
    rita.get(f"/findings/new?{RANGE}")
    rita.submit(action="", title="A statement")
    assert rita.page.status_code == 200
    edit(
        site.layout.tenants,
        lambda found: (found.add("default", "D", DAY).change("default", suspended=True), None),
    )
    for path in (f"/reviews/{number}", "/findings/1", "/saved/1"):
        assert rita.get(path).status_code == 404
    for path in ("/reviews?show=all", "/reviews/record?from=2020-03-01", "/findings", "/saved"):
        assert "Failed sign-ins" not in rita.get(path).text
        assert "A statement" not in rita.page.text
