"""/api/v1/tail: matches as they come in, by server-sent events; each event is one message."""

from typing import Annotated, Final

import pyarrow as pa
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from access import trail
from web.api_asking import Question, understood
from web.api_operation import DECIMAL, NAME, Asked, Media
from web.api_records import records
from web.desk import Desk, desk
from web.form import MAXIMUM_QUERY, SearchForm
from web.tail import Followed, followers, following

EVENTS: Final = Media(
    ("text/event-stream",),
    "Server-sent events: `id` is the message's `seq`, `data` its record as JSON. They end after some "
    "minutes; go on with `Last-Event-ID`, as browsers do by themselves.",
)
_DIGITS: Final = 18  # of a seq: more than a stream can ever have, and less than int64


class TailQuestion(Asked):
    """What is followed."""

    q: Annotated[str, Field(max_length=MAXIMUM_QUERY)] = Field(default="", description="The query.")
    tenant: Annotated[str, Field(pattern=NAME)] | None = Field(
        default=None, description="Name of the tenant, as for a search."
    )
    stream: Annotated[str, Field(pattern=NAME)] | None = Field(
        default=None, description="Name of the stream, as for a search."
    )
    since: Annotated[int, Field(ge=0, lt=10**_DIGITS), DECIMAL] | None = Field(
        default=None, description="Begin after the message of this `seq`; without it, with what comes now."
    )


async def tail(request: Request, asked: TailQuestion) -> Response:
    """Follow a stream."""
    followers.check()
    served = desk(request)
    last = request.headers.get("last-event-id", "")
    is_number = last.isascii() and last.isdigit() and len(last) <= _DIGITS
    since = int(last) if is_number else asked.since
    followed = await served.work(_followed, served, asked, since)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(
        following(served, followed, _events), media_type=EVENTS.types[0], headers=headers
    )


def _followed(served: Desk, asked: TailQuestion, since: int | None) -> Followed:
    form, request = understood(served, Question(q=asked.q, tenant=asked.tenant, stream=asked.stream))
    trail.record("tail", f"{form.name.tenant}/{form.name.stream}", query=form.query)
    last = served.searcher.last_seq(form.name)
    return Followed(form, request, last if since is None else min(since, last))


def _events(_served: Desk, _form: SearchForm, found: pa.Table) -> bytes:
    events = (f"id: {one.seq}\ndata: {one.model_dump_json()}\n\n" for one in records(found))
    return "".join(events).encode()
