"""/findings: those that the visitor may see, and no others."""

from collections.abc import Callable

import pytest

from access.visitor import Limits
from storage.layout import Layout, StreamName
from tests.web.reviewed import NOON, save
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


def test_limits_hide_findings(site: Site) -> None:
    """Whoever sees less than a finding was made of gets the answer that there is none."""
    adam = site.signed_in("adam")
    save(adam)
    save(adam, "q=&tenant=shop&stream=web")
    site.add("hans", "reviewer", Limits(hosts=("web-*",)))
    site.add("tina", "auditor", Limits(tenants=("default",)))
    hans, tina = site.signed_in("hans"), site.signed_in("tina")
    hidden, missing = hans.get("/findings/1"), hans.get("/findings/99")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace("finding 1 ", "finding 99 ") == missing.text
    assert "There is no finding yet" in hans.get("/findings").text
    assert tina.get("/findings/1").status_code == 200
    assert tina.get("/findings/2").status_code == 404
    unseen = tina.get("/findings/new?q=x&tenant=shop&stream=web").text
    absent = tina.get("/findings/new?q=x&tenant=shop&stream=none").text
    assert unseen.replace("shop/web", "shop/none").replace("stream=web", "stream=none") == absent
    token = hans.client.get("/findings/new").text.split('name="csrf" value="')[1].split('"')[0]
    for deed in ("open", "resolve", "note", "check"):
        sent = {"csrf": token, "note": "x", "owner": "x", "due": "2026-12-01"}
        assert hans.client.post(f"/findings/1/{deed}", data=sent).status_code == 404


def test_the_list_is_chosen_by_state(site: Site) -> None:
    """Statements, open and resolved ones apart, newest first."""
    rita = site.signed_in("rita")
    save(rita, title="A statement")
    save(rita, title="A matter", kind="open", owner="ops", due="2026-12-01")
    everything = rita.get("/findings").text
    assert everything.index("A matter") < everything.index("A statement")
    assert "A statement" not in rita.get("/findings?state=open").text
    assert "A matter" not in rita.get("/findings?state=statement").text
    assert "No finding is in this state" in rita.get("/findings?state=resolved").text
    assert rita.get("/findings?state=x&before=y").status_code == 200


def test_what_is_yours_to_see_to(site: Site) -> None:
    """The open ones that one owns, as many as stand at the top of every page; not those of others."""
    rita, anna = site.signed_in("rita"), site.signed_in("anna")
    assert 'class="waits"' not in rita.get("/search").text
    save(rita, title="For anna", kind="open", owner="anna", due="2026-12-01")
    save(rita, title="For rita", kind="open", owner="rita", due="2026-12-01")
    save(rita, title="A statement")
    page = rita.get("/findings?state=yours").text
    assert '<span class="waits">1<' in page
    assert "For rita" in page
    assert "For anna" not in page
    assert "A statement" not in page
    assert "For anna" in anna.get("/findings?state=yours").text
    rita.get("/findings/2")
    assert 'class="waits"' not in rita.submit(action="/findings/2/resolve", note="Done.").text
    assert "No open finding is yours" in rita.get("/findings?state=yours").text
