"""/archive/TENANT/STREAM: one stream, day by day."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from storage.daily import Day, StreamDays
from storage.layout import StreamName
from web import figures, words
from web.appliance import Office, office
from web.archive import damage, held
from web.desk import Desk, desk
from web.errors import NotFoundError
from web.form import SearchForm
from web.operating import NOT_YET, Age, bars, in_thread, keeping, seen_by, utc_now
from web.shelf import Figures

ROWS: Final = 400  # days on a page: a year, and some


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day: what it holds, how it is, and when it expires; ``search`` shows its messages."""

    day: str
    messages: int
    segments: int
    archive_octets: int
    index_octets: int
    index: str
    index_is_whole: bool
    expires: str
    search: str


async def stream(request: Request) -> Response:
    """Show one stream."""
    known = office(request)
    made = await known.days()
    name = f"{request.path_params['tenant']}/{request.path_params['stream']}"
    before = request.query_params.get("before", "")
    return await in_thread(partial(_respond, desk(request), known, made, name, before))


def _respond(
    served: Desk, known: Office, made: Figures[tuple[StreamDays, ...]], name: str, before: str
) -> Response:
    found = [one for one in seen_by(current(), made.value or ()) if _text(one.name) == name]
    if not found:
        absent = f"There is no stream {name}. The page of the archive has those that there are."
        raise NotFoundError(NOT_YET if made.value is None else absent)
    (one,) = found
    keep = keeping(served.layout, known.appliance.storage).days_of(one.name)
    today = utc_now().date()
    drawn, days = bars(found, today), day_rows(one, keep, today, before)
    return served.page(
        "stream.html",
        page="overview",
        tab="archive",
        say=figures,
        age=Age.of(made),
        row=held(found)[0],
        one=one,
        keep=keep,
        days=days,
        before=before,
        older=bool(days) and days[-1].day > one.days[0].day.isoformat(),
        chart=drawn if any(bar.messages for bar in drawn) else (),
        damage=damage(found),
    )


def day_rows(one: StreamDays, keep: int, today: date, before: str = "") -> list[DayRow]:
    """Give a row for each day, newest first.

    Args:
        one: the stream.
        keep: for how many days it is kept, 0 for ever.
        today: the UTC day.
        before: of days before this one only, as ISO 8601 has it.
    """
    days = (day for day in reversed(one.days) if not before or day.day.isoformat() < before)
    return [_row(one.name, day, keep, today) for day in islice(days, ROWS)]


def _row(name: StreamName, day: Day, keep: int, today: date) -> DayRow:
    waiting = day.segments - day.indexed
    index = words.count(waiting, "segment waits", "segments wait") if waiting else "whole"
    return DayRow(
        day=day.day.isoformat(),
        messages=day.messages,
        segments=day.segments,
        archive_octets=day.archive_octets,
        index_octets=day.index_octets,
        index="cannot be read" if day.index_damaged else index,
        index_is_whole=not day.index_damaged,
        expires=_expires(day.day, keep, today),
        search=SearchForm(start=day.day.isoformat(), end=day.day.isoformat(), name=name).address(),
    )


def _expires(day: date, keep: int, today: date) -> str:
    at = expires_on(day, keep)
    if at is None:
        return "never"
    return at.isoformat() if at > today else "with the next run"


def expires_on(day: date, keep: int) -> date | None:
    """Give the first UTC day on which the retention takes a day, which may be past; None for never.

    ``keep`` is for how many days it is kept, 0 for ever.
    """
    try:
        return day + timedelta(days=keep + 1) if keep else None
    except OverflowError:
        return None


def _text(name: StreamName) -> str:
    return f"{name.tenant}/{name.stream}"
