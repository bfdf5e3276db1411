"""The answer to a search as the page shows it: numbers in words, rows, histogram, scope."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.search import Page, Request, Scope
from web import rows, words
from web.chart import Chart, chart
from web.counts import Finished
from web.form import SearchForm

_FRESH: Final = timedelta(seconds=2)  # a number older than this says when it was counted


@dataclass(frozen=True, slots=True)
class Answer:
    """What the template shows below the form."""

    count: str
    range: str
    is_counting: bool
    partial: str
    damage: tuple[str, ...]
    slow: str
    chart: Chart | None
    days: tuple[tuple[str, list[rows.Row]], ...]
    nothing: str
    older: str
    scope: str


def answer(form: SearchForm, request: Request, page: Page, counted: Finished | None, now: datetime) -> Answer:
    """Put page and count together.

    Args:
        form: what was asked, as typed.
        request: what was asked, as understood.
        page: its records.
        counted: all its matches; None when there are none, or when counting them takes longer.
        now: the clock.
    """
    histogram = None if counted is None else counted.counted.histogram
    scope = page.scope if histogram is None else histogram.scope
    days = rows.by_day(rows.rows(page.records, form.name, form.context()))
    return Answer(
        count=_count(form, page, counted),
        range=_range(request),
        is_counting=counted is None and page.records.num_rows > 0,
        partial=_partial(counted, now),
        damage=_damage(page.scope, scope),
        slow=words.damaged_indexes(_days_without_index(page.scope, scope)),
        chart=chart(histogram, form.having(), request)
        if histogram is not None and any(map(any, histogram.counts))
        else None,
        days=tuple(days),
        nothing=_nothing(form, page.scope),
        older="" if page.next is None else str(page.next),
        scope=words.scope(scope),
    )


def _count(form: SearchForm, page: Page, counted: Finished | None) -> str:
    on_page = page.records.num_rows
    if counted is None and on_page:
        return f"More than {words.count(on_page, 'message')}" + (" match" if form.query else "")
    number = 0 if counted is None else counted.counted.total
    if not number:
        return "No message matches" if form.query else "No message"
    matching = ("matches" if number == 1 else "match") if form.query else ""
    return f"{words.count(number, 'message')} {matching}".strip()


def _range(request: Request) -> str:
    kind = "received" if request.time == "received" else "with a device time"
    where = f"in {request.name.tenant}/{request.name.stream}"
    start, end = (at and _said(at) for at in (request.start, request.end))
    if start and end:
        return f"{where}, {kind} from {start} to {end} UTC"
    if start:
        return f"{where}, {kind} since {start} UTC"
    if end:
        return f"{where}, {kind} before {end} UTC"
    return f"{where}, {kind} at any time"


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _partial(finished: Finished | None, now: datetime) -> str:
    if finished is None or now - finished.asked_at <= _FRESH:
        return ""
    at = f"{finished.asked_at:%H:%M:%S}"
    return f"Counted at {at} UTC. What came since is in the list, not in the number."


def _damage(*scopes: Scope) -> tuple[str, ...]:
    damaged = {damage for scope in scopes for damage in scope.damaged}
    return tuple(sorted(f"{one.path.name}, octet {one.offset:,}: {one.reason}" for one in damaged))


def _days_without_index(*scopes: Scope) -> set[str]:
    damaged = (damage.path for scope in scopes for damage in scope.damaged_indexes)
    return {path.name.removeprefix("date=") for path in damaged}


def _nothing(form: SearchForm, scope: Scope) -> str:
    if form.pages:
        return "There is no older message."
    if not (form.query or form.start or form.end):
        return "Nothing has been stored yet. Send a message by UDP or TCP to port 5514, unless set otherwise."
    if scope.damaged or not scope.complete:
        return "What could be read holds no such message."
    return "Everything in this range was searched: no such message was received in it."
