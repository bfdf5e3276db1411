"""/reviews/…: one review: what was found, and the sign-off of its reviewer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access import trail
from access.visitor import Visitor, current
from reviews import making
from reviews.evidence import difference
from reviews.making import CannotMakeError
from reviews.results import Result
from reviews.review import Review
from reviews.texts import DoneError, TextError
from web import evidence, words
from web.deeds import fields_of, named
from web.desk import Desk, desk
from web.errors import ForbiddenError, NotFoundError
from web.findings import DUE_DAYS, matter_of
from web.findings import record as record_finding
from web.reviews import found, line


async def one(request: Request) -> Response:
    """Show one review."""
    served, number = desk(request), named(request)
    return await served.work(_show, served, current(), number)


async def act(request: Request) -> Response:
    """Sign a review off, hand it over, check its result, or try again to make it."""
    served, number, visitor = desk(request), named(request), current()
    fields = await fields_of(request)
    deed = request.path_params["deed"]
    if deed not in _DEEDS:
        raise NotFoundError("Nothing of this name can be done to a review.")
    try:
        work = served.reviewing.behind if deed == "check" else served.work
        await work(_DEEDS[deed], served, visitor, number, fields)
    except (TextError, DoneError, CannotMakeError) as error:
        return await served.work(_show, served, visitor, number, words.sentence(str(error)), deed, fields)
    return RedirectResponse(f"/reviews/{number}", 303)


def _show(  # noqa: PLR0913, PLR0917 - a page, and what was refused on it
    served: Desk, visitor: Visitor, number: int, trouble: str = "", deed: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    review, result = found(served, visitor, number)
    store, now = served.reviewing.store, datetime.now(UTC)
    if not trouble:
        _tell("view", review, result)
    given = fields or {}
    return served.page(
        "review.html",
        400 if trouble else 200,
        page="reviews",
        about=review.about,
        line=line(served, review, result, visitor, now),
        result=evidence.shown(result, store.results.checks(result.number)),
        days=evidence.messages(served, result),
        shown_at_most=evidence.MESSAGES,
        events=store.events("review", number),
        moment=evidence.moment,
        trouble=trouble,
        deed=deed,
        note=given.get("note", ""),
        outcome=given.get("outcome", "signed"),
        title=given.get("title", review.title),
        owner=given.get("owner", ""),
        due=given.get("due", (now.date() + timedelta(days=DUE_DAYS)).isoformat()),
        reviewer=given.get("reviewer", ""),
        may_sign=_may_sign(visitor, review),
        may_hand_over=_may_hand_over(visitor, review),
        reviewers=served.reviewing.reviewers(result.asked.name, result.limits or visitor.limits, visitor),
        printed=evidence.moment(now),
        asker=visitor.name,
    )


def _may_sign(visitor: Visitor, review: Review) -> bool:
    if review.signed_at is not None or not visitor.may("review") or visitor.means == "token":
        return False
    return review.reviewer == visitor.name or visitor.may("administer")


def _may_hand_over(visitor: Visitor, review: Review) -> bool:
    owns = visitor.name == review.owner and visitor.may("review") and visitor.means != "token"
    return _may_sign(visitor, review) or (owns and review.signed_at is None)


def _sign(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> None:
    review, result = found(served, visitor, number)
    if review.signed_at is None and not _may_sign(visitor, review):
        raise ForbiddenError(
            f"Review {number} waits for {review.reviewer}, who may hand it over to you; an administrator may "
            "sign in place of the reviewer."
        )
    if result.evidence is None and fields.get("outcome") == "finding":
        raise TextError("there is no result yet that a finding could be opened on: wait for it, or try again")
    note, now = fields.get("note", ""), datetime.now(UTC)
    if visitor.name != review.reviewer:
        note = f"{note.strip()}\n(signed in place of {review.reviewer})" if note.strip() else note
    with served.reviewing.changing() as store:
        finding = None
        if fields.get("outcome") == "finding":
            matter, title = matter_of(fields), fields.get("title", "")
            said = f"{note}\n(from review {number})"
            finding = store.findings.save(
                title, result.number, by=visitor.name, note=said, at=now, matter=matter
            )
            record_finding("finding.save", finding, result.asked, title=title, owner=matter.owner)
        store.queue.sign(number, visitor.name, note, now, finding)
        _tell("review.sign", review, result, note=note, finding=finding)


def _hand_over(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> None:
    review, result = found(served, visitor, number)
    if review.signed_at is None and not _may_hand_over(visitor, review):
        raise ForbiddenError(
            f"Review {number} waits for {review.reviewer}. Its reviewer, the owner of its search and "
            "administrators hand it over."
        )
    to = fields.get("reviewer", "")
    made_with = result.limits or visitor.limits
    if to not in served.reviewing.reviewers(result.asked.name, made_with, visitor):
        raise TextError(f"{to!r} cannot review this: choose somebody from the list")
    with served.reviewing.changing() as store:
        store.queue.hand_over(number, to, visitor.name, fields.get("note", ""), datetime.now(UTC))
        _tell("review.hand-over", review, result, reviewer=to)


def _check(served: Desk, visitor: Visitor, number: int, _fields: Mapping[str, str]) -> None:
    review, result = found(served, visitor, number)
    if result.evidence is None:  # asked for, but not made: a check tries once more
        making.make(served.reviewing.means, result.number)
        _tell("review.make", review, result)
        return
    then, now = making.check(served.reviewing.means, result.number, visitor)
    assert then.evidence is not None  # noqa: S101 - for the type checker
    _tell("review.check", review, result, same=not difference(then.evidence, now))


def _tell(action: str, review: Review, result: Result, **details: object) -> None:
    asked = result.asked
    target = f"{asked.name.tenant}/{asked.name.stream}"
    about = {"review": review.number, "title": review.title, "query": asked.query}
    trail.record(action, target, "done", **about, **details)


_DEEDS: Final = {"sign": _sign, "hand-over": _hand_over, "check": _check}
