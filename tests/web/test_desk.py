"""The desk: work in threads, so many at a time."""

import asyncio
from threading import Event

import httpx

from storage.layout import Layout
from web.app import create_app
from web.settings import WebSettings

SECONDS = 30.0


def test_a_long_search_keeps_nobody_waiting(layout: Layout) -> None:
    """While searches work, other requests are answered."""

    async def play() -> str:
        app, go = create_app(layout, WebSettings(searches=2)), Event()
        searches = [asyncio.create_task(app.state.desk.work(go.wait, SECONDS)) for _ in range(2)]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            text = (await client.get("/healthz")).text
        go.set()
        assert await asyncio.gather(*searches) == [True, True]
        return text

    assert asyncio.run(play()) == "ok\n"


def test_only_so_many_work_at_a_time(layout: Layout) -> None:
    """A search beyond the setting waits its turn, and gets it."""

    async def play() -> tuple[bool, bool]:
        app, begun, go = create_app(layout, WebSettings(searches=1)), Event(), Event()

        def search() -> None:
            begun.set()
            go.wait(SECONDS)

        first = asyncio.create_task(app.state.desk.work(search))
        await asyncio.to_thread(begun.wait, SECONDS)
        second_began = Event()
        second = asyncio.create_task(app.state.desk.work(second_began.set))
        await asyncio.sleep(0)  # the second has asked for its turn
        waited = not second_began.is_set()
        go.set()
        await asyncio.gather(first, second)
        return waited, second_began.is_set()

    assert asyncio.run(play()) == (True, True)
