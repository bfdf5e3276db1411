"""What people come for, walked through in a real Chromium: with script, and the same without."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from storage.layout import StreamName
from tests.web.archives import stored
from tests.web.browsing import Tab, tab
from tests.web.furnished import PASSWORD
from tests.web.site import Site, browser, site

__all__ = ["browser", "site"]

pytestmark = pytest.mark.timeout(240)
LIVE: Final = StreamName("default", "live")
NEW_PASSWORD: Final = "other words of somebody"


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def ann(site: Site, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """Give a tab of the administrator, with script and without."""
    with tab(site.browser, storage_state=site.administrator, java_script_enabled=request.param) as opened:
        yield opened
        assert opened.complaints == []


def test_from_a_question_to_a_finding(ann: Tab, site: Site) -> None:
    """An auditor asks, looks at a message, and saves the result as a statement that can be checked."""
    ann.open(f"{site.url}/search?stream=default/syslog")
    ann.page.locator("input[name=q]").fill("lonvick")
    ann.page.get_by_role("button", name="Search", exact=True).click()
    expect(ann.page.locator("#answer")).to_contain_text("1 message")
    ann.page.get_by_role("link", name=re.compile("finding", re.IGNORECASE)).last.click()
    ann.page.locator("#title").fill("Somebody tried to become root")
    ann.page.get_by_role("button", name="Save the finding").click()
    ann.page.wait_for_url(re.compile(r"/findings/\d+$"))
    expect(ann.page.locator("h1")).to_contain_text("Somebody tried to become root")
    expect(ann.page.locator("code.digest")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    ann.page.get_by_role("button", name=re.compile("check", re.IGNORECASE)).first.click()
    expect(ann.page.locator("main")).to_contain_text(re.compile("same", re.IGNORECASE))


def test_a_review_is_signed_off(ann: Tab, site: Site) -> None:
    """The queue leads to a review, and a note signs it off; the record says who and when."""
    ann.open(f"{site.url}/reviews")
    ann.page.locator('main a[href^="/reviews/"]:not([href*="record"])').first.click()
    ann.page.wait_for_url(re.compile(r"/reviews/\d+$"))
    ann.page.locator("#note").fill("Looked at each of them.")
    ann.page.get_by_role("button", name="Sign off").click()
    expect(ann.page.locator("main")).to_contain_text("signed off")
    expect(ann.page.locator("main")).to_contain_text("Looked at each of them.")


def test_a_tenant_is_added_and_suspended(ann: Tab, site: Site, request: pytest.FixtureRequest) -> None:
    """The administrator adds a tenant, gives it a network, and suspends it, each with one button."""
    name = f"shop-{len(request.node.name)}"
    ann.open(f"{site.url}/tenants")
    ann.page.locator("#name").fill(name)
    ann.page.locator("#title").fill("The shop")
    ann.page.get_by_role("button", name="Add", exact=True).click()
    ann.page.wait_for_url(f"**/tenants/{name}*")
    ann.page.locator("#network-rule").fill(f"10.{len(name)}.{len(request.node.name)}.0/24")
    ann.page.locator("#network-rule").press("Enter")
    expect(ann.page.locator("main")).to_contain_text("10.")
    ann.page.get_by_role("button", name="Suspend").click()
    expect(ann.page.get_by_role("button", name="Resume")).to_be_visible()


def test_an_account_is_made_and_used(ann: Tab, site: Site, request: pytest.FixtureRequest) -> None:
    """An administrator makes a link; whoever follows it chooses a password, and signs out again."""
    name = f"dan-{len(request.node.name)}"
    ann.open(f"{site.url}/users")
    ann.page.locator("#name").fill(name)
    ann.page.get_by_role("button", name="Add the account").click()
    link = re.search(r"https?://[^\s<]+/welcome/[\w-]+", ann.text())
    assert link is not None
    script = "no script" not in request.node.name
    with tab(site.browser, java_script_enabled=script) as own:
        own.open(f"{site.url}{link[0][link[0].index('/welcome/') :]}")
        own.page.locator("input[name=password]").fill(NEW_PASSWORD)
        own.page.locator("input[name=again]").fill(NEW_PASSWORD)
        own.page.locator("input[name=again]").press("Enter")
        own.page.wait_for_url("**/search*")
        own.open(f"{site.url}/account")
        expect(own.page.locator("main")).to_contain_text(name)
        assert own.open(f"{site.url}/users").status == 403
        own.open(f"{site.url}/account")
        sign_out(own)
        own.page.wait_for_url("**/sign-in*")
        own.open(f"{site.url}/search")
        own.page.wait_for_url("**/sign-in?next=*")


def sign_out(opened: Tab) -> None:
    """Sign out by the menu at the top."""
    button = opened.page.get_by_role("button", name="Sign out", exact=True)
    if not button.is_visible():
        opened.page.locator("header summary").last.click()
    button.click()


def test_a_token_works_until_it_is_revoked(ann: Tab, site: Site, request: pytest.FixtureRequest) -> None:
    """A token that was made on the account's page asks the API, and no longer when it is revoked."""
    name = f"t{len(request.node.name)}"
    ann.open(f"{site.url}/account")
    ann.page.locator("summary", has_text="Make a token").click()
    form = ann.page.locator("form", has=ann.page.locator("#token_name"))
    form.locator("#token_name").fill(name)
    form.locator("input[type=password]").fill(PASSWORD)
    form.get_by_role("button", name="Make the token").click()
    secret = ann.page.locator(".secret code").inner_text()
    headers = {"Authorization": f"Bearer {secret}"}
    with tab(site.browser) as program:
        me = program.page.request.get(f"{site.url}/api/v1/me", headers=headers)
        assert me.json()["name"] == f"ann/{name}"
        assert (
            program.page.request.delete(f"{site.url}/api/v1/tokens/ann/{name}", headers=headers).status == 204
        )
        assert program.page.request.get(f"{site.url}/api/v1/me", headers=headers).status == 401


def test_an_export_checks_itself(ann: Tab, site: Site, tmp_path: Path) -> None:
    """From a search to a zip with a manifest and sums, by the form of the page."""
    ann.open(f"{site.url}/exports?q=lonvick&stream=default/syslog")
    ann.page.locator("input[name=format][value=csv]").check()
    ann.page.locator("input[name=zip]").check()
    with ann.page.expect_download() as downloading:
        ann.page.get_by_role("button", name="Export", exact=True).click()
    downloading.value.save_as(tmp_path / "export.zip")
    names = zipfile.ZipFile(tmp_path / "export.zip").namelist()
    assert any(name.endswith("SHA256SUMS") for name in names)


def test_messages_come_in_live(site: Site) -> None:
    """With script the live page shows what is stored while it is open, without being loaded again."""
    stored(site.made.layout, LIVE, [b"<38>1 - h a - - - before"], sealed=False)
    with tab(site.browser, storage_state=site.administrator) as opened:
        opened.open(f"{site.url}/tail?stream=default/live")
        expect(opened.page.locator("main")).to_contain_text("before")
        stored(site.made.layout, LIVE, [b"<38>1 - h a - - - came while it was open"], number=2, sealed=False)
        expect(opened.page.locator("main")).to_contain_text("came while it was open")
        assert opened.complaints == []
