"""What the API does not give: anything that is outside of somebody's limits, in whatever answer."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from access.visitor import TRAIL_TENANT, Limits, Visitor
from storage.layout import Layout, StreamName
from tests.web.archives import stored
from web.api import OPERATIONS
from web.app import create_app
from web.settings import WebSettings

As = Callable[[Limits], TestClient]
SECRET = "hunter2"
OWN, OTHER = "own-host", "other-host"
FRAMES = [
    f"<38>1 - {OWN} sshd - - - user=alice logs in".encode(),
    f'<35>1 - {OTHER} vault - - [x@1 key="{SECRET}"] user=root password {SECRET} opens'.encode(),
    f"<38>1 - {OWN} sshd - - - user=alice logs out".encode(),
]
READ = [
    one
    for one in OPERATIONS
    if one.method == "GET" and one.needs in {"read", "export"} and one.name != "tail"
]


@pytest.fixture
def as_(layout: Layout) -> Iterator[As]:
    """Give a function that gives a client of somebody with these limits, over two tenants and the trail."""
    stored(layout, StreamName(), FRAMES)
    stored(layout, StreamName("lab", "web"), [b"<38>1 - web-1 nginx - - - hello"])
    stored(layout, StreamName(TRAIL_TENANT, "access"), [f"<110>1 - d sysledger - - - saw {SECRET}".encode()])
    layout.access.mkdir(parents=True)
    opened: list[TestClient] = []

    def client(limits: Limits) -> TestClient:
        async def identify(_request: Request) -> Visitor:
            return Visitor("eve", "auditor", limits)

        found = TestClient(create_app(layout, WebSettings(), identify=identify), base_url="http://localhost")
        opened.append(found.__enter__())
        return found

    yield client
    for one in opened:
        one.__exit__(None, None, None)


def told(answer: httpx.Response) -> str:
    """Give everything that an answer says, but for the times at which it was given."""
    kept = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
    text = re.sub(r'"asked_at":"[^"]*"', "", answer.text)
    return json.dumps([answer.status_code, kept, text])


def path_of(operation: Any, **named: str) -> str:
    """Give the address of an operation, with what its path names."""
    return "/api/v1" + re.sub(r"\{(\w+)\}", lambda match: named.get(match[1], "1"), operation.path)


@pytest.mark.parametrize("operation", READ, ids=lambda one: one.name)
@pytest.mark.parametrize("tenant", ["default", TRAIL_TENANT])
def test_another_tenant_is_as_one_that_never_was(as_: As, operation: Any, tenant: str) -> None:
    """What is asked about a tenant outside the limits is answered as about one that never was."""
    client = as_(Limits(tenants=("lab",)))
    stream = "access" if tenant == TRAIL_TENANT else "syslog"
    said = []
    for name in (tenant, "never"):
        known = operation.asks.model_fields
        given = {key: value for key, value in (("tenant", name), ("stream", stream)) if key in known}
        given |= {"format": "csv"} if "format" in known else {}
        asked = {key: value for key, value in given.items() if f"{{{key}}}" not in operation.path}
        answer = client.get(path_of(operation, tenant=name, stream=stream), params=asked)
        said.append(told(answer).replace(f"{name}/", "T/"))
    assert said[0] == said[1]
    assert SECRET not in said[0]


def test_streams_are_the_own_ones(as_: As) -> None:
    """Nobody sees that there are other streams; who sees a part of one is not told how far it reaches."""
    found = as_(Limits(tenants=("lab",))).get("/api/v1/streams").json()["streams"]
    assert [(one["tenant"], one["stream"]) for one in found] == [("lab", "web")]
    found = as_(Limits(tenants=("default",), hosts=(OWN,))).get("/api/v1/streams").json()["streams"]
    assert [(one["first_day"], one["last_day"], one["days"]) for one in found] == [(None, None, None)]


def test_other_hosts_are_in_no_answer(as_: As) -> None:
    """Of a stream of which one host may be seen, no number, value, neighbour or octet tells of another."""
    client = as_(Limits(tenants=("default",), hosts=(OWN,)))
    found = client.get("/api/v1/search").json()
    assert [one["seq"] for one in found["records"]] == [3, 1]
    assert found["scope"]["rows_scanned"] <= 2
    for query in ("", SECRET, f"host:{OTHER}", "severity:err", "x.key:*"):
        count = client.get("/api/v1/search/count", params={"q": query}).json()
        assert count["count"] == (2 if not query else 0), query
    histogram = client.get("/api/v1/histogram").json()
    assert {name for bar in histogram["bars"] for name in bar["severities"]} == {"info"}
    facets = client.get("/api/v1/facets").text
    for answer in (facets, client.get("/api/v1/message/default/syslog/1/neighbours").text):
        assert OTHER not in answer
        assert SECRET not in answer
    exported = client.get("/api/v1/export", params={"format": "raw"}).content
    assert exported.count(b"\n") == 2
    assert SECRET.encode() not in exported
    for path in ("2", "2/octets", "2/neighbours"):
        hidden = client.get(f"/api/v1/message/default/syslog/{path}")
        never = client.get(f"/api/v1/message/default/syslog/{path.replace('2', '9')}")
        assert told(hidden).replace("message 2", "message N") == told(never).replace("message 9", "message N")


def test_masked_values_are_in_no_answer(as_: As) -> None:
    """A masked column shows nowhere, cannot be asked for, and keeps the exact octets back."""
    client = as_(Limits(tenants=("default",), masked=("message", "structured_data")))
    assert SECRET not in client.get("/api/v1/search").text
    assert client.get("/api/v1/search/count", params={"q": SECRET}).json()["count"] == 0
    assert client.get("/api/v1/message/default/syslog/2").status_code == 200
    for path in ("message/default/syslog/2", "message/default/syslog/1/neighbours", "facets?facet=x.key"):
        assert SECRET not in client.get(f"/api/v1/{path}").text
    assert client.get("/api/v1/message/default/syslog/2/octets").status_code == 403
    assert client.get("/api/v1/export?format=raw").status_code == 403
    assert SECRET not in client.get("/api/v1/export?format=json").text


def test_the_trail_is_for_who_may_read_it(as_: As) -> None:
    """Who is limited at all has no sight of the trail, by whatever name it is asked for."""
    for limits in (Limits(hosts=("*",)), Limits(tenants=(TRAIL_TENANT,)), Limits(streams=("trail/access",))):
        client = as_(limits)
        assert client.get("/api/v1/search?tenant=trail&stream=access").status_code in {200, 404}
        assert SECRET not in client.get("/api/v1/search?tenant=trail&stream=access").text
        assert client.get("/api/v1/message/trail/access/1").status_code == 404
