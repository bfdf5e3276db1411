"""/api/v1/users and /api/v1/tokens: who may sign in, and what programs may ask."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from access.access import Access
from access.visitor import CONSOLE, Limits, Role, Visitor
from storage.layout import Layout
from web.app import create_app
from web.identify import Identifier
from web.settings import WebSettings

Asking = Callable[[Visitor], TestClient]


@pytest.fixture
def access(layout: Layout) -> Access:
    """Give accounts: ann, who administers, and bob, an auditor of tenant lab."""
    layout.access.mkdir(parents=True)
    made = Access(layout.access)
    made.accounts.add("ann", "administrator")
    made.accounts.add("bob", "auditor", Limits(tenants=("lab",)))
    return made


@pytest.fixture
def asking(layout: Layout, access: Access) -> Asking:
    """Give a function that gives a client whose every request is a visitor's."""

    def client(visitor: Visitor) -> TestClient:
        async def identify(_request: Request) -> Visitor:
            return visitor

        app = create_app(layout, WebSettings(), identify=identify, access=access)
        return TestClient(app, base_url="http://localhost")

    return client


@pytest.fixture
def programs(layout: Layout, access: Access) -> TestClient:
    """Give a client of the real way in, which is told its token each time."""
    app = create_app(layout, WebSettings(), identify=Identifier(access, secure=False), access=access)
    return TestClient(app, base_url="http://localhost")


def bearer(secret: str) -> dict[str, str]:
    """Give the header that a program sends."""
    return {"Authorization": f"Bearer {secret}"}


def session(name: str, role: Role, limits: Limits | None = None) -> Visitor:
    """Give somebody who is signed in."""
    return Visitor(name, role, limits or Limits(), "session", "1")


def test_accounts_are_listed(asking: Asking) -> None:
    """Every account is there with its role and limits; nothing that signs anybody in is."""
    found = asking(CONSOLE).get("/api/v1/users").json()["users"]
    assert [(one["name"], one["role"], one["limits"]["tenants"]) for one in found] == [
        ("ann", "administrator", []),
        ("bob", "auditor", ["lab"]),
    ]
    assert not {"password", "totp", "generation"} & found[0].keys()


def test_an_account_is_made_with_a_link(asking: Asking, access: Access) -> None:
    """A new account has no password; its owner chooses one by a link that is told once."""
    sent = {
        "name": "cid",
        "role": "reviewer",
        "limits": {"streams": ["lab/web"], "from": "2026-01-01T00:00:00Z"},
    }
    answer = asking(CONSOLE).post("/api/v1/users", json=sent)
    assert answer.status_code == 201
    made = answer.json()
    assert made["user"]["limits"]["streams"] == ["lab/web"]
    assert made["user"]["limits"]["from"] == "2026-01-01T00:00:00Z"
    assert made["user"]["has_password"] is False
    invitation = access.invitations.find(made["welcome"].removeprefix("/welcome/"))
    assert invitation is not None
    assert (invitation.name, invitation.role) == ("cid", "reviewer")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": "bob", "role": "auditor"}, 409),
        ({"name": "console", "role": "auditor"}, 409),
        ({"name": "Bob", "role": "auditor"}, 400),
        ({"name": "cid", "role": "root"}, 400),
        ({"name": "cid", "role": "auditor", "limits": {"networks": ["10.0.0.0/99"]}}, 422),
        ({"name": "cid", "role": "auditor", "limits": {"streams": ["web"]}}, 422),
        ({"name": "cid", "role": "auditor", "limits": {"tenant": ["lab"]}}, 400),
        ({"name": "cid", "role": "auditor", "limits": {"from": "2026-01-01T00:00:00"}}, 400),
    ],
    ids=str,
)
def test_an_account_that_cannot_be_is_refused(
    asking: Asking, access: Access, sent: dict[str, Any], status: int
) -> None:
    """The refusal says what to do, and no account is made, not even one without its limits."""
    answer = asking(CONSOLE).post("/api/v1/users", json=sent)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert [one.name for one in access.accounts.all()] == ["ann", "bob"]


def test_an_account_is_changed(asking: Asking, access: Access) -> None:
    """Role, limits and disabling change at once; what is left out stays."""
    client = asking(CONSOLE)
    assert client.patch("/api/v1/users/bob", json={"role": "reviewer"}).json()["role"] == "reviewer"
    assert access.accounts.get("bob").limits.tenants == ("lab",)
    answer = client.patch("/api/v1/users/bob", json={"limits": {"masked": ["user"]}, "disabled": True})
    assert (answer.json()["limits"]["tenants"], answer.json()["disabled"]) == ([], True)
    assert client.patch("/api/v1/users/nobody", json={}).status_code == 404


def test_the_last_administrator_stays(asking: Asking, access: Access) -> None:
    """Nobody locks everybody out: a change that leaves no administrator is refused whole."""
    sent = {"limits": {"masked": ["user"]}, "disabled": True}
    answer = asking(CONSOLE).patch("/api/v1/users/ann", json=sent)
    assert answer.status_code == 409
    assert access.accounts.get("ann").limits.masked == ()


@pytest.mark.parametrize("role", ["auditor", "reviewer", "operator"])
def test_only_administrators_come_to_accounts(asking: Asking, role: Role) -> None:
    """Every other role is refused, whether there is such an account or not."""
    client = asking(session("bob", role))
    for method, path in (("GET", "/users"), ("GET", "/users/ann"), ("GET", "/users/nobody")):
        assert client.request(method, f"/api/v1{path}").status_code == 403
    assert client.post("/api/v1/users", json={"name": "eve", "role": "administrator"}).status_code == 403
    assert client.patch("/api/v1/users/bob", json={"role": "administrator"}).status_code == 403
    assert client.post("/api/v1/users/ann/invitation").status_code == 403


def test_a_token_lets_a_program_in_until_it_is_revoked(asking: Asking, programs: TestClient) -> None:
    """A token's secret is told once, works within its limits, and ends for good."""
    sent = {"account": "bob", "name": "siem", "limits": {"masked": ["user"]}}
    made = asking(CONSOLE).post("/api/v1/tokens", json=sent)
    assert made.status_code == 201
    secret = made.json()["secret"]
    me = programs.get("/api/v1/me", headers=bearer(secret)).json()
    assert (me["name"], me["limits"]["tenants"], me["limits"]["masked"]) == ("bob/siem", ["lab"], ["user"])
    assert secret not in programs.get("/api/v1/tokens", headers=bearer(secret)).text
    assert programs.delete("/api/v1/tokens/bob/siem", headers=bearer(secret)).status_code == 204
    assert programs.get("/api/v1/me", headers=bearer(secret)).status_code == 401
    assert asking(CONSOLE).delete("/api/v1/tokens/bob/siem").status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"account": "bob", "name": "t", "limits": {"tenants": ["default"]}}, 422),
        ({"account": "bob", "name": "t", "role": "administrator"}, 409),
        ({"account": "eve", "name": "t"}, 404),
        ({"account": "bob", "name": "T"}, 400),
    ],
    ids=str,
)
def test_no_token_is_wider_than_its_account(
    asking: Asking, access: Access, sent: dict[str, Any], status: int
) -> None:
    """Neither role nor limits of a token go beyond the account's, whoever makes it."""
    assert asking(CONSOLE).post("/api/v1/tokens", json=sent).status_code == status
    assert access.tokens.all() == []


def test_nobody_makes_tokens_without_the_password(
    asking: Asking, programs: TestClient, access: Access
) -> None:
    """Neither token nor session makes a token of its own account: the page asks for the password."""
    narrow = access.tokens.add("bob", "narrow", Limits(masked=("user",)))
    sent = {"account": "bob", "name": "wide"}
    assert programs.post("/api/v1/tokens", json=sent, headers=bearer(narrow)).status_code == 403
    assert asking(session("bob", "auditor")).post("/api/v1/tokens", json=sent).status_code == 403
    assert [one.name for one in access.tokens.all()] == ["narrow"]


def test_tokens_of_others_are_not_there(asking: Asking, access: Access) -> None:
    """Everybody sees the own tokens; administrators all of them, and they may end each."""
    access.tokens.add("ann", "backup")
    access.tokens.add("bob", "siem")
    bob = asking(session("bob", "auditor"))
    assert [one["account"] for one in bob.get("/api/v1/tokens").json()["tokens"]] == ["bob"]
    told = [bob.delete(f"/api/v1/tokens/ann/{name}") for name in ("backup", "nothing")]
    assert [answer.status_code for answer in told] == [404, 404]
    ann = asking(session("ann", "administrator"))
    assert [one["account"] for one in ann.get("/api/v1/tokens").json()["tokens"]] == ["ann", "bob"]
    assert ann.delete("/api/v1/tokens/bob/siem").status_code == 204


def test_a_token_has_no_power_over_its_siblings(asking: Asking, programs: TestClient, access: Access) -> None:
    """One that leaked neither learns of the others nor ends them; it ends itself. People end all."""
    leaked = access.tokens.add("bob", "leaked", Limits(masked=("user",)))
    access.tokens.add("bob", "siem")
    access.tokens.add("ann", "backup")
    told = programs.get("/api/v1/tokens", headers=bearer(leaked)).json()["tokens"]
    assert [one["name"] for one in told] == ["leaked"]
    for other in ("bob/siem", "bob/nothing", "ann/backup", "ann/leaked"):
        answer = programs.delete(f"/api/v1/tokens/{other}", headers=bearer(leaked))
        assert answer.status_code == 403
        assert "ends itself only" in answer.json()["detail"]
    assert [one.revoked for one in access.tokens.all()] == [None, None, None]
    assert programs.delete("/api/v1/tokens/bob/leaked", headers=bearer(leaked)).status_code == 204
    assert asking(session("bob", "auditor")).delete("/api/v1/tokens/bob/siem").status_code == 204
    master = access.tokens.add("ann", "master")
    assert programs.delete("/api/v1/tokens/ann/backup", headers=bearer(master)).status_code == 204
    lesser = access.tokens.add("ann", "lesser", role="auditor")
    assert programs.delete("/api/v1/tokens/ann/master", headers=bearer(lesser)).status_code == 403


def test_nobody_changes_the_own_account(asking: Asking) -> None:
    """Whoever locks oneself out by mistake would have to ask who is not there, as on the page."""
    ann = asking(session("ann", "administrator"))
    assert ann.patch("/api/v1/users/ann", json={"role": "auditor"}).status_code == 409


def test_a_token_that_ends_makes_none_that_lasts(programs: TestClient, access: Access) -> None:
    """Whoever has an administrator's token for a while cannot make it one for ever."""
    until = datetime.now(UTC) + timedelta(hours=1)
    brief = access.tokens.add("ann", "brief", Limits(until=until))
    sent = {"name": "longer", "account": "ann"}
    made = programs.post("/api/v1/tokens", headers=bearer(brief), json=sent)
    assert made.status_code == 201
    found = access.tokens.visitor(made.json()["secret"])
    assert found is not None
    assert found.limits.until == until
