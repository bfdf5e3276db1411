"""The pages for what cannot be answered."""

import asyncio
from contextlib import closing

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from access.database import Database
from access.visitor import CONSOLE
from storage.layout import Layout, StreamName
from web.app import create_app
from web.desk import desk


async def fail(_request: Request) -> Response:
    """Fail, as a mistake of ours would."""
    raise RuntimeError("secret inside")


async def answer(layout: Layout, path: str, *, is_foreseen: bool = False) -> httpx.Response:
    """Give the application's answer, with pages added that fail; what is foreseen reaches no server."""
    app = create_app(layout)
    app.router.routes.append(Route("/fail", fail))

    async def full(_request: Request) -> Response:
        """Write to a file for which there is no room."""
        database = Database(layout.access / "x.sqlite", ["CREATE TABLE IF NOT EXISTS things (name TEXT);"])
        database.read("PRAGMA max_page_count = 2")
        with closing(database), database.write() as connection:
            connection.execute("INSERT INTO things VALUES (?)", ("x" * 100_000,))
        raise AssertionError("it was written")

    async def damaged(request: Request) -> Response:
        """Ask who is suspended, which nobody can say."""
        layout.archive(StreamName()).mkdir(parents=True)
        layout.tenants.write_text("{")
        desk(request).sights.streams(CONSOLE)
        raise AssertionError("it was said")

    app.router.routes += [Route(one, full) for one in ("/full", "/api/v1/full")] + [
        Route("/damaged", damaged)
    ]
    transport = httpx.ASGITransport(app, raise_app_exceptions=is_foreseen)
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


@pytest.mark.parametrize("path", ["/full", "/api/v1/full", "/damaged"])
def test_a_file_of_our_own_that_cannot_be_used(
    layout: Layout, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On a full or read-only disk the page says so, and what to do; only the log names the file."""
    response = asyncio.run(answer(layout, path, is_foreseen=True))
    assert response.status_code == 503
    assert "Mostly the disk is full or read-only" in response.text
    assert "x.sqlite" not in response.text
    assert str(layout.data) not in response.text
    (told,) = [one.getMessage() for one in caplog.records if one.name == "web.errors"]
    assert str(layout.data) in told
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_an_unknown_address_is_a_page(layout: Layout) -> None:
    """What is not there is not found, with a way on."""
    response = asyncio.run(answer(layout, "/<script>alert(1)</script>"))
    assert response.status_code == 404
    assert "There is no such page" in response.text
    assert '<a href="/search">' in response.text
    assert "alert" not in response.text
