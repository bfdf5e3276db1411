"""/export: the whole result of a search, streamed as it is found.

An export must not look complete when it is not. Damage may be met only after most of it was sent; then the
transfer is broken off, which every client tells from an end. With ``incomplete=allowed``, which the search
page offers where it knows of damage, what can be read is given to the end, in a file whose name says so.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from storage import output, search
from storage.octets import IncompleteError
from storage.query import parse
from web import times, words
from web.desk import Desk, desk
from web.errors import DamagedError, NotFoundError, UnclearError
from web.form import FormError, SearchForm, read
from web.search import UnknownStreamError, choose, understand

ALLOWED: Final = "allowed"
_KINDS: Final = {  # format: media type, end of the file's name
    "csv": ("text/csv; charset=utf-8; header=present", "csv"),
    "json": ("application/x-ndjson", "jsonl"),
    "raw": ("application/octet-stream", "log"),
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an address asks for."""

    form: SearchForm
    asked: search.Request
    how: str
    is_whole: bool  # rather nothing than a part

    def name(self, now: datetime) -> str:
        """Give the file's name."""
        part = "" if self.is_whole else "-incomplete"
        stream = f"{self.form.name.tenant}-{self.form.name.stream}"
        return f"sysledger-{stream}-{now:%Y%m%dT%H%M%SZ}{part}.{_KINDS[self.how][1]}"


async def export(request: Request) -> Response:
    """Give every match, newest first, without a cap."""
    served = desk(request)
    now = datetime.now(UTC)
    wanted = await served.work(_understood, served, request, now)
    headers = {"Content-Disposition": f'attachment; filename="{wanted.name(now)}"'}
    media_type = _KINDS[wanted.how][0]
    if request.method == "HEAD":
        return StreamingResponse(iter(()), headers=headers, media_type=media_type)
    chunks = output.write(_records(served, wanted), wanted.how)
    try:
        first = await served.work(next, chunks, b"")  # if we fail, then before anything is sent
    except IncompleteError as error:
        raise DamagedError(
            f"{words.count(len(error.damages), 'place')} of the archive cannot be read, and nothing else "
            "matches. Restore the files from a copy; the search page names them."
        ) from error
    return StreamingResponse(_body(served, first, chunks), headers=headers, media_type=media_type)


def _understood(served: Desk, request: Request, now: datetime) -> _Wanted:
    given = request.query_params
    how, incomplete = given.get("format", ""), given.get("incomplete", "")
    if how not in _KINDS:
        raise UnclearError(f"format={how!r} is no format of an export: use csv, json or raw.")
    if incomplete not in {"", ALLOWED}:
        raise UnclearError(f"incomplete={incomplete!r}: use {ALLOWED}, or leave it out.")
    try:
        form = choose(read(given), served.layout.streams(), given)
        asked = replace(understand(form.having(), now), limit=None)
        parse(asked.query)
    except UnknownStreamError as error:
        raise NotFoundError(str(error)) from error
    except (FormError, times.MomentError, search.QueryError) as error:
        raise UnclearError(words.sentence(str(error))) from error
    return _Wanted(form, asked, how, incomplete != ALLOWED)


def _records(served: Desk, wanted: _Wanted) -> Iterator[pa.Table]:
    """Give the matches; raises IncompleteError at the end when some could not be read, and all are wanted."""
    scope = search.Scope()
    yield from served.searcher.stream(wanted.asked, scope)
    if scope.damaged and wanted.is_whole:
        raise IncompleteError(scope.damaged)


async def _body(served: Desk, first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Take one chunk after the other, each in a thread: other requests get their turn in between.

    Raises:
        IncompleteError: at the end; the server then closes the connection without the last chunk.
    """
    chunk = first
    while chunk:
        yield chunk
        chunk = await served.work(next, chunks, b"")
