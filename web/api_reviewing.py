"""/api/v1/reviews and /saved: what is reviewed, and what came of it, by what the pages show.

Reviews are signed off by people at the page, which is why nothing here does.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from access import trail
from access.visitor import current
from reviews.periods import gaps
from web import review_record, reviews
from web import saved as saved_searches
from web.api_asking import unclear
from web.api_findings import Number, NumberAsked
from web.api_operation import Asked, Nothing
from web.api_results import (
    Gap,
    ReviewGiven,
    ReviewRecord,
    Reviews,
    SavedSearches,
    review_given,
    saved_given,
)
from web.desk import Desk
from web.errors import UnclearError


class ReviewsQuestion(Asked):
    """Which reviews."""

    show: reviews.Show = Field(
        default="all", description="All, mine, those that wait, or those that are missed."
    )
    before: Number | None = Field(default=None, description="Those with a lower number, to go on.")


class RecordQuestion(Asked):
    """Which range of days."""

    start: Annotated[str, Field(max_length=64)] = Field(
        default="",
        validation_alias="from",
        description="Periods that end after this; empty: the last 31 days.",
    )
    end: Annotated[str, Field(max_length=64)] = Field(
        default="", validation_alias="to", description="And not after this; empty: now."
    )


def queue(served: Desk, asked: ReviewsQuestion) -> Reviews:
    """Give the newest reviews that the account may see."""
    now, more = datetime.now(UTC), False
    kept: list[ReviewGiven] = []
    for review, result in reviews.listed(served, current(), asked.show, asked.before, now):
        if len(kept) == reviews.ON_A_PAGE:
            more = True
            break
        kept.append(review_given(review, result, now))
    trail.record("view", "reviews")
    return Reviews(reviews=kept, next=kept[-1].number if more else None)


def record(served: Desk, asked: RecordQuestion) -> ReviewRecord:
    """Give all reviews of a range that the account may see, and what they leave out."""
    now = datetime.now(UTC)
    try:
        start, end = review_record.bounds(asked.start, asked.end, now)
        several = review_record.ending(served, current(), start, end)
    except UnclearError as error:
        raise unclear(error.detail, "from") from error
    trail.record("view", "reviews", since=start.isoformat(), until=end.isoformat())
    return ReviewRecord(
        reviews=[review_given(one, result, now) for pairs in several.values() for one, result in pairs],
        gaps=[
            Gap(search=search, start=gap.start, end=gap.end)
            for search, pairs in several.items()
            for gap in gaps([one.period for one, _ in pairs])
        ],
    )


def review(served: Desk, asked: NumberAsked) -> ReviewGiven:
    """Give one review."""
    found, result = reviews.found(served, current(), asked.number)
    name = result.asked.name
    trail.record("view", f"{name.tenant}/{name.stream}", review=asked.number)
    return review_given(found, result, datetime.now(UTC))


def saved(served: Desk, _asked: Nothing) -> SavedSearches:
    """Give the saved searches that the account may use."""
    return SavedSearches(saved=[saved_given(one) for one in saved_searches.listed(served, current())])
