"""/saved/…: searches are saved, shared, scheduled, changed and removed by whoever may."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from access import trail
from access.trail import TrailError
from access.visitor import Limits
from reviews.store import Store
from storage.layout import Layout, StreamName
from tests.web.reviewed import HOSTILE, reviewed
from tests.web.signing import Site, site_of
from web.settings import WebSettings

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


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"title": " "}, "A title is missing"),
        ({"q": '"'}, "The query cannot be read"),
        ({"from": "soon"}, "is not a time"),
        ({"from": "today", "to": "yesterday"}, "is not before To"),
        ({"title": "x" * 121}, "at most 120"),
        ({"stream": "shop/none"}, "here is nothing in shop/none that you may see"),
        ({"stream": "../etc"}, "stream"),
    ],
)
def test_what_cannot_be_meant_is_told_and_kept_on_the_page(
    site: Site, typed: dict[str, str], said: str
) -> None:
    """A mistake is named, status 400; what was typed stands in the form, and nothing is saved."""
    anna = site.signed_in("anna")
    anna.get("/saved/new?q=failed")
    page = anna.submit(action="", **{"title": "A title to keep", "about": HOSTILE, **typed})
    assert page.status_code == 400
    assert said.lower() in page.text.lower()
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "You have saved none yet" in anna.get("/saved").text


def test_others_see_what_is_shared_and_only_owners_change_it(site: Site) -> None:
    """An unshared search is not there for others; a shared one is used, and its owner changes it."""
    anna, rita, adam = map(site.signed_in, ("anna", "rita", "adam"))
    for title, shared in (("Mine alone", {}), ("For all", {"shared": "yes"})):
        anna.get("/saved/new?q=failed")
        form = anna.form(action="")
        anna.client.post("/saved/new", data={**form.fields, "title": title, **shared})
    listed = rita.get("/saved").text
    assert "For all" in listed
    assert "Mine alone" not in listed
    hidden, missing = rita.get("/saved/1"), rita.get("/saved/99")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace("1", "99") == missing.text.replace("1", "99")
    page = rita.get("/saved/2")
    assert "disabled" in page.text
    token = rita.form(action="").fields["csrf"]
    refused = rita.client.post(
        "/saved/2", data={"csrf": token, "title": "Taken", "q": "", "stream": "default/syslog"}
    )
    assert refused.status_code == 403
    assert rita.client.post("/saved/2/remove", data={"csrf": token}).status_code == 403
    adam.get("/saved/2")
    assert "Mended" in adam.submit(action="", title="Mended").text
    assert "Mended" in anna.get("/saved").text


def test_a_schedule_is_made_by_who_may_review(site: Site, layout: Layout) -> None:
    """A reviewer gives a search a schedule; an auditor is not offered one, and a forged one is refused."""
    rita, anna = site.signed_in("rita"), site.signed_in("anna")
    rita.get("/saved/new?q=failed")
    page = rita.submit(
        action="", title="Failed", cadence="weekly", weekday="2", hour="6", reviewer="adam", days="5"
    )
    assert "reviewed Wednesdays at 06:00 UTC" in page.text
    anna.get("/saved/new?q=failed")
    fields = {**anna.form(action="").fields, "title": "x", "cadence": "daily", "reviewer": "rita"}
    assert anna.client.post("/saved/new", data=fields).status_code == 403
    kept = Store(layout.reviews)
    (search,) = kept.searches.all()
    assert search.draft.schedule is not None
    assert (search.draft.schedule.reviewer, search.draft.schedule.days) == ("adam", 5)
    kept.close()


def test_a_schedule_has_a_time_zone(site: Site) -> None:
    """It is offered, kept, shown with the search, and told in its history; without one it is UTC."""
    rita = site.signed_in("rita")
    rita.get("/saved/new?q=failed")
    typed = {"cadence": "quarterly", "hour": "7", "reviewer": "rita", "zone": "Europe/Vienna"}
    assert "reviewed quarterly at 07:00 Europe/Vienna" in rita.submit(action="", title="Failed", **typed).text
    page = rita.get("/saved/1").text
    assert 'value="Europe/Vienna" list="zones"' in page
    assert '<option value="quarterly" selected' in page
    assert "quarterly at 07:00 Europe/Vienna for rita" in page
    assert "reviewed quarterly at 07:00 UTC" in rita.submit(action="", zone="").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reviewer": "anna"}, "&#39;anna&#39; cannot review this"),
        ({"reviewer": "nobody"}, "cannot review this"),
        ({"days": "0"}, "between 1 and 90"),
        ({"days": "x"}, "numbers"),
        ({"hour": "24"}, "between 0 and 23"),
        ({"cadence": "hourly"}, "no cadence"),
        ({"zone": "Europe/Nowhere"}, "no time zone: choose one such as Europe/Vienna"),
        ({"time": "device"}, "time of receipt"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(site: Site, typed: dict[str, str], said: str) -> None:
    """An auditor cannot review, and times are checked."""
    rita = site.signed_in("rita")
    rita.get("/saved/new?q=failed")
    page = rita.submit(action="", **{"title": "Failed", "cadence": "daily", "reviewer": "rita", **typed})
    assert page.status_code == 400
    assert said in page.text


def test_a_reviewer_who_sees_less_is_not_offered(site: Site) -> None:
    """Whoever is limited to a host cannot review what is made of all hosts, nor be seen to be there."""
    site.add("rolf", "reviewer", Limits(hosts=("web-*",)))
    site.add("rosa", "reviewer", Limits(tenants=("default",)))
    rita = site.signed_in("rita")
    page = rita.get("/saved/new?q=failed").text
    assert '<option value="rosa"' in page
    assert "rolf" not in page
    rosa = site.signed_in("rosa")
    assert "rolf" not in rosa.get("/saved/new?q=failed").text
    page = rita.get("/saved/new?q=failed&tenant=shop&stream=web").text
    assert "rosa" not in page


def test_a_search_that_is_reviewed_keeps_its_schedule(site: Site, layout: Layout) -> None:
    """An owner whose role no longer includes schedules may mend the words, and the reviews go on."""
    reviewed(layout, owner="rita", reviewer="adam")
    site.access.accounts.set_role("rita", "auditor")
    rita = site.signed_in("rita")
    rita.get("/saved/1")
    fields = rita.form(action="").fields
    sent = {name: fields[name] for name in ("csrf", "q", "from", "to", "time", "stream", "extra")}
    rita.client.post("/saved/1", data={**sent, "title": "New words"})
    kept = Store(layout.reviews)
    draft = kept.searches.get(1).draft
    assert draft.title == "New words"
    assert draft.schedule is not None
    kept.close()


def test_removing_ends_the_schedule_and_keeps_reviews(site: Site, layout: Layout) -> None:
    """Only a form removes; the reviews stay where they were."""
    number = reviewed(layout, owner="rita", reviewer="adam")
    rita = site.signed_in("rita")
    assert rita.client.get("/saved/1/remove").status_code == 405
    rita.get("/saved/1")
    assert "You have saved none yet" in rita.submit(action="/saved/1/remove").text
    assert rita.get(f"/reviews/{number}").status_code == 200
    assert rita.get("/saved/1").status_code == 404


def test_a_form_of_another_site_changes_nothing(site: Site) -> None:
    """Without the token of our own form nothing is saved."""
    anna = site.signed_in("anna")
    sent = {"title": "x", "q": "", "stream": "default/syslog"}
    assert anna.client.post("/saved/new", data=sent).status_code == 403
    assert "You have saved none yet" in anna.get("/saved").text


def test_every_change_is_told(site: Site, told: list[str]) -> None:
    """Saving, changing and removing stand in the trail, with who and what."""
    anna = site.signed_in("anna")
    anna.get("/saved/new?q=failed")
    anna.submit(action="", title="Failed")
    anna.get("/saved/1")
    anna.submit(action="", title="Failed again")
    anna.get("/saved/1")
    anna.submit(action="/saved/1/remove")
    deeds = [
        next(one for one in told if deed in one) for deed in ("search.save", "search.change", "search.remove")
    ]
    assert all("anna" in one and "default/syslog" in one for one in deeds)
    assert "Failed again" in deeds[1]


def test_what_the_trail_does_not_take_is_not_done(site: Site) -> None:
    """Nothing is changed that the trail does not know of."""
    anna = site.signed_in("anna")
    anna.get("/saved/new?q=failed")
    form = anna.form(action="")

    def broken(_octets: bytes) -> None:
        raise TrailError("The trail is full.")

    with trail.telling(broken):
        page = anna.client.post("/saved/new", data={**form.fields, "title": "Failed"})
    assert page.status_code == 503
    assert "You have saved none yet" in anna.get("/saved").text


def test_who_owns_a_search_is_not_its_reviewer_where_a_second_person_is_required(site: Site) -> None:
    """The owner is not offered, and refused all the same; an administrator who changes it is no owner."""
    strict = replace(site, settings=WebSettings(second_person="required"))
    rita, adam = strict.signed_in("rita"), strict.signed_in("adam")
    page = rita.get("/saved/new?q=failed").text
    assert '<option value="rita"' not in page
    assert '<option value="adam"' in page
    fields = {**rita.form(action="").fields, "title": "Failed", "cadence": "daily"}
    refused = rita.client.post("/saved/new", data={**fields, "reviewer": "rita"})
    assert refused.status_code == 400
    assert "does not own it where a second person is required" in refused.text
    assert "reviewed daily" in rita.client.post("/saved/new", data={**fields, "reviewer": "adam"}).text
    offered = adam.get("/saved/1").text
    assert '<option value="adam" selected' in offered
    assert '<option value="rita"' not in offered
