"""The door in a real Chromium: by keyboard, without script, on a phone, and with another site's forms."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from access.access import Access
from access.limits import made
from storage.layout import Layout
from tests.web.browsing import PHONE, accessibility, overflow, serving, tab
from tests.web.signing import PASSWORD, code

pytestmark = pytest.mark.timeout(180)
PROVIDER = {"issuer": "https://login.example/", "client_id": "x", "label": "Example"}


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], str]) -> Iterator[Browser]:
    """Give a real Chromium."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        found = playwright.chromium.launch(executable_path=tool("chromium"), args=options)
        yield found
        found.close()


@pytest.fixture
def access(layout: Layout) -> Iterator[Access]:
    """Give the accounts: ada, who administers, and ann, an auditor with limits."""
    opened = Access(layout.access)
    opened.accounts.add("ada", "administrator", password=PASSWORD)
    limits = made({"tenants": "shop", "hosts": "pay-*", "until": "2099-01-01", "masked": "user"})
    opened.accounts.add("ann", "auditor", limits)
    yield opened
    opened.close()


@pytest.fixture
def url(layout: Layout, access: Access) -> Iterator[str]:
    """Serve the pages, where people sign in."""
    assert access.accounts.all()
    with serving(layout, sign_in="required", openid={"site": PROVIDER}) as found:
        yield found


def sign_in(page: Page, url: str, name: str = "ada") -> None:
    """Sign in as people do."""
    page.goto(f"{url}/account")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/account")


def test_by_keyboard(browser: Browser, url: str) -> None:
    """Name, Tab, password, Enter: one is in. The menu opens by keyboard, and signs out."""
    with tab(browser) as opened:
        page = opened.page
        page.goto(f"{url}/account")
        page.keyboard.type("ada")  # the field has the focus
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/account")
        page.locator(".who > summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/sign-in")
        assert not opened.complaints


def test_without_script(browser: Browser, url: str, access: Access) -> None:
    """Everything works: sign-in, a second factor with its code, a user's link, and the way out."""
    with tab(browser, java_script_enabled=False) as opened:
        page = opened.page
        sign_in(page, url)
        page.locator("#password-factor").fill(PASSWORD)
        page.get_by_role("button", name="Set it up").click()
        secret = (page.locator(".scan .secret").text_content() or "").replace(" ", "").strip()
        page.get_by_label("The code that it shows now").fill(code(secret, time.time()))
        page.get_by_role("button", name="Turn it on").click()
        assert page.locator(".codes li").count() == 8
        recovery = page.locator(".codes li").first.text_content() or ""
        page.goto(f"{url}/users")
        page.get_by_label("Name").fill("zoe")
        page.get_by_role("button", name="Add the account").click()
        link = (page.locator(".once .secret").text_content() or "").strip()
        page.locator(".who > summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Code").fill(recovery)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{url}/search")
    with tab(browser, java_script_enabled=False) as opened:
        opened.page.goto(link)
        opened.page.get_by_label("Password", exact=True).fill(PASSWORD)
        opened.page.get_by_label("Password again").fill(PASSWORD)
        opened.page.get_by_role("button", name="Set the password").click()
        opened.page.wait_for_url(f"{url}/search")
    assert access.accounts.get("zoe").has_password


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["", "dark", "phone"]
)
def test_for_everybody(browser: Browser, url: str, access: Access, options: dict[str, object]) -> None:
    """axe-core has nothing serious to say of any page of the door, and nothing sticks out on a phone."""
    welcome = f"/welcome/{access.invitations.add('ann', 'auditor')}"
    access.tokens.add("ada", "monthly")
    found: dict[str, list[str]] = {}
    with tab(browser, **options) as opened:
        page = opened.page

        def look(name: str) -> None:
            if complaints := [*accessibility(page), *overflow(page), *opened.complaints]:
                found[name] = complaints

        for path in ("/sign-in", welcome):
            page.goto(url + path)
            look(path)
        page.goto(f"{url}/sign-in")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("wrong, certainly")
        page.get_by_role("button", name="Sign in").click()
        refused = [*accessibility(page), *overflow(page)]
        sign_in(page, url)
        opened.complaints.clear()  # the browser's word on status 403
        for path in ("/account", "/users", "/users/ann", "/users/ada"):
            page.goto(url + path)
            look(path)
        page.locator(".who > summary").click()
        look("the menu")
        page.goto(f"{url}/account")
        page.locator("#password-factor").fill(PASSWORD)
        page.get_by_role("button", name="Set it up").click()
        look("the QR code")
    assert found == {}
    assert refused == []


def test_another_site(browser: Browser, url: str, access: Access) -> None:
    """A site that the browser also visits signs nobody in or out, and makes no account, whatever it sends."""
    with tab(browser) as opened, hostile(url) as elsewhere:
        page = opened.page
        sign_in(page, url)
        for form in ("sign-out", "users", "sign-in"):
            page.goto(elsewhere)
            page.locator(f"#{form} button").click()
            page.wait_for_load_state()
            heading = page.get_by_role("heading").text_content()
            # The session's cookie is not even sent along, so that it is a stranger who asks.
            assert heading in {"Sign in first", "This is not for you"}, page.content()
        page.goto(f"{url}/account")
        assert page.get_by_role("heading", name="ada").count() == 1
    assert [one.name for one in access.accounts.all()] == ["ada", "ann"]


@contextmanager
def hostile(url: str) -> Iterator[str]:
    """Serve a site whose forms lead to ours."""
    page = "".join(
        f'<form id="{path}" method="post" action="{url}/{path}"><input name="name" value="eve">'
        f'<input name="role" value="administrator"><input name="csrf" value=""><button>x</button></form>'
        for path in ("sign-out", "users", "sign-in")
    ).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"  # another site than 127.0.0.1
        server.shutdown()
        thread.join()
