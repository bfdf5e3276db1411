"""The page of all tenants: what it shows, and adding one; for administrators only."""

import re
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from access.tenants import Tenants
from access.visitor import Limits, Visitor
from storage.layout import Layout, StreamName
from tenants.file import read_registry
from web.app import create_app
from web.appliance import Appliance, Reloaded

Store = Callable[..., None]
LISTENERS = {"edge": {"tenant": "branch"}, "udp": {"tenant": "default"}, "trail": {"tenant": "trail"}}


class Reloads:
    """An appliance that is asked to reload, and what came of it."""

    def __init__(self) -> None:
        self.asked = 0
        self.outcome = Reloaded(running=True)

    def __call__(self) -> Reloaded:
        """Reload."""
        self.asked += 1
        return self.outcome


@pytest.fixture
def reloads() -> Reloads:
    """Give an appliance's reload."""
    return Reloads()


@pytest.fixture
def appliance(reloads: Reloads) -> Appliance:
    """Give an appliance that has received something of acme today."""
    return Appliance(reload=reloads, received=lambda: {"acme": 3 << 20}, listeners=LISTENERS)


@pytest.fixture
def browser(layout: Layout, appliance: Appliance) -> Iterator[TestClient]:
    """Give a client of the pages, at the console."""
    layout.data.mkdir(parents=True)
    with TestClient(create_app(layout, appliance=appliance), "http://localhost") as client:
        yield client


def token_in(page: str) -> str:
    """Give the token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def add(browser: TestClient, **fields: str) -> "tuple[int, str]":
    """Send the form; give the status and the page that it leads to."""
    answer = browser.post("/tenants", data={"csrf": token_in(browser.get("/tenants").text), **fields})
    return answer.status_code, answer.text


def test_without_tenants_it_says_whose_messages_are(browser: TestClient) -> None:
    """And which names are there to be added; never the trail's."""
    page = browser.get("/tenants").text
    assert "The registry has no tenant yet" in page
    assert "<code>branch</code>, <code>default</code>" in page
    assert "<code>trail</code>" not in page


def test_tenants_are_shown_with_what_is_theirs(browser: TestClient, layout: Layout, store: Store) -> None:
    """Title, rules, retention, what came today against the quota, and what is stored."""
    store([b"<13>one", b"<13>two"], name=StreamName("acme", "syslog"))
    tenants = Tenants(layout.tenants)
    tenants.add("acme", "Acme Ltd")
    tenants.assign("acme", "network", "10.1.0.0/16")
    tenants.change("acme", days=365, quota=1 << 20, room=1 << 40)
    tenants.add("bank")
    tenants.suspend("bank")
    page = browser.get("/tenants").text
    assert '<a href="/tenants/acme">Acme Ltd</a>' in page
    assert 'class="name whole">1 network</td>' in page
    assert "365 days" in page
    assert "3.0 MiB" in page
    assert "above quota" in page
    assert "1.0 TiB" in page
    assert "above room" not in page
    assert page.count("suspended</span>") == 1
    assert re.search(r'class="right">2</td>', page)


def test_a_tenant_is_added_and_the_collectors_told(
    browser: TestClient, layout: Layout, reloads: Reloads
) -> None:
    """The page of the new one says so."""
    status, page = add(browser, name="acme", title="Acme Ltd")
    assert status == 200
    assert "The tenant is added." in page
    assert read_registry(layout.tenants).get("acme").title == "Acme Ltd"
    assert reloads.asked == 1


@pytest.mark.parametrize("name", ["", "Acme", "../../etc", "trail", "acme"])
def test_what_cannot_be_added_is_told_and_stays_typed(browser: TestClient, layout: Layout, name: str) -> None:
    """Status 400; nothing is changed, and what was typed need not be typed again."""
    Tenants(layout.tenants).add("acme")
    before = layout.tenants.read_bytes()
    status, page = add(browser, name=name, title="A <b>title</b>")
    assert status == 400
    assert 'role="alert"' in page
    assert "A &lt;b&gt;title&lt;/b&gt;" in page
    assert layout.tenants.read_bytes() == before


def test_a_reload_that_is_refused_is_told(browser: TestClient, layout: Layout, reloads: Reloads) -> None:
    """The change is written, and the page says why it is not in use."""
    reloads.outcome = Reloaded(used=False, running=True, problems=("collector.windw: unknown setting",))
    status, page = add(browser, name="acme", title="")
    assert status == 400
    assert "collector.windw: unknown setting" in page
    assert read_registry(layout.tenants).find("acme") is not None


def test_a_form_of_another_site_changes_nothing(browser: TestClient, layout: Layout) -> None:
    """Without our token, or from elsewhere, it is refused."""
    assert browser.post("/tenants", data={"name": "acme"}).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    fields = {"csrf": token_in(browser.get("/tenants").text), "name": "acme"}
    assert browser.post("/tenants", data=fields, headers=headers).status_code == 403
    assert not layout.tenants.exists()


def test_hostile_titles_are_text(browser: TestClient, layout: Layout) -> None:
    """A title is shown, never run."""
    Tenants(layout.tenants).add("acme", "<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in browser.get("/tenants").text
    assert "<script>alert(1)" not in browser.get("/tenants/acme").text


def test_a_damaged_registry_is_told(browser: TestClient, layout: Layout) -> None:
    """Status 500, with what to do; nobody sees an empty list instead."""
    layout.tenants.write_text("{")
    answer = browser.get("/tenants")
    assert answer.status_code == 500
    assert "Restore it from a backup" in answer.text


@pytest.mark.parametrize("role", ["auditor", "reviewer", "operator", "limited"])
def test_only_administrators_get_there(layout: Layout, role: str) -> None:
    """Nor does an administrator who is limited to some tenants; the form is refused, too."""
    limits = Limits(tenants=("acme",)) if role == "limited" else Limits()
    visitor = Visitor("eve", "administrator" if role == "limited" else role, limits)  # type: ignore[arg-type]

    async def eve(_request: object) -> Visitor:
        return visitor

    with TestClient(create_app(layout, identify=eve), "http://localhost") as client:
        for path in ("/tenants", "/tenants/acme"):
            assert client.get(path).status_code == 403
            assert client.post(path, data={"name": "x"}).status_code == 403
