"""/tail: matches as they come in, newest first; by server-sent events, and without script by loading again.

Each event holds a few rows as the list of results shows them, and the number of the newest as its id, from
which a browser goes on when the connection was lost. A stream of events ends after a while, so that whoever
follows is asked again who that is.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Final

import anyio
import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from access import trail
from access.visitor import current
from storage import search as storage
from storage.query import parse
from web import rows, times, words
from web.asking import UnknownStreamError, choose, understand
from web.columns import chosen
from web.desk import Desk, desk
from web.errors import NotFoundError, UnavailableError, UnclearError
from web.form import SearchForm, read

SHOWN: Final = 50  # messages that the page begins with
MOST: Final = 200  # messages in one event; of more, the newest
FOLLOWERS: Final = 32  # at a time
OWN: Final = 8  # of them of one account, its tokens included
_LOOK_SECONDS: Final = 0.5
_LIFE_SECONDS: Final = 300.0
_ALIVE_SECONDS: Final = 15.0  # a sign of life, by which both ends notice that the other is gone
_RELOAD_SECONDS: Final = 10  # for browsers without script
_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed, and since which number in its stream."""

    form: SearchForm
    asked: storage.Request
    since: int


Write = Callable[[Desk, SearchForm, pa.Table], bytes]


async def tail(request: Request) -> Response:
    """Show the newest matches, and go on."""
    served = desk(request)
    return await served.work(_respond, served, request)


async def events(request: Request) -> Response:
    """Give the matches that come in from now on, as server-sent events."""
    served = desk(request)
    followers.check()
    followed = await served.work(_followed, served, request)
    headers = {"X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    return StreamingResponse(
        following(served, followed, _event), media_type="text/event-stream", headers=headers
    )


def _respond(served: Desk, request: Request) -> Response:
    form = _form(served, request)
    try:
        asked = _asked(form)
    except UnclearError as error:
        return served.page("tail.html", 400, page="search", form=form, trouble=error.detail)
    since = served.searcher.last_seq(form.name)
    page = served.searcher.page(replace(asked, limit=SHOWN))
    columns = chosen(form)
    _tell(form)
    return served.page(
        "tail.html",
        page="search",
        form=form,
        trouble="",
        streams=served.streams(),
        is_paused="paused" in request.query_params,
        reload_seconds=_RELOAD_SECONDS,
        columns=columns,
        days=tuple(rows.by_day(rows.rows(page.records, form.name, form.context(), columns))),
        since=since,
        at=f"{datetime.now(UTC):%H:%M:%S}",
    )


def _form(served: Desk, request: Request) -> SearchForm:
    """Read the address; a tail has no range and no pages.

    Raises:
        NotFoundError: when there is no such stream.
        UnclearError: when the address cannot be read.
    """
    given = request.query_params
    try:
        form = choose(read(given), served.streams(), given)
    except UnknownStreamError as error:
        raise NotFoundError(str(error)) from error
    except ValueError as error:
        raise UnclearError(words.sentence(str(error))) from error
    return form.having(start="", end="", time="received", oldest_first=False)


def _asked(form: SearchForm) -> storage.Request:
    """Give what a form asks for.

    Raises:
        UnclearError: when its query cannot be read.
    """
    try:
        parse(form.query)
        return understand(form, datetime.now(UTC))
    except (ValueError, times.MomentError) as error:
        raise UnclearError(words.sentence(str(error))) from error


def _followed(served: Desk, request: Request) -> Followed:
    form = _form(served, request)
    asked = _asked(form)
    given = request.headers.get("last-event-id") or request.query_params.get("since", "")
    last = served.searcher.last_seq(form.name)
    since = int(given) if given.isascii() and given.isdigit() and len(given) <= _DIGITS else last
    _tell(form)
    return Followed(form, asked, min(since, last))


def _tell(form: SearchForm) -> None:
    trail.record("tail", f"{form.name.tenant}/{form.name.stream}", query=form.query)


class _Followers:
    """How many follow, by account, in this process. Only the event loop counts."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count who asks as one that follows within the block."""
        account = current().account
        self._numbers[account] += 1
        try:
            yield
        finally:
            self._numbers[account] -= 1
            if not self._numbers[account]:
                del self._numbers[account]

    def check(self) -> None:
        """Look whether there is a place for one more of who asks.

        Raises:
            UnavailableError: when there is none.
        """
        own = self._numbers[current().account]
        if own >= OWN or self._numbers.total() >= FOLLOWERS:
            whose = f"{OWN} views of your account" if own >= OWN else f"{FOLLOWERS} views"
            raise UnavailableError(
                f"As many as {whose} follow live already. Close one of them, or reload this page by hand."
            )


followers: Final = _Followers()


async def following(served: Desk, followed: Followed, write: Write) -> AsyncIterator[bytes]:
    """Give the events of what is followed, for a while; for the page and the API alike.

    Args:
        served: the desk, of who asks.
        followed: what, and since when.
        write: makes an event of some records; called in a thread.
    """
    found = served.searcher.follow(followed.asked, 0.0, since=followed.since)
    began = alive = monotonic()
    visitor = current()
    with followers.one_more():
        yield b"retry: 2000\n\n"
        while monotonic() - began < _LIFE_SECONDS:
            table = await served.work(next, found)
            if not await served.at_the_door(served.may_go_on, visitor):
                return
            if table.num_rows:
                yield await served.work(write, served, followed.form, table)
                alive = monotonic()
            elif monotonic() - alive > _ALIVE_SECONDS:
                yield b": still here\n\n"
                alive = monotonic()
            await anyio.sleep(_LOOK_SECONDS)


def _event(served: Desk, form: SearchForm, found: pa.Table) -> bytes:
    """Write one event: the rows as a page's markup, the newest first."""
    newest = found.slice(max(0, found.num_rows - MOST))
    last = newest["seq"][-1].as_py()
    columns = chosen(form)
    ordered = newest.take(list(range(newest.num_rows - 1, -1, -1)))
    listed = rows.rows(ordered, form.name, form.context(), columns)
    markup = served.templates.render("_tail_rows.html", rows=listed, columns=columns)
    told = {"rows": markup, "count": newest.num_rows, "left_out": found.num_rows - newest.num_rows}
    return f"id: {last}\ndata: {json.dumps(told)}\n\n".encode()
