"""An OpenID provider for tests: it has keys of its own, and says what a test wants."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server

CLIENT = "sysledger at the desk"
SECRET = "a secret: with signs %"


@dataclass
class Provider:
    """What it says, and what it was asked.

    Attributes:
        claims: of the ID token, over the usual ones; None leaves one out.
        info: what userinfo says.
        header: of the ID token.
        known: changes of what it says of itself.
        algorithm: of the signature; empty: the usual one of the key.
        signed_with: the key of the ID token; the published one, unless a test forges.
        looks: how often its discovery document was asked for.
        asked_by: how the client said who it is at the token endpoint, last.
    """

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] | None = None
    known: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    algorithm: str = ""
    key: RSAKey | ECKey | OKPKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signed_with: RSAKey | ECKey | OKPKey | None = None
    asked: dict[str, list[str]] = field(default_factory=dict)
    logins: int = 0
    looks: int = 0
    asked_by: str = ""

    def app(self) -> Starlette:
        """Give its pages."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _configuration(self, _request: Request) -> Response:
        self.looks += 1
        info = {"userinfo_endpoint": f"{self.url}/userinfo"} if self.info is not None else {}
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return JSONResponse({**usual, **info, **self.known})

    async def _authorize(self, request: Request) -> Response:
        self.asked = parse_qs(request.url.query)
        back, state = self.asked["redirect_uri"][0], self.asked["state"][0]
        if self.error:
            return RedirectResponse(f"{back}?error={self.error}&state={state}")
        return RedirectResponse(f"{back}?code=the-code&state={state}")

    async def _token(self, request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode()))
        pair = _pair(request, fields)
        self.asked_by = "basic" if "authorization" in request.headers else "form"
        challenge = hashlib.sha256(fields["code_verifier"].encode()).digest()
        right = (
            pair == [CLIENT, SECRET]
            and fields["code"] == "the-code"
            and fields["redirect_uri"] == self.asked["redirect_uri"][0]
            and base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == self.asked["code_challenge"][0]
        )
        if not right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.logins += 1
        now = int(time.time())
        usual = {
            "iss": self.url, "sub": "4711", "aud": CLIENT, "iat": now, "exp": now + 60,
            "nonce": self.asked["nonce"][0], "preferred_username": "olga",
        }  # fmt: skip
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        key = self.signed_with or self.key
        algorithm = self.algorithm or ("RS256" if isinstance(key, RSAKey) else "ES256")
        if algorithm in {"none", "HS256"}:
            token = self._forged(algorithm, claims)
        else:
            token = jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm])
        return JSONResponse({"access_token": "the-access", "token_type": "Bearer", "id_token": token})

    def _forged(self, algorithm: str, claims: dict[str, Any]) -> str:
        """Make a token as anybody can: without a signature, or with the public key for a secret."""
        parts = [json.dumps(one).encode() for one in ({"alg": algorithm, "kid": "one"}, claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        tag = hmac.digest(self.key.as_pem(private=False), signed, "sha256") if algorithm == "HS256" else b""
        return (signed + b"." + base64.urlsafe_b64encode(tag).rstrip(b"=")).decode()

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer the-access":
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse(self.info)


def _pair(request: Request, fields: dict[str, str]) -> list[str]:
    """Give who the client says it is: by Basic, both encoded (RFC 6749 section 2.3.1), or in the form."""
    if "authorization" not in request.headers:
        return [fields.get("client_id", ""), fields.get("client_secret", "")]
    pair = base64.b64decode(request.headers["authorization"].split()[1]).decode().split(":")
    return [unquote_plus(part) for part in pair]


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider on a port of its choice."""
    provider = Provider()
    server = Server(Config(provider.app(), port=0, log_config=None, lifespan="off"))
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_until_complete, args=(server.serve(),))
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    provider.url = f"http://127.0.0.1:{port}"
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
        loop.close()
