"""The ledger's leaves: what each says, and the line as which it is written. Values only.

A leaf's octets are its line without the LF, see storage/FORMAT.md. The line that was read is kept, not made
anew: a later release may write more into a leaf, and its hash stays.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from storage.spans import Span, union, without

VERSION: Final = 1
TIME_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


class LeafError(ValueError):
    """A line that is no leaf of ours."""


@dataclass(frozen=True, slots=True)
class RecordsLeaf:
    """All records of a stream and day (UTC, of receipt) with ``first`` ≤ seq ≤ ``last``.

    Attributes:
        stream: its name, of the ledger's tenant.
        date: the day.
        first: lowest seq.
        last: highest seq.
        records: how many there are; fewer than the seqs between where a day ends.
        oldest: lowest received_at, ns since the epoch.
        newest: highest received_at.
        root: Merkle tree hash of the records (storage/ledger_records.py), hexadecimal.
        columns: digest of what was read from them, hexadecimal.
        at: when it came into the ledger, to the second.
    """

    stream: str
    date: date
    first: int
    last: int
    records: int
    oldest: int
    newest: int
    root: str
    columns: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpiredLeaf:
    """Retention has removed these records of a stream, as storage noted when it did."""

    stream: str
    first: int
    last: int
    at: datetime


Leaf = RecordsLeaf | ExpiredLeaf


def line_of(leaf: Leaf) -> bytes:
    """Write a leaf, without LF."""
    kind = "records" if isinstance(leaf, RecordsLeaf) else "expired"
    told = {"v": VERSION, "kind": kind, **asdict(leaf)}
    return json.dumps(told, separators=(",", ":"), default=_text).encode()


def read_leaf(line: bytes) -> Leaf:
    """Read a leaf.

    Raises:
        LeafError: when it is none, or of a kind that this release does not know.
    """
    try:
        told: dict[str, Any] = json.loads(line)
        at = datetime.fromisoformat(told["at"]).astimezone(UTC)  # strptime takes ten times as long
        whole = {name: int(told[name]) for name in ("first", "last")}
        if told["kind"] == "expired":
            return ExpiredLeaf(stream=str(told["stream"]), at=at, **whole)
        if told["kind"] == "records":
            return RecordsLeaf(
                stream=str(told["stream"]),
                date=date.fromisoformat(told["date"]),
                records=int(told["records"]),
                oldest=int(told["oldest"]),
                newest=int(told["newest"]),
                root=str(told["root"]),
                columns=str(told["columns"]),
                at=at,
                **whole,
            )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise LeafError(f"not a leaf of a ledger: {error!r}") from error
    raise LeafError(f"a leaf of the kind {told['kind']!r}: a newer release reads it")


def expired_by(leaves: Iterable[Leaf]) -> defaultdict[str, list[Span]]:
    """Give the numbers that leaves say have expired, by stream."""
    found: defaultdict[str, list[Span]] = defaultdict(list)
    for leaf in leaves:
        if isinstance(leaf, ExpiredLeaf):
            found[leaf.stream].append((leaf.first, leaf.last))
    return defaultdict(list, {stream: union(spans) for stream, spans in found.items()})


def has_expired(leaf: RecordsLeaf, expired: Iterable[Span]) -> bool:
    """Say whether as many numbers between a leaf's first and last have expired as it has records.

    Where a day ends some of the numbers between are the next day's.
    """
    left = sum(last - first + 1 for first, last in without([(leaf.first, leaf.last)], expired))
    return leaf.last - leaf.first + 1 - left >= leaf.records


def _text(value: Any) -> str:
    return value.strftime(TIME_FORM) if isinstance(value, datetime) else str(value)
