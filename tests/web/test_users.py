"""The page of all accounts: who is there, and how another is made."""

import re

import pytest

from access.visitor import Limits
from storage.layout import Layout
from tests.web.signing import PASSWORD, Browser, Site, site_of
from web.settings import OpenIDSettings, WebSettings

ISSUER = "https://login.example/"


@pytest.fixture
def site(layout: Layout) -> Site:
    """Give the pages of an appliance with the administrator ada, the auditor ann, and a provider."""
    settings = WebSettings(openid={"site": OpenIDSettings(issuer=ISSUER, client_id="x", label="Example")})
    found = site_of(layout, settings)
    found.add("ada", "administrator")
    found.add("ann", "auditor", Limits(tenants=("shop",)))
    return found


@pytest.fixture
def ada(site: Site) -> Browser:
    """Give the administrator's browser, at the page."""
    browser = site.signed_in("ada")
    browser.get("/users")
    return browser


def test_every_account_is_there(site: Site, ada: Browser) -> None:
    """Name, role, state, second factor and what it sees; disabled ones, too."""
    site.access.accounts.disable("ann")
    text = ada.get("/users").text
    for words in ("ada", "administrator", "ann", "auditor", "disabled", "tenants shop", "everything"):
        assert words in text


def test_a_new_account(site: Site, ada: Browser, told: list[str]) -> None:
    """It gets a link, shown once, by which its owner chooses the password; its limits hold."""
    page = ada.submit(
        action="/users", name="Zoe", role="reviewer", tenants="shop, bank", masked="user", until="2099-01-01"
    )
    link = re.search(r"http://localhost(/welcome/sl-welcome-[\w-]+)", page.text)
    assert link is not None
    assert "sl-welcome-" not in ada.get("/users").text
    assert "has not chosen a password" in ada.page.text
    browser = site.browser()
    browser.get(link[1])
    browser.submit(action="", password=PASSWORD, again=PASSWORD)
    made = site.access.accounts.get("zoe")
    assert made.role == "reviewer"
    assert made.limits.tenants == ("shop", "bank")
    assert made.limits.masked == ("user",)
    assert "Signed in as reviewer" in browser.get("/account").text
    assert any('action="user.add"' in one and 'target="zoe"' in one and 'who="ada"' in one for one in told)
    assert "sl-welcome" not in "".join(told)


def test_an_account_for_a_provider(site: Site, ada: Browser) -> None:
    """It needs no link: its owner signs in there."""
    page = ada.submit(action="/users", name="olga", means="site")
    assert page.url.path == "/users/olga"
    assert "sl-welcome-" not in page.text
    assert "expected from OpenID" in page.text
    assert not site.access.accounts.get("olga").has_password


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [
        ({"name": "ann"}, "There is an account ann already"),
        ({"name": "<script>alert(1)</script>"}, "cannot name an account"),
        ({"role": "emperor"}, "is no role"),
        ({"tenants": "../etc"}, "Tenants: "),
        ({"streams": "syslog"}, "write tenant/stream"),
        ({"networks": "10.0.0.0/99"}, "Networks: "),
        ({"start": "soon"}, "is no time"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, "is not before end"),
        ({"means": "elsewhere"}, "no such OpenID provider"),
    ],
)
def test_an_account_that_cannot_be(site: Site, ada: Browser, typed: dict[str, str], trouble: str) -> None:
    """What is wrong is told, what was typed stays, and nothing is made."""
    page = ada.submit(action="/users", **{"name": "zoe", "tenants": "", **typed})
    assert page.status_code == 400
    assert trouble in page.text.replace("&#39;", "'")
    assert "<script>alert" not in page.text
    if "tenants" in typed:
        assert 'value="../etc"' in page.text
    assert [one.name for one in site.access.accounts.all()] == ["ada", "ann"]


@pytest.mark.parametrize("role", ["auditor", "reviewer", "operator"])
def test_for_administrators_only(site: Site, role: str) -> None:
    """Nobody else sees or makes accounts, nor learns which there are; and the page is not offered."""
    site.access.accounts.set_role("ann", role)  # type: ignore[arg-type]
    browser = site.signed_in("ann")
    assert browser.get("/users").status_code == 403
    assert browser.get("/users/ada").status_code == 403
    assert browser.get("/users/nobody-here").status_code == 403
    assert browser.client.post("/users", data={"name": "eve"}).status_code == 403
    assert 'href="/users"' not in browser.get("/account").text


def test_an_administrator_of_one_tenant_is_none(site: Site) -> None:
    """Whose sight is limited may not lift limits, others' or own."""
    site.add("abe", "administrator")
    site.access.accounts.set_limits("abe", Limits(tenants=("shop",)))
    assert site.signed_in("abe").get("/users").status_code == 403


def test_strangers(site: Site) -> None:
    """Who is not signed in is led to the sign-in, whether or not an account is there."""
    browser = site.browser()
    assert browser.get("/users/ada").url.path == "/sign-in"
    assert browser.get("/users/nobody-here").url.path == "/sign-in"
    assert browser.client.post("/users", data={"name": "eve"}).status_code == 401
