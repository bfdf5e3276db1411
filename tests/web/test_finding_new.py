"""/findings/new: a result is saved with what makes it a statement."""

import hashlib
from collections.abc import Callable

import pytest

from access.visitor import Limits
from storage.layout import Layout, StreamName
from tests.web.reviewed import HOSTILE, NOON, RANGE, save
from tests.web.signing import Site, site_of

Keep = Callable[..., None]

FRAMES = [
    b"<35>1 2026-11-20T22:51:03Z web-01 sshd - - - failed password for admin",
    b"<38>1 2026-11-20T22:51:03Z db-01 sshd - - - accepted",
]


@pytest.fixture
def site(layout: Layout, store: Keep) -> Site:
    """Give the pages over two streams, with an account of each role."""
    store(FRAMES, received_at=NOON)
    store([b"<38>1 - db-02 - - - - shop's"], name=StreamName("shop", "web"))
    found = site_of(layout)
    for name, role in (("anna", "auditor"), ("rita", "reviewer"), ("adam", "administrator")):
        found.add(name, role)  # type: ignore[arg-type]
    return found


def test_a_result_is_saved_with_its_digest(site: Site, told: list[str]) -> None:
    """Number, total, range and the digest of the export stand in the finding, and in the trail its number."""
    page = save(site.signed_in("anna"), note=f"For the audit. {HOSTILE}")
    assert "1 message matches" in page
    assert "of 2 messages in this range" in page
    assert "received from 2020-03-10 00:00 to 2020-03-11 00:00 UTC" in page
    export = site.signed_in("anna").client.get(f"/export?format=raw&q=failed&{RANGE}").content
    assert hashlib.sha256(export).hexdigest() in page
    assert hashlib.sha256(FRAMES[0] + b"\n").hexdigest() in page
    assert ">statement<" in page
    assert "For the audit." in page
    assert "<script>alert" not in page
    assert any("finding.save" in one and "anna" in one and "failed" in one for one in told)


def test_nothing_found_is_a_statement(site: Site) -> None:
    """That nothing matched is kept with the number of messages that it was looked for in."""
    page = save(site.signed_in("anna"), f"q=absent&{RANGE}", title="Nobody failed")
    assert "No message matches" in page
    assert "Everything that is stored of this range was searched: no such message is in it." in page
    assert hashlib.sha256().hexdigest() in page
    page = save(site.signed_in("anna"), "q=absent&from=2020-01-01&to=2020-01-31")
    assert "No message at all is stored of this range." in page


def test_an_open_range_ends_when_it_is_saved(site: Site, store: Keep) -> None:
    """What comes after the saving is not in the result, and a check of it stays the same."""
    anna = site.signed_in("anna")
    page = save(anna, "q=failed")
    assert "received from the beginning to 20" in page
    later = int(site.clock.now + 10**8) * 10**9
    store([b"<35>1 - web-03 sshd - - - failed later"], received_at=later)
    assert ">The same<" in anna.submit(action="/findings/1/check").text


def test_auditors_state_and_reviewers_open(site: Site) -> None:
    """A matter with owner and day is opened by a reviewer; an auditor's form of one is refused."""
    anna, rita = site.signed_in("anna"), site.signed_in("rita")
    anna.get(f"/findings/new?q=failed&{RANGE}")
    fields = {**anna.form(action="").fields, "title": "x", "kind": "open", "owner": "me", "due": "2026-12-01"}
    assert anna.client.post("/findings/new", data=fields).status_code == 403
    assert "There is no finding yet" in anna.get("/findings").text
    page = save(rita, kind="open", owner="network team", due="2026-12-01", note="Guessing.")
    assert ">open<" in page
    assert "opened for network team, due 2026-12-01" in page


@pytest.mark.parametrize(
    ("asked", "typed", "said"),
    [
        (f"q=failed&{RANGE}", {"title": " "}, "A title is missing"),
        (f"q=%22&{RANGE}", {}, "The query cannot be read"),
        ("q=failed&from=2040-01-01", {}, "has not begun yet"),
        ("q=failed&from=soon", {}, "is not a time"),
        ("q=failed&tenant=shop&stream=none", {}, "There is nothing in shop/none that you may see"),
        (f"q=failed&{RANGE}", {"kind": "open", "owner": "", "due": "2026-12-01"}, "An owner is missing"),
        (f"q=failed&{RANGE}", {"kind": "open", "owner": "x", "due": "soon"}, "is no day"),
    ],
)
def test_what_cannot_be_meant_is_told(site: Site, asked: str, typed: dict[str, str], said: str) -> None:
    """A mistake is named, status 400, what was typed is kept, and nothing is saved."""
    rita = site.signed_in("rita")
    page = save(rita, asked, **{"note": HOSTILE, **typed})
    assert rita.page.status_code == 400
    assert said in page
    assert "&lt;script&gt;alert(1)" in page
    assert "There is no finding yet" in rita.get("/findings").text


def test_a_finding_within_limits_says_so(site: Site) -> None:
    """What somebody limited states holds for what that one sees; others see it with the limits."""
    site.add("hans", "auditor", Limits(hosts=("web-*",)))
    page = save(site.signed_in("hans"), RANGE)
    assert "1 message matches" in page
    assert "hosts web-*" in page
    assert "within the limits named here" in page
    assert "sha256sum" not in page
    seen = site.signed_in("adam")
    assert "hosts web-*" in seen.get("/findings/1").text
    assert ">The same<" in seen.submit(action="/findings/1/check").text
