"""A real OpenID provider for tests: Debian's glewlwyd, on loopback, with clients and people of a test's own.

It shares no line with us or with our libraries: it is C, with its own JSON Web Tokens.
"""

import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.machine import await_true

PASSWORD: Final = "four words nobody knows"
CLIENT, SECRET = "sysledger", "a secret: with signs %"
_ADMINISTRATOR: Final = {"username": "admin", "password": "password"}  # as its package makes them
_SCHEMA: Final = "usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
_CONFIGURATION: Final = """
port={port}
bind_address="127.0.0.1"
external_url="http://localhost:{port}"
login_url="login.html"
api_prefix="api"
static_files_path="{folder}/webapp/"
log_mode="console"
log_level="WARNING"
cookie_domain="localhost"
cookie_secure=0
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{modules}/user"
user_middleware_module_path="{folder}/none"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
hash_algorithm="SHA512"
database={{ type="sqlite3" path="{folder}/database" }};
static_files_mime_types=(
  {{ extension=".html" mime_type="text/html" compress=0 }},
  {{ extension=".css" mime_type="text/css" compress=0 }},
  {{ extension=".js" mime_type="application/javascript" compress=0 }},
  {{ extension=".json" mime_type="application/json" compress=0 }}
)
"""
_CLAIMS: Final = [
    {"name": "preferred_username", "user-property": "username", "type": "string"},
    {"name": "groups", "user-property": "groups", "type": "string"},
    {
        "name": "email_verified", "user-property": "verified", "type": "boolean",
        "boolean-value-true": "yes", "boolean-value-false": "no",
    },
]  # fmt: skip


@dataclass
class Glewlwyd:
    """A provider, which a test starts, changes and stops.

    Attributes:
        program: to start.
        folder: of its database and its pages.
        port: that it listens on.
    """

    program: str
    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None
    _administrator: httpx.Client = field(default_factory=httpx.Client)

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return f"http://localhost:{self.port}"

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"{self.url}/api/oidc"

    def start(self) -> None:
        """Start it, and return when it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, "-c", str(self.folder / "configuration")], stdout=log, stderr=log
            )
        await_true(self._answers, what="glewlwyd to answer")
        self._administrator = httpx.Client(base_url=f"{self.url}/api", timeout=10)
        given = self._ask("POST", "/auth/", _ADMINISTRATOR).headers["set-cookie"]
        # Its cookie is for the domain "localhost", which Python's cookies take for none.
        self._administrator.headers["Cookie"] = given.partition(";")[0]

    def stop(self) -> None:
        """Stop it; its port then refuses."""
        self._administrator.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def set_up(self, *redirects: str) -> None:
        """Make it an OpenID provider with one client, which wants browsers sent back to ``redirects``."""
        users = self._ask("GET", "/mod/user/database").json()
        kept = {"read": True, "write": True, "profile-read": True, "profile-write": False}
        users["parameters"]["data-format"] |= {
            "verified": {"multiple": False, **kept}, "groups": {"multiple": True, **kept}
        }  # fmt: skip
        self._ask("PUT", "/mod/user/database", users)
        self._ask("PUT", "/mod/user/database/reset")
        module = {
            "module": "oidc", "name": "oidc", "display_name": "OpenID", "order_rank": 0,
            "parameters": _parameters(self.issuer),
        }  # fmt: skip
        self._ask("POST", "/mod/plugin/", module)
        client = {
            "client_id": CLIENT, "name": "Sysledger", "enabled": True, "confidential": True,
            "client_secret": SECRET, "redirect_uri": redirects, "authorization_type": ["code"], "scope": [],
            "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"],
        }  # fmt: skip
        self._ask("POST", "/client/", client)

    def add(self, name: str, **more: Any) -> None:
        """Add a person, who signs in with PASSWORD."""
        person = {"username": name, "password": PASSWORD, "scope": ["openid", "g_profile"], **more}
        self._ask("POST", "/user/", person)

    def change(self, name: str, **more: Any) -> None:
        """Change what is kept of a person."""
        person = self._ask("GET", f"/user/{name}").json()
        self._ask("PUT", f"/user/{name}", {**person, **more})

    def _ask(self, method: str, path: str, sent: Any = None) -> httpx.Response:
        answer = self._administrator.request(method, path, json=sent)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            return httpx.get(f"{self.url}/config").is_success
        except httpx.HTTPError:
            return False


@contextmanager
def providing(program: str, folder: Path) -> Iterator[Glewlwyd]:
    """Run glewlwyd with a database of its own.

    Args:
        program: to start; where it was only unpacked, its files are beside it.
        folder: empty, for what it keeps.
    """
    root = _root(program)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    modules = root / "usr/lib/glewlwyd"
    said = _CONFIGURATION.format(port=port, folder=folder, modules=modules)
    (folder / "configuration").write_text(said)
    (folder / "none").mkdir()
    _pages(root, folder / "webapp")
    made = sqlite3.connect(folder / "database")
    made.executescript((root / _SCHEMA).read_text())
    made.close()
    found = Glewlwyd(program, folder, port)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def _root(program: str) -> Path:
    for root in (Path(program).parent / "root", Path("/")):
        if (root / _SCHEMA).exists():
            return root
    raise AssertionError(f"{program} is here, but not the files of its packages")


def _pages(root: Path, folder: Path) -> None:
    """Copy its pages, with what they take from other packages, as far as that is here."""
    source = root / "usr/share/glewlwyd"
    for path in (source / "webapp").rglob("*"):
        if path.is_file():  # no folder, and no link that leads nowhere
            copy = folder / path.relative_to(source / "webapp")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (folder / "config.json").write_bytes((source / "templates/config.json").read_bytes())


def _parameters(issuer: str) -> dict[str, Any]:
    """Give the settings of its OpenID module: the code flow only, with PKCE, as we use it."""
    key = rsa.generate_private_key(65537, 2048)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    off = ("token", "none", "password", "client", "device", "refresh", "implicit")
    return {
        "iss": issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": private.decode(),
        "cert": public.decode(), "access-token-duration": 3600, "refresh-token-duration": 3600,
        "code-duration": 600, "refresh-token-rolling": False, "allow-non-oidc": False,
        "auth-type-code-enabled": True, **{f"auth-type-{kind}-enabled": False for kind in off},
        "subject-type": "public", "jwks-show": True, "pkce-allowed": True, "pkce-required": True,
        "oauth-as-iss-id": True, "allowed-scope": ["openid"], "email-claim": "mandatory",
        "name-claim": "mandatory", "scope-claim": "no",
        "claims": [{**one, "mandatory": True, "on-demand": False, "scope": []} for one in _CLAIMS],
    }  # fmt: skip
