"""/api/v1/me and /api/v1/streams: who asks, and what there is for them."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.testclient import TestClient

from access.visitor import NOBODY, Limits, Visitor
from storage.layout import Layout, StreamName
from web.app import create_app
from web.settings import WebSettings

Store = Callable[..., None]


def client_of(layout: Layout, visitor: Visitor) -> TestClient:
    """Give a client whose every request is this visitor's."""

    async def identify(_request: Request) -> Visitor:
        return visitor

    return TestClient(create_app(layout, WebSettings(), identify=identify), base_url="http://localhost")


def test_me_tells_who_asks(layout: Layout) -> None:
    """Name, role, what the role may within its limits, and those limits."""
    limits = Limits(tenants=("lab",), start=datetime(2026, 1, 1, tzinfo=UTC), masked=("user",))
    found = client_of(layout, Visitor("ann/backup", "reviewer", limits, "token")).get("/api/v1/me").json()
    assert (found["name"], found["role"], found["means"]) == ("ann/backup", "reviewer", "token")
    assert found["permissions"] == ["export", "read", "review"]  # no trail: that takes a sight of all tenants
    assert found["limits"]["tenants"] == ["lab"]
    assert found["limits"]["from"] == "2026-01-01T00:00:00Z"
    assert found["limits"]["to"] is None
    assert found["limits"]["masked"] == ["user"]


def test_streams_are_listed_with_their_days(layout: Layout, store: Store) -> None:
    """Each stream is there with the days that its archive has; one that is only journalled has none yet."""
    store([b"<38>1 - - - - - - one"])
    store([b"<38>1 - - - - - - two"], name=StreamName("lab", "web"), sealed=False)
    found = client_of(layout, Visitor("ann", "auditor")).get("/api/v1/streams").json()["streams"]
    assert [(one["tenant"], one["stream"], one["first_day"], one["days"]) for one in found] == [
        ("default", "syslog", "2026-11-20", 1),
        ("lab", "web", None, 0),
    ]


def test_who_has_not_signed_in_is_told_how(layout: Layout) -> None:
    """Without a token there is no redirect to a page, but a 401 that names the way in."""
    client = client_of(layout, NOBODY)
    for path in ("/me", "/streams", "/search", "/search/count", "/message/default/syslog/1"):
        answer = client.get(f"/api/v1{path}", follow_redirects=False)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "Bearer" in answer.json()["detail"]
    assert client.get("/api/v1/openapi.json").status_code == 200
