"""/saved: saved searches, the visitor's own and those of others that it may read."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import Visitor, current
from reviews.periods import boundary_after
from reviews.searches import Question, Saved
from reviews.sight import may_use
from web.desk import Desk, desk
from web.errors import NotFoundError
from web.evidence import said
from web.form import SearchForm


@dataclass(frozen=True, slots=True)
class Line:
    """One saved search as the list shows it."""

    number: int
    title: str
    about: str
    owner: str
    is_own: bool
    is_shared: bool
    query: str
    stream: str
    range: str
    address: str
    schedule: str
    reviewer: str
    next: str


async def saved(request: Request) -> Response:
    """Show the visitor's saved searches and those that others share."""
    served = desk(request)
    return await served.work(_list, served, current())


def listed(served: Desk, visitor: Visitor) -> list[Saved]:
    """Give the saved searches that a visitor may use: its own, and shared ones of streams that it sees."""
    return [one for one in served.reviewing.store.searches.all() if may_read(served, visitor, one)]


def found(served: Desk, visitor: Visitor, number: int) -> Saved:
    """Give a saved search that a visitor may use.

    Raises:
        NotFoundError: when there is none, for this visitor.
    """
    try:
        search = served.reviewing.store.searches.get(number)
    except LookupError:
        search = None
    if search is None or not may_read(served, visitor, search):
        raise NotFoundError(
            f"There is no saved search {number} that you may see. /saved lists those you may."
        )
    return search


def address(question: Question) -> str:
    """Give the address of the search page that asks a saved question."""
    form = SearchForm(question.query, question.start, question.end, question.time, question.name)
    plain = form.address()
    return f"{plain}{'&' if '?' in plain else '?'}{question.extra}" if question.extra else plain


def may_read(served: Desk, visitor: Visitor, search: Saved) -> bool:
    """Say whether a visitor may read a saved search: its own, a shared or a scheduled one."""
    name = search.draft.question.name
    if not served.sights.sees(visitor, name):
        return False
    if search.owner == visitor.name:
        return True
    shared = search.draft.shared or search.draft.schedule is not None
    return shared and may_use(visitor, name, search.masked)


def _list(served: Desk, visitor: Visitor) -> Response:
    now = datetime.now(UTC)
    lines = [_line(search, visitor, now) for search in listed(served, visitor)]
    own = [line for line in lines if line.is_own]
    return served.page(
        "saved.html", page="saved", own=own, others=[line for line in lines if not line.is_own]
    )


def _line(search: Saved, visitor: Visitor, now: datetime) -> Line:
    draft, asked = search.draft, search.draft.question
    schedule = draft.schedule
    until = search.covered_until or now
    return Line(
        number=search.number,
        title=draft.title,
        about=draft.about,
        owner=search.owner,
        is_own=search.owner == visitor.name,
        is_shared=draft.shared,
        query=asked.query,
        stream=f"{asked.name.tenant}/{asked.name.stream}",
        range=_range(asked),
        address=address(asked),
        schedule="" if schedule is None else schedule.told(),
        reviewer="" if schedule is None else schedule.reviewer,
        next="" if schedule is None else said(boundary_after(schedule, until)),
    )


def _range(asked: Question) -> str:
    kind = "" if asked.time == "received" else ", by device time"
    if not asked.start and not asked.end:
        return f"any time{kind}"
    since = f"from {asked.start}" if asked.start else ""
    until = f"to {asked.end}" if asked.end else ""
    return f"{since} {until}".strip() + kind
