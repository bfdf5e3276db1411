"""People at the pages, in tests: accounts, and a browser without script that fills in the forms it sees."""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
from starlette.testclient import TestClient

from access.access import Access
from access.passwords import hashed
from access.visitor import Limits, Role
from storage.layout import Layout
from web.app import create_app
from web.cookies import SESSION
from web.identify import identifier
from web.settings import WebSettings

PASSWORD = "four words nobody knows"
ORIGIN = "http://localhost"


@dataclass
class Form:
    """A form of a page, as a browser holds it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)  # value: name


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        if not self.forms:
            return
        form = self.forms[-1]
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") not in {"radio", "checkbox"} or "checked" in given):
            form.fields[name] = given.get("value", "")
        if tag == "select":
            self._select = name
        if tag == "textarea" and name:
            form.fields[name] = ""
        if tag == "option" and ("selected" in given or self._select not in form.fields):
            form.fields[self._select] = given.get("value", "")
        if tag == "button":
            form.buttons[given.get("value", "")] = name


class Browser:
    """A browser without script: it has cookies, follows redirects, and sends the forms of its page."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.page: httpx.Response = httpx.Response(204)

    def get(self, path: str) -> httpx.Response:
        """Go to a page."""
        self.page = self.client.get(path, follow_redirects=True)
        return self.page

    def form(self, button: str = "", action: str | None = None) -> Form:
        """Give the form of this page that has a button with this value, or this action."""
        parser = _Forms()
        parser.feed(self.page.text)
        for form in parser.forms:
            if (button and button in form.buttons) or (action is not None and form.action == action):
                return form
        raise AssertionError(f"no form {button or action!r} on {self.page.url}:\n{self.page.text}")

    def submit(self, button: str = "", action: str | None = None, **typed: str) -> httpx.Response:
        """Fill in a form of this page, and send it with a button, as a browser does."""
        form = self.form(button, action)
        assert form.method == "post"
        assert not (strange := set(typed) - set(form.fields)), strange
        sent = {**form.fields, **typed, **({form.buttons[button]: button} if button else {})}
        where = urljoin(str(self.page.url), form.action or str(self.page.url))
        self.page = self.client.post(
            where,
            data=sent,
            headers={"Sec-Fetch-Site": "same-origin", "Origin": where.rpartition(httpx.URL(where).path)[0]},
            follow_redirects=True,
        )
        return self.page

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in by the form."""
        self.get("/sign-in")
        return self.submit(action="/sign-in", name=name, password=password)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Give the time in seconds since the epoch."""
        return self.now


@dataclass
class Site:
    """The pages of an appliance whose people sign in."""

    layout: Layout
    access: Access
    clock: Clock
    settings: WebSettings

    def browser(self) -> Browser:
        """Give a browser of its own, at the pages."""
        secure = self.settings.is_https
        app = create_app(
            self.layout,
            self.settings,
            identify=identifier(self.access, self.settings),
            access=self.access,
        )
        base = ORIGIN.replace("http:", "https:") if secure else ORIGIN
        return Browser(TestClient(app, base_url=base))

    def add(self, name: str, role: Role, limits: Limits | None = None) -> None:
        """Make an account with PASSWORD."""
        self.access.accounts.add(name, role, limits)
        with self.access.database.write() as connection:  # each hash takes its time, so that one is for all
            connection.execute("UPDATE accounts SET password = ? WHERE name = ?", (_hash(), name))

    def signed_in(self, name: str) -> Browser:
        """Give a browser in which somebody has signed in already."""
        browser = self.browser()
        secret = self.access.sessions.begin(self.access.accounts.get(name), "192.0.2.1")
        browser.client.cookies.set(SESSION, secret, domain="localhost.local", path="/")
        return browser


@cache
def _hash() -> str:
    return hashed(PASSWORD)


def site_of(layout: Layout, settings: WebSettings | None = None) -> Site:
    """Give the pages over a data folder, without any account yet."""
    clock = Clock()
    return Site(layout, Access(layout.access, clock), clock, settings or WebSettings())


def code(secret: str, now: float) -> str:
    """Give the code that a device with this secret shows (RFC 6238), made by another hand than ours."""
    counter = struct.pack(">Q", int(now) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
