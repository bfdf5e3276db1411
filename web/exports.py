"""/exports: how a result is to be exported, and how far the exports of who asks have come.

The address is that of a search: /exports?q=QUERY&from=TIME&to=TIME&tenant=T&stream=S&incomplete=allowed. An
export is stopped by POST to /exports/stop, with its key.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.ledger import sees_ledger
from access.trail import recorded
from access.visitor import current
from storage import search as storage
from storage.exporting import earliest_of
from storage.query import parse
from web import times, words
from web.answer import range_said
from web.asking import UnknownStreamError, choose, understand
from web.desk import Desk, desk
from web.download import Download, downloads
from web.errors import NotFoundError, UnclearError
from web.export import ALLOWED
from web.form import FormError, SearchForm, read
from web.forms import submitted

TEMPLATE: Final = "exports.html"
SHOWN: Final = 20  # exports of a visitor
FORMATS: Final[tuple[tuple[str, str, str], ...]] = (
    ("csv", "CSV", "a row a message, for spreadsheets; formulas in it are defused"),
    ("json", "JSON lines", "an object a line, with every column"),
    ("raw", "Exact octets", "each message as it was received, a line each"),
    ("parquet", "Parquet", "the archive's own columns, for DuckDB, pandas, Spark"),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """One export, as the list shows it."""

    key: str
    target: str
    query: str
    how: str
    began: str
    outcome: str
    reason: str
    messages: int
    octets: int
    percent: int | None
    reached: str
    took: str
    sha256: str

    @property
    def is_on(self) -> bool:
        """It is still given."""
        return self.outcome == "begun"


async def exports(request: Request) -> Response:
    """Show the form for the question of this address, and the visitor's exports."""
    served, now = desk(request), datetime.now(UTC)
    known = downloads(request).of(current().name)[:SHOWN]
    return await served.work(_page, served, request, known, now)


async def stop_export(request: Request) -> Response:
    """Stop one of the visitor's exports, and lead back to the list."""
    fields = await submitted(request)
    found = downloads(request).find(str(fields.get("key", "")), current().name)
    if found is None:
        raise NotFoundError(
            "There is no such export of yours any more. Go back to the list, and load it anew."
        )
    await recorded("export.stop", found.target, export=found.key)
    found.stop()
    return RedirectResponse("/exports", 303)


def _page(served: Desk, request: Request, known: list[Download], now: datetime) -> Response:
    given, streams = request.query_params, served.streams()
    form, said = None, ""
    if given:
        form, said = _question(request, served, now)
    return served.page(
        TEMPLATE,
        page="exports",
        form=form,
        said=said,
        formats=[one for one in FORMATS if one[0] != "raw" or served.sight.shows_octets],
        limits=served.sight.told,
        streams=streams,
        incomplete=given.get("incomplete") == ALLOWED,
        may_prove=form is not None and sees_ledger(served.sights, current(), form.name.tenant),
        exports=[shown(one, _first_day(served, one), now) for one in known],
    )


def _question(request: Request, served: Desk, now: datetime) -> tuple[SearchForm, str]:
    """Give the search that is to be exported, and its range in words."""
    given = request.query_params
    try:
        form = choose(read(given), served.streams(), given).having()
        asked = understand(form, now)
        parse(asked.query)
    except UnknownStreamError as error:
        raise NotFoundError(str(error)) from error
    except (FormError, times.MomentError, storage.QueryError) as error:
        raise UnclearError(words.sentence(str(error))) from error
    return form, range_said(asked)


def _first_day(served: Desk, one: Download) -> int | None:
    """Give the stream's first day as days since 1970; None where that would tell of what is not seen."""
    limits = one.sight.visitor.limits
    if limits.hosts or limits.networks or limits.start:
        return None
    days = served.layout.archived_days(one.exporting.request.name)
    first = next(iter(days), None)
    return None if first is None else (first - _EPOCH.date()).days


def shown(one: Download, first_day: int | None, now: datetime) -> Shown:
    """Give an export as the list shows it.

    Args:
        one: the export.
        first_day: of the stream, in days since 1970, as far as it is to be told.
        now: the clock.
    """
    exporting, is_on = one.exporting, one.outcome == "begun"
    earliest = earliest_of(exporting.request, first_day)
    percent = round(100 * exporting.part(earliest)) if is_on and earliest else None
    took = (one.ended or now) - exporting.began
    return Shown(
        key=one.key,
        target=one.target,
        query=exporting.request.query,
        how=one.how,
        began=f"{exporting.began:%Y-%m-%d %H:%M:%S}",
        outcome=one.outcome,
        reason=one.reason,
        messages=exporting.messages,
        octets=one.octets,
        percent=min(percent, 99) if percent is not None else None,
        reached=f"{times.seconds(exporting.oldest):%Y-%m-%d %H:%M}" if exporting.oldest else "",
        took="under a second" if took < timedelta(seconds=1) else times.duration(took.total_seconds()),
        sha256=one.files[0].sha256 if one.files else "",
    )
