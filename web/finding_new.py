"""/findings/new: what saving a search's result would state, and saving it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.visitor import Visitor, current
from reviews import making
from web import evidence
from web.deeds import fields_of
from web.desk import Desk, desk
from web.findings import DUE_DAYS, REFUSALS, SEARCH, asked_for, save, told
from web.form import FormError, SearchForm, read
from web.turns import BusyError


async def new(request: Request) -> Response:
    """Show what saving a search's result would state, or save it."""
    served, visitor = desk(request), current()
    if request.method != "POST":
        given = request.query_params
        return await served.work(_proposed, served, visitor, _read_or_empty(given), "")
    fields = await fields_of(request)
    try:
        number, result = await served.work(partial(save, served, visitor, fields, datetime.now(UTC)))
    except REFUSALS as error:
        form = _read_or_empty(QueryParams({name: fields.get(name, "") for name in SEARCH}))
        return await served.work(_proposed, served, visitor, form, told(error), fields)
    with suppress(BusyError):  # then it is made in its turn
        await served.reviewing.behind(making.make, served.reviewing.means, result)
    return RedirectResponse(f"/findings/{number}", 303)


def _read_or_empty(given: QueryParams) -> SearchForm:
    """Read a search's address; one that cannot be read is an empty search."""
    try:
        return read(given)
    except FormError:
        return SearchForm()


def _proposed(
    served: Desk, visitor: Visitor, form: SearchForm, trouble: str, fields: Mapping[str, str] | None = None
) -> Response:
    now = datetime.now(UTC)
    asked = None
    try:
        asked = asked_for(served, form, now)
    except REFUSALS as error:
        trouble = trouble or told(error)
    given = fields or {}
    return served.page(
        "finding_new.html",
        400 if trouble else 200,
        page="findings",
        form=form,
        start="" if asked is None or asked.start is None else evidence.said(asked.start),
        end="" if asked is None or asked.end is None else evidence.said(asked.end),
        trouble=trouble,
        title=given.get("title", ""),
        note=given.get("note", ""),
        kind=given.get("kind", "statement"),
        owner=given.get("owner", ""),
        due=given.get("due", (now.date() + timedelta(days=DUE_DAYS)).isoformat()),
        may_open=visitor.may("review"),
        owners=served.reviewing.reviewers(form.name, visitor.limits, visitor),
    )
