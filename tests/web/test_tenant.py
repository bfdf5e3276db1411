"""The page of one tenant: every change of it, and what it never shows again."""

import re

import pytest
from starlette.testclient import TestClient

from access.tenants import Tenants
from storage.layout import Layout
from tenants.file import read_registry
from tenants.rules import Kind
from tenants.tenant import Tenant
from tenants.tokens import digest
from tests.web.test_tenants import Reloads, appliance, browser, reloads, token_in
from web.appliance import Reloaded

__all__ = ["appliance", "browser", "reloads"]  # fixtures


@pytest.fixture(autouse=True)
def _acme(layout: Layout, browser: TestClient) -> None:
    """Have a tenant."""
    assert browser is not None
    Tenants(layout.tenants).add("acme", "Acme Ltd")


def do(browser: TestClient, does: str, **fields: str) -> "tuple[int, str]":
    """Send a form of the page; give the status and the page that it leads to."""
    csrf = token_in(browser.get("/tenants/acme").text)
    answer = browser.post("/tenants/acme", data={"csrf": csrf, "do": does, **fields})
    return answer.status_code, answer.text


def acme(layout: Layout) -> Tenant:
    """Give the tenant as the registry has it."""
    return read_registry(layout.tenants).get("acme")


def test_title_days_and_quota(browser: TestClient, layout: Layout) -> None:
    """Each is changed by itself, and shown so that the form sent again changes nothing."""
    assert "The title is changed." in do(browser, "rename", title=" Acme & Sons ")[1]
    assert do(browser, "keep", days="400")[0] == 200
    assert do(browser, "allow", quota="1.5 GiB")[0] == 200
    found = acme(layout)
    assert (found.title, found.days, found.quota) == ("Acme & Sons", 400, 3 << 29)
    page = browser.get("/tenants/acme").text
    assert 'value="Acme &amp; Sons"' in page
    assert 'value="400"' in page
    assert 'value="1536 MiB"' in page
    assert "The room is changed." in do(browser, "bound", room="500G")[1]
    assert 'value="500 GiB"' in browser.get("/tenants/acme").text
    assert acme(layout).room == 500 << 30
    do(browser, "keep", days="default")
    do(browser, "allow", quota="none")
    do(browser, "bound", room="")
    assert (acme(layout).days, acme(layout).quota, acme(layout).room) == (None, None, None)


def test_suspended_and_resumed(browser: TestClient, layout: Layout) -> None:
    """The one button or the other; neither needs a reload of anything."""
    page = do(browser, "suspend")[1]
    assert acme(layout).suspended
    assert 'value="resume"' in page
    assert 'value="suspend"' not in page
    assert "Resume</button>" in page
    do(browser, "resume")
    assert not acme(layout).suspended


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("network", " 10.1.0.0/16 ", "10.1.0.0/16"),
        ("listener", "edge", "edge"),
        ("identity", "fw-*.example.com", "fw-*.example.com"),
    ],
)
def test_rules_come_and_go(
    browser: TestClient, layout: Layout, reloads: Reloads, kind: Kind, typed: str, kept: str
) -> None:
    """The collectors are told of each."""
    page = do(browser, "assign", kind=kind, rule=typed)[1]
    assert "The rule is added." in page
    assert f'aria-label="Remove {kind} {kept}"' in page
    assert acme(layout).rules(kind) == (kept,)
    do(browser, "release", kind=kind, rule=kept)
    assert acme(layout).rules(kind) == ()
    assert reloads.asked == 2


def test_a_token_is_shown_once(browser: TestClient, layout: Layout, reloads: Reloads) -> None:
    """In the answer to its making, and never again; what is kept does not give it back."""
    status, page = do(browser, "token", label="firewalls")
    found = re.search(r'tenant@32473 token="(slt_[^"]+)"', page)
    assert status == 200
    assert found is not None
    assert acme(layout).tokens[0].sha256 == digest(found[1].encode())
    assert found[1] not in browser.get("/tenants/acme").text
    assert found[1] not in layout.tenants.read_text()
    assert "firewalls" in browser.get("/tenants/acme").text
    do(browser, "revoke", label="firewalls")
    assert acme(layout).tokens == ()
    assert reloads.asked == 2


def test_a_token_is_shown_even_when_the_reload_is_refused(browser: TestClient, reloads: Reloads) -> None:
    """It is written already, and would be lost else."""
    reloads.outcome = Reloaded(used=False, running=True, problems=("a mistake",))
    page = do(browser, "token", label="firewalls")[1]
    assert "slt_" in page
    assert "a mistake" in page


def test_without_an_appliance_it_says_from_when_on(browser: TestClient, reloads: Reloads) -> None:
    """A change is in use when there is somebody to use it."""
    reloads.outcome = Reloaded(running=False)
    assert "from its next start on" in do(browser, "assign", kind="network", rule="10.0.0.0/8")[1]


@pytest.mark.parametrize(
    ("does", "fields"),
    [
        ("assign", {"kind": "network", "rule": "10.1.0.1/16"}),
        ("assign", {"kind": "listener", "rule": "self"}),
        ("assign", {"kind": "planet", "rule": "x"}), ("release", {"kind": "network", "rule": "10.9.0.0/16"}),
        ("keep", {"days": "-1"}), ("allow", {"quota": "much"}), ("bound", {"room": "5"}),
        ("rename", {"title": " "}),
        ("token", {"label": ""}), ("revoke", {"label": "x"}), ("fly", {}), ("", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(
    browser: TestClient, layout: Layout, does: str, fields: dict[str, str]
) -> None:
    """Status 400 with a sentence, and nothing has changed."""
    before = layout.tenants.read_bytes()
    status, page = do(browser, does, **fields)
    assert status == 400
    assert 'role="alert"' in page or "go back" in page
    assert layout.tenants.read_bytes() == before


def test_what_was_typed_stays_in_its_own_field(browser: TestClient) -> None:
    """And in no other form's."""
    page = do(browser, "assign", kind="network", rule="10.1.0.1/16")[1]
    assert page.count('value="10.1.0.1/16"') == 1


@pytest.mark.parametrize("name", ["nobody", "trail", "..%2f..", "default"])
def test_an_unknown_tenant_is_not_found(browser: TestClient, name: str) -> None:
    """By GET and by POST."""
    csrf = token_in(browser.get("/tenants/acme").text)
    assert browser.get(f"/tenants/{name}").status_code == 404
    answer = browser.post(f"/tenants/{name}", data={"csrf": csrf, "do": "rename", "title": "x"})
    assert answer.status_code == 404


def test_done_says_nothing_but_our_own_sentences(browser: TestClient) -> None:
    """The address cannot make the page say something."""
    assert "owned" not in browser.get("/tenants/acme?done=owned&later=owned").text
