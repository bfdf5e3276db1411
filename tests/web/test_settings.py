"""What can be set of the web role."""

import pytest
from pydantic import ValidationError

from web.settings import OpenIDSettings, WebSettings


def test_defaults() -> None:
    """Without configuration the pages are on this machine only, port 8514, and ask who one is."""
    settings = WebSettings()
    assert (settings.address, settings.port, settings.sign_in) == ("127.0.0.1", 8514, "required")
    assert not settings.is_tls
    assert not settings.is_https


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1"])
def test_other_machines(address: str) -> None:
    """Where other machines come, it is by TLS, and never without sign-in; the error says what to do."""
    assert WebSettings(address=address).is_tls
    with pytest.raises(ValidationError, match="ssh -L"):
        WebSettings(address=address, sign_in="off")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.8.8.8"])
def test_this_machine(address: str) -> None:
    """On a loopback address nobody need sign in, and TLS is a matter of choice."""
    assert WebSettings(address=address, sign_in="off").sign_in == "off"
    assert not WebSettings(address=address).is_tls
    assert WebSettings.model_validate({"address": address, "certificate": "a", "key": "b"}).is_tls


def test_one_person_is_no_second_one() -> None:
    """Where nobody signs in there is one person only, so that a second one cannot be required."""
    assert WebSettings(second_person="required").second_person == "required"
    with pytest.raises(ValidationError, match="set sign_in to required, or second_person to optional"):
        WebSettings(sign_in="off", second_person="required")


def test_a_name_is_no_address() -> None:
    """A host name is refused with what to write."""
    with pytest.raises(ValidationError, match=r"write 127\.0\.0\.1 or ::1"):
        WebSettings(address="localhost")


@pytest.mark.parametrize("given", [{"certificate": "a"}, {"key": "b"}])
def test_half_a_certificate(given: dict[str, str]) -> None:
    """A certificate without its key, or a key alone, is an error."""
    with pytest.raises(ValidationError, match="belong together"):
        WebSettings.model_validate(given)


def test_unknown_settings_are_refused() -> None:
    """A misspelt setting is an error, not a silence."""
    with pytest.raises(ValidationError, match="prot"):
        WebSettings.model_validate({"prot": 1})


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (WebSettings(), "http://127.0.0.1:8514/"),
        (WebSettings(address="::1", port=80), "http://[::1]:80/"),
        (WebSettings(address="192.0.2.1"), "https://192.0.2.1:8514/"),
        (WebSettings(address="2001:db8::1"), "https://[2001:db8::1]:8514/"),
        (WebSettings(public_url="https://logs.example"), "https://logs.example/"),
        (WebSettings(public_url="https://logs.example:8443/"), "https://logs.example:8443/"),
    ],
)
def test_where_the_pages_are(settings: WebSettings, url: str) -> None:
    """Links that are given out begin with where browsers find the pages."""
    assert settings.url == url


@pytest.mark.parametrize(
    "text", ["logs.example", "ftp://logs.example/", "https://", "https://logs.example/below", "https://a/?b"]
)
def test_what_is_no_public_url(text: str) -> None:
    """A public address is that of a whole site, with its scheme."""
    with pytest.raises(ValidationError, match=r"write https://logs\.example\.com/"):
        WebSettings(public_url=text)


@pytest.mark.parametrize(
    "issuer", ["http://login.example/", "login.example", "https://", "file:///etc/passwd"]
)
def test_an_issuer_without_tls(issuer: str) -> None:
    """Who says who somebody is must be asked by TLS; on this machine it may do without."""
    with pytest.raises(ValidationError, match="begins with https://"):
        OpenIDSettings(issuer=issuer, client_id="x")
    assert OpenIDSettings(issuer="http://127.0.0.1:8080", client_id="x").issuer == "http://127.0.0.1:8080"


@pytest.mark.parametrize("name", ["", "Site", "a/b", "../x", "a b"])
def test_a_provider_name_stands_in_addresses(name: str) -> None:
    """A provider's name is short, lower case and plain."""
    with pytest.raises(ValidationError):
        WebSettings(openid={name: OpenIDSettings(issuer="https://login.example", client_id="x")})


def test_a_role_that_is_none() -> None:
    """A misspelt role in the map of groups is an error at the start, not at a sign-in."""
    with pytest.raises(ValidationError, match="auditor"):
        OpenIDSettings.model_validate(
            {"issuer": "https://login.example", "client_id": "x", "roles": {"Auditors": "auditer"}}
        )
