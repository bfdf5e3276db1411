"""/reviews/record: who signed what, when, and what nobody did."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from reviews.periods import Period
from reviews.store import Store
from storage.layout import Layout
from tests.web.reviewed import HOSTILE, NEXT, peopled, reviewed, sign
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


def test_the_record_says_who_signed_what(site: Site, number: int) -> None:
    """Each review of a range of days with state, sign-off and digest; a day that is missing is named."""
    sign(site.signed_in("rita"), number, note=HOSTILE)
    kept = Store(site.layout.reviews)
    later = NEXT + timedelta(days=1)
    kept.queue.open(kept.searches.get(1), Period(later, later + timedelta(days=1)), later)
    kept.close()
    page = site.signed_in("anna").get("/reviews/record?from=2020-03-01&to=2020-04-30").text
    assert "2 reviews of 1 saved search" in page
    assert "signed off late" in page
    assert "No review covers 2020-03-11 00:00 to 2020-03-12 00:00." in page
    assert "<script>alert" not in page
    assert page.count('<code class="digest">') == 1
    other = site.signed_in("anna").get("/reviews/record?from=2020-03-01&to=2020-03-09").text
    assert "No review that you may see" in other


@pytest.mark.parametrize("asked", ["from=soon", "from=2026-12-01&to=2026-11-01", "to=x"])
def test_a_range_that_is_none(site: Site, asked: str) -> None:
    """A record of no range is refused with what to write."""
    assert site.signed_in("anna").get(f"/reviews/record?{asked}").status_code == 400


def test_the_record_tells_changes_of_the_search(site: Site, number: int) -> None:
    """A query or a schedule that somebody changed within the range stands in its record."""
    assert number == 1
    rita = site.signed_in("rita")
    rita.get("/saved/1")
    rita.submit(action="", q="accepted", cadence="never")
    page = site.signed_in("anna").get("/reviews/record?from=2020-03-01").text
    assert "query: accepted" in page
    assert "changed the search" in page
