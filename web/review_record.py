"""/reviews/record: all reviews of a range of days, with who signed them and what they said, to be printed."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from access import trail
from access.visitor import Visitor, current
from reviews.history import Event
from reviews.periods import Period, gaps
from reviews.results import Result
from reviews.review import Review
from reviews.sight import may_use
from web import evidence, times, words
from web.desk import Desk, desk
from web.errors import UnclearError
from web.findings import as_seen, may_see
from web.reviews import RECORD_DAYS, STATES, Line, line, period_told

MOST_RECORD: Final = 5000  # reviews in a record; a longer one is made in parts


@dataclass(frozen=True, slots=True)
class Series:
    """The reviews of one saved search in a record, oldest first.

    Attributes:
        title: of the search, as of its last review.
        about: what it is for, likewise.
        query: likewise.
        stream: likewise.
        owner: of the search.
        lines: one for each review.
        covered: from when to when its reviews reach.
        gaps: periods between those times that no review covers.
        changes: of the search and its schedule within the range: when, who, what, and its words.
        counts: how many reviews there are in each state.
    """

    title: str
    about: str
    query: str
    stream: str
    owner: str
    lines: tuple[Line, ...]
    covered: str
    gaps: tuple[str, ...]
    changes: tuple[tuple[str, str, str, str], ...]
    counts: tuple[tuple[str, int], ...]


async def record(request: Request) -> Response:
    """Show the record of a range of days, to be printed."""
    served = desk(request)
    return await served.work(_record, served, current(), request.query_params)


def ending(
    served: Desk, visitor: Visitor, start: datetime, end: datetime
) -> dict[int, list[tuple[Review, Result]]]:
    """Give the reviews whose periods end in start < t ≤ end, that a visitor may see, by saved search.

    Raises:
        UnclearError: when they are too many.
    """
    store = served.reviewing.store
    several = store.queue.ending(start, end)
    if len(several) > MOST_RECORD:
        raise UnclearError(
            f"{len(several):,} reviews are too many for one record. Choose a shorter range, print several."
        )
    results = store.results.several([review.result for review in several])
    found: dict[int, list[tuple[Review, Result]]] = {}
    for review in several:
        result = results[review.result]
        if may_see(served, visitor, result):
            found.setdefault(review.search, []).append((review, as_seen(served, visitor, result)))
    return found


def bounds(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    """Read the range of a record as typed; what is empty is the last RECORD_DAYS days.

    Raises:
        UnclearError: when it cannot be meant.
    """
    try:
        end = times.moment(until, now, end=True) or now
        start = times.moment(since, now) or end - timedelta(days=RECORD_DAYS)
    except times.MomentError as error:
        raise UnclearError(words.sentence(str(error))) from error
    if start >= end:
        raise UnclearError(f"From ({since}) is not before To ({until}). Swap them.")
    return start, end


def recorded(served: Desk, visitor: Visitor, start: datetime, end: datetime) -> list[Series]:
    """Give the reviews whose periods end in a range, that a visitor may see, by saved search."""
    now = datetime.now(UTC)
    found = []
    for search, pairs in ending(served, visitor, start, end).items():
        changes = [event for event in _history(served, visitor, search) if start <= event.at < end]
        lines = tuple(line(served, review, result, visitor, now) for review, result in pairs)
        found.append(_series(pairs, lines, changes))
    return found


def _record(served: Desk, visitor: Visitor, given: QueryParams) -> Response:
    now = datetime.now(UTC)
    since = given.get("from") or (now.date() - timedelta(days=RECORD_DAYS - 1)).isoformat()
    until = given.get("to") or now.date().isoformat()
    start, end = bounds(since, until, now)
    series = recorded(served, visitor, start, end)
    trail.record("view", "reviews", since=evidence.said(start), until=evidence.said(end))
    totals = Counter(line.state for each in series for line in each.lines)
    return served.page(
        "review_record.html",
        page="reviews",
        series=series,
        since=since,
        until=until,
        start=evidence.said(start),
        end=evidence.said(end),
        number=sum(totals.values()),
        totals=[(said, totals[state]) for state, said in STATES.items() if totals[state]],
        printed=evidence.moment(now),
        asker=visitor.name,
    )


def _history(served: Desk, visitor: Visitor, search: int) -> list[Event]:
    """Give what happened to a saved search, when its words may be read."""
    store = served.reviewing.store
    known = store.searches.even_removed(search)
    is_seen = may_use(visitor, known.draft.question.name, known.masked)
    return store.events("search", search) if is_seen else []


def _series(several: list[tuple[Review, Result]], lines: tuple[Line, ...], changes: list[Event]) -> Series:
    last, asked = several[-1][0], several[-1][1].asked
    counts = Counter(line.state for line in lines)
    return Series(
        title=last.title,
        about=last.about,
        query=asked.query,
        stream=f"{asked.name.tenant}/{asked.name.stream}",
        owner=last.owner,
        lines=lines,
        covered=period_told(Period(several[0][0].period.start, last.period.end)),
        gaps=tuple(period_told(gap) for gap in gaps([review.period for review, _ in several])),
        changes=tuple(
            (evidence.moment(change.at), change.by, change.what, change.text) for change in changes
        ),
        counts=tuple((said, counts[state]) for state, said in STATES.items() if counts[state]),
    )
