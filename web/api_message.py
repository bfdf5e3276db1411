"""/api/v1/message/…: one message, its exact octets, and what was stored around it."""

from typing import Annotated, Final

import pyarrow as pa
from pydantic import Field
from starlette.responses import Response

from access import trail
from parsers.rebuild import exact_octets
from storage.layout import StreamName
from web import words
from web.api_operation import DECIMAL, Asked, Given, StreamNamed, TenantName, Yes
from web.api_problem import ApiError
from web.api_records import Record, records
from web.desk import Desk
from web.errors import ForbiddenError
from web.sight import MASKED_OCTETS

_LAST_SEQ: Final = 10**18 - 1  # more than a stream can ever have, and less than int64
_AROUND: Final = 100  # neighbours on each side at most
OCTETS: Final = "application/octet-stream"


Few = Annotated[int, Field(ge=0, le=_AROUND), DECIMAL]


class MessageAsked(Asked):
    """Which message."""

    tenant: TenantName
    stream: StreamNamed
    seq: Annotated[int, Field(ge=1, le=_LAST_SEQ), DECIMAL] = Field(description="Its place in the stream.")

    @property
    def name(self) -> StreamName:
        """The stream."""
        return StreamName(self.tenant, self.stream)


class NeighboursAsked(MessageAsked):
    """Which message, and how many around it."""

    before: Annotated[int, Field(ge=0, le=_AROUND), DECIMAL] = Field(
        default=5, description="Messages before it."
    )
    after: Annotated[int, Field(ge=0, le=_AROUND), DECIMAL] = Field(
        default=5, description="Messages after it."
    )
    same_host: Yes = Field(default=False, description="Count only messages of the same HOSTNAME.")


class FlagExplained(Given):
    """A leniency that was used in reading a message."""

    flag: str
    meaning: str = Field(description="In plain words.")
    clause: str = Field(description="The clause that it departs from.")


class MessageFound(Given):
    """One message."""

    tenant: str
    stream: str
    record: Record
    flags: list[FlagExplained] = Field(description="Its flags in plain words.")


class Neighbours(Given):
    """A message with those stored before and after it, oldest first."""

    tenant: str
    stream: str
    records: list[Record]


def message(served: Desk, asked: MessageAsked) -> MessageFound:
    """Give one message."""
    (record,) = records(_record(served, asked))
    flags = [(flag, *words.flag(flag)) for flag in record.flags]
    explained = [FlagExplained(flag=flag, meaning=said, clause=clause) for flag, said, clause in flags]
    return MessageFound(tenant=asked.tenant, stream=asked.stream, record=record, flags=explained)


def octets(served: Desk, asked: MessageAsked) -> Response:
    """Give the exact octets of one message, as they were received; 403 to whom some values are masked."""
    record = _record(served, asked)
    if not served.sight.shows_octets:
        raise ForbiddenError(MASKED_OCTETS)
    found: bytes = exact_octets(record)[0].as_py()
    return Response(found, media_type=OCTETS)


def neighbours(served: Desk, asked: NeighboursAsked) -> Neighbours:
    """Give a message and those around it."""
    _record(served, asked)
    found = served.searcher.neighbours(
        asked.name, asked.seq, asked.before, asked.after, same_host=asked.same_host
    )
    return Neighbours(tenant=asked.tenant, stream=asked.stream, records=records(found))


def _record(served: Desk, asked: MessageAsked) -> pa.Table:
    found = served.searcher.record(asked.name, asked.seq)
    if not found.num_rows:
        raise ApiError(
            404,
            f"The stream {asked.tenant}/{asked.stream} has no message {asked.seq}. It may have expired by "
            "retention, or lie in a damaged file, which a search would name.",
        )
    trail.record("view", f"{asked.tenant}/{asked.stream}/{asked.seq}")
    return found
