"""An OpenID provider: where it is asked, and what it says of somebody (OpenID Connect Core 1.0, section 3.1).

The authorisation code comes back through the browser, with state and PKCE; whatever counts is fetched from
the provider itself. The ID token must be signed by one of its keys, for us, for this very sign-in (nonce).

Everything here waits for the provider, and is for threads. Where it is to be asked (its discovery document)
is looked up seldom, by one thread at a time; while it does not answer, nobody waits for it anew.
"""

import json
import ssl
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet

from access.access import SignInError
from web.settings import OpenIDSettings

_SECONDS: Final = 10.0  # for each answer of the provider
_MOST_OCTETS: Final = 1 << 20  # of each
KNOWN_SECONDS: Final = 60.0  # that its discovery document is taken for what it says now
AWAY_SECONDS: Final = 5.0  # that a provider which did not answer is not asked again
_LEEWAY_SECONDS: Final = 60  # the provider's clock may be off
# EdDSA is what providers call Ed25519 that were made before RFC 9864.
_SIGNED: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_BASIC: Final = "client_secret_basic"  # what a provider takes that does not say what it takes
_POST: Final = "client_secret_post"
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderError(SignInError):
    """The provider cannot be used, or did not let somebody in; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What one sign-in is known by, from the first address to the last.

    Attributes:
        state: comes back through the browser.
        nonce: comes back in the ID token.
        verifier: goes with the code; what was made of it went with the first address.
        redirect: the address here to which the provider sends the browser back.
    """

    state: str
    nonce: str
    verifier: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Back:
    """What came back through the browser."""

    code: str
    state: str
    issuer: str  # empty where the provider does not say (RFC 9207)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider says of itself, and whom this machine trusts to vouch for it; or why it does not."""

    document: Mapping[str, Any]
    trusted: ssl.SSLContext
    trouble: str
    until: float


class Provider:
    """One provider of the settings. Safe for threads.

    Args:
        settings: where it is, and what we are there.
        clock: gives seconds from any start.
    """

    def __init__(self, settings: OpenIDSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._asking = Lock()
        self._last: _Known | None = None

    def address(self, beginning: Beginning) -> str:
        """Give the address at the provider to which a browser goes.

        Raises:
            ProviderError: when the provider does not say where that is.
        """
        return str(
            prepare_grant_uri(
                self._known().document["authorization_endpoint"],
                self._settings.client_id,
                "code",
                redirect_uri=beginning.redirect,
                scope=self._settings.scopes,
                state=beginning.state,
                nonce=beginning.nonce,
                code_challenge=create_s256_code_challenge(beginning.verifier),
                code_challenge_method="S256",
            )
        )

    def claims(self, beginning: Beginning, back: Back, wanted: tuple[str, ...]) -> dict[str, Any]:
        """Give what the provider says of who came back.

        Args:
            beginning: of this sign-in.
            back: what came back.
            wanted: claims that are looked for at the provider's userinfo where the ID token lacks them.

        Raises:
            ProviderError: when it does not, or when what it says is not for us.
        """
        known = self._known()
        if back.issuer and back.issuer != known.document["issuer"]:
            raise ProviderError("The answer came from another provider. Begin the sign-in anew.")
        try:
            with httpx.Client(timeout=_SECONDS, verify=known.trusted) as client:
                return self._confirmed(client, known.document, beginning, back, wanted)
        except httpx.TransportError as error:
            raise _away(self._settings.issuer, error) from error
        except (JoseError, httpx.HTTPError, ValueError, KeyError) as error:
            raise ProviderError(
                f"{self._settings.issuer} did not confirm the sign-in ({_said(error)}). Begin it anew; if "
                "that does not help, have web.openid, and both clocks, compared with the provider's."
            ) from error

    def _confirmed(
        self,
        client: httpx.Client,
        known: Mapping[str, Any],
        beginning: Beginning,
        back: Back,
        wanted: tuple[str, ...],
    ) -> dict[str, Any]:
        fields, auth = self._token_request(known, beginning, back)
        token = _object(client, "POST", known["token_endpoint"], data=fields, auth=auth)
        published: Any = _object(client, "GET", known["jwks_uri"])
        keys = KeySet.import_key_set(published)
        claims = self._checked(token, keys, known["issuer"], beginning.nonce)
        if known.get("userinfo_endpoint") and any(claim_of(claims, one) is None for one in wanted):
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            claims = _with_more(claims, _object(client, "GET", known["userinfo_endpoint"], headers=headers))
        return claims

    def _token_request(
        self, known: Mapping[str, Any], beginning: Beginning, back: Back
    ) -> tuple[dict[str, str], httpx.Auth]:
        """Give the form that turns the code into tokens, and how we say who we are (RFC 6749 section 2.3)."""
        fields = {
            "grant_type": "authorization_code",
            "code": back.code,
            "redirect_uri": beginning.redirect,
            "code_verifier": beginning.verifier,
        }
        name, secret = self._settings.client_id, self._secret()
        if secret is None:
            return {**fields, "client_id": name}, httpx.Auth()
        taken = known.get("token_endpoint_auth_methods_supported", [_BASIC])
        encoded = quote_plus(name), quote_plus(secret)
        # Basic wants both encoded, which not every provider undoes: where that makes a difference, and the
        # provider takes them in the form, they go there.
        if _BASIC in taken and (encoded == (name, secret) or _POST not in taken):
            return fields, httpx.BasicAuth(*encoded)
        return {**fields, "client_id": name, "client_secret": secret}, httpx.Auth()

    def _checked(self, token: Mapping[str, Any], keys: KeySet, issuer: str, nonce: str) -> dict[str, Any]:
        decoded = jwt.decode(token["id_token"], keys, algorithms=_SIGNED)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {},
            {
                "nonce": nonce,
                "client_id": self._settings.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_SECONDS)
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims["iss"] != issuer or self._settings.client_id not in audience:
            raise ValueError("the ID token is not for this appliance")
        return dict(claims)

    def _known(self) -> _Known:
        """Give what the provider says of itself, asked for when what it said last is too old."""
        with self._asking:  # whoever comes meanwhile waits for this answer, and makes no request of its own
            if self._last is None or self._last.until <= self._clock():
                self._last = self._looked()
            found = self._last
        if found.trouble:
            raise ProviderError(found.trouble)
        return found

    def _looked(self) -> _Known:
        trusted = self._trusted()
        try:
            with httpx.Client(timeout=_SECONDS, verify=trusted) as client:
                document = self._document(client)
        except ProviderError as error:
            return _Known({}, trusted, str(error), self._clock() + AWAY_SECONDS)
        return _Known(document, trusted, "", self._clock() + KNOWN_SECONDS)

    def _document(self, client: httpx.Client) -> dict[str, Any]:
        issuer = self._settings.issuer
        try:
            known = _object(client, "GET", issuer.rstrip("/") + _WELL_KNOWN)
        except (httpx.HTTPError, ValueError) as error:
            raise _away(issuer, error) from error
        if known.get("issuer") != issuer:
            raise ProviderError(f"{issuer} calls itself {known.get('issuer')!r}: write that as issuer.")
        plain = urlsplit(issuer).scheme == "http"
        for name in _NEEDED:
            if not isinstance(known.get(name), str) or not (plain or known[name].startswith("https://")):
                raise ProviderError(f"{issuer} names no {name} that begins with https://.")
        return known

    def _trusted(self) -> ssl.SSLContext:
        ca = self._settings.ca
        try:
            return ssl.create_default_context(cafile=None if ca is None else str(ca))
        except OSError as error:
            raise _unreadable(error) from error

    def _secret(self) -> str | None:
        file = self._settings.client_secret_file
        try:
            return None if file is None else file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error


def claim_of(claims: Mapping[str, Any], name: str) -> Any:
    """Give a claim, which may stand inside others: ``realm_access.roles``; None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _with_more(claims: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Add what userinfo says, which must be of the same person (OpenID Connect Core, section 5.3.2)."""
    if more.get("sub") != claims["sub"]:
        raise ValueError("userinfo is of somebody else")
    return {**more, **claims}


def _object(client: httpx.Client, method: str, address: str, **sent: Any) -> dict[str, Any]:
    """Ask for an object of JSON, within bounds of time and size."""
    octets, deadline = bytearray(), time.monotonic() + _SECONDS
    with client.stream(method, address, **sent) as response:
        for chunk in response.iter_bytes():
            octets += chunk
            if len(octets) > _MOST_OCTETS or time.monotonic() > deadline:
                raise ValueError("it answers too much, or too slowly")
    if not response.is_success:
        raise ValueError(f"{urlsplit(address).path} answers {response.status_code}{_reason(octets)}")
    found: Any = json.loads(octets)
    if not isinstance(found, dict):
        raise ValueError("it answers no JSON object")  # noqa: TRY004 - what was sent is wrong, not a type of ours
    return found


def _away(issuer: str, error: Exception) -> ProviderError:
    return ProviderError(
        f"{issuer} does not answer ({_said(error)}). Try again later, or use a local account."
    )


def _unreadable(error: Exception) -> ProviderError:
    return ProviderError(
        f"A file of web.openid cannot be read ({error}). Have an administrator see to its mode."
    )


def _reason(octets: bytearray) -> str:
    """Give the provider's own word on why it refuses (RFC 6749 section 5.2); nothing where it has none."""
    try:
        found: Any = json.loads(octets)
    except ValueError:
        return ""
    names = ("error", "error_description")
    said = [str(found[name]) for name in names if name in found] if isinstance(found, dict) else []
    return f": {', '.join(said)}" if said else ""


def _said(error: Exception) -> str:
    kind = "" if type(error) is ValueError else type(error).__name__
    return ": ".join(part for part in (kind, str(error)) if part)[:200]
