"""The role: bound when it says so, gone when it is told, and clear about what it cannot have."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from access.trail import telling
from storage.layout import Layout
from web.run import WebError, run
from web.settings import WebSettings


async def answered(settings: WebSettings, layout: Layout) -> tuple[int, list[Mapping[str, Any]]]:
    """Run the role, ask it once when it is ready, stop it; give the status and what it reported."""
    reports: list[Mapping[str, Any]] = []
    ready, stop = asyncio.Event(), asyncio.Event()
    role = asyncio.create_task(
        run(settings, layout=layout, report=reports.append, ready=ready.set, stop=stop)
    )
    async with asyncio.timeout(30):
        await ready.wait()
        async with httpx.AsyncClient() as client:
            response = await client.get(reports[0]["url"] + "healthz")
        stop.set()
        await role
    return response.status_code, reports


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_it_serves_and_stops(layout: Layout, address: str) -> None:
    """Ready means that requests are answered; after stop the role ends, and its last report has the count."""
    try:
        socket.create_server(
            (address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        ).close()
    except OSError:
        return  # a machine without IPv6 has nothing to serve there
    status, reports = asyncio.run(answered(WebSettings(address=address, port=0), layout))
    assert status == 200
    assert reports[-1]["requests"] == 1
    assert set(reports[-1]["waits"].values()) == {0}
    assert reports[-1]["url"].startswith("http://")


def test_a_taken_port_is_named(layout: Layout) -> None:
    """When the port is taken, the error names the setting, the port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = WebSettings(port=port)
        with pytest.raises(WebError, match=rf"web\.port: {port} on 127\.0\.0\.1 is taken .* set web\.port"):
            asyncio.run(run(settings, layout=layout, report=print, ready=pytest.fail, stop=asyncio.Event()))


@pytest.mark.parametrize(("proxies", "seen"), [((), "127.0.0.1"), (("127.0.0.0/8",), "192.0.2.7")])
def test_who_stands_before(layout: Layout, proxies: tuple[str, ...], seen: str) -> None:
    """A browser's address is what a proxy that is set says, and nobody else: the trail depends on it."""

    async def asked() -> list[str]:
        told: list[str] = []
        reports: list[Mapping[str, Any]] = []
        ready, stop = asyncio.Event(), asyncio.Event()
        settings = WebSettings(port=0, proxies=proxies)
        role = asyncio.create_task(
            run(settings, layout=layout, report=reports.append, ready=ready.set, stop=stop)
        )
        async with asyncio.timeout(30):
            await ready.wait()
            with telling(lambda octets: told.append(octets.decode())):
                async with httpx.AsyncClient(base_url=reports[0]["url"]) as client:
                    page = await client.get("/sign-in")
                    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
                    sent = {"csrf": csrf, "name": "ann", "password": "wrong"}
                    headers = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
                    await client.post("/sign-in", data=sent, headers=headers)
            stop.set()
            await role
        return told

    (told,) = asyncio.run(asked())
    assert f'from="{seen}"' in told


def test_the_server_says_nothing_of_itself(client: httpx.Client) -> None:
    """No answer names the software and its version."""
    assert "server" not in client.get("/healthz").headers
