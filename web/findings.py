"""/findings: results that somebody put their name to, as a statement or as a matter to be resolved.

What gives, keeps and tells findings stands here, for the pages of one and for the API alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from access import trail
from access.ledger import sees_ledger
from access.visitor import Visitor, current
from reviews import sight
from reviews.findings import STATES, Finding, Matter, State
from reviews.results import Result
from reviews.texts import DoneError, TextError
from storage import search as storage
from storage.query import QueryError, parse
from web import evidence, times, words
from web.asking import understand
from web.desk import Desk, desk
from web.errors import ForbiddenError, NotFoundError
from web.form import FormError, SearchForm, read

ON_A_PAGE: Final = 50
YOURS: Final = "yours"  # beside the states: open ones that the visitor is to see to
DUE_DAYS: Final = 14  # proposed to whoever opens one
SEARCH: Final = ("q", "from", "to", "time", "tenant", "stream")
REFUSALS: Final = (FormError, times.MomentError, TextError, QueryError, DoneError)


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as the list shows it."""

    number: int
    title: str
    state: str
    is_overdue: bool
    owner: str
    due: str
    opened: str
    opened_by: str
    count: str
    query: str
    stream: str


async def findings(request: Request) -> Response:
    """Show the findings that the visitor may see, newest first."""
    served = desk(request)
    return await served.work(_list, served, current(), request.query_params)


def listed(
    served: Desk,
    visitor: Visitor,
    state: State | None = None,
    before: int | None = None,
    owner: str | None = None,
) -> list[tuple[Finding, Result]]:
    """Give the newest findings that a visitor may see, of an owner or any: ON_A_PAGE and one more at most."""
    store = served.reviewing.store
    seen = (
        (finding, as_seen(served, visitor, result))
        for finding in store.findings.newest(state, before)
        if owner in {None, finding.owner}
        and may_see(served, visitor, result := store.results.get(finding.result))
    )
    return list(islice(seen, ON_A_PAGE + 1))


def found(served: Desk, visitor: Visitor, number: int) -> tuple[Finding, Result]:
    """Give a finding that a visitor may see, and its result.

    Raises:
        NotFoundError: when there is none, for this visitor.
    """
    store = served.reviewing.store
    try:
        finding = store.findings.get(number)
        result = store.results.get(finding.result)
    except LookupError:
        result = None
    if result is None or not may_see(served, visitor, result):
        raise NotFoundError(f"There is no finding {number} that you may see. /findings lists those you may.")
    return finding, as_seen(served, visitor, result)


def may_see(served: Desk, visitor: Visitor, result: Result) -> bool:
    """Say whether a visitor may see a result: its stream, now, and at least what it was made of."""
    if not served.sights.sees(visitor, result.asked.name):
        return False
    made_with = result.limits
    if made_with is not None:
        made_with = sight.with_range(made_with, result.asked)
    return sight.may_see(visitor, result.asked.name, made_with)


def as_seen(served: Desk, visitor: Visitor, result: Result) -> Result:
    """Give a result as a visitor may see it: with a checkpoint only to who sees all of the tenant."""
    found = result.evidence
    if found is None or not found.checkpoint or sees_ledger(served.sights, visitor, result.asked.name.tenant):
        return result
    return replace(result, evidence=replace(found, checkpoint=""))


def save(served: Desk, visitor: Visitor, fields: Mapping[str, str], now: datetime) -> tuple[int, int]:
    """Save the result of a search as a finding; give the numbers of both. It is to be made after this.

    Args:
        served: the desk.
        visitor: who asks, within whose limits the result is made.
        fields: the search as its address has it, ``title``, ``note``, and for a matter ``kind`` as ``open``,
            ``owner`` and ``due``.
        now: when the range ends, unless it ends before.

    Raises:
        FormError, MomentError, QueryError, TextError: when something of it cannot be meant.
        ForbiddenError: when a matter is opened by somebody who may not review.
    """
    form = read(QueryParams({name: fields.get(name, "") for name in SEARCH}))
    asked = asked_for(served, form, now)
    matter = None
    if fields.get("kind") == "open":
        may_open(visitor)
        matter = matter_of(fields)
    title, note = fields.get("title", ""), fields.get("note", "")
    with served.reviewing.changing() as store:
        result = store.results.ask(asked, visitor.name, visitor.limits, now)
        number = store.findings.save(title, result, by=visitor.name, note=note, at=now, matter=matter)
        record("finding.save", number, asked, title=title, owner=matter.owner if matter else "")
    return number, result


def asked_for(served: Desk, form: SearchForm, now: datetime) -> storage.Request:
    """Give the request that a search means at this moment, with an end: what comes later is not in it.

    Raises:
        FormError, MomentError, QueryError: when it cannot be meant.
    """
    if form.name not in served.streams():
        named = f"{form.name.tenant}/{form.name.stream}"
        raise FormError(f"there is nothing in {named} that you may see: choose another stream")
    parse(form.query)
    asked = understand(form.having(), now)
    end = asked.end
    if end is None or (asked.time == "received" and end > now):
        end = now
    if asked.start is not None and asked.start >= end:
        raise FormError("the range has not begun yet: choose one that has")
    return storage.Request(asked.query, asked.name, asked.start, end, asked.time, None)


def matter_of(fields: Mapping[str, str]) -> Matter:
    """Read owner and day from a form.

    Raises:
        TextError: when the day is none.
    """
    try:
        due = date.fromisoformat(fields.get("due", "").strip())
    except ValueError as error:
        raise TextError(f"due: {fields.get('due', '')!r} is no day; write one as 2026-11-20") from error
    return Matter(fields.get("owner", ""), due)


def may_open(visitor: Visitor) -> None:
    """Let only those who may review open a matter.

    Raises:
        ForbiddenError: when this visitor may not.
    """
    if not visitor.may("review"):
        raise ForbiddenError(
            f"{visitor.name} is {visitor.role}, who may save statements. A finding with an owner and a day "
            "is opened by a reviewer or an administrator: save a statement, and ask one of them to open it."
        )


def record(action: str, number: int, asked: storage.Request, **details: object) -> None:
    """Tell the trail what was done to a finding."""
    target = f"{asked.name.tenant}/{asked.name.stream}"
    trail.record(action, target, "done", finding=number, query=asked.query, **details)


def told(error: Exception) -> str:
    """Say what a form was refused for."""
    if isinstance(error, QueryError):
        return f"The query cannot be read: {error}"
    return words.sentence(str(error))


def _list(served: Desk, visitor: Visitor, given: QueryParams) -> Response:
    is_yours = given.get("state") == YOURS
    state = next((one for one in STATES if one == ("open" if is_yours else given.get("state"))), None)
    before = given.get("before", "")
    below = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None  # noqa: PLR2004 - digits
    some = listed(served, visitor, state, below, visitor.name if is_yours else None)
    lines = [_line(finding, result) for finding, result in some[:ON_A_PAGE]]
    older = str(lines[-1].number) if len(some) > ON_A_PAGE else ""
    return served.page(
        "findings.html", page="findings", lines=lines, states=STATES,
        state=YOURS if is_yours else state or "", older=older, is_first=below is None,
    )  # fmt: skip


def _line(finding: Finding, result: Result) -> Line:
    found = result.evidence
    return Line(
        number=finding.number,
        title=finding.title,
        state=finding.state,
        is_overdue=finding.is_overdue(datetime.now(UTC).date()),
        owner=finding.owner,
        due="" if finding.due is None else finding.due.isoformat(),
        opened=evidence.moment(finding.opened_at)[:-3],
        opened_by=finding.opened_by,
        count="not made yet" if found is None else f"{found.count:,}",
        query=result.asked.query,
        stream=f"{result.asked.name.tenant}/{result.asked.name.stream}",
    )
