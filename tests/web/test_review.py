"""/reviews/…: a review is signed off once, by its reviewer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from access import trail
from access.trail import TrailError
from storage.layout import Layout
from tests.web.reviewed import HOSTILE, NOON, peopled, reviewed, sign
from tests.web.signing import Site
from web.settings import WebSettings

Keep = Callable[..., None]


@pytest.fixture
def site(layout: Layout, store: Keep) -> Site:
    """Give the pages over an archive, with an account of each role and two reviewers."""
    return peopled(layout, store)


@pytest.fixture
def number(site: Site) -> int:
    """Give a review of all messages of DAY, of rita's search, that waits for rita; long overdue by now."""
    return reviewed(site.layout, owner="rita", reviewer="rita")


def test_a_review_shows_what_was_found(site: Site, number: int) -> None:
    """Number, total, digest, scope and the messages, as text whatever they are."""
    page = site.signed_in("rita").get(f"/reviews/{number}").text
    assert "2 messages match" in page
    assert "of 2 messages in this range" in page
    assert "Everything in this range was searched: these are all." in page
    assert "--limit 0 --output raw" in page
    assert "failed password for admin" in page
    assert "<img src=x" not in page
    assert "\x1b" not in page
    assert "Look at each." in page


def test_signing_off(site: Site, number: int, told: list[str]) -> None:
    """The reviewer's note stands there afterwards, the queue is empty, and the trail knows."""
    rita = site.signed_in("rita")
    page = sign(rita, number, note=f"Only ours.\n{HOSTILE}")
    assert "signed off late" in page
    assert "Only ours." in page
    assert "<script>alert" not in page
    assert f"/reviews/{number}/sign" not in page
    assert "Nothing waits for your sign-off" in rita.get("/reviews").text
    (deed,) = [one for one in told if "review.sign" in one]
    assert "rita" in deed
    assert "Only ours." in deed


def test_a_note_is_needed(site: Site, number: int) -> None:
    """Without a note the page says so, and the review still waits."""
    rita = site.signed_in("rita")
    assert "A note is missing" in sign(rita, number, note=" ")
    assert rita.page.status_code == 400
    assert "Waiting for you (1)" in rita.get("/reviews").text


def test_it_is_signed_once(site: Site, number: int) -> None:
    """A second sign-off, from a page that was opened before the first, is told who was first."""
    rita, adam = site.signed_in("rita"), site.signed_in("adam")
    adam.get(f"/reviews/{number}")
    sign(rita, number, note="fine")
    page = adam.submit(action=f"/reviews/{number}/sign", note="not fine")
    assert page.status_code == 400
    assert "Review 1 was signed off by rita" in page.text
    assert "not fine" not in site.signed_in("anna").get(f"/reviews/{number}").text


def test_only_its_reviewer_or_an_administrator_signs(site: Site, number: int) -> None:
    """Another reviewer, an auditor and a stranger's form are refused; an administrator's is marked."""
    for name in ("rolf", "anna"):
        browser = site.signed_in(name)
        page = browser.get(f"/reviews/{number}").text
        assert f"/reviews/{number}/sign" not in page
        token = browser.form(action=f"/reviews/{number}/check").fields["csrf"]
        sent = {"csrf": token, "note": "fine", "outcome": "signed"}
        assert browser.client.post(f"/reviews/{number}/sign", data=sent).status_code == 403
    rita = site.signed_in("rita")
    assert rita.client.post(f"/reviews/{number}/sign", data={"note": "fine"}).status_code == 403
    page = sign(site.signed_in("adam"), number, note="fine")
    assert "(signed in place of rita)" in page


def test_what_one_person_did_alone_is_marked(site: Site, number: int) -> None:
    """Who signs a review of the own search off may do so, and page and record say that it was the own one."""
    rita = site.signed_in("rita")
    assert "owns the search, too" in rita.get(f"/reviews/{number}").text
    assert "owns the search, too" in sign(rita, number, note="fine")
    assert "owns the search, too" in rita.get("/reviews/record?from=2020-03-01&to=2020-03-31").text
    other = reviewed(site.layout, owner="anna", reviewer="rita")
    page = sign(rita, other, note="fine")
    assert "signed off" in page
    assert "owns the search" not in page


def test_a_second_person_signs_where_one_is_required(site: Site, number: int) -> None:
    """The owner of the search cannot, be it as reviewer or as administrator; somebody it is handed to can."""
    strict = replace(site, settings=WebSettings(second_person="required"))
    rita = strict.signed_in("rita")
    page = rita.get(f"/reviews/{number}").text
    assert "wants somebody else to sign off" in page
    assert f"/reviews/{number}/sign" not in page
    token = rita.form(action=f"/reviews/{number}/check").fields["csrf"]
    refused = rita.client.post(f"/reviews/{number}/sign", data={"csrf": token, "note": "fine"})
    assert refused.status_code == 403
    assert "Hand it over to another reviewer" in refused.text
    assert '<option value="rita"' not in page
    rita.submit(action=f"/reviews/{number}/hand-over", reviewer="rolf", note="It is my own search.")
    assert "signed off late" in sign(strict.signed_in("rolf"), number, note="fine")
    own = reviewed(site.layout, owner="adam", reviewer="rita")
    assert f"/reviews/{own}/sign" not in strict.signed_in("adam").get(f"/reviews/{own}").text
    assert "(signed in place of rita)" in sign(site.signed_in("adam"), own, note="fine")


def test_a_review_leads_to_its_search(site: Site, number: int) -> None:
    """Who may read the saved search finds it from the review; who may not, reads whose it is."""
    rita = site.signed_in("rita")
    assert 'href="/saved/1"' in rita.get(f"/reviews/{number}").text
    rita.get("/saved/1")
    rita.submit(action="/saved/1/remove")
    page = rita.get(f"/reviews/{number}").text
    assert 'href="/saved/1"' not in page
    assert "<bdi>rita</bdi>'s" in page


def test_a_finding_is_opened_with_the_sign_off(site: Site, number: int) -> None:
    """It is of the same result, with owner and day, and both lead to each other."""
    rita = site.signed_in("rita")
    typed = {"outcome": "finding", "title": "Guessing", "owner": "network team", "due": "2026-12-01"}
    page = sign(rita, number, note="somebody guesses", **typed)
    assert 'href="/findings/1"' in page
    found = rita.get("/findings/1").text
    assert "Guessing" in found
    assert "network team" in found
    assert "2 messages match" in found
    assert f'from <a href="/reviews/{number}">review {number}</a>' in found
    assert "network team sees to it until 2026-12-01" in rita.get(f"/reviews/{number}").text
    rita.get("/findings/1")
    rita.submit(action="/findings/1/resolve", note="Blocked at the edge.")
    for page in (f"/reviews/{number}", "/reviews/record?from=2020-03-01&to=2020-03-31"):
        shown = rita.get(page).text
        assert "resolved by rita" in shown
        assert "Blocked at the edge." in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"due": "soon"}, "is no day"),
        ({"owner": " "}, "an owner is missing"),
        ({"title": ""}, "a title is missing"),
    ],
)
def test_a_finding_that_cannot_be_meant_signs_nothing(
    site: Site, number: int, typed: dict[str, str], said: str
) -> None:
    """A mistake in the finding leaves the review waiting, and no finding behind."""
    rita = site.signed_in("rita")
    usual = {"outcome": "finding", "title": "Guessing", "owner": "ops", "due": "2026-12-01"}
    assert said in sign(rita, number, note="x", **{**usual, **typed}).lower()
    assert "Waiting for you (1)" in rita.get("/reviews").text
    assert "There is no finding yet" in rita.get("/findings").text


def test_handing_over(site: Site, number: int) -> None:
    """Its reviewer gives it to another one, who finds it in the queue; the history says why."""
    rita, rolf = site.signed_in("rita"), site.signed_in("rolf")
    rita.get(f"/reviews/{number}")
    page = rita.submit(action=f"/reviews/{number}/hand-over", reviewer="rolf", note="on holiday").text
    assert "handed over from rita to rolf" in page
    assert "on holiday" in page
    assert "Waiting for you (1)" in rolf.get("/reviews").text
    rolf.get(f"/reviews/{number}")
    refused = rolf.submit(action=f"/reviews/{number}/hand-over", reviewer="anna", note="x")
    assert refused.status_code == 400
    assert "cannot review this" in refused.text


def test_a_check_compares(site: Site, number: int, store: Keep) -> None:
    """The same archive gives the same; what came since is named."""
    anna = site.signed_in("anna")
    anna.get(f"/reviews/{number}")
    assert ">The same<" in anna.submit(action=f"/reviews/{number}/check").text
    store([b"<35>1 2026-11-20T22:51:03Z web-02 sshd - - - late"], received_at=NOON)
    page = anna.submit(action=f"/reviews/{number}/check").text
    assert ">Not the same<" in page
    assert "2 matched then, 3 match now." in page


def test_what_could_not_be_made_is_tried_again(site: Site) -> None:
    """A review whose owner could not be found says so, and is made when somebody asks for it later."""
    number = reviewed(site.layout, owner="olga", reviewer="rita")
    rita = site.signed_in("rita")
    assert ">failed<" in rita.get("/reviews").text
    page = rita.get(f"/reviews/{number}").text
    assert "The account olga is disabled, or not there" in page
    site.add("olga", "auditor")
    page = rita.submit(action=f"/reviews/{number}/check").text
    assert "2 messages match" in page


def test_unknown_deeds_are_not_found(site: Site, number: int) -> None:
    """Nothing else can be done to a review; no deed is done by GET."""
    rita = site.signed_in("rita")
    rita.get(f"/reviews/{number}")
    token = rita.form(action=f"/reviews/{number}/sign").fields["csrf"]
    assert rita.client.post(f"/reviews/{number}/burn", data={"csrf": token}).status_code == 404
    assert rita.client.get(f"/reviews/{number}/sign").status_code == 405


def test_what_the_trail_does_not_take_is_not_signed(site: Site, number: int) -> None:
    """A sign-off that the trail does not know of did not happen, nor did its finding."""
    rita = site.signed_in("rita")
    rita.get(f"/reviews/{number}")
    form = rita.form(action=f"/reviews/{number}/sign")
    typed = {"note": "x", "outcome": "finding", "title": "x", "owner": "x", "due": "2026-12-01"}

    def broken(octets: bytes) -> None:
        if b"review.sign" in octets:
            raise TrailError("The trail is full.")

    with trail.telling(broken):
        page = rita.client.post(f"/reviews/{number}/sign", data={**form.fields, **typed})
    assert page.status_code == 503
    assert "Waiting for you (1)" in rita.get("/reviews").text
    assert "There is no finding yet" in rita.get("/findings").text
