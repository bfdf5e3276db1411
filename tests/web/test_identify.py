"""Who asks: by cookie or token, and nobody by anything else."""

import pytest

from storage.layout import Layout
from tests.web.signing import Site, site_of
from web.cookies import SESSION


@pytest.fixture
def site(layout: Layout) -> Site:
    """Give the pages of an appliance with the auditor ann."""
    found = site_of(layout)
    found.add("ann", "auditor")
    return found


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token(site: Site, scheme: str) -> None:
    """A token says who asks, whatever the case of the scheme's name (RFC 9110 section 11.1)."""
    secret = site.access.tokens.add("ann", "x")
    answer = site.browser().client.get("/api/v1/me", headers={"Authorization": f"{scheme}  {secret} "})
    assert answer.json()["name"] == "ann/x"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YW5uOng=",
        "Bearer sl-token-",
        "Bearer \x00",
        "Bearer " + "x" * 9000,
    ],
)
def test_what_is_no_token(site: Site, given: str) -> None:
    """Anything else is nobody, and breaks nothing."""
    answer = site.browser().client.get("/api/v1/me", headers={b"Authorization": given.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_wrong_token_is_nobody(site: Site) -> None:
    """A cookie beside a wrong token does not count: a program must not act as a person by mistake."""
    browser = site.signed_in("ann")
    assert browser.client.get("/api/v1/me").status_code == 200
    assert browser.client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("given", ["x", "sl-session-x", "%00", "é", "x" * 9000])
def test_what_is_no_session(site: Site, given: str) -> None:
    """A cookie that is no session's is nobody."""
    client = site.browser().client
    answer = client.get("/search", headers={b"Cookie": f"{SESSION}={given}".encode()}, follow_redirects=False)
    assert answer.status_code == 303


def test_style_and_health_ask_nobody(site: Site) -> None:
    """What everybody may have needs no sign-in: style, script, and whether the pages answer."""
    client = site.browser().client
    for path in ("/static/style.css", "/static/script.js", "/healthz"):
        assert client.get(path).status_code == 200


def test_a_session_secret_is_no_token(site: Site) -> None:
    """One does not stand in for the other."""
    session = site.access.sessions.begin(site.access.accounts.get("ann"), "192.0.2.1")
    token = site.access.tokens.add("ann", "x")
    client = site.browser().client
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {session}"}).status_code == 401
    assert client.get("/api/v1/me", headers={"Cookie": f"{SESSION}={token}"}).status_code == 401


def test_every_page_asks(site: Site) -> None:
    """Without a sign-in no page answers but the door's own; nothing is left open by mistake."""
    from web.routes import PAGES  # noqa: PLC0415 - the whole table, at the time of the test

    doors = {"/sign-in", "/sign-out", "/welcome/{secret}", "/healthz", "/api/v1/openapi.json"}
    doors |= {"/sign-in/openid/{provider}", "/sign-in/openid/{provider}/back"}
    assert {page.path for page in PAGES if page.needs is None} <= doors
    client = site.browser().client
    for page in PAGES:
        if page.path in doors:
            continue
        path = page.path.replace("{", "").replace("}", "")
        for method in page.methods:
            answer = client.request(method, path, follow_redirects=False)
            assert answer.status_code in {303, 401}, (method, page.path, answer.status_code)
