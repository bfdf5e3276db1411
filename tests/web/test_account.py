"""The own account: password, second factor, sessions and tokens, and nobody else's."""

import re

import httpx
import pytest

from access import totp
from access.attempts import FREE
from access.visitor import Limits
from storage.layout import Layout
from tests.web.signing import PASSWORD, Browser, Site, code, site_of
from web.settings import WebSettings

NEW = "other words that she likes"


@pytest.fixture
def site(layout: Layout) -> Site:
    """Give the pages of an appliance with the auditor ann, who sees tenant shop only."""
    found = site_of(layout)
    found.add("ada", "administrator")
    found.add("ann", "auditor", Limits(tenants=("shop",), masked=("user",)))
    return found


@pytest.fixture
def ann(site: Site) -> Browser:
    """Give ann's browser, at her account."""
    browser = site.signed_in("ann")
    browser.get("/account")
    return browser


def test_it_says_what_one_may(ann: Browser) -> None:
    """Role, what it means, and limits stand there in words."""
    for words in ("auditor", "search and read messages", "tenants shop", "masked user"):
        assert words in ann.page.text
    assert "change accounts" not in ann.page.text


def test_a_new_password(site: Site, ann: Browser, told: list[str]) -> None:
    """It takes the old one; other sessions end, this one goes on; the trail tells it without secrets."""
    elsewhere = site.signed_in("ann")
    page = ann.submit("password", password=PASSWORD, new=NEW, again=NEW)
    assert "Your password was changed." in page.text
    assert elsewhere.get("/search").url.path == "/sign-in"
    assert site.browser().sign_in("ann").status_code == 403
    assert site.browser().sign_in("ann", NEW).url.path == "/search"
    assert any('action="user.password"' in one for one in told)
    assert NEW not in "".join(told)


@pytest.mark.parametrize(
    ("now", "new", "again", "trouble"),
    [
        ("a wrong one that is long", NEW, NEW, "not your password now"),
        (PASSWORD, NEW, NEW + "x", "not the same"),
        (PASSWORD, "short", "short", "15 or more"),
        (PASSWORD, "x" * 2000, "x" * 2000, "at most 1,024"),
    ],
)
def test_a_password_that_cannot_be(ann: Browser, now: str, new: str, again: str, trouble: str) -> None:
    """What is wrong is told at the form, and nothing changes."""
    page = ann.submit("password", password=now, new=new, again=again)
    assert page.status_code == 400
    assert trouble in page.text
    assert new not in page.text
    assert ann.get("/account").status_code == 200


def test_an_open_session_is_no_account(site: Site, ann: Browser) -> None:
    """Who finds a session left open cannot guess the password there, however patient."""
    for _ in range(FREE["pair"]):
        ann.submit("password", password="guessed, and wrong", new=NEW, again=NEW)
    page = ann.submit("password", password=PASSWORD, new=NEW, again=NEW)
    assert "Too many sign-ins failed" in page.text
    assert site.access.accounts.is_right("ann", PASSWORD)


def test_a_second_factor(site: Site, ann: Browser, told: list[str]) -> None:
    """Password, QR code and secret, a code of the device, recovery codes once; then it is asked for."""
    page = ann.submit("factor", password=PASSWORD)
    assert "<svg" in page.text
    secret = scanned(page.text)
    page = ann.submit("factor-confirm", code="000000")
    assert page.status_code == 400
    assert scanned(page.text) == secret  # the device has it already
    page = ann.submit("factor-confirm", code=code(secret, site.clock.now))
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", page.text)
    assert len(codes) == totp.RECOVERY_CODES
    assert codes[0] not in ann.get("/account").text
    assert "It is on." in ann.page.text
    site.clock.now += totp.STEP_SECONDS
    browser = site.browser()
    browser.sign_in("ann")
    assert browser.submit(action="/sign-in", code=codes[0].upper()).url.path == "/search"
    other = site.browser()
    other.sign_in("ann")
    assert other.submit(action="/sign-in", code=codes[0]).status_code == 403
    assert secret not in "".join(told)
    assert codes[0] not in "".join(told)


def test_the_page_with_the_codes_goes_on(site: Site, ann: Browser) -> None:
    """The session is a new one then; the forms of that very page are of it."""
    secret = scanned(ann.submit("factor", password=PASSWORD).text)
    ann.submit("factor-confirm", code=code(secret, site.clock.now))
    assert ann.submit("factor-off", password=PASSWORD).status_code == 200
    assert "It is off." in ann.page.text


def test_a_second_factor_takes_the_password(site: Site, ann: Browser) -> None:
    """Neither set up nor turned off without it; and what was not confirmed does not count."""
    assert ann.submit("factor", password="wrong, certainly").status_code == 400
    assert "<svg" not in ann.page.text
    ann.submit("factor", password=PASSWORD)
    assert site.browser().sign_in("ann").url.path == "/search"


def test_where_it_is_required(layout: Layout) -> None:
    """Who has none gets no further than to setting it up, and cannot make a token to go around it."""
    site = site_of(layout, WebSettings(second_factor="required"))
    site.add("ann", "auditor")
    browser = site.signed_in("ann")
    page = browser.get("/search?q=x")
    assert page.url.path == "/account"
    assert "asks for a second factor" in page.text
    assert browser.client.get("/api/v1/me").status_code == 403
    assert browser.submit("token", token_name="around", password=PASSWORD).status_code == 403
    browser.get("/account")
    secret = scanned(browser.submit("factor", password=PASSWORD).text)
    browser.submit("factor-confirm", code=code(secret, site.clock.now))
    assert browser.get("/search?q=x").url.path == "/search"
    browser.get("/account")
    assert "asks for a second factor" in browser.submit("factor-off", password=PASSWORD).text


def test_signing_out_elsewhere(site: Site, ann: Browser) -> None:
    """Every other session ends, this one does not."""
    elsewhere = site.signed_in("ann")
    ann.get("/account")
    assert "Sign out everywhere else" in ann.page.text
    ann.submit("sessions")
    assert elsewhere.get("/search").url.path == "/sign-in"
    assert ann.get("/account").status_code == 200
    assert "Sign out everywhere else" not in ann.page.text


def test_one_session_ends(site: Site, ann: Browser, told: list[str]) -> None:
    """Who has lost a device ends its session alone; nobody ends one of somebody else by its number."""
    lost, other = site.signed_in("ann"), site.signed_in("ann")
    site.add("bob", "administrator")
    administrator = site.signed_in("bob")
    ann.get("/account")
    numbers = [number for number, *_ in site.access.sessions.of("ann")]
    (theirs,) = [number for number, *_ in site.access.sessions.of("bob")]
    form = ann.form("session")
    assert form.fields["session"] == str(numbers[0])  # the newest comes first, and this one has no button
    assert "That session has ended" in ann.submit("session").text
    assert other.get("/search").url.path == "/sign-in"
    assert lost.get("/search").url.path == "/search"
    assert any('action="session-end"' in one and f'ended="{numbers[0]}"' in one for one in told)
    ann.submit("session", session=str(theirs))
    assert not any(f'ended="{theirs}"' in one for one in told)  # it tells of what was done only
    assert administrator.get("/users/ann").status_code == 200
    administrator.submit("session", session=str(numbers[1]))
    assert lost.get("/search").url.path == "/sign-in"
    assert ann.get("/account").status_code == 200


def test_a_token(site: Site, ann: Browser, told: list[str]) -> None:
    """Its secret is told once, works as Bearer with ann's role and limits, and not after it was revoked."""
    page = ann.submit("token", token_name="Monthly", password=PASSWORD, tenants="", streams="shop/syslog")
    secret = re.search(r"sl-token-[\w-]+", page.text)
    assert secret is not None
    assert secret[0] not in ann.get("/account").text
    program = site.browser().client
    headers = {"Authorization": f"Bearer {secret[0]}"}
    me = program.get("/api/v1/me", headers=headers).json()
    assert me["name"] == "ann/monthly"
    assert me["role"] == "auditor"
    assert me["limits"]["tenants"] == ["shop"]
    assert me["limits"]["streams"] == ["shop/syslog"]
    ann.submit("token-revoke", token_name="monthly")
    assert "no longer taken" in ann.page.text
    assert program.get("/api/v1/me", headers=headers).status_code == 401
    assert secret[0] not in "".join(told)
    assert any('action="token.add"' in one and 'target="ann/monthly"' in one for one in told)


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [
        ({"role": "administrator"}, "cannot be administrator"),
        ({"tenants": "bank"}, "none of bank is among"),
        ({"streams": "syslog"}, "write tenant/stream"),
        ({"until": "soon"}, "is no time"),
        ({"token_name": "<b>"}, "cannot name a token"),
        ({"password": "a wrong one that is long"}, "not your password now"),
    ],
)
def test_a_token_that_cannot_be(ann: Browser, typed: dict[str, str], trouble: str) -> None:
    """A token is within its account, and takes the password; what was typed stays."""
    page = ann.submit("token", **{"token_name": "mine", "password": PASSWORD, **typed})
    assert page.status_code == 400
    assert trouble in page.text
    assert "sl-token-" not in page.text
    if "tenants" in typed:
        assert 'value="bank"' in page.text


def test_a_token_has_no_account_page(site: Site) -> None:
    """A program cannot change the password, or make itself more tokens."""
    secret = site.access.tokens.add("ann", "x")
    client = site.browser().client
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/account", headers=headers).status_code == 403
    sent = {"do": "token", "token_name": "y", "password": PASSWORD}
    assert client.post("/account", data=sent, headers=headers).status_code == 403
    assert [one.name for one in site.access.tokens.all("ann")] == ["x"]


def test_a_stranger(site: Site) -> None:
    """Who is not signed in is led to the sign-in, and can send nothing."""
    browser = site.browser()
    assert browser.get("/account").url.path == "/sign-in"
    assert browser.client.post("/account", data={"do": "sessions"}).status_code == 401


def test_without_a_form_of_ours(ann: Browser) -> None:
    """A form of another site does nothing, whatever it says; nor does one that says nothing."""
    sent = {"do": "sessions", "csrf": "x"}
    assert ann.client.post("/account", data=sent).status_code == 403
    token = ann.form("password").fields["csrf"]
    assert ann.client.post("/account", data={"do": "explode", "csrf": token}).status_code == 400


def test_without_sign_in(client: httpx.Client) -> None:
    """Where nobody signs in, the page says so."""
    assert "Nobody signs in here" in client.get("/account").text


def test_who_signs_in_elsewhere(site: Site) -> None:
    """Who has no password here is offered none, and no second factor; tokens take none either."""
    account = site.access.accounts.add("oda", "auditor", subject="https://login.example/ 4711")
    browser = site.signed_in(account.name)
    page = browser.get("/account")
    assert "OpenID provider" in page.text
    assert 'name="new"' not in page.text
    assert "Set it up" not in page.text
    assert "sl-token-" in browser.submit("token", token_name="mine").text


def scanned(page: str) -> str:
    """Give the secret that a page shows beside its QR code."""
    found = re.search(r'<p class="secret"><code>([A-Z2-7 ]+)</code>', page)
    assert found is not None
    return found[1].replace(" ", "")
