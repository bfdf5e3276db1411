"""Signing in at a real OpenID provider, glewlwyd, with a real Chromium: there, and back with the account."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from access.access import Access
from access.visitor import Limits
from storage.layout import Layout
from tests.web.browsing import serving, tab
from tests.web.openid_glewlwyd import CLIENT, PASSWORD, SECRET, Glewlwyd, providing
from web.cookies import OPENID
from web.user_deeds import expected

pytestmark = pytest.mark.timeout(180)


@dataclass
class Site:
    """Our pages, the provider, and a browser."""

    url: str
    provider: Glewlwyd
    access: Access
    browser: Browser

    def back(self, name: str) -> str:
        """Give the address to which the provider of this name sends browsers back."""
        return f"{self.url}/sign-in/openid/{name}/back"


@pytest.fixture(scope="module")
def site(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve pages at which people of a real provider sign in: by name, by e-mail address, by group."""
    folder = tmp_path_factory.mktemp("openid")
    (folder / "provider").mkdir()
    (folder / "secret").write_text(f"{SECRET}\n")
    (folder / "wrong").write_text("another secret\n")
    layout = Layout(folder / "data")
    with providing(tool("glewlwyd"), folder / "provider") as provider, sync_playwright() as playwright:
        usual = {
            "issuer": provider.issuer, "client_id": CLIENT, "client_secret_file": folder / "secret",
            "scopes": "openid",
        }  # fmt: skip
        ways = {
            "name": usual,
            "mail": {**usual, "name_claim": "email"},
            "group": {**usual, "roles": {"Log auditors": "auditor", "Admins": "administrator"}},
            "wrong": {**usual, "client_secret_file": folder / "wrong"},
        }
        access = Access(layout.access)
        access.accounts.add("ada", "administrator")
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=options)
        with serving(layout, sign_in="required", openid=ways) as url:
            found = Site(url, provider, access, browser)
            provider.set_up(*(found.back(name) for name in ways))
            yield found
        browser.close()
        access.close()


def sign_in(page: Page, site: Site, person: str, way: str = "name", target: str = "/account") -> None:
    """Sign in as people do: by the link of our page, then with name and password at the provider."""
    page.goto(site.url + target)
    page.get_by_role("link", name=way, exact=True).click()
    page.get_by_label("Login").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{site.url}/**")


def heading(page: Page) -> str:
    """Give what the page is called."""
    return page.get_by_role("heading", level=1).text_content() or ""


def test_who_was_expected(site: Site) -> None:
    """In, where the link led, with the account's limits; the way back leads in once, whoever kept it."""
    site.provider.add("olga", groups=["staff"])
    limits = Limits(tenants=("shop",))
    site.access.accounts.add("olga", "auditor", limits, subject=expected(site.provider.issuer, "olga"))
    with tab(site.browser) as opened:
        page = opened.page
        sign_in(page, site, "olga", target="/account?from=a+link")
        assert page.url == f"{site.url}/account?from=a+link"
        assert heading(page) == "olga"
        assert "tenants shop" in opened.text()
        subject = site.access.accounts.get("olga").subject or ""
        assert subject.startswith(f"{site.provider.issuer} ")
        assert not subject.endswith(" olga")  # what the provider always calls her, not her name
        back = way_back(page, site)
        kept = [one for one in page.context.cookies(site.url) if OPENID in one["name"]]
        page.goto(back)
        assert page.url == f"{site.url}/search"
        assert "begun in another browser" in refused(page, back)
        page.context.add_cookies(kept)  # type: ignore[arg-type] # as they were given
        assert "was ended before" in refused(page, back)
    assert len(site.access.sessions.of("olga")) == 1


def way_back(page: Page, site: Site) -> str:
    """Begin a sign-in of somebody whom the provider knows in this browser; give the address it ends at."""
    asks = page.context.request
    away = asks.get(f"{site.url}/sign-in/openid/name?next=/search", max_redirects=0).headers["location"]
    back = asks.get(f"{away}&g_continue", max_redirects=0).headers["location"]
    assert back.startswith(site.back("name"))
    assert parse_qs(urlsplit(back).query)["iss"] == [site.provider.issuer]
    return back


def refused(page: Page, address: str) -> str:
    """Go to an address that refuses; give what the page says."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 403
    return page.get_by_role("alert").text_content() or ""


def test_who_may_not(site: Site) -> None:
    """Without an account, disabled, of a group that may not, not verified: told why, and what to do."""
    provider, accounts = site.provider, site.access.accounts
    for name in ("zoe", "max", "eve"):
        provider.add(name, email=f"{name}@example.com", verified="no", groups=["staff"])
    accounts.add("max", "auditor", subject=expected(provider.issuer, "max"))
    accounts.disable("max")
    accounts.add("eve@example.com", "auditor", subject=expected(provider.issuer, "eve@example.com"))
    said = {}
    for person, way in (("zoe", "name"), ("max", "name"), ("eve", "group"), ("eve", "mail")):
        with tab(site.browser) as opened:
            sign_in(opened.page, site, person, way)
            assert heading(opened.page) == "Sign in"
            said[person, way] = opened.page.get_by_role("alert").text_content()
            assert site.access.sessions.of(person) == []
    assert said == {
        ("zoe", "name"): "There is no account zoe here. Ask an administrator to add it on the page Users.",
        ("max", "name"): "This account may not be used. Ask an administrator.",
        ("eve", "group"): "You are in no group that may sign in here. Ask an administrator for one.",
        ("eve", "mail"): "The provider has not verified this e-mail address. Have it do that first.",
    }
    provider.change("eve", verified="yes")
    provider.change("zoe", groups=["staff", "Admins", "Log auditors"])
    for person, way, account in (("eve", "mail", "eve@example.com"), ("zoe", "group", "zoe")):
        with tab(site.browser) as opened:
            sign_in(opened.page, site, person, way)
            assert heading(opened.page) == account
    assert accounts.get("zoe").role == "administrator"


def test_what_goes_wrong_with_the_provider(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our secret is wrong, a clock is off, it stops in between: the page says so; local accounts go on."""
    provider = site.provider
    provider.add("ida")
    site.access.accounts.add("ida", "auditor", subject=expected(provider.issuer, "ida"))
    with tab(site.browser) as opened:
        sign_in(opened.page, site, "ida", "wrong")
        assert "/api/oidc/token answers 40" in (opened.page.get_by_role("alert").text_content() or "")
        for leeway in (-7200, -60):  # what it signs for an hour is over for us, or not signed yet
            with monkeypatch.context() as off:
                off.setattr("web.provider._LEEWAY_SECONDS", leeway)
                assert "both clocks" in refused(opened.page, way_back(opened.page, site))
        back = way_back(opened.page, site)
        provider.stop()
        assert "does not answer" in refused(opened.page, back)
        assert opened.page.get_by_label("Password").count() == 1
    provider.start()
    with tab(site.browser) as opened:
        sign_in(opened.page, site, "ida")
        assert heading(opened.page) == "ida"
