"""The HTTP API of a whole appliance, asked as programs ask it: with a token, from another process."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.end_to_end.appliance import Appliance, running
from tests.machine import await_true


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Start an appliance at whose pages people sign in."""
    folder = tmp_path_factory.mktemp("api")
    with running(folder, {}, sign_in="required") as started:
        yield started


@pytest.fixture(scope="module")
def administrator(appliance: Appliance) -> Iterator[httpx.Client]:
    """Give the client of a program with an administrator's token."""
    appliance.run("user", "add", "ann", "--role", "administrator")
    token = appliance.printed("token", "add", "ann", "monitoring").strip()
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{appliance.web}/api/v1"
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        yield client


def found(client: httpx.Client, **asked: str) -> list[dict[str, Any]]:
    """Give the messages that a search finds."""
    answer = client.get("/search", params=asked)
    assert answer.status_code in {200, 202, 404}, answer.text
    records: list[dict[str, Any]] = answer.json().get("records", [])
    return records


def test_what_is_sent_is_found_and_told(appliance: Appliance, administrator: httpx.Client) -> None:
    """A message that was sent is found, byte for byte, and the trail knows who asked with which token."""
    message = b"<34>1 2026-11-20T22:51:03Z web-01 su 4711 ID47 - failed for root"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message, ("127.0.0.1", appliance.ports["udp"]))
    await_true(lambda: found(administrator, q='"failed for root"'), "the message is found")
    (record,) = found(administrator, q='"failed for root"')
    octets = administrator.get(f"/message/default/syslog/{record['seq']}/octets")
    assert octets.content == message
    trail = {"tenant": "trail", "stream": "access", "q": "access.action:search"}
    await_true(lambda: found(administrator, **trail), "the trail has the search")
    assert {one["fields"]["access.who"] for one in found(administrator, **trail)} == {"ann/monitoring"}


def test_the_appliance_tells_how_it_is(administrator: httpx.Client) -> None:
    """The status is the running appliance's own, and every role of it is there."""
    status = administrator.get("/status").json()
    assert status["live"] is True
    assert {"collector", "storage", "indexer", "web"} <= status["document"]["roles"].keys()
    assert administrator.get("/balance").status_code == 200


def test_a_change_of_tenants_is_in_use(appliance: Appliance, administrator: httpx.Client) -> None:
    """A tenant that the API adds gets its messages at once: the collectors go by it."""
    assert administrator.post("/tenants", json={"name": "lab"}).json()["trouble"] is None
    rule = {"kind": "network", "text": "127.0.0.1/32"}
    assert administrator.post("/tenants/lab/rules", json=rule).json()["trouble"] is None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<34>1 - h a - - - of the lab", ("127.0.0.1", appliance.ports["udp"]))
    await_true(lambda: found(administrator, tenant="lab", q='"of the lab"'), "the tenant has its message")


def test_a_revoked_token_ends(appliance: Appliance, administrator: httpx.Client) -> None:
    """A token that the command line revokes is refused from then on, without a word of why."""
    token = appliance.printed("token", "add", "ann", "short").strip()
    short = {"Authorization": f"Bearer {token}"}
    assert administrator.get("/me", headers=short).json()["name"] == "ann/short"
    appliance.run("token", "revoke", "ann", "short")
    refused = administrator.get("/me", headers=short)
    assert (refused.status_code, refused.json()["title"]) == (401, "Unauthorized")
