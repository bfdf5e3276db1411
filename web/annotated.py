"""A source's newest messages, each with what `sysledger explain` says of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.rebuild import exact_octets
from storage.layout import StreamName
from storage.results import Request
from storage.search import QueryError
from web import rows, words
from web.desk import SourceOf
from web.explained import Explained, explained
from web.form import SearchForm
from web.sight import Sight

if TYPE_CHECKING:
    from parsers.explain import Explanation

NEWEST: Final = 5  # messages; each explanation takes some milliseconds
LOOKED_AT: Final = 200  # messages of the peer, among which those of the host are looked for
BEFORE: Final = timedelta(days=1)  # how far before a source's last message they are looked for
EXPLAINED_OCTETS: Final = 16_384  # pyparsing explains a message a thousand times slower than it is received


@dataclass(frozen=True, slots=True)
class Annotated:
    """One message.

    Attributes:
        row: as lists of messages have it.
        name: its stream.
        flags: each with its meaning and clause.
        explanation: of its octets; None when it is too long, or somebody's values are masked.
    """

    row: rows.Row
    name: StreamName
    flags: tuple[tuple[str, str, str], ...]
    explanation: Explained | None


def newest(  # noqa: PLR0913, PLR0917 - a source, and what is needed to read and explain it
    sight: Sight,
    source_of: SourceOf,
    streams: Iterable[StreamName],
    peer: str,
    host: str | None,
    last: float,
) -> tuple[Annotated, ...]:
    """Give the newest messages of a source.

    Args:
        sight: of the visitor.
        source_of: how messages were read.
        streams: in which the source's messages lie.
        peer: its address.
        host: the HOSTNAME it claims; None for messages without.
        last: when it was last seen, in seconds since 1970.
    """
    around = _start(last)
    found = [
        (received, name, records.slice(number, 1))
        for name in streams
        for records in [_records(sight, name, peer, host, around)]
        for number, received in enumerate(rows.nanoseconds(records))
    ]
    found.sort(key=lambda one: one[0], reverse=True)
    return tuple(_annotated(sight, source_of, name, record) for _, name, record in found[:NEWEST])


def question(peer: str, host: str | None) -> str:
    """Give the query that finds a source's messages, and may find some more: texts match by their words."""
    asked = f'peer:"{_quoted(peer)}"'
    return f"{asked} -host:*" if host is None else f'{asked} host:"{_quoted(host)}"'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _start(last: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(last, UTC) - BEFORE
    except (ValueError, OverflowError, OSError):
        return None


def _records(sight: Sight, name: StreamName, peer: str, host: str | None, start: datetime | None) -> Any:
    """Give the newest records of just this peer and HOSTNAME; not every name can be asked for."""
    asked = Request(question(peer, host), name, start=start, limit=LOOKED_AT)
    try:
        found = sight.searcher.page(asked).records
    except QueryError:
        found = sight.searcher.page(replace(asked, query=f'peer:"{_quoted(peer)}"')).records
    by_peer = pc.equal(found["peer"].cast(pa.string()), peer)
    hostname = found["hostname"].cast(pa.string())
    by_host = pc.is_null(hostname) if host is None else pc.equal(hostname, host)
    return found.filter(pc.and_(by_peer, pc.fill_null(by_host, False))).slice(0, NEWEST)


def _annotated(sight: Sight, source_of: SourceOf, name: StreamName, record: Any) -> Annotated:
    row = rows.rows(record, name, SearchForm(name=name))[0]
    flags = tuple((flag, *words.flag(flag)) for flag in row.flags)
    explanation = _explained(source_of, record, row) if sight.shows_octets else None
    return Annotated(row, name, flags, explanation)


def _explained(source_of: SourceOf, record: Any, row: rows.Row) -> Explained | None:
    """Explain a message as it was read: the same format, and for its time what the record says."""
    octets: bytes = exact_octets(record)[0].as_py()
    if len(octets) > EXPLAINED_OCTETS:
        return None
    (received_at,) = rows.nanoseconds(record)
    # The grammars are made when somebody first asks: the start, and all who only search, go without.
    from parsers.dialects import FORMATS  # noqa: PLC0415
    from parsers.explain import explain  # noqa: PLC0415

    source = source_of(*(record[column][0].as_py() for column in ("listener", "peer", "hostname")))
    said: Explanation | None = None
    for how in (source.format, "auto", row.format):
        if how in FORMATS:
            said = explain(octets, received_at=received_at, source=replace(source, format=how))
            if said.format == row.format:
                break
    return None if said is None else explained(said, row.device.text if row.device else None)
