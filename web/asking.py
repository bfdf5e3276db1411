"""What a search form asks for, and the work that answers it; for the pages and for the API alike.

An answer has two halves: the page of messages, which is there soon mostly, and the survey of all matches
(their number, histogram, facets), which may take long. Both go on in the background when they take longer
than a page waits, and are found again by asking the same.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from starlette.datastructures import QueryParams

from access.visitor import current
from storage import search as storage
from storage.facets import FIELD_NAMES, canonical
from storage.layout import StreamName
from storage.sorting import Order
from web import times
from web.desk import Desk
from web.form import FormError, SearchForm
from web.jobs import Progress
from web.sight import key

BUCKETS: Final = 60
FACETS: Final = ("severity", "host", "app", "facility", "peer", FIELD_NAMES)  # that every search shows


class UnknownStreamError(ValueError):
    """The stream asked for has neither journal nor archive."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Both halves of an answer, as far as they have come; the survey is None where it was not asked for."""

    page: Progress[storage.Page]
    survey: Progress[storage.Survey] | None


def understand(form: SearchForm, now: datetime) -> storage.Request:
    """Give the request that a form means at this moment.

    Raises:
        MomentError: when From or To is no time.
        ValueError: when From is after To, or the page's cursor is none.
    """
    start, end = times.moment(form.start, now), times.moment(form.end, now, end=True)
    if start and end and start >= end:
        raise FormError(f"From ({form.start}) is not before To ({form.end}). Swap them, or leave one empty.")
    before = storage.Cursor.decode(form.pages[-1]) if form.pages else None
    return storage.Request(
        form.query, form.name, start, end, form.time, before=before, oldest_first=form.oldest_first
    )


def choose(form: SearchForm, streams: list[StreamName], given: QueryParams) -> SearchForm:
    """Give the form with the stream that is meant when the address leaves it open: the first there is.

    Raises:
        UnknownStreamError: when what the address names is not there.
    """
    if not streams:
        return form if given.get("tenant") or given.get("stream") else form.having(name=_own(form.name))
    if form.name in streams:
        return form
    of_tenant = [name for name in streams if name.tenant == form.name.tenant]
    if "stream" in given or ("tenant" in given and not of_tenant):
        asked = f"{form.name.tenant}/{form.name.stream}"
        raise UnknownStreamError(
            f"There is nothing in {asked} that you may see. Choose another stream beside the times; if "
            "you expected messages there, ask an administrator about your limits, and whether the tenant is "
            "suspended."
        )
    return form.having(name=(of_tenant or streams)[0])


def _own(name: StreamName) -> StreamName:
    """Give a stream of who asks where nothing is stored yet, rather than one of another tenant."""
    limits = current().limits
    if limits.streams:
        return StreamName(*limits.streams[0].split("/"))
    return StreamName(limits.tenants[0]) if limits.tenants else name


def page_of(  # noqa: PLR0913 - the question, and how it is asked
    served: Desk,
    form: SearchForm,
    asked: storage.Request,
    *,
    again: bool = False,
    limit: int | None = None,
    seconds: float | None = None,
) -> Progress[storage.Page]:
    """Give the page of messages that a form shows, or what is found of it by now.

    Args:
        served: the desk.
        form: as typed.
        asked: as understood.
        again: begin anew what somebody stopped.
        limit: messages on it, instead of what a page usually has.
        seconds: to wait, instead of what a page usually waits.
    """
    most = limit or served.settings.page_messages
    searcher, request = served.searcher, replace(asked, limit=most)

    def work() -> Iterator[Callable[[], storage.Page]]:
        if not form.sort:
            return searcher.pages(request)
        return searcher.sorted_pages(request, Order(form.sort.removeprefix("-"), form.sort.startswith("-")))

    question = _page_question(served, form, most)
    return served.pages.ask(question, work, again=again, seconds=seconds, account=current().account)


def survey_of(
    served: Desk,
    form: SearchForm,
    asked: storage.Request,
    *,
    again: bool = False,
    seconds: float | None = None,
) -> Progress[storage.Survey]:
    """Give the survey of all matches of a form, or as much of it as there is by now.

    Args:
        served: the desk.
        form: as typed.
        asked: as understood.
        again: begin anew what somebody stopped.
        seconds: to wait, instead of what a page usually waits.
    """
    searcher, whole = served.searcher, _whole(asked)
    facets = facets_of(form)
    return served.surveys.ask(
        _survey_question(served, form),
        lambda: searcher.survey(whole, BUCKETS, facets),
        again=again,
        seconds=seconds,
        account=current().account,
    )


def stop(served: Desk, form: SearchForm) -> None:
    """Stop looking for what a form finds, and counting it, for whoever asks this."""
    served.pages.stop(_page_question(served, form, served.settings.page_messages))
    served.surveys.stop(_survey_question(served, form))


def facets_of(form: SearchForm) -> tuple[str, ...]:
    """Give the names of the facets that a form shows.

    Raises:
        ValueError: when one of them can be none.
    """
    return tuple(dict.fromkeys((*FACETS, *map(canonical, form.facets))))


def _whole(asked: storage.Request) -> storage.Request:
    return replace(asked, limit=None, before=None, oldest_first=False)


def _page_question(served: Desk, form: SearchForm, limit: int) -> Hashable:
    return (*_question(served, form), form.pages, form.oldest_first, form.sort, limit)


def _survey_question(served: Desk, form: SearchForm) -> Hashable:
    return (*_question(served, form), facets_of(form))


def _question(served: Desk, form: SearchForm) -> tuple[Hashable, ...]:
    """Tell one question from another, and one visitor's from another's, whose limits may differ."""
    return (key(served.sights, form.name), form.query, form.start, form.end, form.time, form.name)
