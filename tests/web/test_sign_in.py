"""Signing in and out: who may, who may not, and what a stranger learns of it."""

from datetime import UTC, datetime, timedelta

import pytest

from access import totp
from access.attempts import FREE
from access.visitor import Limits
from storage.layout import Layout
from tests.web.signing import PASSWORD, Browser, Site, code, site_of
from web.cookies import SESSION
from web.settings import WebSettings
from web.sign_in import local
from web.tickets import Tickets


@pytest.fixture
def site(layout: Layout) -> Site:
    """Give the pages of an appliance with the administrator ada and the auditor ann."""
    found = site_of(layout)
    found.add("ada", "administrator")
    found.add("ann", "auditor")
    return found


def test_a_page_leads_to_the_sign_in_and_back(site: Site) -> None:
    """Who follows a link without being signed in signs in, and is where the link leads, query and all."""
    browser = site.browser()
    assert browser.get("/search?q=host%3Afw-1+%26&start=-7d").url.path == "/sign-in"
    page = browser.submit(action="/sign-in", name="ann", password=PASSWORD)
    assert page.url.path == "/search"
    assert dict(page.url.params) == {"q": "host:fw-1 &", "start": "-7d"}
    assert "Signed in as auditor" in page.text


def test_names_are_read_as_people_write_them(site: Site) -> None:
    """Capital letters and blanks around a name do not matter; in a password they do."""
    assert site.browser().sign_in(" Ann ").url.path == "/search"
    assert site.browser().sign_in("ann", PASSWORD.upper()).status_code == 403


@pytest.mark.parametrize("name", ["ann", "nobody-here", "<script>alert(1)</script>", "a" * 5000, "\x00", ""])
def test_a_wrong_sign_in_tells_nothing(site: Site, name: str) -> None:
    """A wrong password, and a name that is none, get the same words; what was typed is shown as text."""
    page = site.browser().sign_in(name, "a password that is wrong")
    assert page.status_code == 403
    assert "The name or the password is wrong." in page.text
    assert "<script>alert" not in page.text
    assert "a password that is wrong" not in page.text


def test_the_password_is_not_in_the_name(site: Site, told: list[str]) -> None:
    """The trail keeps no name that is no account's: people type passwords there."""
    site.browser().sign_in("correct horse battery staple", "x")
    site.browser().sign_in("ann", "a wrong password")
    assert [one for one in told if 'action="sign-in"' in one and "horse" in one] == []
    refused = [one for one in told if 'action="sign-in"' in one]
    assert len(refused) == 2
    assert 'target="ann"' in refused[1]
    assert 'outcome="refused"' in refused[1]
    assert "a wrong password" not in "".join(told)


def test_the_trail_tells_who_signed_in_and_out(site: Site, told: list[str]) -> None:
    """Both are told, with who it was, and by which session."""
    browser = site.browser()
    browser.sign_in("ann")
    browser.submit(action="/sign-out")
    signed = [one for one in told if 'action="sign-in"' in one or 'action="sign-out"' in one]
    assert len(signed) == 2
    assert all('who="ann"' in one and 'session="1"' in one for one in signed)


def test_signed_out_is_signed_out(site: Site) -> None:
    """After the sign-out the cookie is gone, and does not count where somebody has kept it."""
    browser = site.browser()
    browser.sign_in("ann")
    kept = browser.client.cookies[SESSION]
    assert browser.submit(action="/sign-out").url.path == "/sign-in"
    assert SESSION not in browser.client.cookies
    browser.client.headers["Cookie"] = f"{SESSION}={kept}"
    assert browser.get("/search").url.path == "/sign-in"


def test_no_planted_session(site: Site) -> None:
    """A secret that somebody planted before the sign-in does not become the session's."""
    browser = site.browser()
    browser.client.headers["Cookie"] = f"{SESSION}=sl-session-planted"
    browser.get("/sign-in")
    given = browser.client.post(
        "/sign-in",
        data={**browser.form(action="/sign-in").fields, "name": "ann", "password": PASSWORD},
        follow_redirects=False,
    )
    assert f"{SESSION}=sl-session-" in given.headers["set-cookie"]
    assert "planted" not in given.headers["set-cookie"]
    assert site.access.sessions.find("sl-session-planted") is None


def test_a_session_ends_by_itself(site: Site) -> None:
    """It ends when it was idle for long, and when it is old, however busy."""
    browser = site.signed_in("ann")
    site.clock.now += 29 * 60
    assert browser.get("/search").url.path == "/search"
    site.clock.now += 31 * 60
    assert browser.get("/search").url.path == "/sign-in"
    browser = site.signed_in("ann")
    for _ in range(25):
        site.clock.now += 29 * 60
        browser.get("/search")
    assert browser.page.url.path == "/sign-in"


def test_a_disabled_account(site: Site) -> None:
    """Who is disabled is out at once, and gets the words of a wrong password afterwards."""
    browser = site.signed_in("ann")
    site.access.accounts.disable("ann")
    assert browser.get("/search").url.path == "/sign-in"
    assert "The name or the password is wrong." in browser.sign_in("ann").text


def test_an_account_that_ended(site: Site) -> None:
    """Who may look until a day is out from that day on, in the middle of a session."""
    until = datetime.fromtimestamp(site.clock.now, UTC) + timedelta(minutes=10)
    site.access.accounts.set_limits("ann", Limits(until=until))
    browser = site.signed_in("ann")
    assert browser.get("/search").url.path == "/search"
    site.clock.now += 601
    assert browser.get("/search").url.path == "/sign-in"


def test_guessing_is_slowed(site: Site) -> None:
    """After some failures the right password has to wait, too; and then it counts."""
    browser = site.browser()
    for _ in range(FREE["pair"]):
        assert browser.sign_in("ann", "guessed, and wrong").status_code == 403
    page = browser.sign_in("ann")
    assert page.status_code == 429
    assert "Wait 2 seconds" in page.text
    assert page.headers["retry-after"] == "2"
    site.clock.now += 3
    assert browser.sign_in("ann").url.path == "/search"


def test_strangers_cannot_fill_the_trail(site: Site, told: list[str]) -> None:
    """Who tries on through a pause is told of once in it, whatever names are typed."""
    browser = site.browser()
    for _ in range(FREE["pair"]):
        browser.sign_in("ann", "x")
    heard = len(told)
    for _ in range(5):
        assert browser.sign_in("ann", "x").status_code == 429
    assert len(told) == heard + 1
    assert 'reason="too many failed before"' in told[-1]
    site.clock.now += 60
    browser.sign_in("ann", "x")
    assert browser.sign_in("ann", "x").status_code == 429
    assert len(told) == heard + 3
    for number in range(FREE["peer"]):
        browser.sign_in(f"nobody-{number}", "")
    heard = len(told)
    assert browser.sign_in("nobody-else", "").status_code == 429
    assert browser.sign_in("nobody-at-all", "").status_code == 429
    assert len(told) <= heard + 1


def test_the_second_factor(site: Site) -> None:
    """Name and password alone lead to the code; a wrong one is told; the right one signs in."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    site.clock.now += totp.STEP_SECONDS
    browser = site.browser()
    browser.get("/message/default/syslog/9")
    page = browser.submit(action="/sign-in", name="ann", password=PASSWORD)
    assert page.status_code == 200
    assert "Second factor" in page.text
    assert browser.get("/search").url.path == "/sign-in"
    browser.sign_in("ann")
    page = browser.submit(action="/sign-in", code="000000")
    assert page.status_code == 403
    assert "This code is wrong" in page.text
    assert browser.submit(action="/sign-in", code=code(secret, site.clock.now)).url.path == "/search"


def test_a_code_counts_once(site: Site) -> None:
    """Who looks over a shoulder cannot use the code again."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    site.clock.now += totp.STEP_SECONDS
    typed = code(secret, site.clock.now)
    first, second = site.browser(), site.browser()
    first.sign_in("ann")
    assert first.submit(action="/sign-in", code=typed).url.path == "/search"
    second.sign_in("ann")
    assert second.submit(action="/sign-in", code=typed).status_code == 403


def test_guessing_codes_is_slowed(site: Site) -> None:
    """Codes are few enough to guess, so that they have the same pauses."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    site.clock.now += totp.STEP_SECONDS
    browser = site.browser()
    browser.sign_in("ann")
    for _ in range(FREE["pair"]):
        assert browser.submit(action="/sign-in", code="000000").status_code == 403
    assert browser.submit(action="/sign-in", code=code(secret, site.clock.now)).status_code == 429


def test_a_ticket_to_the_code_is_for_one_account(site: Site) -> None:
    """What the first step gives cannot be made, changed, or used once the account was changed."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    site.clock.now += totp.STEP_SECONDS
    browser = site.browser()
    browser.sign_in("ann")
    right = browser.page
    page = browser.submit(action="/sign-in", ticket="A" * 60, code=code(secret, site.clock.now))
    assert "Begin anew" in page.text
    assert page.status_code == 403
    browser.page = right
    site.access.accounts.set_password("ann", "another four words of hers")
    page = browser.submit(action="/sign-in", code=code(secret, site.clock.now))
    assert "Begin anew" in page.text
    assert browser.get("/search").url.path == "/sign-in"


def test_the_form_for_the_code_counts_once(site: Site, told: list[str]) -> None:
    """Who finds it with its password in a cache or a log cannot send it again, with whatever code."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    site.clock.now += totp.STEP_SECONDS
    browser = site.browser()
    browser.sign_in("ann")
    form = browser.page
    assert browser.submit(action="/sign-in", code=code(secret, site.clock.now)).url.path == "/search"
    site.clock.now += totp.STEP_SECONDS
    thief = site.browser()
    thief.get("/sign-in")
    fields = {**thief.form(action="/sign-in").fields, "code": code(secret, site.clock.now)}
    browser.page = form
    fields["ticket"] = browser.form(action="/sign-in").fields["ticket"]
    for _ in range(2):
        answer = thief.client.post("/sign-in", data=fields)
        assert answer.status_code == 403
        assert "was sent before" in answer.text
    assert len(site.access.sessions.of("ann")) == 1
    assert 'reason="the form for the code was sent before"' in told[-1]


def test_a_wrong_code_prolongs_nothing(site: Site) -> None:
    """However often the code is wrong, the password is asked for again in time."""
    secret = site.access.accounts.begin_totp("ann")
    site.access.accounts.confirm_totp("ann", code(secret, site.clock.now))
    browser = site.browser()
    browser.sign_in("ann")
    tickets = Tickets(site.access.keys.get("tickets"))
    first = tickets.claims("second factor", browser.form(action="/sign-in").fields["ticket"])
    browser.submit(action="/sign-in", code="000000")
    second = tickets.claims("second factor", browser.form(action="/sign-in").fields["ticket"])
    assert first
    assert second == first


def test_who_signed_in_before_is_not_kept_out(site: Site) -> None:
    """Strangers who guess from everywhere close the account to strangers, and not to its owner's browser."""
    owner = site.browser()
    owner.sign_in("ann")
    owner.submit(action="/sign-out")
    for number in range(FREE["account"]):
        site.access.attempts.failed("ann", f"198.51.100.{number}")
    assert site.browser().sign_in("ann").status_code == 429
    assert owner.sign_in("ann").url.path == "/search"
    site.access.attempts.failed("ann", "198.51.100.1")
    owner.get("/account")
    changed = owner.submit("password", password=PASSWORD, new="another four words of hers",
                           again="another four words of hers")  # fmt: skip
    assert "Your password was changed" in changed.text
    owner.submit(action="/sign-out")
    assert owner.sign_in("ann", "another four words of hers").url.path == "/search"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "search",
        "//evil.example/",
        "/\\evil.example",
        "https://evil.example/",
        "\\\\x",
        "/a\nb",
        "/" * 3000,
    ],
)
def test_no_way_to_another_site(target: str) -> None:
    """Whatever stands in the address, the sign-in leads to pages of ours only."""
    assert local(target) == "/"


@pytest.mark.parametrize("target", ["/", "/search?q=a%20b&x=//y", "/message/default/syslog/1", "/é"])
def test_the_way_back(target: str) -> None:
    """An address of ours is gone back to."""
    assert local(target) == target


def test_who_is_signed_in_needs_no_form(site: Site) -> None:
    """The sign-in page leads on who is signed in already."""
    browser = site.signed_in("ann")
    assert browser.get("/sign-in?next=/account").url.path == "/account"


def test_before_the_first_account(layout: Layout) -> None:
    """Where there is no account yet, the page says how to make one; afterwards it does not."""
    site = site_of(layout)
    assert "There is no account yet" in site.browser().get("/").text
    site.add("ada", "administrator")
    assert "There is no account yet" not in site.browser().get("/").text


def test_the_cookie(site: Site, layout: Layout) -> None:
    """No script sees it, no other site's form brings it; by TLS, no other host sets it, no wire shows it."""
    plain = site.browser()
    given = plain.client.post(
        "/sign-in", data={**plain_fields(plain), "name": "ann", "password": PASSWORD}, follow_redirects=False
    ).headers.get_list("set-cookie")[0]
    assert given.startswith("sysledger-session=sl-session-")
    assert "HttpOnly" in given
    assert "SameSite=lax" in given
    assert "Path=/" in given
    assert "Max-Age" not in given
    assert "Domain" not in given
    secured = Site(layout, site.access, site.clock, WebSettings(public_url="https://localhost/")).browser()
    both = secured.client.post(
        "/sign-in",
        data={**plain_fields(secured), "name": "ann", "password": PASSWORD},
        follow_redirects=False,
    ).headers.get_list("set-cookie")
    assert both[0].startswith("__Host-sysledger-session=sl-session-")
    assert both[1].startswith("__Host-sysledger-browser=sl-browser-")
    assert all("Secure" in one and "HttpOnly" in one for one in both)


def test_another_site_cannot_sign_anybody_in(site: Site) -> None:
    """A form of another site is refused: nobody works in an account that is not theirs without knowing."""
    browser = site.browser()
    fields = {**plain_fields(browser), "name": "ann", "password": PASSWORD}
    answer = browser.client.post("/sign-in", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_sign_out_is_no_link(site: Site) -> None:
    """No link, image or form of another site signs anybody out."""
    browser = site.signed_in("ann")
    assert browser.client.get("/sign-out").status_code == 405
    assert browser.client.post("/sign-out", data={"csrf": "x"}).status_code == 403
    assert browser.get("/search").url.path == "/search"


def plain_fields(browser: Browser) -> dict[str, str]:
    """Give what the form of the sign-in page holds."""
    browser.get("/sign-in")
    return dict(browser.form(action="/sign-in").fields)
