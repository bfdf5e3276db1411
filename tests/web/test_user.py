"""One account, as an administrator changes it: at once, told to the trail, and never to nobody left."""

import re

import pytest

from access.accounts import AccountError
from access.visitor import Limits
from storage.layout import Layout, StreamName
from tests.web.archives import stored
from tests.web.signing import PASSWORD, Browser, Site, code, site_of


@pytest.fixture
def site(layout: Layout) -> Site:
    """Give the pages of an appliance with the administrator ada and the auditor ann."""
    found = site_of(layout)
    found.add("ada", "administrator")
    found.add("ann", "auditor", Limits(tenants=("shop",)))
    return found


@pytest.fixture
def ada(site: Site) -> Browser:
    """Give the administrator's browser, at the page of ann."""
    browser = site.signed_in("ada")
    browser.get("/users/ann")
    return browser


def test_a_role(site: Site, ada: Browser, told: list[str]) -> None:
    """The new role counts at once, in a session of its own; the trail tells who gave it."""
    ann = site.signed_in("ann")
    page = ada.submit("role", role="operator")
    assert "The role was changed" in page.text
    assert site.access.accounts.get("ann").role == "operator"
    assert ann.get("/search").url.path == "/sign-in"
    assert any('action="user.role"' in one and 'who="ada"' in one for one in told)


def test_what_limits_leave_of_a_role(site: Site, ada: Browser) -> None:
    """Nobody is told of a trail that the limits take away, by the own page or the administrator's."""
    assert "export results, and read who did what" in ada.get("/users").text
    page = ada.get("/users/ann").text
    assert "may search and read messages, and export results</span>" in page
    assert "read who did what" not in page
    assert "change accounts" not in page
    assert "read who did what" not in site.signed_in("ann").get("/account").text
    site.access.accounts.set_limits("ann", Limits())
    assert "export results, and read who did what" in ada.get("/users/ann").text
    assert "read who did what" in site.signed_in("ann").get("/account").text


def test_a_mask_that_is_spelt_wrong(site: Site, ada: Browser, layout: Layout) -> None:
    """What can be no field is refused; what no message has had is masked, and told."""
    stored(layout, StreamName("shop"), [b"<38>1 - fw-1 sshd - - - user=ann logs in"])
    assert "severity cannot be masked" in ada.submit("limits", masked="severity user").text
    page = ada.submit("limits", tenants="shop", masked="user usr").text
    assert "No recent message that this account may see has had: usr. Is it spelt right?" in page
    assert site.access.accounts.get("ann").limits.masked == ("user", "usr")
    assert "spelt right" not in ada.submit("limits", tenants="shop", masked="user").text


def test_limits(site: Site, ada: Browser, told: list[str]) -> None:
    """The form shows the limits that there are; what is changed holds, what is emptied limits nothing."""
    assert ada.form("limits").fields["tenants"] == "shop"
    ada.submit("limits", tenants="", hosts="pay-* db-??", networks="10.2.3.4/16", start="2026-03-01")
    limits = site.access.accounts.get("ann").limits
    assert (limits.tenants, limits.hosts, limits.networks) == ((), ("pay-*", "db-??"), ("10.2.0.0/16",))
    assert ada.form("limits").fields["start"] == "2026-03-01T00:00:00+00:00"
    assert any('action="user.limits"' in one and "pay-*" in one for one in told)
    page = ada.submit("limits", tenants="NOT A TENANT!")
    assert page.status_code == 400
    assert 'value="NOT A TENANT!"' in page.text
    assert site.access.accounts.get("ann").limits == limits


def test_disable_and_enable(site: Site, ada: Browser) -> None:
    """Sessions and tokens end at once; enabled, the account signs in, but neither of them comes back."""
    ann = site.signed_in("ann")
    token = {"Authorization": f"Bearer {site.access.tokens.add('ann', 'x')}"}
    program = site.browser().client
    assert program.get("/api/v1/me", headers=token).status_code == 200
    ada.submit("disable")
    assert ann.get("/search").url.path == "/sign-in"
    assert program.get("/api/v1/me", headers=token).status_code == 401
    ada.submit("enable")
    assert ann.get("/search").url.path == "/sign-in"
    assert site.browser().sign_in("ann").url.path == "/search"


def test_a_link_for_a_new_password(site: Site, ada: Browser) -> None:
    """Who has forgotten the password gets a link; the administrator never learns the password."""
    page = ada.submit("link")
    link = re.search(r"http://localhost(/welcome/sl-welcome-[\w-]+)", page.text)
    assert link is not None
    browser = site.browser()
    browser.get(link[1])
    browser.submit(action="", password=f"another {PASSWORD}", again=f"another {PASSWORD}")
    assert "Signed in as auditor" in browser.page.text


def test_a_lost_device(site: Site, ada: Browser, told: list[str]) -> None:
    """The second factor of somebody else can be taken away, and the trail tells it."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    ada.get("/users/ann")
    ada.submit("factor-off")
    assert site.browser().sign_in("ann").url.path == "/search"
    assert any('action="user.factor-off"' in one and 'who="ada"' in one for one in told)


def test_sessions_and_tokens(site: Site, ada: Browser) -> None:
    """They are listed, without secrets, and ended."""
    ann = site.signed_in("ann")
    secret = site.access.tokens.add("ann", "monthly")
    page = ada.get("/users/ann")
    assert "192.0.2.1" in page.text
    assert "monthly" in page.text
    assert secret not in page.text
    ada.submit("sessions")
    assert ann.get("/search").url.path == "/sign-in"
    ada.submit("token-revoke", token_name="monthly")
    assert site.access.tokens.visitor(secret) is None


@pytest.mark.parametrize("do", ["role", "limits", "disable", "factor-off", "link"])
def test_not_the_own_account(site: Site, ada: Browser, do: str) -> None:
    """Nobody locks oneself out by mistake, or grants oneself what another should."""
    page = ada.get("/users/ada")
    assert "your own account" in page.text
    csrf = ada.form("sessions").fields["csrf"]
    answer = ada.client.post("/users/ada", data={"csrf": csrf, "do": do, "role": "auditor", "hosts": "x"})
    assert answer.status_code == 400
    assert "have another administrator change it" in answer.text
    ada_now = site.access.accounts.get("ada")
    assert (ada_now.role, ada_now.disabled, ada_now.limits) == ("administrator", False, Limits())


def test_not_the_own_account_by_a_token_of_it(site: Site) -> None:
    """A token is its account's: it takes neither the second factor from it nor gives a link into it."""
    token = {"Authorization": f"Bearer {site.access.tokens.add('ada', 'x')}"}
    program = site.browser().client
    for do in ("role", "limits", "disable", "factor-off", "link"):
        answer = program.post("/users/ada", headers=token, data={"do": do, "role": "auditor"})
        assert answer.status_code == 400
        assert "have another administrator change it" in answer.text
    assert program.post("/api/v1/users/ada/invitation", headers=token).status_code == 409
    changed = program.patch("/api/v1/users/ada", headers=token, json={"limits": {"hosts": ["x"]}})
    assert changed.status_code == 409


def test_one_administrator_remains(site: Site) -> None:
    """Two who take each other away leave one."""
    site.add("abe", "administrator")
    abe, ada = site.signed_in("abe"), site.signed_in("ada")
    abe.get("/users/ada")
    ada.get("/users/abe")
    abe.submit("disable")
    assert ada.submit("disable").status_code == 401
    with pytest.raises(AccountError, match="nobody would be left"):
        site.access.accounts.disable("abe")


@pytest.mark.parametrize("name", ["nobody-here", "%3Cscript%3Ealert(1)", "%00", "a" * 3000])
def test_no_such_account(site: Site, ada: Browser, name: str) -> None:
    """A name that is none gets a page that says so, and shows it as text."""
    page = ada.get(f"/users/{name}")
    assert page.status_code == 404
    assert "There is no account" in page.text
    assert "<script>alert" not in page.text
    csrf = site_csrf(ada)
    for do in ("role", "disable", "link", "sessions", "token-revoke"):
        answer = ada.client.post(f"/users/{name}", data={"csrf": csrf, "do": do, "role": "auditor"})
        assert answer.status_code in {400, 404}
    assert site.access.accounts.all()[0].name == "ada"


def test_forms_of_others(ada: Browser) -> None:
    """Another site's form changes nothing, nor does one that says nothing."""
    assert ada.client.post("/users/ann", data={"do": "disable", "csrf": "x"}).status_code == 403
    assert ada.client.post("/users/ann", data={"do": "", "csrf": site_csrf(ada)}).status_code == 400


def site_csrf(browser: Browser) -> str:
    """Give the token of forms shown in a browser."""
    browser.get("/users/ann")
    return browser.form("disable").fields["csrf"]
