"""/saved/…: one saved search: saved, changed, removed, and the schedule by which it is reviewed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import trail
from access.visitor import Visitor, current
from reviews.periods import (
    CADENCES,
    DEFAULT_ZONE,
    HOURS,
    MOST_DAYS,
    WEEKDAYS,
    Schedule,
    ScheduleError,
    zones,
)
from reviews.searches import Draft, Question, Saved
from reviews.sight import may_see
from reviews.texts import TextError
from storage.query import QueryError
from web import times, words
from web.deeds import fields_of, named
from web.desk import Desk, desk
from web.errors import ForbiddenError
from web.evidence import moment
from web.form import FormError, SearchForm, read
from web.saved import address, found

NEVER: Final = "never"
DEFAULT_HOUR: Final = 6
DEFAULT_DAYS: Final = 3
MOST_EXTRA: Final = 500  # characters of an address that are not the search itself: its columns
_EXTRA: Final = ("columns", "order", "facet")
_FIELDS: Final = (
    "title", "about", "q", "from", "to", "time", "stream", "extra", "shared", "cadence", "weekday", "hour",
    "days", "reviewer", "zone",
)  # fmt: skip
_REFUSALS: Final = (FormError, times.MomentError, ScheduleError, TextError, QueryError)


async def new(request: Request) -> Response:
    """Show the form for a search that an address names, or save what it says."""
    served = desk(request)
    if request.method == "POST":
        return await served.work(_add, served, current(), await fields_of(request))
    return await served.work(_blank, served, current(), request.query_params)


async def one(request: Request) -> Response:
    """Show one saved search, or change it."""
    served, number = desk(request), named(request)
    if request.method == "POST":
        return await served.work(_change, served, current(), number, await fields_of(request))
    return await served.work(_show, served, current(), number)


async def remove(request: Request) -> Response:
    """Remove a saved search and its schedule; its reviews stay."""
    served, number = desk(request), named(request)
    await fields_of(request)
    return await served.work(_remove, served, current(), number)


def extra_of(form: SearchForm) -> str:
    """Give what a search's address says besides what it asks, ready to be joined to another."""
    text = urlencode([(name, value) for name, value in form.hidden() if name in _EXTRA])
    return text if len(text) <= MOST_EXTRA else ""


def _may_change(visitor: Visitor, search: Saved) -> bool:
    return visitor.means != "token" and (search.owner == visitor.name or visitor.may("administer"))


def _blank(served: Desk, visitor: Visitor, given: QueryParams) -> Response:
    trouble = ""
    try:
        form = read(given)
    except FormError as error:
        form, trouble = SearchForm(query=given.get("q", "")[:200]), str(error)
    fields = {
        "title": "", "about": "", "q": form.query, "from": form.start, "to": form.end, "time": form.time,
        "stream": f"{form.name.tenant}/{form.name.stream}", "extra": extra_of(form), "shared": "",
        "cadence": NEVER, "weekday": "0", "hour": str(DEFAULT_HOUR), "days": str(DEFAULT_DAYS),
        "reviewer": visitor.name if visitor.may("review") else "", "zone": DEFAULT_ZONE,
    }  # fmt: skip
    return _form(served, visitor, fields, trouble=trouble)


def _add(served: Desk, visitor: Visitor, fields: Mapping[str, str]) -> Response:
    try:
        draft = _understood(served, visitor, fields, visitor, None)
        with served.reviewing.changing() as store:
            number = store.searches.add(draft, visitor.name, visitor.limits.masked, datetime.now(UTC))
            _record("search.save", number, draft)
    except _REFUSALS as error:
        return _form(served, visitor, fields, trouble=_told(error))
    return RedirectResponse(f"/saved#search-{number}", 303)


def _show(served: Desk, visitor: Visitor, number: int) -> Response:
    search = found(served, visitor, number)
    draft, asked, schedule = search.draft, search.draft.question, search.draft.schedule
    fields = {
        "title": draft.title, "about": draft.about, "q": asked.query, "from": asked.start, "to": asked.end,
        "time": asked.time, "stream": f"{asked.name.tenant}/{asked.name.stream}", "extra": asked.extra,
        "shared": "yes" if draft.shared else "",
        "cadence": NEVER if schedule is None else schedule.cadence,
        "weekday": str(0 if schedule is None else schedule.weekday),
        "hour": str(DEFAULT_HOUR if schedule is None else schedule.hour),
        "days": str(DEFAULT_DAYS if schedule is None else schedule.days),
        "reviewer": "" if schedule is None else schedule.reviewer,
        "zone": DEFAULT_ZONE if schedule is None else schedule.zone,
    }  # fmt: skip
    return _form(served, visitor, fields, search=search)


def _change(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> Response:
    search = _changeable(served, visitor, number)
    owner = served.reviewing.visitor_of(search.owner) or visitor
    try:
        draft = _understood(served, visitor, fields, owner, search.draft.schedule)
        with served.reviewing.changing() as store:
            store.searches.change(number, draft, visitor.name, visitor.limits.masked, datetime.now(UTC))
            _record("search.change", number, draft)
    except _REFUSALS as error:
        return _form(served, visitor, fields, search=search, trouble=_told(error))
    return RedirectResponse(f"/saved#search-{number}", 303)


def _remove(served: Desk, visitor: Visitor, number: int) -> Response:
    search = _changeable(served, visitor, number)
    with served.reviewing.changing() as store:
        store.searches.remove(number, visitor.name, datetime.now(UTC))
        _record("search.remove", number, search.draft)
    return RedirectResponse("/saved", 303)


def _changeable(served: Desk, visitor: Visitor, number: int) -> Saved:
    search = found(served, visitor, number)
    if not _may_change(visitor, search):
        raise ForbiddenError(
            f"Saved search {number} is {search.owner}'s. Save a copy of your own, or ask its owner or an "
            "administrator to change it."
        )
    return search


def _understood(
    served: Desk, visitor: Visitor, fields: Mapping[str, str], owner: Visitor, before: Schedule | None
) -> Draft:
    """Read the form.

    ``owner`` is whose visitor reviews are made as; the schedule stays as it was ``before`` when the form has
    none, as for somebody who may not make one.
    """
    asked = [(name, fields.get(name, "")) for name in ("q", "from", "to", "time", "stream")]
    form = read(QueryParams([*asked, *parse_qsl(fields.get("extra", "")[:MOST_EXTRA])]))
    if form.name not in served.streams():
        named = f"{form.name.tenant}/{form.name.stream}"
        raise FormError(f"there is nothing in {named} that you may see: choose another stream")
    now = datetime.now(UTC)
    start, end = times.moment(form.start, now), times.moment(form.end, now, end=True)
    if start and end and start >= end:
        raise FormError(f"From ({form.start}) is not before To ({form.end}): swap them, or leave one empty")
    question = Question(form.query, form.name, form.time, form.start, form.end, extra_of(form))
    schedule = before if "cadence" not in fields else _schedule(served, visitor, fields, question, owner)
    shared = fields.get("shared") == "yes"
    return Draft(fields.get("title", ""), fields.get("about", ""), shared, question, schedule).checked()


def _schedule(
    served: Desk, visitor: Visitor, fields: Mapping[str, str], question: Question, owner: Visitor
) -> Schedule | None:
    cadence = fields["cadence"]
    if cadence == NEVER:
        return None
    if not visitor.may("review") or visitor.means == "token":
        raise ForbiddenError("A schedule takes the role reviewer or administrator, and somebody signed in.")
    if question.time != "received":
        raise ScheduleError("a review goes by time of receipt: choose that, or no schedule")
    try:
        hour, weekday, days = (int(fields.get(name, "")) for name in ("hour", "weekday", "days"))
    except ValueError as error:
        raise ScheduleError("hour, weekday and days are numbers: choose them from the lists") from error
    known = {one: one for one in CADENCES}
    if cadence not in known:
        raise ScheduleError(f"{cadence!r} is no cadence: choose one from the list")
    reviewer, zone = fields.get("reviewer", "").strip(), fields.get("zone", DEFAULT_ZONE).strip()
    schedule = Schedule(known[cadence], hour, weekday, reviewer, days, zone or DEFAULT_ZONE)
    if schedule.reviewer not in served.reviewing.reviewers(question.name, owner.limits, visitor, owner.name):
        raise ScheduleError(
            f"{schedule.reviewer!r} cannot review this: choose an account with the role reviewer or "
            "administrator that may see at least what this search is made of, and that does not own it where "
            "a second person is required"
        )
    return schedule


def _told(error: Exception) -> str:
    if isinstance(error, QueryError):
        return f"The query cannot be read: {error}"
    return words.sentence(str(error))


def _form(
    served: Desk,
    visitor: Visitor,
    fields: Mapping[str, str],
    *,
    search: Saved | None = None,
    trouble: str = "",
) -> Response:
    streams = served.streams() if search is None else [search.draft.question.name]
    chosen = fields.get("stream", "")
    name = next((one for one in streams if f"{one.tenant}/{one.stream}" == chosen), None)
    owner = visitor if search is None else served.reviewing.visitor_of(search.owner) or visitor
    reviewers: list[str] = []
    if name is not None and visitor.may("review") and may_see(visitor, name, owner.limits):
        reviewers = served.reviewing.reviewers(name, owner.limits, visitor, owner.name)
    view: dict[str, Any] = {
        "search": search,
        "may_change": search is None or _may_change(visitor, search),
        "may_schedule": visitor.may("review") and visitor.means != "token",
        "address": "" if search is None else address(search.draft.question),
        "events": [] if search is None else served.reviewing.store.events("search", search.number),
    }
    return served.page(
        "saved_search.html",
        400 if trouble else 200,
        page="saved",
        fields={name: fields.get(name, "") for name in _FIELDS},
        trouble=trouble,
        streams=streams,
        reviewers=reviewers,
        weekdays=WEEKDAYS,
        hours=range(HOURS),
        most_days=MOST_DAYS,
        zones=sorted(zones()),
        moment=moment,
        **view,
    )


def _record(action: str, number: int, draft: Draft) -> None:
    name = draft.question.name
    schedule = draft.schedule
    trail.record(
        action,
        f"{name.tenant}/{name.stream}",
        search=number,
        title=draft.title,
        query=draft.question.query,
        schedule="" if schedule is None else schedule.told(),
        reviewer="" if schedule is None else schedule.reviewer,
    )
