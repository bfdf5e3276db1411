"""/api/v1/findings: results that somebody put the name to, by what the pages show and save."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request

from access import trail
from access.visitor import current
from reviews import making
from reviews.evidence import difference
from reviews.findings import State
from reviews.making import CannotMakeError
from reviews.texts import DoneError, TextError
from storage.results import TimeKind
from web import findings as pages
from web import words
from web.api_asking import unclear
from web.api_operation import DECIMAL, NAME, Asked, Nothing, Sent
from web.api_problem import ApiError, Fault
from web.api_results import Checked, FindingGiven, Findings, evidence_given, finding_given
from web.desk import Desk, desk
from web.form import MAXIMUM_QUERY, FormError
from web.times import MomentError
from web.turns import BusyError

_LAST: Final = 10**17
_CONFLICT, _UNCLEAR = 409, 422
_TITLE, _NOTE = 200, 10_000

Number = Annotated[int, Field(ge=1, le=_LAST), DECIMAL]


class NumberAsked(Asked):
    """Which one."""

    number: Number = Field(description="Its number.")


class FindingsQuestion(Asked):
    """Which findings."""

    state: State | None = Field(default=None, description="Those in this state; without it, all.")
    owner: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="Those that are this one's to see to; without it, anybody's."
    )
    before: Number | None = Field(default=None, description="Those with a lower number, to go on.")


class FindingSent(Sent):
    """A search, and what its result is to say."""

    title: Annotated[str, Field(min_length=1, max_length=_TITLE)] = Field(description="In one line.")
    note: Annotated[str, Field(max_length=_NOTE)] = Field(default="", description="What it says or is for.")
    q: Annotated[str, Field(max_length=MAXIMUM_QUERY)] = Field(default="", description="The query.")
    start: Annotated[str, Field(max_length=64)] = Field(
        default="", validation_alias="from", description="The first time, as for a search."
    )
    end: Annotated[str, Field(max_length=64)] = Field(
        default="", validation_alias="to", description="When the range ends; empty: now."
    )
    time: TimeKind = Field(default="received", description="Which time the range is of.")
    tenant: Annotated[str, Field(pattern=NAME)] = Field(default="default", description="The tenant.")
    stream: Annotated[str, Field(pattern=NAME)] = Field(default="syslog", description="The stream.")
    owner: Annotated[str, Field(min_length=1, max_length=63)] | None = Field(
        default=None, description="Who is to resolve it: makes it a matter, not only a statement."
    )
    due: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = Field(
        default=None, description="The day by which it is due; with an owner only."
    )


def findings(served: Desk, asked: FindingsQuestion) -> Findings:
    """Give the newest findings that the account may see."""
    some = pages.listed(served, current(), asked.state, asked.before, asked.owner)
    kept = some[: pages.ON_A_PAGE]
    trail.record("view", "findings")
    return Findings(
        findings=[finding_given(finding, result) for finding, result in kept],
        next=kept[-1][0].number if len(some) > len(kept) else None,
    )


def finding(served: Desk, asked: NumberAsked) -> FindingGiven:
    """Give one finding."""
    found, result = pages.found(served, current(), asked.number)
    pages.record("view", asked.number, result.asked)
    return finding_given(found, result)


async def save(request: Request, _asked: Nothing, sent: FindingSent) -> FindingGiven:
    """Save the result of a search as a finding; it is made behind this when it takes long."""
    served, visitor = desk(request), current()
    fields = {"title": sent.title, "note": sent.note, "q": sent.q, "from": sent.start, "to": sent.end}
    fields |= {"time": sent.time, "tenant": sent.tenant, "stream": sent.stream}
    if sent.owner is not None or sent.due is not None:
        fields |= {"kind": "open", "owner": sent.owner or "", "due": sent.due or ""}
    with _answering():
        number, result = await served.work(pages.save, served, visitor, fields, datetime.now(UTC))
        with suppress(BusyError):  # then it is made in its turn
            await served.reviewing.behind(making.make, served.reviewing.means, result)
    return await served.work(_one, served, number)


async def check(request: Request, asked: NumberAsked) -> Checked:
    """Make a finding's result once more, and compare."""
    served = desk(request)
    return await served.reviewing.wholly(_checked, served, asked)


def _checked(served: Desk, asked: NumberAsked) -> Checked:
    _, result = pages.found(served, current(), asked.number)
    with _answering():
        then, now = making.check(served.reviewing.means, result.number, current())
    assert then.evidence is not None  # noqa: S101 - for the type checker: it was checked
    if result.evidence is None or not result.evidence.checkpoint:  # who asks is not to know of the ledger
        now = replace(now, checkpoint="", ledger="")
    apart = difference(then.evidence, now)
    pages.record("finding.check", asked.number, result.asked, same=not apart)
    return Checked(same=not apart, differences=list(apart), evidence=evidence_given(now))


@contextmanager
def _answering() -> Iterator[None]:
    """Answer what cannot be meant or done: 409 or 422."""
    try:
        yield
    except (DoneError, CannotMakeError) as error:
        raise ApiError(_CONFLICT, words.sentence(str(error))) from error
    except (FormError, MomentError, TextError) as error:
        raise _unclear(str(error)) from error
    except ValueError as error:  # of the query
        raise unclear(str(error), "q") from error


def _unclear(what: str) -> ApiError:
    said = words.sentence(what)
    return ApiError(_UNCLEAR, f"This cannot be done: {said}", [Fault(where="body", name="", what=said)])


def _one(served: Desk, number: int) -> FindingGiven:
    return finding_given(*pages.found(served, current(), number))
