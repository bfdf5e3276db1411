"""/export: the whole result of a search, streamed as it is found: one file, or a zip that proves itself.

    /export?format=csv|json|raw|parquet&zip=yes&proofs=yes&incomplete=allowed
        &q=QUERY&from=TIME&to=TIME&tenant=T&stream=S

An export must not look complete when it is not. Damage may be met only after most of it was sent; then the
transfer is broken off, which every client tells from an end. With ``incomplete=allowed``, which the search
page offers where it knows of damage, what can be read is given to the end, in a file whose name says so.

The trail is told twice: before anything is sent, and when all of it is given, or when it was broken off.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from access.ledger import sees_ledger
from access.visitor import current
from storage import search
from storage.ledger import LedgerError
from storage.ledger_export import ExportProofs, ledger_of
from storage.octets import IncompleteError
from storage.package import ENDINGS
from storage.query import parse
from web import times, words
from web.asking import UnknownStreamError, choose, understand
from web.desk import Desk, desk
from web.download import Download, Downloaded, OfLedger, downloads
from web.errors import DamagedError, ForbiddenError, NotFoundError, UnclearError
from web.form import FormError, SearchForm, read
from web.sight import MASKED_OCTETS

ALLOWED: Final = "allowed"
ZIP: Final = "yes"
PROVEN: Final = "yes"
NO_PROOFS: Final = (
    "Proofs are given to who sees all messages of the tenant, as they were received: they hold exact octets, "
    "and count what is beside them. Export without proofs, or ask an administrator of this appliance."
)
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/x-ndjson",
    "raw": "application/octet-stream",
    "parquet": "application/vnd.apache.parquet",
}
ZIP_TYPE: Final = "application/zip"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for."""

    form: SearchForm
    asked: search.Request
    how: str
    is_whole: bool  # rather nothing than a part
    is_zip: bool
    has_proofs: bool = False

    def stem(self, now: datetime) -> str:
        """Give the file's name without its end; in a zip that of the folder."""
        part = "" if self.is_whole else "-incomplete"
        return f"sysledger-{self.form.name.tenant}-{self.form.name.stream}-{now:%Y%m%dT%H%M%SZ}{part}"

    def name(self, now: datetime) -> str:
        """Give the file's name."""
        return f"{self.stem(now)}.{'zip' if self.is_zip else ENDINGS[self.how]}"

    @property
    def media_type(self) -> str:
        """What the file is."""
        return ZIP_TYPE if self.is_zip else MEDIA_TYPES[self.how]


async def export(request: Request) -> Response:
    """Give every match, newest first, without a cap."""
    served, now = desk(request), datetime.now(UTC)
    return await given(request, await served.work(understood, served, request.query_params, now), now)


async def given(request: Request, wanted: Wanted, now: datetime) -> Response:
    """Give what is wanted, as a file to keep; for the pages and the API alike.

    Raises:
        DamagedError: when nothing of it can be read.
        UnavailableError: when the account has too many under way.
        TrailError: when the trail does not take it.
    """
    served = desk(request)
    headers = {"Content-Disposition": f'attachment; filename="{wanted.name(now)}"'}
    if request.method == "HEAD":
        return StreamingResponse(iter(()), headers=headers, media_type=wanted.media_type)
    typed, may_go_on = (wanted.form.start, wanted.form.end), partial(served.may_go_on, current())
    ledger = await served.work(_ledger, served, wanted) if wanted.is_zip else None
    download = Download(
        served.sight,
        wanted.asked,
        wanted.how,
        whole=wanted.is_whole,
        typed=typed,
        may_go_on=may_go_on,
        ledger=ledger,
    )
    pieces = download.zipped(wanted.stem(now)) if wanted.is_zip else download.plain()
    downloads(request).add(download)
    try:
        await served.work(download.begin)
        first = await served.work(next, pieces, b"")  # if we fail, then before anything is sent
    except IncompleteError as error:
        download.end()
        raise DamagedError(
            f"{words.count(len(error.damages), 'place')} of the archive cannot be read, and nothing else "
            "matches. Restore the files from a copy; the search page names them."
        ) from error
    except BaseException:
        download.end()
        raise
    return Downloaded(served, download, first, pieces, headers=headers, media_type=wanted.media_type)


def understood(served: Desk, given: QueryParams, now: datetime) -> Wanted:
    """Read the address of an export.

    Raises:
        UnclearError: when it cannot be meant.
        NotFoundError: when there is no such stream for who asks.
        ForbiddenError: when the octets are asked for, and some values are masked.
    """
    how, incomplete, zipped, proofs = (
        given.get(name, "") for name in ("format", "incomplete", "zip", "proofs")
    )
    if how not in MEDIA_TYPES:
        raise UnclearError(f"format={how[:100]!r} is no format of an export: use csv, json, raw or parquet.")
    if incomplete not in {"", ALLOWED}:
        raise UnclearError(f"incomplete={incomplete[:100]!r}: use {ALLOWED}, or leave it out.")
    if zipped not in {"", ZIP}:
        raise UnclearError(f"zip={zipped[:100]!r}: use {ZIP}, or leave it out.")
    if proofs not in {"", PROVEN}:
        raise UnclearError(f"proofs={proofs[:100]!r}: use {PROVEN}, which gives a zip, or leave it out.")
    try:
        form = choose(read(given), served.streams(), given)
        asked = replace(understand(form.having(), now), limit=None, oldest_first=False)
        parse(asked.query)
    except UnknownStreamError as error:
        raise NotFoundError(str(error)) from error
    except (FormError, times.MomentError, search.QueryError) as error:
        raise UnclearError(words.sentence(str(error))) from error
    wanted = Wanted(form, asked, how, incomplete != ALLOWED, bool(zipped or proofs), bool(proofs))
    if how == "raw" and not served.sight.shows_octets:
        raise ForbiddenError(MASKED_OCTETS)
    return wanted


def _ledger(served: Desk, wanted: Wanted) -> OfLedger | None:
    """Give what an export is to tell of the ledger; None for who may not know of it.

    Raises:
        ForbiddenError: when proofs are asked for, and who asks may not have them.
        NotFoundError: when they are, and there is no ledger by which they could be given.
    """
    name = wanted.form.name
    if not sees_ledger(served.sights, current(), name.tenant):
        if wanted.has_proofs:
            raise ForbiddenError(NO_PROOFS)
        return None
    if not wanted.has_proofs:
        return OfLedger(served.layout)
    try:
        ledger_of(served.layout, name.tenant)
    except (LedgerError, OSError) as error:
        log.warning("an export of %s with proofs: %s", name, error)
        raise NotFoundError(
            f"There are no proofs: the ledger of tenant {name.tenant} is not there yet, or not to be "
            "believed. Export without proofs, or look at the page Ledger."
        ) from error
    return OfLedger(served.layout, ExportProofs(served.layout, name))
