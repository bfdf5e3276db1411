"""The answer to a search as the page shows it: numbers in words, rows, histogram, facets, scope."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.search import Histogram, Page, Request, Scope, Survey
from web import columns, facets, rows, times, words
from web.asking import Answered
from web.chart import Chart, chart
from web.columns import Column
from web.facets import FacetView
from web.form import SearchForm
from web.jobs import Progress, State

_FRESH: Final = timedelta(seconds=2)  # a number older than this says when it was counted
_WHOLE: Final = 100
_WORDS: Final = (
    "A word finds that whole word only: 'login' does not find 'logins', log* finds both. All words must be "
    "in one message."
)
_NOBODY: Final[Progress[Survey]] = Progress("done", None, datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Counting:
    """How far counting has come.

    ``percent`` is of the blocks in the range; ``said`` what a reader is told about it.
    """

    state: State
    percent: int
    said: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the template shows below the form."""

    count: str
    range: str
    counting: Counting
    searching: State  # whether all of the page's messages are found yet
    partial: str
    damage: tuple[str, ...]
    slow: str
    chart: Chart | None
    facets: tuple[FacetView, ...]
    columns: tuple[Column, ...]
    days: tuple[tuple[str, list[rows.Row]], ...]
    order: str  # in which the messages stand, in words
    nothing: str
    older: str
    is_worth_exporting: bool
    scope: str
    link: str  # the same search with its times as they are now
    narrowed: str  # how the range is written in From and To, for whoever narrows it

    @property
    def is_growing(self) -> bool:
        """More of it is to come."""
        return bool({self.counting.state, self.searching} & {"running", "waiting"})


def answer(form: SearchForm, request: Request, answered: Answered, now: datetime) -> Answer:
    """Put page and survey together.

    Args:
        form: what was asked, as typed.
        request: what was asked, as understood.
        answered: how far both halves have come.
        now: the clock.
    """
    page, survey = answered.page.found, answered.survey or _NOBODY
    shown = columns.chosen(form)
    page_scope = Scope(complete=False) if page is None else page.scope
    is_surveyed = survey.found is not None and (survey.found.is_complete or page is None)
    scope = survey.found.histogram.scope if survey.found and is_surveyed else page_scope
    found = [] if page is None else rows.rows(page.records, form.name, form.context(), shown)
    histogram = None if survey.found is None else survey.found.histogram
    return Answer(
        count=_count(form, len(found), answered),
        range=range_said(request),
        counting=_counting(survey),
        searching=answered.page.state,
        partial=_partial(survey, now),
        damage=_damage(page_scope, scope),
        slow=words.damaged_indexes(_days_without_index(page_scope, scope)),
        chart=_chart(histogram, form, request),
        facets=() if survey.found is None else tuple(facets.views(survey.found.facets, form)),
        columns=shown,
        days=_grouped(found, form),
        order=_order(form),
        nothing=_nothing(form, answered.page),
        older="" if page is None or page.next is None else str(page.next),
        is_worth_exporting=bool(found or (survey.found and survey.found.total)),
        scope=words.scope(scope, _reach(answered.page.state, survey.state, is_counts=is_surveyed)),
        link=_link(form, request, now),
        narrowed=_narrowed(form),
    )


def _grouped(found: list[rows.Row], form: SearchForm) -> tuple[tuple[str, list[rows.Row]], ...]:
    """Give rows by the day, or in another order all together, each with its date."""
    if not (form.sort and found):
        return tuple(rows.by_day(found))
    title = f"By {columns.named(form.sort.removeprefix('-')).title}"
    return ((title, [replace(row, clock=row.received[:10] + " " + row.clock) for row in found]),)


def _order(form: SearchForm) -> str:
    if not form.sort:
        return "Oldest first" if form.oldest_first else "Newest first"
    title = columns.named(form.sort.removeprefix("-")).title
    way = "from the highest" if form.sort.startswith("-") else "from the lowest"
    return f"Sorted by {title}, {way}; without one last"


def _chart(histogram: Histogram | None, form: SearchForm, request: Request) -> Chart | None:
    if histogram is None or not any(map(any, histogram.counts)):
        return None
    return chart(histogram, form.having(), request)


def _count(form: SearchForm, on_page: int, answered: Answered) -> str:
    survey = _NOBODY if answered.survey is None else answered.survey
    total = 0 if survey.found is None else survey.found.total
    if survey.state != "done" and total < on_page:
        return f"More than {words.count(on_page, 'message')}" + (" match" if form.query else "")
    matching = ("matches" if total == 1 else "match") if form.query else ""
    if survey.state != "done" or answered.page.state != "done":
        so_far = "by the time of the stop" if survey.state == "stopped" else "so far"
        return " ".join(f"{words.count(total, 'message')} {matching} {so_far}".split())
    if not total:
        return "No message matches" if form.query else "No message"
    return f"{words.count(total, 'message')} {matching}".strip()


def _counting(survey: Progress[Survey]) -> Counting:
    found = survey.found
    percent = _WHOLE if survey.state == "done" else 0
    if found is not None and found.blocks and survey.state != "done":
        percent = min(_WHOLE - 1, _WHOLE * found.decided // found.blocks)
    looked_at = (
        "" if found is None else f" {found.decided:,} of {words.count(found.blocks, 'block')} decided."
    )
    said = {
        "waiting": "Counting waits until other counts are done.",
        "running": f"Counting all matches: {percent}%.{looked_at}",
        "stopped": f"Counting was stopped at {percent}%.{looked_at} What is older is not in these numbers.",
        "done": "",
    }[survey.state]
    return Counting(survey.state, percent, said)


def range_said(request: Request) -> str:
    """Say which stream and which times are asked for."""
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


def _reach(searching: State, counting: State, *, is_counts: bool) -> words.Reach:
    """Give why a scope ends before its range does; ``is_counts``: it is the count's, not the page's."""
    if searching != "done":
        return "stopped" if searching == "stopped" else "searching"
    if counting in {"running", "waiting"}:
        return "counting"
    return "stopped" if counting == "stopped" and is_counts else "full"


def _link(form: SearchForm, request: Request, now: datetime) -> str:
    """Give the address that will find the same messages tomorrow, but for those that expire."""
    start = "" if request.start is None else times.typed(request.start)
    end = times.typed(now if request.end is None else request.end)
    if form.time == "device" and request.end is None:
        end = ""
    return form.having(start=start, end=end).address()


def _narrowed(form: SearchForm) -> str:
    """Give the address of the same search with empty times, to which they are added."""
    return form.having(start="", end="").address()


def _partial(survey: Progress[Survey], now: datetime) -> str:
    if survey.state != "done" or now - survey.asked_at <= _FRESH:
        return ""
    at = f"{survey.asked_at:%H:%M:%S}"
    return f"Counted at {at} UTC. What came since is in the list, not in the number."


def _damage(*scopes: Scope) -> tuple[str, ...]:
    damaged = {damage for scope in scopes for damage in scope.damaged}
    return tuple(sorted(f"{one.path.name}, octet {one.offset:,}: {one.reason}" for one in damaged))


def _days_without_index(*scopes: Scope) -> set[str]:
    damaged = (damage.path for scope in scopes for damage in scope.damaged_indexes)
    return {path.name.removeprefix("date=") for path in damaged}


def _nothing(form: SearchForm, page: Progress[Page]) -> str:
    if page.state == "stopped":
        return "No message was found before the search was stopped."
    if page.state != "done" or page.found is None:
        return "No message was found so far. The search goes on."
    if form.pages:
        return "There is no newer message." if form.oldest_first else "There is no older message."
    if not (form.query or form.start or form.end):
        return (
            "Nothing that you may see has been stored yet. Messages are taken by UDP and TCP at port 5514, "
            "unless set otherwise."
        )
    if page.found.scope.damaged or not page.found.scope.complete:
        return "What could be read holds no such message."
    whole = "Everything that is stored of this range was searched: no such message is in it."
    return f"{whole} {_WORDS}" if form.query else whole
