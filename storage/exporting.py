"""An export under way: its records, counted as they go by, and the manifest that tells of it afterwards.

The manifest is what an auditor is asked for besides the messages: which question, by whom, when, over what,
how many, and whether that is all. It is JSON; MANIFEST_VERSION is in it, and a later release only adds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.blocks import NANOSECONDS_A_DAY
from storage.octets import IncompleteError
from storage.results import Damage, Request, Scope
from storage.search import Searcher

MANIFEST_VERSION: Final = 1
DEFUSED: Final = (
    "A text that a spreadsheet would run as a formula, which is one that begins with = + - @, a full-width "
    "form of these, TAB, CR or LF, has one apostrophe before it. Remove that apostrophe to have the text as "
    "it was, or take another format."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for an export, and what, in the manifest's words.

    Attributes:
        by: name, role and means of who asked, and the address asked from.
        limits: what they may see, in plain words; empty when that is everything.
        typed: the times of the range as they were typed, by name.
        release: of this software.
        appliance: this machine's name.
    """

    by: Mapping[str, str]
    limits: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    release: str = ""
    appliance: str = ""


class Exporting:
    """One export. It is counted while ``tables`` is taken; whoever shows progress may look meanwhile.

    Attributes:
        request: what is asked.
        scope: what was looked at so far.
        messages: given so far.
        oldest: the receive time (ns) of the oldest message so far; None before the first.
        newest: likewise.
        first_seq: the lowest so far.
        last_seq: the highest so far.

    Args:
        searcher: gives the records.
        request: without a limit.
        whole: rather nothing than a part.
    """

    def __init__(self, searcher: Searcher, request: Request, *, whole: bool = True) -> None:
        self.request = request
        self.whole = whole
        self.scope = Scope()
        self.messages = 0
        self.oldest: int | None = None
        self.newest: int | None = None
        self.first_seq: int | None = None
        self.last_seq: int | None = None
        self.began = datetime.now(UTC)
        self._searcher = searcher

    def tables(self) -> Iterator[pa.Table]:
        """Give every match, newest first, in tables of about a block.

        Raises:
            IncompleteError: at the end, when some could not be read, and all are wanted.
        """
        for table in self._searcher.stream(self.request, self.scope):
            self._count(table)
            yield table
        if self.scope.damaged and self.whole:
            raise IncompleteError(self.scope.damaged)

    def _count(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        times = pc.min_max(table["received_at"].cast(pa.int64())).as_py()
        seqs = pc.min_max(table["seq"]).as_py()
        self.messages += table.num_rows
        self.oldest = min(filter(None, (self.oldest, times["min"])))
        self.newest = max(filter(None, (self.newest, times["max"])))
        self.first_seq = min(filter(None, (self.first_seq, seqs["min"])))
        self.last_seq = max(filter(None, (self.last_seq, seqs["max"])))

    def part(self, earliest: int) -> float:
        """Say which part of the range is behind us, from 0 to 1, as far as times tell.

        Args:
            earliest: the receive time (ns) before which nothing can match.
        """
        latest = _ns(self.request.end) if self.request.time == "received" else None
        latest = min(latest or _ns(self.began) or 0, _ns(self.began) or 0)
        if self.oldest is None or latest <= earliest:
            return 0.0
        return min(1.0, max(0.0, (latest - self.oldest) / (latest - earliest)))

    def manifest(
        self,
        asked: Asked,
        how: str,
        files: list[dict[str, Any]],
        ledger: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Give the manifest, when everything was given.

        Args:
            asked: who asked for it.
            how: the format.
            files: of each its name, octets and SHA-256.
            ledger: what the ledger says of the range, for who may know (storage/ledger_export.py).
        """
        request, finished = self.request, datetime.now(UTC)
        return {
            "manifest": "sysledger export",
            "version": MANIFEST_VERSION,
            "made_by": dict(asked.by),
            "limits": list(asked.limits),
            "began": _written(self.began),
            "finished": _written(finished),
            "appliance": asked.appliance,
            "release": asked.release,
            "question": {
                "query": request.query,
                "tenant": request.name.tenant,
                "stream": request.name.stream,
                "clock": "time of receipt" if request.time == "received" else "device time",
                "from": _written(request.start),
                "to_before": _written(request.end),
                "as_typed": dict(asked.typed),
            },
            "order": "newest receipt first",
            "complete": not (self.scope.damaged or self.scope.missing),
            "messages": self.messages,
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "oldest_received": _stamp(self.oldest),
            "newest_received": _stamp(self.newest),
            "scope": scope_told(self.scope),
            **({} if ledger is None else {"ledger": dict(ledger)}),
            "format": how,
            **({"formulas": DEFUSED} if how == "csv" else {}),
            "files": files,
        }


def scope_told(scope: Scope) -> dict[str, Any]:
    """Give what an answer covers, in JSON's types; files by their names only."""
    known = {
        name: value
        for name, value in asdict(scope).items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
    return {
        **known,
        "damaged": [_place(one) for one in scope.damaged],
        "damaged_indexes": [_place(one) for one in scope.damaged_indexes],
    }


def earliest_of(request: Request, first_day: int | None) -> int:
    """Give the receive time (ns) before which nothing can match.

    Args:
        request: what is asked.
        first_day: days since 1970 of the stream's first day that is kept, as far as known.
    """
    asked = _ns(request.start) if request.time == "received" else None
    return max(asked or 0, (first_day or 0) * NANOSECONDS_A_DAY)


def _place(one: Damage) -> dict[str, Any]:
    return {"file": one.path.name, "offset": one.offset, "reason": one.reason}


def _ns(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1_000_000) * 1000


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _stamp(nanoseconds: int | None) -> str | None:
    if nanoseconds is None:
        return None
    text: str = pa.scalar(nanoseconds, pa.timestamp("ns")).cast(pa.string()).as_py()
    return text.replace(" ", "T") + "Z"
