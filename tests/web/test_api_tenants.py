"""/api/v1/tenants: who the tenants are, and every change of them."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from access.trail import telling
from storage.layout import Layout, StreamName
from tenants.file import read_registry
from web.app import create_app
from web.appliance import Appliance, Reloaded
from web.settings import WebSettings


@pytest.fixture
def reloads() -> list[Reloaded]:
    """Give what the next reloads come to; each one that is asked for takes the first."""
    return []


@pytest.fixture
def client(layout: Layout, reloads: list[Reloaded]) -> TestClient:
    """Give an administrator's client, of an appliance whose reloads are noted."""
    layout.data.mkdir(parents=True)
    appliance = Appliance(
        reload=lambda: reloads.pop(0) if reloads else Reloaded(), received=lambda: {"lab": 7}
    )
    return TestClient(create_app(layout, WebSettings(), appliance=appliance), base_url="http://localhost")


def test_a_tenant_is_added_and_changed(client: TestClient, layout: Layout) -> None:
    """What is sent changes, what is not stays, and null takes a limit away; the registry has it."""
    made = client.post("/api/v1/tenants", json={"name": "lab", "title": "The lab"})
    assert made.status_code == 201
    assert (made.json()["title"], made.json()["octets_today"], made.json()["trouble"]) == ("The lab", 7, None)
    changed = client.patch("/api/v1/tenants/lab", json={"suspended": True, "days": 30, "quota": 1e9}).json()
    assert (changed["suspended"], changed["days"], changed["quota"]) == (True, 30, 10**9)
    changed = client.patch("/api/v1/tenants/lab", json={"title": "Lab", "days": None}).json()
    assert (changed["title"], changed["suspended"], changed["days"], changed["quota"]) == (
        "Lab",
        True,
        None,
        10**9,
    )
    assert read_registry(layout.tenants).get("lab").title == "Lab"
    assert [one["name"] for one in client.get("/api/v1/tenants").json()["tenants"]] == ["lab"]


def test_a_change_is_made_as_a_whole(client: TestClient, layout: Layout) -> None:
    """Where one value cannot be, nothing is changed, and the trail is told of nothing."""
    client.post("/api/v1/tenants", json={"name": "lab", "title": "Lab"})
    before = layout.tenants.read_bytes()
    told: list[bytes] = []
    with telling(told.append):
        sent = {"suspended": True, "days": 30, "room": 1 << 30, "title": " "}
        assert client.patch("/api/v1/tenants/lab", json=sent).status_code == 409
        assert not [octets for octets in told if b"tenant." in octets]
        assert layout.tenants.read_bytes() == before
        changed = client.patch("/api/v1/tenants/lab", json={**sent, "title": "Lab 1"}).json()
    assert (changed["suspended"], changed["days"], changed["room"], changed["title"]) == (
        True, 30, 1 << 30, "Lab 1",
    )  # fmt: skip
    assert sum(b"tenant." in octets for octets in told) == 4
    assert client.patch("/api/v1/tenants/lab", json={"room": 500}).status_code == 400


def test_senders_are_given_to_a_tenant(client: TestClient) -> None:
    """Networks, listeners and certificates are added and taken away; one is one tenant's only."""
    client.post("/api/v1/tenants", json={"name": "lab"})
    client.post("/api/v1/tenants", json={"name": "shop"})
    rule = {"kind": "network", "text": "10.0.0.0/8"}
    assert client.post("/api/v1/tenants/lab/rules", json=rule).json()["networks"] == ["10.0.0.0/8"]
    assert client.post("/api/v1/tenants/shop/rules", json=rule).status_code == 409
    assert client.post("/api/v1/tenants/lab/rules/release", json=rule).json()["networks"] == []
    assert client.post("/api/v1/tenants/lab/rules/release", json=rule).status_code == 409


def test_a_token_is_told_once(client: TestClient, layout: Layout) -> None:
    """A token's secret is in the answer that makes it, and nowhere else; it can be revoked."""
    client.post("/api/v1/tenants", json={"name": "lab"})
    made = client.post("/api/v1/tenants/lab/tokens", json={"label": "fw 1"})
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert len(secret) >= 20
    assert secret not in client.get("/api/v1/tenants/lab").text
    assert secret not in layout.tenants.read_text()
    assert client.delete("/api/v1/tenants/lab/tokens/fw%201").json()["tokens"] == []
    assert client.delete("/api/v1/tenants/lab/tokens/fw%201").status_code == 404


def test_a_change_that_is_not_in_use_is_told(client: TestClient, reloads: list[Reloaded]) -> None:
    """When the collectors do not go by a change yet, the answer says so, and a token's secret is not lost."""
    client.post("/api/v1/tenants", json={"name": "lab"})
    reloads += [Reloaded(used=False, running=True, problems=("conf.d/x.toml: port 70000 is none.",))] * 2
    told = client.post("/api/v1/tenants/lab/rules", json={"kind": "network", "text": "10.0.0.0/8"})
    assert told.status_code == 201
    assert "port 70000" in told.json()["trouble"]
    made = client.post("/api/v1/tenants/lab/tokens", json={"label": "fw"}).json()
    assert made["secret"]
    assert "port 70000" in made["trouble"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"name": "trail"}, 409), ({"name": "Lab"}, 400), ({"name": "lab", "days": 3}, 400), ({}, 400)],
    ids=str,
)
def test_what_cannot_be_a_tenant_is_refused(client: TestClient, sent: dict[str, Any], status: int) -> None:
    """The appliance's own tenant, names that no folder can have, and unknown members are refused."""
    assert client.post("/api/v1/tenants", json=sent).status_code == status
    assert client.get("/api/v1/tenants").json()["tenants"] == []


def test_a_suspended_tenant_is_read_by_nobody(client: TestClient, store: Callable[..., None]) -> None:
    """Its messages are not there from the next search on, and are there again when it is resumed."""
    store([b"<38>1 - h a - - - hello"])
    store([b"<38>1 - h a - - - hello"], name=StreamName("lab", "web"))
    client.post("/api/v1/tenants", json={"name": "lab"})
    asked = {"tenant": "lab", "stream": "web"}
    assert len(client.get("/api/v1/search", params=asked).json()["records"]) == 1
    client.patch("/api/v1/tenants/lab", json={"suspended": True})
    assert client.get("/api/v1/search", params=asked).status_code == 404
    assert client.get("/api/v1/message/lab/web/1").status_code == 404
    client.patch("/api/v1/tenants/lab", json={"suspended": False})
    assert len(client.get("/api/v1/search", params=asked).json()["records"]) == 1


def test_what_is_not_there_is_404(client: TestClient) -> None:
    """A tenant that the registry has not is 404, whatever is asked of it."""
    assert client.get("/api/v1/tenants/none").status_code == 404
    assert client.patch("/api/v1/tenants/none", json={"title": "x"}).status_code == 404
    assert client.post("/api/v1/tenants/none/tokens", json={"label": "x"}).status_code == 404
