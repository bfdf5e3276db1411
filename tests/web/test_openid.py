"""Signing in at the site's OpenID provider: who comes back is who it says, signed, for us, this very time."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from access.attempts import FREE
from access.visitor import Role
from storage.layout import Layout
from tests.web.openid_provider import CLIENT, SECRET, Provider, providing
from tests.web.signing import Browser, Clock, Site, site_of
from web.cookies import OPENID
from web.provider import AWAY_SECONDS, KNOWN_SECONDS, Beginning, ProviderError
from web.provider import Provider as AskedProvider
from web.settings import OpenIDSettings, WebSettings
from web.user_deeds import expected


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """Give a running provider."""
    with providing() as found:
        yield found


@pytest.fixture
def provider(running: Provider) -> Provider:
    """Give the provider, which says the usual."""
    running.claims, running.info, running.known, running.error = {}, None, {}, ""
    running.signed_with, running.logins, running.looks = None, 0, 0
    return running


def site_with(layout: Layout, provider: Provider, **settings: object) -> Site:
    """Give the pages of an appliance with the administrator ada, and the provider."""
    secret = layout.data.parent / "secret"
    secret.write_text(f"{SECRET}\n")
    given = {"issuer": provider.url, "client_id": CLIENT, "client_secret_file": secret, **settings}
    found = site_of(layout, WebSettings(openid={"site": OpenIDSettings.model_validate(given)}))
    found.add("ada", "administrator")
    return found


@pytest.fixture
def site(layout: Layout, provider: Provider) -> Site:
    """Give the pages of an appliance that expects olga."""
    found = site_with(layout, provider)
    found.access.accounts.add("olga", "auditor", subject=expected(provider.url, "olga"))
    return found


def there_and_back(browser: Browser, next_page: str = "/search?q=x") -> httpx.Response:
    """Follow the link of the sign-in page to the provider and back, as a browser does."""
    browser.get(next_page)
    assert "/sign-in/openid/site" in browser.page.text
    path = f"/sign-in/openid/site?next={next_page}"
    away = browser.client.get(path, follow_redirects=False)
    if away.status_code != 303:
        return away
    back = httpx.get(away.headers["location"], follow_redirects=False)
    address = urlsplit(back.headers["location"])
    return browser.get(f"{address.path}?{address.query}")


def test_who_was_expected(site: Site, told: list[str]) -> None:
    """Signed in, and where the link led; from then on the account belongs to the provider's sub."""
    page = there_and_back(site.browser())
    assert str(page.url).endswith("/search?q=x")
    assert "Signed in as auditor" in page.text
    assert site.access.accounts.get("olga").subject.split()[1] == "4711"  # type: ignore[union-attr]
    assert any('action="sign-in"' in one and 'who="olga"' in one for one in told)


def test_a_new_name_is_the_same_person(site: Site, provider: Provider) -> None:
    """Who was renamed there keeps the account; who took the old name there does not get it."""
    there_and_back(site.browser())
    provider.claims = {"preferred_username": "olga.married"}
    assert "Signed in as auditor" in there_and_back(site.browser()).text
    provider.claims = {"sub": "4712"}
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert "is somebody else&#39;s" in page.text


@pytest.mark.parametrize("name", ["ada", "nobody-here"])
def test_no_local_account_is_taken_over(site: Site, provider: Provider, name: str) -> None:
    """A name at the provider opens neither an account with a password, nor one that is not there."""
    provider.claims = {"preferred_username": name}
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert "Ask an administrator" in page.text
    assert site.access.accounts.get("ada").subject is None


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-appliance"},
        {"aud": ["another", "appliances"]},
        {"iss": "https://evil.example/"},
        {"exp": 1},
        {"exp": None},
        {"iat": int(time.time()) + 86_400},
        {"sub": None},
        {"azp": "another"},
        {"at_hash": "AAAA"},
        {"preferred_username": None},
        {"preferred_username": ["olga"]},
        {"preferred_username": ""},
    ],
)
def test_what_is_not_for_us(site: Site, provider: Provider, claims: dict[str, object]) -> None:
    """An ID token that is old, for another, of another sign-in, or without a name lets nobody in."""
    provider.claims = claims
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert site.access.sessions.of("olga") == []


@pytest.mark.parametrize(
    "key", [RSAKey.generate_key(2048, {"kid": "one"}), ECKey.generate_key("P-256", {"kid": "one"})]
)
def test_a_forged_signature(site: Site, provider: Provider, key: RSAKey | ECKey) -> None:
    """Only the provider's own keys count."""
    provider.signed_with = key
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert "did not confirm the sign-in" in page.text


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048, {"kid": "one"}), "PS256"),
        (ECKey.generate_key("P-256", {"kid": "one"}), "ES256"),
        (OKPKey.generate_key("Ed25519", {"kid": "one"}), "Ed25519"),
        (OKPKey.generate_key("Ed25519", {"kid": "one"}), "EdDSA"),
    ],
    ids=["PS256", "ES256", "Ed25519", "EdDSA"],
)
def test_keys_that_providers_have(
    site: Site,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    key: RSAKey | ECKey | OKPKey,
    algorithm: str,
) -> None:
    """Whatever kind of key a provider signs with, the sign-in ends well."""
    monkeypatch.setattr(provider, "key", key)
    monkeypatch.setattr(provider, "algorithm", algorithm)
    assert "Signed in as auditor" in there_and_back(site.browser()).text


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_no_signature_that_anybody_makes(
    site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    """A token that is not signed, or by what the public key spells, lets nobody in."""
    monkeypatch.setattr(provider, "algorithm", algorithm)
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert provider.logins == 1


def test_another_browser(site: Site, provider: Provider) -> None:
    """Nobody ends in one browser what was begun in another: no account is slipped to anybody."""
    victim, attacker = site.browser(), site.browser()
    away = attacker.client.get("/sign-in/openid/site", follow_redirects=False)
    back = urlsplit(httpx.get(away.headers["location"], follow_redirects=False).headers["location"])
    page = victim.get(f"{back.path}?{back.query}")
    assert page.status_code == 403
    assert "another browser" in page.text
    victim.client.get("/sign-in/openid/site", follow_redirects=False)
    assert victim.get(f"{back.path}?{back.query}").status_code == 403
    assert provider.logins == 0


def test_a_stranger_cannot_fill_the_trail(site: Site, told: list[str]) -> None:
    """Who never began a sign-in here is refused, and not told of."""
    page = site.browser().get("/sign-in/openid/site/back?code=x&state=y")
    assert page.status_code == 403
    assert "another browser" in page.text
    assert not told


def test_a_code_is_used_once(site: Site) -> None:
    """The way back leads in once; a second time there is nothing left to end."""
    browser = site.browser()
    away = browser.client.get("/sign-in/openid/site", follow_redirects=False)
    back = urlsplit(httpx.get(away.headers["location"], follow_redirects=False).headers["location"])
    assert browser.get(f"{back.path}?{back.query}").url.path == "/search"
    assert browser.get(f"{back.path}?{back.query}").status_code == 403


def test_the_provider_refuses(site: Site, provider: Provider, told: list[str]) -> None:
    """What it says is shown as text, and told to the trail."""
    provider.error = "access_denied%3Cscript%3Ealert(1)%3C/script%3E"
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert "access_denied" in page.text
    assert "<script>alert" not in page.text
    assert any('outcome="refused"' in one and "access_denied" in one for one in told)


def test_what_the_provider_is_asked(site: Site, provider: Provider) -> None:
    """PKCE, state and nonce, each new; and back to us only."""
    browser = site.browser()
    first = there_and_back(browser)
    asked = provider.asked
    assert first.status_code == 200
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == ["http://localhost/sign-in/openid/site/back"]
    there_and_back(site.browser())
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 43
        assert provider.asked[name] != asked[name]


def test_a_provider_that_is_not_itself(site: Site, provider: Provider) -> None:
    """A provider that calls itself otherwise is not asked; the page to sign in says what to do."""
    provider.known = {"issuer": "https://evil.example/"}
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert "write that as issuer" in page.text


def test_a_provider_that_is_away(layout: Layout) -> None:
    """Nobody waits for long, and local accounts go on."""
    settings = OpenIDSettings(issuer="http://127.0.0.1:1", client_id="x")
    site = site_of(layout, WebSettings(openid={"site": settings}))
    page = site.browser().get("/sign-in/openid/site")
    assert page.status_code == 403
    assert "does not answer" in page.text
    assert site.browser().get("/sign-in/openid/another").status_code == 404


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["staff", "Log auditors"], "auditor"),
        (["Log auditors", "Admins"], "administrator"),
        ("Admins", "administrator"),
        (["staff"], None),
        ([], None),
        (None, None),
        ({"Admins": True}, None),
    ],
)
def test_roles_by_groups(layout: Layout, provider: Provider, groups: object, role: Role | None) -> None:
    """Where the settings map groups, who is in one gets an account and its role; who is not stays out."""
    site = site_with(layout, provider, roles={"Log auditors": "auditor", "Admins": "administrator"})
    provider.claims = {"groups": groups}
    page = there_and_back(site.browser())
    if role is None:
        assert page.status_code == 403
        assert [one.name for one in site.access.accounts.all()] == ["ada"]
    else:
        assert f"Signed in as {role}" in page.text


def test_the_role_follows_the_groups(layout: Layout, provider: Provider) -> None:
    """Who leaves a group loses the role at the next sign-in; who leaves all, the way in."""
    settings = {
        "roles": {"Auditors": "auditor", "Admins": "administrator"},
        "role_claim": "realm_access.roles",
    }
    site = site_with(layout, provider, **settings)
    provider.claims = {"realm_access": {"roles": ["Admins"]}}
    assert "Signed in as administrator" in there_and_back(site.browser()).text
    provider.claims = {"realm_access": {"roles": ["Auditors"]}}
    assert "Signed in as auditor" in there_and_back(site.browser()).text
    provider.claims = {"realm_access": {"roles": []}}
    assert there_and_back(site.browser()).status_code == 403


def test_userinfo(layout: Layout, provider: Provider) -> None:
    """Claims that the ID token lacks are fetched, of the same person only."""
    site = site_with(layout, provider, roles={"Auditors": "auditor"})
    provider.info = {"sub": "4711", "groups": ["Auditors"], "preferred_username": "root"}
    assert "Signed in as auditor" in there_and_back(site.browser()).text
    assert [one.name for one in site.access.accounts.all()] == ["ada", "olga"]
    provider.info = {"sub": "4712", "groups": ["Auditors"]}
    assert there_and_back(site.browser()).status_code == 403


def test_a_disabled_account(site: Site) -> None:
    """Who is disabled here stays out, whatever the provider says."""
    there_and_back(site.browser())
    site.access.accounts.disable("olga")
    page = there_and_back(site.browser())
    assert page.status_code == 403
    assert "may not be used" in page.text


def test_an_address_that_is_not_verified(layout: Layout, provider: Provider) -> None:
    """An e-mail address that anybody may claim is no name."""
    site = site_with(layout, provider, name_claim="email")
    site.access.accounts.add(
        "olga@example.com", "auditor", subject=expected(provider.url, "olga@example.com")
    )
    provider.claims = {"email": "olga@example.com", "email_verified": False}
    assert there_and_back(site.browser()).status_code == 403
    provider.claims = {"email": "Olga@example.com", "email_verified": True}
    assert "Signed in as auditor" in there_and_back(site.browser()).text


def test_a_secret_that_cannot_be_read(layout: Layout, provider: Provider, tmp_path: Path) -> None:
    """The page says so; an administrator can see to it."""
    site = site_with(layout, provider, client_secret_file=tmp_path / "nowhere")
    assert "cannot be read" in there_and_back(site.browser()).text


def test_where_a_public_address_is_set(layout: Layout, provider: Provider) -> None:
    """The provider sends browsers back to where they find the pages, not to where we serve them."""
    settings = OpenIDSettings(issuer=provider.url, client_id=CLIENT)
    site = site_of(layout, WebSettings(public_url="https://logs.example/", openid={"site": settings}))
    answer = site.browser().client.get("/sign-in/openid/site", follow_redirects=False)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == ["https://logs.example/sign-in/openid/site/back"]
    assert answer.headers["set-cookie"].startswith("__Host-sysledger-openid=")


@pytest.mark.parametrize("taken", [["client_secret_post"], ["client_secret_basic", "client_secret_post"]])
def test_a_secret_that_basic_would_change(site: Site, provider: Provider, taken: list[str]) -> None:
    """A secret with signs goes in the form, where the provider takes it there: many do not decode Basic's."""
    provider.known = {"token_endpoint_auth_methods_supported": taken}
    assert "Signed in as auditor" in there_and_back(site.browser()).text
    assert provider.asked_by == "form"


def test_who_begins_and_does_not_come_back_has_to_wait(site: Site, provider: Provider) -> None:
    """One address makes us ask the provider so often, and is told how long to wait; who comes back is not."""
    browser = site.browser()
    for _ in range(FREE["openid"]):
        assert browser.client.get("/sign-in/openid/site", follow_redirects=False).status_code == 303
    page = browser.get("/sign-in/openid/site?next=/account")
    assert page.status_code == 429
    assert page.headers["retry-after"] == "2"
    assert "Wait 2 seconds" in page.text
    assert "next=%2Faccount" in page.text
    site.clock.now += 2
    assert "Signed in as auditor" in there_and_back(browser).text
    assert browser.client.get("/sign-in/openid/site", follow_redirects=False).status_code == 303
    assert provider.looks == 1


def test_where_to_ask_is_looked_up_seldom(provider: Provider) -> None:
    """Once a minute; of many who come at once, by one."""
    clock = Clock()
    asked = AskedProvider(OpenIDSettings(issuer=provider.url, client_id=CLIENT), clock)
    beginning = Beginning("state", "nonce", "verifier", "http://localhost/back")
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: asked.address(beginning), range(8)))) == 1
    assert provider.looks == 1
    clock.now += KNOWN_SECONDS
    asked.address(beginning)
    assert provider.looks == 2


def test_nobody_waits_twice_for_who_is_away(provider: Provider) -> None:
    """While it does not answer it is asked every few seconds; then its answer counts at once."""
    clock = Clock()
    provider.known = {"token_endpoint": None}
    asked = AskedProvider(OpenIDSettings(issuer=provider.url, client_id=CLIENT), clock)
    beginning = Beginning("state", "nonce", "verifier", "http://localhost/back")
    for _ in range(5):
        with pytest.raises(ProviderError, match="names no token_endpoint"):
            asked.address(beginning)
    assert provider.looks == 1
    provider.known = {}
    clock.now += AWAY_SECONDS
    assert asked.address(beginning).startswith(f"{provider.url}/authorize?")


def test_an_answer_without_end(provider: Provider) -> None:
    """Nothing that a provider sends fills our memory."""
    provider.known = {"x": "y" * (1 << 20)}
    asked = AskedProvider(OpenIDSettings(issuer=provider.url, client_id=CLIENT))
    with pytest.raises(ProviderError, match="answers too much"):
        asked.address(Beginning("state", "nonce", "verifier", "http://localhost/back"))


def test_a_way_back_counts_once(site: Site, provider: Provider) -> None:
    """Who kept the cookie and the address gets in no second time, and the provider is not asked."""
    browser = site.browser()
    away = browser.client.get("/sign-in/openid/site", follow_redirects=False)
    kept = browser.client.cookies[OPENID]
    back = urlsplit(httpx.get(away.headers["location"], follow_redirects=False).headers["location"])
    assert browser.get(f"{back.path}?{back.query}").url.path == "/search"
    other = site.browser()
    other.client.cookies.set(OPENID, kept, domain="localhost.local", path="/")
    page = other.get(f"{back.path}?{back.query}")
    assert page.status_code == 403
    assert "was ended before" in page.text
    assert provider.logins == 1


def test_a_long_way_back(site: Site) -> None:
    """An address too long for a cookie is not gone back to, and the sign-in ends well."""
    assert there_and_back(site.browser(), f"/search?q={'%C3%A9' * 600}").url.path == "/search"
    assert there_and_back(site.browser(), "/search?q=x").url.params["q"] == "x"


def test_the_provider_s_own_word(site: Site) -> None:
    """What it refuses it says why, in its words, as text; and we say what to do."""
    browser = site.browser()
    away = browser.client.get("/sign-in/openid/site", follow_redirects=False)
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    page = browser.get(f"/sign-in/openid/site/back?code=another&state={state}")
    assert "/token answers 400: invalid_grant" in page.text
    assert "Begin it anew" in page.text
