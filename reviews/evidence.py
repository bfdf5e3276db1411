"""What a search gave, in numbers that can be checked again: how many, over what, and a digest of the octets.

The digest is the SHA-256 of the raw export of the same search: the exact octets of every match, newest
first, LF after each (storage/output.py). So whoever has the export has ``sha256sum``, and whoever has the
archive has ``sysledger search --limit 0 --output raw … | sha256sum``. No match has the digest of nothing.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from storage import output
from storage.results import Request, Scope
from storage.search import Searcher

DAMAGES: Final = 100  # places that are named; the number of all of them is kept, too
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search over a closed range gave.

    Attributes:
        count: matches.
        total: messages in the range, whether they match or not, that whoever asked may see.
        digest: SHA-256 in hexadecimal, as the module says.
        oldest: first receive time of a match, to the microsecond.
        newest: last receive time of a match, to the microsecond.
        figures: of the scope: files, blocks, skipped, scanned …, by the names of ``storage.results.Scope``.
        damaged: places that could not be read, whose messages are missing; at most DAMAGES of them.
        damages: how many places those are altogether.
        checkpoint: the tenant's ledger at that time, as it was signed; nothing where there was none, or for
            whom it is not.
        ledger: of a check: why the ledger does not go on from the checkpoint kept then; nothing when it does.
    """

    count: int
    total: int
    digest: str
    oldest: datetime | None
    newest: datetime | None
    figures: dict[str, int]
    damaged: tuple[str, ...]
    damages: int
    checkpoint: str = ""
    ledger: str = ""

    @property
    def is_whole(self) -> bool:
        """Say whether nothing of the range was unreadable, or in no file."""
        return not self.damages and not self.missing

    @property
    def missing(self) -> int:
        """How many messages of the range are in no file."""
        return self.figures.get("missing", 0)


def gather(searcher: Searcher, asked: Request) -> Evidence:
    """Read every match of a request, and give what it amounts to.

    Raises:
        QueryError: when the query cannot be read.
    """
    whole, scope = replace(asked, limit=None, before=None), Scope()
    reading = _Reading()
    for octets in output.write(reading.through(searcher.stream(whole, scope)), "raw"):
        reading.digest.update(octets)
    counted = searcher.count(replace(whole, query=""))
    damaged = {f"{one.path.name}, octet {one.offset:,}: {one.reason}" for one in scope.damaged}
    damaged |= {f"{one.path.name}, octet {one.offset:,}: {one.reason}" for one in counted.scope.damaged}
    return Evidence(
        count=reading.count,
        total=counted.count,
        digest=reading.digest.hexdigest(),
        oldest=reading.oldest,
        newest=reading.newest,
        figures=_figures(scope),
        damaged=tuple(sorted(damaged)[:DAMAGES]),
        damages=len(damaged),
    )


class _Reading:
    """What is learned of records while they pass by, newest first."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.count = 0
        self.newest: datetime | None = None
        self.oldest: datetime | None = None

    def through(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            if table.num_rows:
                self.count += table.num_rows
                self.newest = self.newest or _received(table, 0)
                self.oldest = _received(table, table.num_rows - 1)
                yield table


def _received(table: pa.Table, row: int) -> datetime:
    nanoseconds = table["received_at"][row].value
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _figures(scope: Scope) -> dict[str, int]:
    found = {one.name: getattr(scope, one.name) for one in fields(scope)}
    return {name: value for name, value in found.items() if type(value) is int}


def difference(then: Evidence, now: Evidence) -> tuple[str, ...]:
    """Say in what a search's result differs from what it once was; nothing when it is the same."""
    of_ledger = (now.ledger,) if now.ledger else ()
    if (then.count, then.digest) == (now.count, now.digest):
        return of_ledger
    said = [f"{then.count:,} matched then, {now.count:,} match now."]
    if then.count == now.count:
        said = ["As many match as then, but their octets, or their order, are others."]
    if now.damages > then.damages:
        said.append("Some of the archive cannot be read now: restore it from a copy, then check again.")
    elif now.damages < then.damages:
        said.append("What could not be read then can be read now.")
    elif now.missing > then.missing:
        said.append(
            f"{now.missing - then.missing:,} messages of the range are in no file now, and did not expire: "
            "`sysledger verify` says which."
        )
    elif now.missing < then.missing and now.total > then.total:
        said.append("Messages that were in no file then are there now: they were put back.")
    elif now.total < then.total:
        said.append(
            f"The range held {then.total:,} messages then and {now.total:,} now: the others have expired by "
            "retention, may no longer be seen, or were removed: `sysledger verify` says which."
        )
    elif now.total > then.total:
        said.append(
            f"The range held {then.total:,} messages then and {now.total:,} now: some came late, as from a "
            "collector whose queue held them back."
        )
    return (*said, *of_ledger)


def written(evidence: Evidence) -> str:
    """Write evidence as JSON, times aside as text; ``read`` reads it."""
    found = {one.name: getattr(evidence, one.name) for one in fields(evidence)}
    for name in ("oldest", "newest"):
        found[name] = found[name] and found[name].isoformat()
    return json.dumps(found, ensure_ascii=False)


def read(text: str) -> Evidence:
    """Read what ``written`` gave."""
    found: dict[str, Any] = json.loads(text)
    for name in ("oldest", "newest"):
        found[name] = found[name] and datetime.fromisoformat(found[name])
    return Evidence(**{**found, "damaged": tuple(found["damaged"])})
