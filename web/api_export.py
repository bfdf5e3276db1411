"""/api/v1/export: every match of a search as a file, the same that the page gives."""

from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import Field
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from web import export
from web.api_asking import Question, address, understood
from web.api_operation import Media, Yes
from web.desk import Desk, desk

FILE: Final = Media(
    tuple(kind.partition(";")[0] for kind in (*export.MEDIA_TYPES.values(), export.ZIP_TYPE)),
    "The file, in the format asked for. It is broken off where a damaged file is met.",
    "octets",
)


class ExportQuestion(Question):
    """A search, and how all of its matches are written."""

    format: Literal["csv", "json", "raw", "parquet"] = Field(
        description="csv, json (JSON lines), raw (the exact octets, each message ended by LF) or parquet."
    )
    zip: Yes = Field(
        default=False,
        description="As a zip with a manifest of query, range, scope and counts, and a SHA-256 of each file.",
    )
    proofs: Yes = Field(
        default=False,
        description="As that zip, with proofs that the messages are in the tenant's ledger; for accounts "
        "that see all of its messages.",
    )
    incomplete: Yes = Field(
        default=False,
        description="Give what can be read where files are damaged, rather than break off.",
    )


async def give(request: Request, asked: ExportQuestion) -> Response:
    """Give every match, without a cap."""
    served, now = desk(request), datetime.now(UTC)
    return await export.given(request, await served.work(_wanted, served, asked, now), now)


def _wanted(served: Desk, asked: ExportQuestion, now: datetime) -> export.Wanted:
    understood(served, asked)
    fields = [("format", asked.format), ("zip", export.ZIP if asked.zip else "")]
    fields += [("proofs", export.PROVEN if asked.proofs else "")]
    fields += [("incomplete", export.ALLOWED if asked.incomplete else "")]
    given = QueryParams([*address(asked).multi_items(), *fields])
    return export.understood(served, given, now)
