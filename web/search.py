"""/search: the form, and the answer to what it asks."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from parsers.labels import SEVERITIES
from storage import query_fields
from storage import search as storage
from storage.layout import StreamName
from web import times, visible, words
from web.answer import Answer, answer
from web.counts import Counted, Finished
from web.desk import Desk, desk
from web.form import CONTEXT_CHARACTERS, RANGES, FormError, SearchForm, read
from web.rows import Row

BUCKETS: Final = 60
FORMATS: Final = (("csv", "CSV"), ("json", "JSON lines"), ("raw", "raw"))
FIELDS: Final = tuple(field.name for field in query_fields.FIELDS if field.name != query_fields.ANY)
EXAMPLES: Final = (
    ("failed password", "both words, anywhere in the message"),
    ('"failed password"', "the words in this order"),
    ("host:fw-*", "hosts whose name begins with fw-"),
    ("severity<=err", "errors and worse"),
    ("app:sshd -invalid", "from sshd, without the word invalid"),
    ("10.0.3.7 OR 10.0.3.8", "one address or the other"),
    ("(app:sshd OR app:sudo) NOT root", "brackets, OR, NOT"),
    ("facility:auth severity:notice", "by facility and severity"),
    ("-flag:none", "messages that break their standard somewhere"),
    ("/user(name)?=adm.*/", "a regular expression"),
)
_PLACE_BEFORE: Final = 60  # characters of the query shown before and after an error
_PLACE_AFTER: Final = 40


class UnknownStreamError(ValueError):
    """The stream asked for has neither journal nor archive."""


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


def _respond(served: Desk, request: Request) -> Response:
    now = datetime.now(UTC)
    streams = served.layout.streams()
    form, found, trouble, status = SearchForm(query=request.query_params.get("q", "")[:200]), None, None, 400
    try:
        form = read(request.query_params)
        form = choose(form, streams, request.query_params)
        found, status = _answer(served, form, now), 200
    except UnknownStreamError as error:
        trouble, status = Trouble("There is no such stream", str(error)), 404
    except storage.QueryError as error:
        place = point(form.query, error.position)
        trouble = Trouble(
            "The query cannot be read", words.sentence(error.message), words.sentence(error.hint), place
        )
    except (FormError, times.MomentError, ValueError) as error:
        trouble = Trouble("This cannot be searched", words.sentence(str(error)))
    return served.page(
        "search.html",
        status,
        page="search",
        is_fresh=not request.query_params,
        form=form,
        streams=streams,
        answer=found,
        trouble=trouble,
        ranges=RANGES,
        formats=FORMATS,
        fields=FIELDS,
        examples=EXAMPLES,
        severities=SEVERITIES,
        today=now.date().isoformat(),
        refine=lambda row: refine(form, row),
    )


def _answer(served: Desk, form: SearchForm, now: datetime) -> Answer:
    asked = understand(form, now)
    page = served.searcher.page(replace(asked, limit=served.settings.page_messages))
    counted = None if page.next is None and not page.records.num_rows else _count(served, form, asked)
    return answer(form, asked, page, counted, now)


def _count(served: Desk, form: SearchForm, asked: storage.Request) -> Finished | None:
    question = (form.query, form.start, form.end, form.time, form.name)
    return served.counts.ask(question, lambda: count_all(served.searcher, asked))


def count_all(searcher: storage.Searcher, asked: storage.Request) -> Counted:
    """Count all matches of a request; those without a device time are in no histogram of device times."""
    whole = replace(asked, limit=None, before=None)
    histogram = searcher.histogram(whole, BUCKETS)
    if asked.time == "device" and asked.start is None and asked.end is None:
        return Counted(histogram, searcher.count(whole).count)
    return Counted(histogram, sum(map(sum, histogram.counts)))


def understand(form: SearchForm, now: datetime) -> storage.Request:
    """Give the request that a form means at this moment.

    Raises:
        MomentError: when From or To is no time.
        ValueError: when From is after To, or the page's cursor is none.
    """
    start, end = times.moment(form.start, now), times.moment(form.end, now, end=True)
    if start and end and start >= end:
        raise FormError(f"From ({form.start}) is not before To ({form.end}). Swap them, or leave one empty.")
    before = storage.Cursor.decode(form.pages[-1]) if form.pages else None
    return storage.Request(form.query, form.name, start, end, form.time, before=before)


def choose(form: SearchForm, streams: list[StreamName], given: QueryParams) -> SearchForm:
    """Give the form with the stream that is meant when the address leaves it open: the first there is.

    Raises:
        UnknownStreamError: when what the address names is not there.
    """
    if not streams or form.name in streams:
        return form
    of_tenant = [name for name in streams if name.tenant == form.name.tenant]
    if "stream" in given or ("tenant" in given and not of_tenant):
        raise UnknownStreamError(f"Nothing was ever stored in {form.name.tenant}/{form.name.stream}.")
    return form.having(name=(of_tenant or streams)[0])


def refine(form: SearchForm, row: Row) -> list[tuple[str, str]]:
    """Give links that narrow the search to, or around, what a row has."""
    links: list[tuple[str, str]] = []
    if len(form.query) > CONTEXT_CHARACTERS:
        return links
    for field, value in (("host", row.hostname), ("app", row.app_name)):
        if value and value.isprintable() and not set(value) & set('"\\…'):
            links.append((f"Only this {field}", form.with_term(f'{field}:"{value}"').address()))
            links.append((f"Not this {field}", form.with_term(f'-{field}:"{value}"').address()))
    return links


def point(query: str, position: int) -> Place:
    """Mark a character of the query, or its end."""
    start = max(0, position - _PLACE_BEFORE)
    before = ("…" if start else "") + visible.plain(query[start:position])
    at = visible.plain(query[position : position + 1])
    rest = query[position + 1 :]
    after = visible.plain(rest[:_PLACE_AFTER]) + ("…" if len(rest) > _PLACE_AFTER else "")
    return Place(before, at, after, " " * len(before) + "^" * max(1, len(at)))
