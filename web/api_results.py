"""Results, findings, reviews and saved searches as the API gives them."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from reviews.evidence import Evidence
from reviews.findings import Finding, State
from reviews.results import Result
from reviews.review import Review
from reviews.review import State as ReviewState
from reviews.searches import Question, Saved
from storage.results import Request, TimeKind
from web import saved as saved_searches
from web.api_asking import Understood
from web.api_operation import Given


class EvidenceGiven(Given):
    """What a search over a range that has ended gave."""

    count: int = Field(description="Messages that match.")
    total: int = Field(description="Messages in the range, whether they match or not.")
    digest: str = Field(description="SHA-256 of the raw export of the same search, newest first.")
    oldest: datetime | None
    newest: datetime | None
    scope: dict[str, int] = Field(description="Files, blocks, skipped, scanned and so on.")
    damaged: list[str] = Field(description="Places that could not be read: their messages are missing.")
    damages: int = Field(description="How many places those are altogether.")
    checkpoint: str | None = Field(description="Of the tenant's ledger then; null where none is kept.")


class ResultGiven(Given):
    """A result: asked for once, made once, and checked as often as one likes."""

    asked: Understood
    asked_by: str
    asked_at: datetime
    made_at: datetime | None = Field(description="Null: not made yet.")
    evidence: EvidenceGiven | None
    failure: str = Field(description="Why it could not be made.")


class FindingGiven(Given):
    """A result that somebody put the name to."""

    number: int
    title: str
    state: State
    owner: str
    due: date | None
    resolution: str
    opened_by: str
    opened_at: datetime
    resolved_by: str
    resolved_at: datetime | None
    result: ResultGiven


class Findings(Given):
    """Findings, newest first."""

    findings: list[FindingGiven]
    next: int | None = Field(description="Ask with this as `before` for older ones; null: there are none.")


class Checked(Given):
    """A result made once more."""

    same: bool = Field(description="Whether the archive still says what it said.")
    differences: list[str]
    evidence: EvidenceGiven


class ReviewGiven(Given):
    """What a scheduled search gave for one period."""

    number: int
    search: int = Field(description="Number of the saved search.")
    title: str
    owner: str
    reviewer: str
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    due_at: datetime
    state: ReviewState
    signed_by: str
    signed_at: datetime | None
    note: str
    finding: int | None
    result: ResultGiven


class Reviews(Given):
    """Reviews, newest first."""

    reviews: list[ReviewGiven]
    next: int | None = Field(description="Ask with this as `before` for older ones; null: there are none.")


class Gap(Given):
    """What no review of a saved search covers, between the first and the last of them."""

    search: int = Field(description="Number of the saved search.")
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")


class ReviewRecord(Given):
    """All reviews of a range, by saved search and period."""

    reviews: list[ReviewGiven]
    gaps: list[Gap]


class SavedGiven(Given):
    """A saved search."""

    number: int
    title: str
    about: str
    owner: str
    shared: bool
    query: str
    tenant: str
    stream: str
    start: str = Field(serialization_alias="from", description="As typed, such as -7d.")
    end: str = Field(serialization_alias="to", description="As typed.")
    time: TimeKind
    address: str = Field(description="Of the search page that asks it.")
    schedule: str | None = Field(description="When it is reviewed; null: never.")
    reviewer: str | None


class SavedSearches(Given):
    """The saved searches that the account may use."""

    saved: list[SavedGiven]


def finding_given(found: Finding, result: Result) -> FindingGiven:
    """Give a finding and its result as the API does."""
    return FindingGiven(
        number=found.number,
        title=found.title,
        state=found.state,
        owner=found.owner,
        due=found.due,
        resolution=found.resolution,
        opened_by=found.opened_by,
        opened_at=found.opened_at,
        resolved_by=found.resolved_by,
        resolved_at=found.resolved_at,
        result=result_given(result),
    )


def review_given(found: Review, result: Result, now: datetime) -> ReviewGiven:
    """Give a review and its result as the API does, as it stands at a time."""
    return ReviewGiven(
        number=found.number,
        search=found.search,
        title=found.title,
        owner=found.owner,
        reviewer=found.reviewer,
        start=found.period.start,
        end=found.period.end,
        due_at=found.due_at,
        state=found.state(now),
        signed_by=found.signed_by,
        signed_at=found.signed_at,
        note=found.note,
        finding=found.finding,
        result=result_given(result),
    )


def result_given(result: Result) -> ResultGiven:
    """Give a result as the API does."""
    return ResultGiven(
        asked=Understood(**_asked(result.asked)),
        asked_by=result.asked_by,
        asked_at=result.asked_at,
        made_at=result.made_at,
        evidence=None if result.evidence is None else evidence_given(result.evidence),
        failure=result.failure,
    )


def evidence_given(found: Evidence) -> EvidenceGiven:
    """Give what a search gave as the API does."""
    return EvidenceGiven(
        count=found.count,
        total=found.total,
        digest=found.digest,
        oldest=found.oldest,
        newest=found.newest,
        scope=found.figures,
        damaged=list(found.damaged),
        damages=found.damages,
        checkpoint=found.checkpoint or None,
    )


def saved_given(one: Saved) -> SavedGiven:
    """Give a saved search as the API does."""
    draft, asked = one.draft, one.draft.question
    schedule = draft.schedule
    return SavedGiven(
        number=one.number,
        title=draft.title,
        about=draft.about,
        owner=one.owner,
        shared=draft.shared,
        **_asked(asked),
        address=saved_searches.address(asked),
        schedule=None if schedule is None else schedule.told(),
        reviewer=None if schedule is None else schedule.reviewer,
    )


def _asked(asked: Request | Question) -> dict[str, Any]:
    """Give what a result and a saved search have in common: what is asked of which stream."""
    return {
        "query": asked.query,
        "tenant": asked.name.tenant,
        "stream": asked.name.stream,
        "start": asked.start,
        "end": asked.end,
        "time": asked.time,
    }
