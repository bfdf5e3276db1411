"""The pages for what cannot be answered."""

import asyncio

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from storage.layout import Layout
from web.app import create_app


async def fail(_request: Request) -> Response:
    """Fail, as a mistake of ours would."""
    raise RuntimeError("secret inside")


async def answer(layout: Layout, path: str) -> httpx.Response:
    """Give the application's answer, with a page added that fails."""
    app = create_app(layout)
    app.router.routes.append(Route("/fail", fail))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


def test_a_failure_of_ours_is_a_page(layout: Layout) -> None:
    """When we fail at a request, the page says so, shows nothing of the inside, and carries the headers."""
    response = asyncio.run(answer(layout, "/fail"))
    assert response.status_code == 500
    assert "Something went wrong here" in response.text
    assert "secret inside" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"


def test_an_unknown_address_is_a_page(layout: Layout) -> None:
    """What is not there is not found, with a way on."""
    response = asyncio.run(answer(layout, "/<script>alert(1)</script>"))
    assert response.status_code == 404
    assert "There is no such page" in response.text
    assert '<a href="/search">' in response.text
    assert "alert" not in response.text
