"""/balance: the books. What became of every message, on both sides, with the cause of every difference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from access import trail
from access.visitor import current
from web import figures
from web.appliance import office
from web.desk import desk
from web.operating import Age, in_thread, utc_now
from web.sources import refuse_masked

SOURCES: Final = 500  # lines of sources that a page shows
CAUSES: Final = 200
_RECEIVED: Final = {
    "received_by_kernel": "by the kernel", "dropped_by_kernel": "it dropped", "framed": "framed",
    "not_admitted": "not admitted", "dropped": "dropped", "parsed": "parsed", "unparsed": "unparsed",
    "discarded_octets": "octets discarded",
}  # fmt: skip
_STORED: Final = {
    "handed_over": "handed over", "held": "held", "lost": "lost", "gone": "gone",
    "left_to_sender": "left to sender", "journalled": "journalled", "archived": "archived",
    "indexed": "indexed", "expired": "expired",
}  # fmt: skip

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """One side of the books: a line for each listener or source, and the total last."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[tuple[str, ...], tuple[int | None, ...]], ...]
    total: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """What one listener's sides differ by, however often it came about."""

    listener: str
    messages: int
    cause: str
    when: str


@dataclass(frozen=True, slots=True)
class Balance:
    """The statement as the page shows it.

    ``verdict`` is ``balanced``, ``unexplained``, or ``one side`` when there is nothing to compare.
    """

    verdict: str
    tables: tuple[Table, ...]
    left_out: int
    unexplained: tuple[Cause, ...]
    explained: tuple[Cause, ...]
    notes: tuple[str, ...]
    missing: int


async def balance(request: Request) -> Response:
    """Show the statement of a day, or of all."""
    served = desk(request)
    given = request.query_params
    day, trouble = _day(given.get("date", "").strip(), utc_now().date())
    by_source = given.get("by") == "source"
    if by_source:
        refuse_masked(current())
    made = await office(request).statement(day)
    view = None if made.value is None else build(made.value, by_source=by_source)
    await trail.recorded("view", "balance", day=str(day or ""), verdict="" if view is None else view.verdict)
    draw = partial(
        served.page,
        "balance.html",
        page="overview",
        tab="balance",
        say=figures,
        age=Age.of(made),
        day="" if day is None else day.isoformat(),
        today=utc_now().date().isoformat(),
        trouble=trouble,
        by_source=by_source,
        view=view,
        here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    )
    return await in_thread(draw)


def build(made: Document, *, by_source: bool) -> Balance:
    """Put together what is shown of a statement, as `sysledger balance --sources --output json` gives it."""
    lines = made["sources"] if by_source else made["listeners"]
    differences = made["differences"]
    unexplained = [one for one in differences if not one["explained"]]
    verdict = "unexplained" if unexplained else "balanced" if made["compared"] else "one side"
    shown = lines[:SOURCES]
    return Balance(
        verdict=verdict,
        tables=(
            _table("Received and parsed", _RECEIVED, shown, made["total"], by_source=by_source),
            _table("Handed over and stored", _STORED, shown, made["total"], by_source=by_source),
        ),
        left_out=max(0, len(lines) - SOURCES),
        unexplained=causes(unexplained)[:CAUSES],
        explained=causes(one for one in differences if one["explained"])[:CAUSES],
        notes=tuple(made["notes"]),
        missing=made["unexplained"],
    )


def _table(
    title: str, columns: Mapping[str, str], lines: Sequence[Document], total: Document, *, by_source: bool
) -> Table:
    return Table(
        title,
        tuple(columns.values()),
        tuple(
            (
                (line["listener"], line["peer"]) if by_source else (line["listener"],),
                tuple(line[column] for column in columns),
            )
            for line in lines
        ),
        tuple(total[column] for column in columns),
    )


def causes(differences: Iterable[Document]) -> tuple[Cause, ...]:
    """Put the differences of one listener and cause together, in their order."""
    several: dict[tuple[str, str], list[Document]] = {}
    for one in differences:
        several.setdefault((one["listener"], one["cause"]), []).append(one)
    return tuple(
        Cause(listener, sum(one["messages"] for one in found), cause, _when(found))
        for (listener, cause), found in several.items()
    )


def _when(found: Sequence[Document]) -> str:
    times = sorted(figures.moment(one["at"]) for one in found if one["at"])
    if not times:
        return ""
    return f"about {times[0]}" if len(times) == 1 else f"{len(times)} times, {times[0]} to {times[-1]}"


def _day(text: str, today: date) -> tuple[date | None, str]:
    """Read a day as it is typed; with a sentence when it is none."""
    if not text:
        return None, ""
    if text == "today":
        return today, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return (
            None,
            f"{text[:40]!r} is no day: write it as {today.isoformat()}. This is the statement of all days.",
        )
