"""The work behind reviews: periods that have ended are opened, and what was asked for is made.

Each result is made as its owner's visitor, so that it holds what the owner may see, and nothing else. What
cannot be made is kept with the reason, and is tried again when somebody asks for it.
"""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from access import trail
from access.visitor import Limits, Visitor, visiting
from reviews import instants
from reviews.evidence import Evidence, gather
from reviews.ledgers import Ledgers
from reviews.periods import ended
from reviews.results import Result
from reviews.sight import may_see
from reviews.store import Store
from storage.layout import StreamName
from storage.query import QueryError
from storage.results import Request
from storage.search import Searcher

MOST_AT_ONCE: Final = 100  # periods that one look opens of one search; a long stop is caught up in several

log = logging.getLogger(__name__)


class CannotMakeError(Exception):
    """A result cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Means:
    """What making takes.

    Attributes:
        store: where it is kept.
        visitor_of: gives the visitor that an account is now; None when it is not there or must not be used.
        searcher: gives what answers to a visitor, within its limits.
        clock: gives the time, with its zone.
        sees: says whether a stream is there for a visitor at this moment.
        ledgers: those of the appliance; None where there are none.
    """

    store: Store
    visitor_of: Callable[[str], Visitor | None]
    searcher: Callable[[Visitor], Searcher]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sees: Callable[[Visitor, StreamName], bool] = lambda visitor, name: visitor.sees(name.tenant, name.stream)
    ledgers: Ledgers | None = None


def open_due(means: Means) -> list[int]:
    """Open the review of every period that has ended, oldest first; give their numbers."""
    opened: list[int] = []
    now = means.clock()
    for saved in means.store.searches.scheduled():
        schedule, until = saved.draft.schedule, saved.covered_until
        assert schedule is not None  # noqa: S101 - for the type checker
        assert until is not None  # noqa: S101 - for the type checker
        try:
            for period, _ in zip(ended(schedule, until, now), range(MOST_AT_ONCE), strict=False):
                opened.append(means.store.queue.open(saved, period, now))
        except sqlite3.Error as error:
            log.error("review: search %d: its review cannot be opened: %s", saved.number, error)  # noqa: TRY400
    return opened


def make_all(means: Means) -> int:
    """Make every result that was asked for and not made; give how many there were. Raises as ``make``."""
    unmade = means.store.results.unmade()
    for number in unmade:
        make(means, number)
    return len(unmade)


def make(means: Means, number: int) -> Result:
    """Make a result, unless it is made or being made, and give it; one that cannot be made says why.

    Raises:
        TrailError: when the trail cannot be told: the result is not made, and is tried again.
    """
    results = means.store.results
    with results.making(number) as is_first:
        result = results.get(number)
        if result.evidence is not None or not is_first:
            return result
        try:
            visitor = _asker(means, result)
            found = _gathered(means, visitor, result.asked)
            _tell(visitor, result, found)
            results.made(number, found, visitor.limits, means.clock())
        except CannotMakeError as error:
            results.failed(number, str(error))
        return results.get(number)


def check(means: Means, number: int, visitor: Visitor) -> tuple[Result, Evidence]:
    """Make a result once more, for a visitor who may see it, within the limits that it was made with.

    Raises:
        CannotMakeError: when it is not made yet, or cannot be made now.
    """
    result = means.store.results.get(number)
    if result.evidence is None or result.limits is None:
        raise CannotMakeError("This result is not made yet, so there is nothing to check. Wait for it.")
    found = _gathered(means, as_made(visitor, result.limits), result.asked)
    if means.ledgers is not None and result.evidence.checkpoint:
        fault = means.ledgers.fault(result.asked.name.tenant, result.evidence.checkpoint)
        found = replace(found, ledger=fault)
    means.store.results.check(number, found, visitor.name, means.clock())
    return result, found


def as_made(visitor: Visitor, made_with: Limits) -> Visitor:
    """Give a visitor who may see a result as somebody who sees exactly what it was made of."""
    return Visitor(visitor.name, visitor.role, made_with, visitor.means, visitor.session)


def _tell(visitor: Visitor, result: Result, found: Evidence) -> None:
    """Tell the trail of a search that nobody sits before, as its owner's."""
    asked = result.asked
    with visiting(visitor):
        trail.record(
            "result.make",
            f"{asked.name.tenant}/{asked.name.stream}",
            "done",
            result=result.number,
            query=asked.query,
            since=asked.start and instants.written(asked.start),
            until=asked.end and instants.written(asked.end),
            matches=found.count,
        )


def _asker(means: Means, result: Result) -> Visitor:
    visitor = means.visitor_of(result.asked_by)
    name = result.asked.name
    if visitor is None:
        raise CannotMakeError(
            f"The account {result.asked_by} is disabled, or not there. Let it sign in again, or save the "
            "search under another account, and try again."
        )
    if not means.sees(visitor, name):
        raise CannotMakeError(
            f"{result.asked_by} may not see {name.tenant}/{name.stream} now. Change the account's limits, "
            "resume the tenant if it is suspended, or save the search under another account; then try again."
        )
    if result.limits is None:
        return visitor
    if not may_see(visitor, name, result.limits):
        raise CannotMakeError(
            f"{result.asked_by} may no longer see all that was asked for. Save the result of a new search."
        )
    return as_made(visitor, result.limits)  # an API token's are narrower than its account's


def _gathered(means: Means, visitor: Visitor, asked: Request) -> Evidence:
    try:
        searcher = means.searcher(visitor)
        found = gather(searcher, asked)
        checkpoint = "" if means.ledgers is None else means.ledgers.checkpoint(visitor, asked.name.tenant)
        return replace(found, checkpoint=checkpoint)
    except QueryError as error:
        raise CannotMakeError(
            f"The query cannot be read: {error}. Change the saved search, and try again."
        ) from error
    except Exception as error:
        log.exception("review: a result cannot be made")
        raise CannotMakeError(
            f"The search failed ({type(error).__name__}); the appliance's own log says why. Try again."
        ) from error
