"""A question to the archive as the API is asked it; it means what the same words mean on the search page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field
from starlette.datastructures import QueryParams

from access import trail
from storage import search as storage
from storage.query import parse
from storage.results import TimeKind
from web import times, words
from web.api_operation import NAME, Asked, Given
from web.api_problem import ApiError, Fault
from web.asking import UnknownStreamError, choose, understand
from web.desk import Desk
from web.form import MAXIMUM_QUERY, FormError, SearchForm, read

_UNCLEAR: Final = 422
_MOMENT: Final = "RFC 3339, or -15m, -2h, -7d, today, 2026-11-20 …; without a zone it is UTC. Empty: open."
_TENANT: Final = "Name of the tenant; without it the default one, or the first that the account may see."
_STREAM: Final = "Name of the stream in that tenant; without it the default one, or the tenant's first."


class Question(Asked):
    """What is looked for, and where."""

    q: Annotated[str, Field(max_length=MAXIMUM_QUERY)] = Field(
        default="",
        description='The query, as on the search page: words, "a phrase", host:fw-*, severity<=err …',
        examples=['"failed password" severity<=warning'],
    )
    start: Annotated[str, Field(max_length=64)] = Field(
        default="", validation_alias="from", description=f"The first time. {_MOMENT}", examples=["-7d"]
    )
    end: Annotated[str, Field(max_length=64)] = Field(
        default="", validation_alias="to", description=f"The time before which the range ends. {_MOMENT}"
    )
    time: TimeKind = Field(
        default="received", description="Whether the range is of times of receipt or of the devices' own."
    )
    tenant: Annotated[str, Field(pattern=NAME)] | None = Field(default=None, description=_TENANT)
    stream: Annotated[str, Field(pattern=NAME)] | None = Field(default=None, description=_STREAM)


class Understood(Given):
    """The question as it was understood."""

    query: str = Field(description="The query.")
    tenant: str = Field(description="The tenant searched.")
    stream: str = Field(description="The stream searched.")
    start: datetime | None = Field(
        serialization_alias="from", description="The first time of the range; null: open."
    )
    end: datetime | None = Field(
        serialization_alias="to", description="The time before which it ends; null: open."
    )
    time: TimeKind = Field(description="Which time the range is of.")


def understood(
    served: Desk, asked: Question, *, before: str = "", facets: Sequence[str] = ()
) -> tuple[SearchForm, storage.Request]:
    """Give the form and the request that a question means at this moment.

    Raises:
        ApiError: 404 when there is no such stream, 422 when the question cannot be meant.
    """
    now = datetime.now(UTC)
    _moments(asked, now)
    try:
        given = address(asked, facets)
        form = choose(read(given), served.streams(), given).having(pages=(before,) if before else ())
        request = understand(form, now)
        parse(request.query)
    except UnknownStreamError as error:
        named = f"{asked.tenant or ''}/{asked.stream or ''}"
        trail.record("search", named, "refused", reason="no such stream")
        raise ApiError(404, str(error)) from error
    except storage.QueryError as error:
        said, hint = words.sentence(error.message), words.sentence(error.hint) if error.hint else ""
        fault = Fault(where="query", name="q", what=said, hint=hint, position=error.position)
        raise ApiError(_UNCLEAR, "The query cannot be read. See errors for the place.", [fault]) from error
    except (FormError, ValueError) as error:
        raise unclear(str(error), "before" if before and "cursor" in str(error) else "") from error
    return form, request


def unclear(what: str, name: str) -> ApiError:
    """Give the error for a parameter that is well written and cannot be meant."""
    fault = Fault(where="query", name=name, what=words.sentence(what))
    return ApiError(_UNCLEAR, f"This cannot be answered: {fault.what}", [fault])


def address(asked: Question, facets: Sequence[str] = ()) -> QueryParams:
    """Give the address of the search page that asks the same."""
    fields = [("q", asked.q), ("from", asked.start), ("to", asked.end), ("time", asked.time)]
    fields += [(key, value) for key, value in (("tenant", asked.tenant), ("stream", asked.stream)) if value]
    return QueryParams([*fields, *(("facet", facet) for facet in facets)])


def said(form: SearchForm, request: storage.Request) -> Understood:
    """Give the question as it was understood."""
    return Understood(
        query=request.query,
        tenant=form.name.tenant,
        stream=form.name.stream,
        start=request.start,
        end=request.end,
        time=request.time,
    )


def tell(form: SearchForm, request: storage.Request, matches: int | None) -> None:
    """Tell the trail of a search, as the search page does.

    Raises:
        TrailError: when the trail does not take it: then nothing may be answered.
    """
    trail.record(
        "search",
        f"{form.name.tenant}/{form.name.stream}",
        query=form.query,
        start=None if request.start is None else times.typed(request.start),
        end=None if request.end is None else times.typed(request.end),
        time=form.time,
        matches=matches,
    )


def _moments(asked: Question, now: datetime) -> None:
    """Say which of the two times is none."""
    for name, text, is_end in (("from", asked.start, False), ("to", asked.end, True)):
        try:
            times.moment(text, now, end=is_end)
        except times.MomentError as error:
            raise unclear(str(error), name) from error
