"""A welcome link makes one account, or gives it a password: once, and for nobody without it."""

import pytest

from access import totp
from access.invitations import LAST_SECONDS
from storage.layout import Layout
from tests.web.signing import PASSWORD, Site, code, site_of


@pytest.fixture
def site(layout: Layout) -> Site:
    """Give the pages of an appliance without any account."""
    return site_of(layout)


def first(site: Site) -> str:
    """Give the address that the first start prints."""
    secret = site.access.invitations.first()
    assert secret is not None
    return f"/welcome/{secret}"


def test_the_first_start(site: Site, told: list[str]) -> None:
    """The printed link makes an administrator, who is signed in at once; the trail tells it."""
    browser = site.browser()
    assert "Welcome to Sysledger" in browser.get(first(site)).text
    page = browser.submit(action="", name="Ada", password=PASSWORD, again=PASSWORD)
    assert page.url.path == "/search"
    assert "Signed in as administrator" in page.text
    assert any('who="ada"' in one and 'action="welcome"' in one for one in told)
    assert PASSWORD not in "".join(told)


def test_the_link_works_once(site: Site) -> None:
    """Used, too old, made up, or outdated by a later start: the page says what to do, and nothing else."""
    link = first(site)
    site.browser().get(link)
    later = first(site)
    assert site.browser().get(link).status_code == 404
    browser = site.browser()
    browser.get(later)
    browser.submit(action="", name="ada", password=PASSWORD, again=PASSWORD)
    for address in (later, "/welcome/sl-welcome-guessed", "/welcome/%00", f"/welcome/{'x' * 3000}"):
        page = site.browser().get(address)
        assert page.status_code == 404
        assert "Ask an administrator" in page.text


def test_a_link_that_is_too_old(site: Site) -> None:
    """After a day it is none."""
    link = first(site)
    site.clock.now += LAST_SECONDS
    assert site.browser().get(link).status_code == 404


def test_two_who_have_the_same_link(site: Site) -> None:
    """Whoever sends the form second gets no account."""
    link = first(site)
    one, other = site.browser(), site.browser()
    one.get(link)
    other.get(link)
    one.submit(action="", name="ada", password=PASSWORD, again=PASSWORD)
    assert other.submit(action="", name="eve", password=PASSWORD, again=PASSWORD).status_code == 404
    assert [account.name for account in site.access.accounts.all()] == ["ada"]


@pytest.mark.parametrize(
    ("name", "password", "again", "trouble"),
    [
        ("ada", "short", "short", "15 or more"),
        ("ada", PASSWORD, PASSWORD + "x", "not the same"),
        ("ada", "ada, the administrator", "ada, the administrator", "the account&#39;s name"),
        ("../ada", PASSWORD, PASSWORD, "cannot name an account"),
        ("<script>", PASSWORD, PASSWORD, "cannot name an account"),
        ("console", PASSWORD, PASSWORD, "cannot name an account"),
    ],
)
def test_what_cannot_be(site: Site, name: str, password: str, again: str, trouble: str) -> None:
    """What is wrong is told, the name stays typed, the password does not, and the link still works."""
    browser = site.browser()
    browser.get(first(site))
    page = browser.submit(action="", name=name, password=password, again=again)
    assert page.status_code == 400
    assert trouble in page.text
    assert f'value="{password}"' not in page.text
    assert "<script>" not in page.text.replace('<script src="/static/', "")
    browser.submit(action="", name="ada", password=PASSWORD, again=PASSWORD)
    assert browser.page.url.path == "/search"


def test_a_new_password(site: Site) -> None:
    """A link for an account that is there gives it a new password; its sessions end, its role stays."""
    site.add("ada", "administrator")
    site.add("ann", "auditor")
    before = site.signed_in("ann")
    browser = site.browser()
    browser.get(f"/welcome/{site.access.invitations.add('ann', 'administrator')}")
    new = "other words that she likes"
    page = browser.submit(action="", password=new, again=new)
    assert "Signed in as auditor" in page.text
    assert before.get("/search").url.path == "/sign-in"
    assert site.browser().sign_in("ann").status_code == 403
    assert site.browser().sign_in("ann", new).url.path == "/search"


def test_a_link_is_no_second_factor(site: Site) -> None:
    """Where there is a second factor, the link stands in for the password only."""
    site.add("ada", "administrator")
    secret = site.access.accounts.begin_totp("ada")
    site.access.accounts.confirm_totp("ada", code(secret, site.clock.now))
    site.clock.now += totp.STEP_SECONDS
    browser = site.browser()
    browser.get(f"/welcome/{site.access.invitations.add('ada', 'administrator')}")
    new = "other words that she likes"
    assert browser.submit(action="", password=new, again=new).url.path == "/sign-in"
    browser.sign_in("ada", new)
    assert browser.submit(action="/sign-in", code=code(secret, site.clock.now)).url.path == "/search"


def test_a_disabled_account_stays_out(site: Site) -> None:
    """A link that was given before lets nobody in who was disabled since."""
    site.add("ada", "administrator")
    site.add("ann", "auditor")
    link = f"/welcome/{site.access.invitations.add('ann', 'auditor')}"
    site.access.accounts.disable("ann")
    browser = site.browser()
    browser.get(link)
    browser.submit(action="", password="other words that she likes", again="other words that she likes")
    assert browser.get("/search").url.path == "/sign-in"


def test_the_trail_keeps_no_link_that_still_holds(site: Site, told: list[str]) -> None:
    """A form that is refused to somebody signed in stands in the trail, its address without the secret."""
    site.add("ada", "administrator")
    secret = site.access.invitations.add("abe", "administrator")
    answer = site.signed_in("ada").client.post(f"/welcome/{secret}", data={"csrf": "x"})
    assert answer.status_code == 403
    (refusal,) = [one for one in told if 'action="refusal"' in one]
    assert secret not in refusal
    assert 'target="/welcome/…"' in refusal


def test_a_link_ends_with_what_it_would_change(site: Site) -> None:
    """Who chose a new password, or was disabled, is not got at by an older link."""
    site.add("ada", "administrator")
    site.add("bo", "auditor")
    secret = site.access.invitations.add("bo", "auditor")
    bo = site.signed_in("bo")
    bo.get("/account")
    bo.submit("password", password=PASSWORD, new=f"another {PASSWORD}", again=f"another {PASSWORD}")
    assert site.access.invitations.find(secret) is None
    secret = site.access.invitations.add("bo", "auditor")
    ada = site.signed_in("ada")
    ada.get("/users/bo")
    ada.submit("disable")
    assert site.access.invitations.find(secret) is None
