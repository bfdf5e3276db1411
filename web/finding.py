"""/findings/…: one finding: what was found, whether it still holds, and what comes of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import Visitor
from reviews.duties import may_finish
from reviews.findings import Finding
from reviews.results import Result
from web import acting, evidence
from web.acting import Subject
from web.desk import Desk
from web.errors import ForbiddenError
from web.findings import DUE_DAYS, found, matter_of, may_open, record


async def one(request: Request) -> Response:
    """Show one finding."""
    return await acting.shown(request, _FINDING)


async def act(request: Request) -> Response:
    """Open, resolve, note or check a finding."""
    return await acting.act(request, _FINDING)


def _show(  # noqa: PLR0913, PLR0917 - a page, and what was refused on it
    served: Desk, visitor: Visitor, number: int, trouble: str = "", deed: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    finding, result = found(served, visitor, number)
    store = served.reviewing.store
    if not trouble:
        record("view", number, result.asked)
    given = fields or {}
    today = datetime.now(UTC).date()
    return served.page(
        "finding.html",
        400 if trouble else 200,
        page="findings",
        finding=finding,
        is_overdue=finding.is_overdue(today),
        opened=evidence.moment(finding.opened_at),
        resolved="" if finding.resolved_at is None else evidence.moment(finding.resolved_at),
        result=evidence.shown(result, store.results.checks(result.number)),
        days=evidence.messages(served, result),
        shown_at_most=evidence.MESSAGES,
        events=store.events("finding", number),
        moment=evidence.moment,
        trouble=trouble,
        deed=deed,
        note=given.get("note", ""),
        owner=given.get("owner", finding.owner),
        due=given.get("due", (finding.due or today + timedelta(days=DUE_DAYS)).isoformat()),
        may_act=_may_act(visitor, finding),
        needs_another=_needs_another(served, visitor, finding),
        reviews=store.queue.with_finding(number),
        may_open=visitor.may("review"),
        owners=served.reviewing.reviewers(result.asked.name, result.limits or visitor.limits, visitor),
        printed=evidence.moment(datetime.now(UTC)),
        asker=visitor.name,
    )


def _may_act(visitor: Visitor, finding: Finding) -> bool:
    return visitor.may("review") or visitor.name in {finding.owner, finding.opened_by}


def _acting(served: Desk, visitor: Visitor, number: int) -> tuple[Finding, Result]:
    finding, result = found(served, visitor, number)
    if not _may_act(visitor, finding):
        raise ForbiddenError(
            f"Finding {number} is {finding.owner}'s. Its owner, who saved it, and reviewers may add to it."
        )
    return finding, result


def _open(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> None:
    may_open(visitor)
    _, result = found(served, visitor, number)
    matter = matter_of(fields)
    with served.reviewing.changing() as store:
        store.findings.open(number, matter, visitor.name, fields.get("note", ""), datetime.now(UTC))
        record("finding.open", number, result.asked, owner=matter.owner, due=matter.due)


def _needs_another(served: Desk, visitor: Visitor, finding: Finding) -> bool:
    """Say whether it is for a second person to resolve a finding that the visitor sees to."""
    return not may_finish(visitor.name, finding.owner, served.settings.second_person)


def _resolve(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> None:
    finding, result = _acting(served, visitor, number)
    if finding.state == "open" and _needs_another(served, visitor, finding):
        raise ForbiddenError(
            f"Finding {number} is yours to see to, and web.second_person wants somebody else to resolve it. "
            f"Add a note of what you did, and ask {finding.opened_by} or a reviewer."
        )
    with served.reviewing.changing() as store:
        store.findings.resolve(number, visitor.name, fields.get("note", ""), datetime.now(UTC))
        record("finding.resolve", number, result.asked, resolution=fields.get("note", ""))


def _comment(served: Desk, visitor: Visitor, number: int, fields: Mapping[str, str]) -> None:
    _, result = _acting(served, visitor, number)
    with served.reviewing.changing() as store:
        store.findings.comment(number, visitor.name, fields.get("note", ""), datetime.now(UTC))
        record("finding.note", number, result.asked, note=fields.get("note", ""))


def _check(served: Desk, visitor: Visitor, number: int, _fields: Mapping[str, str]) -> None:
    _, result = found(served, visitor, number)
    same = acting.check(served, visitor, result)
    if same is not None:
        record("finding.check", number, result.asked, same=same)


_DEEDS: Final = {"open": _open, "resolve": _resolve, "note": _comment, acting.CHECK: _check}
_FINDING: Final = Subject("a finding", "/findings", _show, _DEEDS)
