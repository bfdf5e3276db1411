"""/reviews/…: one review: what was found, and the sign-off of its reviewer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access import trail
from access.visitor import Visitor
from reviews.duties import may_finish
from reviews.results import Result
from reviews.review import Review
from reviews.texts import TextError
from web import acting, evidence
from web.acting import Subject
from web.desk import Desk
from web.errors import ForbiddenError
from web.findings import DUE_DAYS, matter_of
from web.findings import record as record_finding
from web.reviews import found, line
from web.saved import may_read


async def one(request: Request) -> Response:
    """Show one review."""
    return await acting.shown(request, _REVIEW)


async def act(request: Request) -> Response:
    """Sign a review off, hand it over, check its result, or try again to make it."""
    return await acting.act(request, _REVIEW)


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
        owner_of_search=review.owner,
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
        may_sign=_may_sign(served, visitor, review),
        needs_another=_needs_another(served, visitor, review),
        may_hand_over=_may_hand_over(visitor, review),
        reviewers=_reviewers(served, visitor, review, result),
        search=_search(served, visitor, review),
        printed=evidence.moment(now),
        asker=visitor.name,
    )


def _may_sign(served: Desk, visitor: Visitor, review: Review) -> bool:
    return _is_asked(visitor, review) and not _needs_another(served, visitor, review)


def _is_asked(visitor: Visitor, review: Review) -> bool:
    """Say whether a review waits for the visitor, or for somebody in whose place the visitor may sign."""
    if review.signed_at is not None or not visitor.may("review") or visitor.means == "token":
        return False
    return review.reviewer == visitor.name or visitor.may("administer")


def _needs_another(served: Desk, visitor: Visitor, review: Review) -> bool:
    """Say whether it is for a second person to sign, though the visitor is asked to."""
    alone = may_finish(visitor.name, review.owner, served.settings.second_person)
    return _is_asked(visitor, review) and not alone


def _may_hand_over(visitor: Visitor, review: Review) -> bool:
    owns = visitor.name == review.owner and visitor.may("review") and visitor.means != "token"
    return _is_asked(visitor, review) or (owns and review.signed_at is None)


def _reviewers(served: Desk, visitor: Visitor, review: Review, result: Result) -> list[str]:
    made_with = result.limits or visitor.limits
    return served.reviewing.reviewers(result.asked.name, made_with, visitor, review.owner)


def _search(served: Desk, visitor: Visitor, review: Review) -> str:
    """Give the address of the saved search that a review is of; nothing when it is not there to be read."""
    try:
        search = served.reviewing.store.searches.get(review.search)
    except LookupError:
        return ""
    return f"/saved/{search.number}" if may_read(served, visitor, search) else ""


def _sign(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> None:
    review, result = found(served, visitor, number)
    if _needs_another(served, visitor, review):
        raise ForbiddenError(
            f"Review {number} is of your own search, and web.second_person wants somebody else to sign it "
            "off. Hand it over to another reviewer."
        )
    if review.signed_at is None and not _is_asked(visitor, review):
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
    if to not in _reviewers(served, visitor, review, result):
        raise TextError(f"{to!r} cannot review this: choose somebody from the list")
    with served.reviewing.changing() as store:
        store.queue.hand_over(number, to, visitor.name, fields.get("note", ""), datetime.now(UTC))
        _tell("review.hand-over", review, result, reviewer=to)


def _check(served: Desk, visitor: Visitor, number: int, _fields: Mapping[str, str]) -> None:
    review, result = found(served, visitor, number)
    same = acting.check(served, visitor, result)
    if same is None:
        _tell("review.make", review, result)
    else:
        _tell("review.check", review, result, same=same)


def _tell(action: str, review: Review, result: Result, **details: object) -> None:
    asked = result.asked
    target = f"{asked.name.tenant}/{asked.name.stream}"
    about = {"review": review.number, "title": review.title, "query": asked.query}
    trail.record(action, target, "done", **about, **details)


_DEEDS: Final = {"sign": _sign, "hand-over": _hand_over, acting.CHECK: _check}
_REVIEW: Final = Subject("a review", "/reviews", _show, _DEEDS)
