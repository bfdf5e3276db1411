"""/search/complete: how what is typed in the query may go on; for the page's script.

Values are those of the newest messages that who asks may see: a few blocks are looked at, for a moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storage import search as storage
from storage.completion import Completing, completing, is_text, known_values, names, written
from storage.facets import FIELD_NAMES, Facet, canonical
from storage.layout import StreamName
from web import visible
from web.asking import UnknownStreamError, choose
from web.desk import Desk, desk
from web.errors import NotFoundError, UnclearError
from web.form import MAXIMUM_QUERY, FormError, read

OPTIONS: Final = 12
_BLOCKS: Final = 24  # of the newest that are looked at
_SECONDS: Final = 0.5  # for looking at them
_PLACE_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class Option:
    """One way to go on: the text to put in, and what is said beside it."""

    text: str
    note: str = ""


async def complete(request: Request) -> Response:
    """Give what may stand at place ``at`` of the query: where it begins and ends, and the options."""
    served = desk(request)
    return await served.work(_respond, served, request)


def _respond(served: Desk, request: Request) -> Response:
    given = request.query_params
    at, query = given.get("at", ""), given.get("q", "")
    if not (at.isascii() and at.isdigit() and len(at) <= _PLACE_DIGITS) or len(query) > MAXIMUM_QUERY:
        raise UnclearError("at= is the place of the cursor in the query: a number of characters.")
    try:
        name = choose(read(given), served.streams(), given).name
    except UnknownStreamError as error:
        raise NotFoundError(str(error)) from error
    except FormError as error:
        raise UnclearError(str(error)) from error
    typed = completing(query, int(at))
    options = [] if typed is None else list(islice(suggest(served.searcher, name, typed), OPTIONS))
    return JSONResponse(
        {
            "start": 0 if typed is None else typed.start,
            "end": 0 if typed is None else typed.end,
            "options": [
                {"text": one.text, "shown": visible.plain(one.text), "note": one.note} for one in options
            ],
        }
    )


def suggest(searcher: storage.Searcher, name: StreamName, typed: Completing) -> Iterator[Option]:
    """Give the ways in which what is typed may go on, the likeliest first."""
    if not typed.field:
        yield from _names(searcher, name, typed)
        return
    known = known_values(typed.field)
    if known is not None:
        wanted = typed.prefix.lower()
        yield from (Option(value) for value in known if value.startswith(wanted) and value != wanted)
    elif is_text(typed.field):
        yield from _values(searcher, name, typed)


def _names(searcher: storage.Searcher, name: StreamName, typed: Completing) -> Iterator[Option]:
    own: dict[str, int] = {}
    if typed.prefix:
        found = _recent(searcher, name, FIELD_NAMES)
        own = {value: count for value, count in found.values if value is not None}
    for one in names(typed.prefix, own):
        count = own.get(one.removeprefix("fields."))
        yield Option(f"{one}:", "field of the message" if count else "")


def _values(searcher: storage.Searcher, name: StreamName, typed: Completing) -> Iterator[Option]:
    try:
        found = _recent(searcher, name, canonical(typed.field))
    except ValueError:  # a field whose values are all distinct
        return
    wanted = typed.prefix.lower()
    values = [(value, count) for value, count in found.values if value and wanted in value.lower()]
    values.sort(key=lambda pair: not pair[0].lower().startswith(wanted))
    for value, count in values:
        text = written(value, is_exact=typed.is_exact)
        if text is not None and value != typed.prefix:
            yield Option(text, f"{count:,}")


def _recent(searcher: storage.Searcher, name: StreamName, facet: str) -> Facet:
    """Give the values of a field among the newest messages."""
    until = monotonic() + _SECONDS
    steps = searcher.survey(storage.Request(name=name), 0, (facet,))
    last = next(steps)  # there is one always
    for last in islice(steps, _BLOCKS - 1):  # noqa: B007 - the last is wanted
        if monotonic() > until:
            break
    return last().facets[0]
