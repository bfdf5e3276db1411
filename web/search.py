"""/search: the form, and the answer to what it asks; while it grows, and when it is stopped."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import trail
from parsers.labels import SEVERITIES
from storage import query_fields
from storage import search as storage
from storage.conditions import condition, without
from web import asking, times, visible, words
from web.answer import Answer, answer
from web.asking import (
    Answered,
    UnknownStreamError,
    choose,
    page_of,
    survey_of,
    understand,
)
from web.columns import KNOWN, USUAL, sort
from web.desk import Desk, desk
from web.errors import NotFoundError, UnclearError
from web.form import CONTEXT_CHARACTERS, PERIODS, RANGES, FormError, SearchForm, read
from web.forms import submitted
from web.jobs import Progress
from web.rows import Row

__all__ = [
    "UnknownStreamError",
    "choose",
    "home",
    "point",
    "progress",
    "refine",
    "search",
    "stop",
    "understand",
]

FORMATS: Final[tuple[tuple[str, str], ...]] = (("csv", "CSV"), ("json", "JSON lines"), ("raw", "raw"))
FIELDS: Final = tuple(field.name for field in query_fields.FIELDS if field.name != query_fields.ANY)
EXAMPLES: Final = (
    ("failed password", "both words, anywhere in the message"),
    ('"failed password"', "the words in this order"),
    ("host:fw-*", "hosts whose name begins with fw-"),
    ('host:="fw-1"', "this host alone, not fw-1.example.com"),
    ("severity<=err", "errors and worse"),
    ("app:sshd -invalid", "from sshd, without the word invalid"),
    ("10.0.3.7 OR 10.0.3.8", "one address or the other"),
    ("(app:sshd OR app:sudo) NOT root", "brackets, OR, NOT"),
    ("facility:auth severity:notice", "by facility and severity"),
    ("src:10.0.3.7", "a field that was read out of the message"),
    ("-flag:none", "messages that break their standard somewhere"),
    ("/user(name)?=adm.*/", "a regular expression"),
)
BEGINNINGS: Final = (  # of queries, for browsers without script
    "host:", "app:", "severity<=err", "severity<=warning", "facility:auth", "facility:authpriv", "peer:",
    "msg:", "flag:truncated", "-flag:none", "format:unparsed", "transport:udp", '"failed password"',
)  # fmt: skip
CANARY: Final = "sysledger-canary"  # the APP-NAME of the watch's canaries; in GELF, their host
_PLACE_BEFORE: Final = 60  # characters of the query shown before and after an error
_PLACE_AFTER: Final = 40
_POLL_SECONDS: Final = 0.2  # that a growing answer waits for news


class OrderError(ValueError):
    """There is nothing by which matches could be put in order; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the query something is wrong."""

    before: str
    at: str
    after: str
    caret: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the question."""

    heading: str
    text: str
    hint: str = ""
    place: Place | None = None


async def home(_request: Request) -> Response:
    """Lead to the search."""
    return RedirectResponse("/search", 307)


async def search(request: Request) -> Response:
    """Answer a search; a question that cannot be understood is shown with the place marked, status 400."""
    served = desk(request)
    return await served.work(_respond, served, request)


async def progress(request: Request) -> Response:
    """Give the parts of a search's page that grow, as they are by now; the page's script asks for them."""
    served = desk(request)
    return await served.work(_grown, served, request)


async def stop(request: Request) -> Response:
    """Stop counting, and lead back to the search."""
    served, fields = desk(request), await submitted(request)
    given = QueryParams([(key, str(value)) for key, value in fields.multi_items()])
    address = await served.work(_stop, served, given)
    return RedirectResponse(address, 303)


def _respond(served: Desk, request: Request) -> Response:
    now = datetime.now(UTC)
    streams = served.streams()
    form, found, trouble, status = SearchForm(query=request.query_params.get("q", "")[:200]), None, None, 400
    try:
        form = choose(read(request.query_params), streams, request.query_params)
        asked = understand(form, now)
        if not request.query_params:
            form = _without_canaries(served, form, asked)
            asked = understand(form, now)
        answered = _answered(served, form, asked, again="again" in request.query_params)
        _check_order(form, answered.page)
        found, status = answer(form, asked, answered, now), 200
    except UnknownStreamError as error:
        trouble, status = Trouble("There is no such stream", str(error)), 404
    except storage.QueryError as error:
        place = point(form.query, error.position)
        trouble = Trouble(
            "The query cannot be read", words.sentence(error.message), words.sentence(error.hint), place
        )
    except OrderError as error:
        name = visible.plain(form.sort.removeprefix("-"))
        before = "sort=" + ("-" if form.sort.startswith("-") else "")
        place = Place(before, name, "", " " * len(before) + "^" * len(name))
        trouble = Trouble("This cannot be put in order", words.sentence(str(error)), place=place)
    except (FormError, times.MomentError, ValueError) as error:
        trouble = Trouble("This cannot be searched", words.sentence(str(error)))
    return served.page(
        "search.html",
        status,
        is_fresh=not request.query_params,
        streams=streams,
        trouble=trouble,
        ranges=RANGES,
        periods=PERIODS,
        fields=FIELDS,
        examples=EXAMPLES,
        severities=SEVERITIES,
        today=now.date().isoformat(),
        this_month=f"{now:%Y-%m}",
        beginnings=BEGINNINGS,
        **_view(served, form, found),
    )


def _without_canaries(served: Desk, form: SearchForm, asked: storage.Request) -> SearchForm:
    """Leave the appliance's own canaries out of the page that nothing was asked of, by its query.

    So it begins with what the site's devices say, and whoever takes these terms out sees all.
    """
    page = page_of(served, form, asked).found
    for field, column in (("app", "app_name"), ("host", "hostname")):
        if page is not None and CANARY in page.records[column].unique().to_pylist():
            form = form.with_term(f"-{field}:{CANARY}")
    return form


def _check_order(form: SearchForm, page: Progress[storage.Page]) -> None:
    """Look whether a message's own field, by which a whole page is put in order, is one of any match.

    Raises:
        OrderError: when it is none, nor a column that is shown. Those that have one would come first.
    """
    name = form.sort.removeprefix("-")
    if not name or name in form.columns or query_fields.find(name) or form.pages or page.state != "done":
        return
    if page.found is not None and page.found.records.num_rows:
        own = dict(page.found.records["fields"][0].as_py() or ())
        if name.removeprefix(query_fields.RULE_PREFIX) not in own:
            close = query_fields.close_name(name)
            raise OrderError(
                f"No message that matches has a field {name}. "
                + (f"Did you mean sort={close}?" if close else "Sort by a column, or by a field of theirs.")
            )


def _grown(served: Desk, request: Request) -> Response:
    now = datetime.now(UTC)
    try:
        form = choose(read(request.query_params), served.streams(), request.query_params)
        asked = understand(form, now)
        if "rows" in request.query_params:
            answered = _answered(served, form, asked, seconds=_POLL_SECONDS)
        else:
            survey = survey_of(served, form, asked, seconds=_POLL_SECONDS)
            _tell(form, asked, survey)
            answered = Answered(Progress("done", None, now), survey)
    except UnknownStreamError as error:
        raise NotFoundError(str(error)) from error
    except ValueError as error:
        raise UnclearError(words.sentence(str(error))) from error
    return served.page("_answer.html", **_view(served, form, answer(form, asked, answered, now)))


def _stop(served: Desk, given: QueryParams) -> str:
    try:
        form = choose(read(given), served.streams(), given)
        asking.stop(served, form)
    except ValueError as error:
        raise UnclearError(words.sentence(str(error))) from error
    return form.address()


def _view(served: Desk, form: SearchForm, found: Answer | None) -> dict[str, Any]:
    """Give what both the page and its growing parts show."""
    return {
        "page": "search",
        "form": form,
        "answer": found,
        "limits": served.sight.told,
        "formats": _formats(served),
        "known_columns": KNOWN,
        "usual_columns": USUAL,
        "refine": lambda row: refine(form, row),
        "sort": lambda name: sort(form, name),
    }


def _formats(served: Desk) -> tuple[tuple[str, str], ...]:
    """Give the formats that the visitor may export; none without the permission."""
    if not served.sight.visitor.may("export"):
        return ()
    return tuple(one for one in FORMATS if one[0] != "raw" or served.sight.shows_octets)


def _answered(
    served: Desk,
    form: SearchForm,
    asked: storage.Request,
    *,
    again: bool = False,
    seconds: float | None = None,
) -> Answered:
    """Ask for both halves of the answer, and tell the trail."""
    page = page_of(served, form, asked, again=again)
    survey = None if _is_empty(form, page) else survey_of(served, form, asked, again=again, seconds=seconds)
    _tell(form, asked, survey)
    return Answered(page, survey)


def _is_empty(form: SearchForm, page: Progress[storage.Page]) -> bool:
    """Tell whether the page alone says that nothing matches."""
    return page.state == "done" and page.found is not None and not (page.found.records.num_rows or form.pages)


def _tell(form: SearchForm, asked: storage.Request, survey: Progress[storage.Survey] | None) -> None:
    """Tell of a search when it is asked, and once more of its count when that comes later."""
    is_counted = survey is None or survey.state == "done"
    if survey is not None and not (survey.is_new or is_counted):
        return
    matches = 0 if survey is None else None if survey.found is None else survey.found.total
    trail.record(
        "search",
        f"{form.name.tenant}/{form.name.stream}",
        query=form.query,
        start=None if asked.start is None else times.typed(asked.start),
        end=None if asked.end is None else times.typed(asked.end),
        time=form.time,
        page=len(form.pages) + 1,
        matches=matches if is_counted else None,
    )


def refine(form: SearchForm, row: Row) -> list[tuple[str, str]]:
    """Give links that narrow the search to, or around, what a row has."""
    links: list[tuple[str, str]] = []
    if len(form.query) > CONTEXT_CHARACTERS:
        return links
    for field, value in (("host", row.hostname), ("app", row.app_name)):
        found = condition(field, value) if value and "…" not in value else None
        if found is not None:
            links.append((f"Only this {field}", form.with_term(found).address()))
            links.append((f"Not this {field}", form.with_term(without(found)).address()))
    return links


def point(query: str, position: int) -> Place:
    """Mark a character of the query, or its end."""
    start = max(0, position - _PLACE_BEFORE)
    before = ("…" if start else "") + visible.plain(query[start:position])
    at = visible.plain(query[position : position + 1])
    rest = query[position + 1 :]
    after = visible.plain(rest[:_PLACE_AFTER]) + ("…" if len(rest) > _PLACE_AFTER else "")
    return Place(before, at, after, " " * len(before) + "^" * max(1, len(at)))
