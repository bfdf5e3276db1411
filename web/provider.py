"""An OpenID provider: where it is asked, and what it says of somebody (OpenID Connect Core 1.0, section 3.1).

The authorisation code comes back through the browser, with state and PKCE; whatever counts is fetched from
the provider itself. The ID token must be signed by one of its keys, for us, for this very sign-in (nonce).
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from access.access import SignInError
from web.settings import OpenIDSettings

_SECONDS: Final = 10.0  # for each answer of the provider
_LEEWAY_SECONDS: Final = 60  # the provider's clock may be off
_SIGNED: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_BASIC: Final = "client_secret_basic"  # what a provider takes that does not say what it takes
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
    """

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Back:
    """What came back through the browser."""

    code: str
    state: str
    issuer: str  # empty where the provider does not say (RFC 9207)


class Provider:
    """One provider of the settings, for one appliance.

    Args:
        settings: where it is, and what we are there.
        redirect: the address here to which it sends browsers back.
    """

    def __init__(self, settings: OpenIDSettings, redirect: str) -> None:
        self._settings = settings
        self._redirect = redirect

    async def address(self, beginning: Beginning) -> str:
        """Give the address at the provider to which a browser goes.

        Raises:
            ProviderError: when the provider does not say where that is.
        """
        async with self._client() as client:
            known = await self._known(client)
        return str(
            prepare_grant_uri(
                known["authorization_endpoint"],
                self._settings.client_id,
                "code",
                redirect_uri=self._redirect,
                scope=self._settings.scopes,
                state=beginning.state,
                nonce=beginning.nonce,
                code_challenge=create_s256_code_challenge(beginning.verifier),
                code_challenge_method="S256",
            )
        )

    async def claims(self, beginning: Beginning, back: Back, wanted: tuple[str, ...]) -> dict[str, Any]:
        """Give what the provider says of who came back.

        Args:
            beginning: of this sign-in.
            back: what came back.
            wanted: claims that are looked for at the provider's userinfo where the ID token lacks them.

        Raises:
            ProviderError: when it does not, or when what it says is not for us.
        """
        async with self._client() as client:
            known = await self._known(client)
            if back.issuer and back.issuer != known["issuer"]:
                raise ProviderError("The answer came from another provider. Begin the sign-in anew.")
            try:
                return await self._confirmed(client, known, beginning, back, wanted)
            except (JoseError, httpx.HTTPError, ValueError, KeyError) as error:
                raise ProviderError(
                    f"{self._settings.issuer} did not confirm the sign-in ({_said(error)}). Begin it anew; "
                    "if that does not help, have the settings of web.openid compared with the provider's."
                ) from error

    async def _confirmed(
        self,
        client: httpx.AsyncClient,
        known: Mapping[str, Any],
        beginning: Beginning,
        back: Back,
        wanted: tuple[str, ...],
    ) -> dict[str, Any]:
        fields, auth = self._token_request(known, beginning, back)
        token = _object(await client.post(known["token_endpoint"], data=fields, auth=auth))
        published: Any = _object(await client.get(known["jwks_uri"]))
        keys = KeySet.import_key_set(published)
        claims = self._checked(token, keys, known["issuer"], beginning.nonce)
        if known.get("userinfo_endpoint") and any(claim_of(claims, one) is None for one in wanted):
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            claims = _with_more(
                claims, _object(await client.get(known["userinfo_endpoint"], headers=headers))
            )
        return claims

    def _token_request(
        self, known: Mapping[str, Any], beginning: Beginning, back: Back
    ) -> tuple[dict[str, str], httpx.Auth]:
        """Give the form that turns the code into tokens, and how we say who we are (RFC 6749 section 2.3)."""
        fields = {
            "grant_type": "authorization_code",
            "code": back.code,
            "redirect_uri": self._redirect,
            "code_verifier": beginning.verifier,
        }
        name, secret = self._settings.client_id, self._secret()
        if secret is None:
            return {**fields, "client_id": name}, httpx.Auth()
        if _BASIC in known.get("token_endpoint_auth_methods_supported", [_BASIC]):
            return fields, httpx.BasicAuth(quote_plus(name), quote_plus(secret))
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

    async def _known(self, client: httpx.AsyncClient) -> dict[str, Any]:
        issuer = self._settings.issuer
        try:
            known = _object(await client.get(issuer.rstrip("/") + _WELL_KNOWN))
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(
                f"{issuer} does not answer ({_said(error)}). Try again later, or use a local account."
            ) from error
        if known.get("issuer") != issuer:
            raise ProviderError(f"{issuer} calls itself {known.get('issuer')!r}: write that as issuer.")
        plain = urlsplit(issuer).scheme == "http"
        for name in _NEEDED:
            if not (plain or str(known.get(name, "")).startswith("https://")):
                raise ProviderError(f"{issuer} names no {name} that begins with https://.")
        return known

    def _client(self) -> httpx.AsyncClient:
        ca = self._settings.ca
        try:
            verify = ssl.create_default_context(cafile=None if ca is None else str(ca))
        except OSError as error:
            raise _unreadable(error) from error
        return httpx.AsyncClient(timeout=_SECONDS, verify=verify)

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


def _object(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    found: Any = response.json()
    if not isinstance(found, dict):
        raise ValueError("it answers no JSON object")  # noqa: TRY004 - what was sent is wrong, not a type of ours
    return found


def _unreadable(error: Exception) -> ProviderError:
    return ProviderError(
        f"A file of web.openid cannot be read ({error}). Have an administrator see to its mode."
    )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__
