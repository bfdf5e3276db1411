"""/reviews: what scheduled searches gave, waiting for somebody's sign-off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, Literal, get_args

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from access.visitor import Visitor, current
from reviews.findings import Finding
from reviews.periods import Period
from reviews.results import Result
from reviews.review import Review
from web import evidence
from web.desk import Desk, desk
from web.errors import NotFoundError
from web.findings import as_seen, may_see

ON_A_PAGE: Final = 50
RECORD_DAYS: Final = 31  # that a record covers when nobody says otherwise
Show = Literal["mine", "waiting", "missed", "all"]
SHOWS: Final[tuple[Show, ...]] = get_args(Show)
STATES: Final = {
    "waiting": "waiting",
    "missed": "missed",
    "signed": "signed off",
    "late": "signed off late",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One review as lists show it."""

    number: int
    title: str
    period: str
    start: str
    end: str
    count: str
    total: str
    digest: str
    is_whole: bool
    failure: str
    state: str
    state_said: str
    due: str
    reviewer: str
    signed_by: str
    signed: str
    note: str
    finding: int | None
    finding_state: str
    finding_said: str
    is_mine: bool
    is_alone: bool


async def reviews(request: Request) -> Response:
    """Show the queue: what waits for the visitor, what was missed, or all there is."""
    served = desk(request)
    return await served.work(_list, served, current(), request.query_params)


def listed(
    served: Desk, visitor: Visitor, show: Show = "all", before: int | None = None, now: datetime | None = None
) -> Iterator[tuple[Review, Result]]:
    """Give the reviews that a visitor may see, newest first: all, or those that wait, for it, or too long."""
    store, at = served.reviewing.store, now or datetime.now(UTC)
    for review in store.queue.newest(unsigned=show != "all", before=before):
        if show == "mine" and review.reviewer != visitor.name:
            continue
        if show == "missed" and review.state(at) != "missed":
            continue
        result = store.results.get(review.result)
        if may_see(served, visitor, result):
            yield review, as_seen(served, visitor, result)


def found(served: Desk, visitor: Visitor, number: int) -> tuple[Review, Result]:
    """Give a review that a visitor may see, and its result.

    Raises:
        NotFoundError: when there is none, for this visitor.
    """
    store = served.reviewing.store
    try:
        review = store.queue.get(number)
        result = store.results.get(review.result)
    except LookupError:
        result = None
    if result is None or not may_see(served, visitor, result):
        raise NotFoundError(f"There is no review {number} that you may see. /reviews lists those you may.")
    return review, as_seen(served, visitor, result)


def line(served: Desk, review: Review, result: Result, visitor: Visitor, now: datetime) -> Line:
    """Give a review as lists show it."""
    found, state = result.evidence, review.state(now)
    finding = None if review.finding is None else served.reviewing.store.findings.get(review.finding)
    return Line(
        number=review.number,
        title=review.title,
        period=period_told(review.period),
        start=evidence.said(review.period.start),
        end=evidence.said(review.period.end),
        count="" if found is None else f"{found.count:,}",
        total="" if found is None else f"{found.total:,}",
        digest="" if found is None else found.digest,
        is_whole=found is None or found.is_whole,
        failure=result.failure,
        state=state,
        state_said=STATES[state],
        due=evidence.said(review.due_at),
        reviewer=review.reviewer,
        signed_by=review.signed_by,
        signed="" if review.signed_at is None else evidence.moment(review.signed_at),
        note=review.note,
        finding=review.finding,
        finding_state="" if finding is None else finding.state,
        finding_said="" if finding is None else _finding_said(finding),
        is_mine=review.reviewer == visitor.name,
        is_alone=review.owner == (review.signed_by or review.reviewer),
    )


def _finding_said(finding: Finding) -> str:
    """Say what came of a finding, or who is to see to it."""
    if finding.resolved_at is not None:
        return (
            f"resolved by {finding.resolved_by} {evidence.moment(finding.resolved_at)}: {finding.resolution}"
        )
    return f"{finding.owner} sees to it until {finding.due}" if finding.state == "open" else ""


def period_told(period: Period) -> str:
    """Write a period for reading."""
    return f"{evidence.said(period.start)} to {evidence.said(period.end)}"


def _list(served: Desk, visitor: Visitor, given: QueryParams) -> Response:
    now = datetime.now(UTC)
    chosen = next((one for one in SHOWS if one == given.get("show")), None)
    show: Show = chosen or ("mine" if visitor.may("review") else "waiting")
    before = given.get("before", "")
    below = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None  # noqa: PLR2004 - digits
    some = list(islice(listed(served, visitor, show, below, now), ON_A_PAGE + 1))
    lines = [line(served, review, result, visitor, now) for review, result in some[:ON_A_PAGE]]
    waiting = [review for review, _ in listed(served, visitor, "waiting", None, now)]
    return served.page(
        "reviews.html",
        page="reviews",
        show=show,
        lines=lines,
        older=str(lines[-1].number) if len(some) > ON_A_PAGE else "",
        is_first=below is None,
        mine=sum(review.reviewer == visitor.name for review in waiting),
        waiting=len(waiting),
        missed=sum(review.state(now) == "missed" for review in waiting),
        may_review=visitor.may("review"),
        today=now.date().isoformat(),
        month=(now.date() - timedelta(days=RECORD_DAYS - 1)).isoformat(),
    )
