"""/findings/…: a finding is checked, opened, resolved, and opened again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from access.visitor import Limits
from storage.layout import Layout, StreamName
from storage.ledger import read_note
from tests.storage.ledgers import ledgered
from tests.web.reviewed import HOSTILE, NEXT, NOON, save
from tests.web.signing import Site, site_of
from web.settings import WebSettings

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


def test_a_check_finds_what_changed(site: Site, store: Keep) -> None:
    """A message that arrives late within the range makes the result another one, and the page says so."""
    anna = site.signed_in("anna")
    save(anna)
    store([b"<35>1 - web-02 sshd - - - failed late"], received_at=NOON)
    page = anna.submit(action="/findings/1/check").text
    assert ">Not the same<" in page
    assert "1 matched then, 2 match now." in page
    assert "came late" in page
    assert "1 message matches" in page


def test_a_matter_is_resolved_and_opened_again(site: Site, told: list[str]) -> None:
    """Each step stands in the history with its words, and in the trail."""
    rita = site.signed_in("rita")
    save(rita, kind="open", owner="rita", due="2020-01-01")
    assert ">overdue<" in rita.get("/findings").text
    page = rita.get("/findings/1")
    page = rita.submit(action="/findings/1/resolve", note=f"Blocked. {HOSTILE}")
    assert ">resolved<" in page.text
    assert "Blocked." in page.text
    assert "<script>alert" not in page.text
    page = rita.submit(action="/findings/1/open", owner="ops", due="2026-12-24", note="It came back.")
    assert "opened again for ops, due 2026-12-24" in page.text
    page = rita.submit(action="/findings/1/note", note="Looked at it.")
    assert "Looked at it." in page.text
    assert all(
        any(deed in one for one in told) for deed in ("finding.resolve", "finding.open", "finding.note")
    )


def test_its_owner_may_resolve_it_and_others_not(site: Site) -> None:
    """An auditor who owns a finding resolves it; one who does not is not offered it, and is refused."""
    site.add("otto", "auditor")
    save(site.signed_in("rita"), kind="open", owner="anna", due="2026-12-01")
    otto, anna = site.signed_in("otto"), site.signed_in("anna")
    assert "/findings/1/resolve" not in otto.get("/findings/1").text
    token = otto.form(action="/findings/1/check").fields["csrf"]
    for deed in ("resolve", "note", "open"):
        sent = {"csrf": token, "note": "x", "owner": "otto", "due": "2026-12-01"}
        assert otto.client.post(f"/findings/1/{deed}", data=sent).status_code == 403
    anna.get("/findings/1")
    assert ">resolved<" in anna.submit(action="/findings/1/resolve", note="Done.").text


def test_no_deed_is_done_by_looking(site: Site) -> None:
    """Only forms of ours change something."""
    rita = site.signed_in("rita")
    save(rita)
    assert rita.client.get("/findings/1/check").status_code == 405
    assert rita.client.post("/findings/1/check").status_code in {403, 415}
    token = rita.form(action="/findings/1/check").fields["csrf"]
    assert rita.client.post("/findings/1/burn", data={"csrf": token}).status_code == 404


def test_a_second_person_resolves_where_one_is_required(site: Site) -> None:
    """Who sees to a finding adds a note of what was done; somebody else looks at that, and resolves it."""
    strict = replace(site, settings=WebSettings(second_person="required"))
    rita, adam = strict.signed_in("rita"), strict.signed_in("adam")
    save(rita, kind="open", owner="rita", due="2026-12-01")
    page = rita.get("/findings/1").text
    assert "wants somebody else to resolve it" in page
    token = rita.form(action="/findings/1/note").fields["csrf"]
    refused = rita.client.post("/findings/1/resolve", data={"csrf": token, "note": "done"})
    assert refused.status_code == 403
    assert "ask rita or a reviewer" in refused.text
    assert "Done it." in rita.submit(action="/findings/1/note", note="Done it.").text
    adam.get("/findings/1")
    assert ">resolved<" in adam.submit(action="/findings/1/resolve", note="Looked at it.").text


def test_who_sees_a_part_is_told_nothing_of_the_ledger(site: Site, layout: Layout) -> None:
    """A checkpoint counts all of a tenant: a finding has none for whom another stream or day is hidden."""
    ledgered(layout)
    site.add("stan", "auditor", Limits(streams=("default/syslog",)))
    site.add("tom", "auditor", Limits(start=NEXT - timedelta(days=1), end=NEXT))
    save(site.signed_in("anna"))
    note = read_note(layout, "default")
    for who, knows in (("anna", True), ("stan", False), ("tom", False)):
        browser = site.signed_in(who)
        browser.get("/findings/1")
        page = browser.submit(action="/findings/1/check").text
        assert ">The same<" in page
        assert ("Ledger then" in page) == knows
        told = [browser.client.get("/api/v1/findings/1").json()]
        told += browser.client.get("/api/v1/findings").json()["findings"]
        given = {one["result"]["evidence"]["checkpoint"] for one in told}
        assert given == {note if knows else None}
