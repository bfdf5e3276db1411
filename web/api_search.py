"""/api/v1/search and what counts its matches: the answers of the search page, for programs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field
from starlette.responses import Response

from parsers.labels import SEVERITIES
from storage import search as storage
from web import times
from web.api_asking import Question, Understood, said, tell, unclear, understood
from web.api_operation import DECIMAL, Given
from web.api_records import Record, Searched, records, searched
from web.asking import page_of, survey_of
from web.desk import Desk
from web.form import MAXIMUM_FACETS, MAXIMUM_NAME, SearchForm
from web.jobs import Progress, State

MAXIMUM_LIMIT: Final = 1000
MAXIMUM_WAIT: Final = 60
_FIELD: Final = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$"
_CURSOR: Final = r"^[0-9]{1,19}-[0-9]{1,19}$"
_RETRY_SECONDS: Final = "1"


class SurveyQuestion(Question):
    """A search whose answer may take a while."""

    wait: Annotated[int, Field(ge=0, le=MAXIMUM_WAIT), DECIMAL] | None = Field(
        default=None, description="Seconds to wait for the whole answer; without it `web.count_seconds`."
    )


class SearchQuestion(SurveyQuestion):
    """A search, and which page of its answer."""

    order: Literal["newest", "oldest"] = Field(default="newest", description="Which messages come first.")
    limit: Annotated[int, Field(ge=1, le=MAXIMUM_LIMIT), DECIMAL] = Field(
        default=100, description="Messages at most. For all of them, export."
    )
    before: Annotated[str, Field(pattern=_CURSOR)] | None = Field(
        default=None, description="Where the page before ended: its `next`."
    )


class FacetQuestion(SurveyQuestion):
    """A search, and which fields' values are counted."""

    facet: list[Annotated[str, Field(max_length=MAXIMUM_NAME, pattern=_FIELD)]] = Field(
        default_factory=list,
        max_length=MAXIMUM_FACETS,
        description="Fields whose values are counted, too; may be given several times.",
        examples=[["user"]],
    )


class Found(Given):
    """Messages that match, newest first unless asked otherwise."""

    asked: Understood
    state: State = Field(description="`done`: these are they. Otherwise what is found so far: ask again.")
    records: list[Record]
    next: str | None = Field(description="Ask with this as `before` for those behind; null: there are none.")
    scope: Searched | None = Field(description="Null: not begun yet.")


class Surveyed(Given):
    """What is known of all matches."""

    asked: Understood
    state: State = Field(description="`done`: of all of them. Otherwise what is known so far: ask again.")
    asked_at: str = Field(description="When counting began; what came later is not in it.")
    blocks: int = Field(description="Blocks in the range.")
    decided: int = Field(description="Blocks that were looked at or ruled out by now.")
    scope: Searched | None = Field(description="Null: not begun yet.")


class Count(Surveyed):
    """The number of all matches."""

    count: int = Field(description="By now; at least so many when `state` is not `done`.")


class Bar(Given):
    """The matches of one stretch of time."""

    start: str = Field(description="Its first moment; it ends where the next one starts.")
    total: int
    severities: dict[str, int] = Field(description="By severity; those that do not occur are left out.")


class HistogramFound(Count):
    """The matches over time. Bars begin at round times; only what is in the range is counted."""

    seconds: float | None = Field(description="Width of a bar.")
    bars: list[Bar]


class Value(Given):
    """A value of a field, and how many matches have it."""

    value: str | None = Field(description="As queries write it; null: those that have none.")
    count: int


class FacetFound(Given):
    """The most frequent values of one field among the matches."""

    name: str = Field(description="Of the field, as queries write it.")
    values: list[Value]
    distinct: int = Field(description="How many values there are; at least, when `exact` is false.")
    exact: bool = Field(description="False: there are too many values to count them all.")


class FacetsFound(Count):
    """The most frequent values of the fields among the matches."""

    facets: list[FacetFound]


S = TypeVar("S", bound=Surveyed)


def search(served: Desk, asked: SearchQuestion) -> Found | Response:
    """Give the first matches, or those behind a cursor: 202 with what is found by now while it goes on."""
    form, request = understood(served, asked, before=asked.before or "")
    form = replace(form, oldest_first=asked.order == "oldest")
    request = replace(request, oldest_first=form.oldest_first)
    progress = page_of(served, form, request, limit=asked.limit, seconds=_seconds(asked.wait))
    page = progress.found
    if page is None or progress.state != "done":
        tell(form, request, None)
        return _underway(_found(form, request, page, progress.state))
    tell(form, request, page.records.num_rows if page.next is None and asked.before is None else None)
    return _found(form, request, page, progress.state)


def _found(form: SearchForm, request: storage.Request, page: storage.Page | None, state: State) -> Found:
    return Found(
        asked=said(form, request),
        state=state,
        records=[] if page is None else records(page.records),
        next=None if page is None or page.next is None else str(page.next),
        scope=None if page is None else searched(page.scope),
    )


def count(served: Desk, asked: SurveyQuestion) -> Count | Response:
    """Count all matches."""
    return _surveyed(served, asked, Count, lambda _: {})


def histogram(served: Desk, asked: SurveyQuestion) -> HistogramFound | Response:
    """Count all matches over time and by severity."""
    return _surveyed(served, asked, HistogramFound, _histogram)


def facets(served: Desk, asked: FacetQuestion) -> FacetsFound | Response:
    """Count the values of fields among all matches."""
    return _surveyed(served, asked, FacetsFound, _facets, asked.facet)


def _surveyed(
    served: Desk,
    asked: SurveyQuestion,
    model: type[S],
    more: Callable[[storage.Survey | None], dict[str, object]],
    facets: Sequence[str] = (),
) -> S | Response:
    """Give the survey that the search page would show, which is made once for both: 202 while it goes on."""
    form, request = understood(served, asked, facets=facets)
    try:
        progress: Progress[storage.Survey] = survey_of(served, form, request, seconds=_seconds(asked.wait))
    except ValueError as error:  # a facet whose values are all distinct
        raise unclear(str(error), "facet") from error
    found = progress.found
    if progress.is_new or progress.state == "done":
        tell(form, request, found.total if found and progress.state == "done" else None)
    told = model.model_validate(
        {
            "asked": said(form, request),
            "state": progress.state,
            "asked_at": times.typed(progress.asked_at),
            "blocks": found.blocks if found else 0,
            "decided": found.decided if found else 0,
            "scope": searched(found.histogram.scope) if found else None,
            "count": found.total if found else 0,
            **more(found),
        }
    )
    if progress.state == "done":
        return told
    return _underway(told)


def _underway(told: Given) -> Response:
    """Answer that it goes on behind the answer: 202, and when to ask again."""
    text = told.model_dump_json(by_alias=True)
    return Response(text, 202, {"Retry-After": _RETRY_SECONDS}, "application/json")


def _seconds(wait: int | None) -> float | None:
    return None if wait is None else float(wait)


def _histogram(found: storage.Survey | None) -> dict[str, object]:
    if found is None:
        return {"seconds": None, "bars": []}
    drawn = found.histogram
    bars = [_bar(start, counts) for start, counts in zip(drawn.starts, drawn.counts, strict=True)]
    return {"seconds": drawn.width / times.NANOSECONDS, "bars": bars}


def _bar(start: int, counts: Sequence[int]) -> Bar:
    split = {label: number for label, number in zip(SEVERITIES, counts, strict=True) if number}
    return Bar(start=times.full(start), total=sum(counts), severities=split)


def _facets(found: storage.Survey | None) -> dict[str, object]:
    given = [
        FacetFound(
            name=one.name,
            values=[Value(value=value, count=number) for value, number in one.values],
            distinct=one.distinct,
            exact=one.is_exact,
        )
        for one in (found.facets if found else ())
    ]
    return {"facets": given}
