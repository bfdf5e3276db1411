"""Frames in, a record batch out: the receiving path through all the grammars.

Every dialect in turn is run over what the ones before it have not matched: a C call or two a message,
the matches' groups transposed into columns, each column read as a whole (parsers/reading.py). The last
dialect, UNPARSED, matches anything, so nothing is dropped and nothing raises. The parts are put together
at the end, in the order in which the frames came.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import compress
from operator import not_
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import (
    MASK,
    constant_column,
    dictionary_column,
    either,
    flags_column,
    mask_of,
    run_column,
)
from parsers.dialects import Dialect, dialects_of
from parsers.reading import PART_TYPES, Part, Rows, read_rows
from parsers.schema import BATCH_SCHEMA, DICTIONARY, RECEIVED_AT, Flag

TOGETHER: Final = 256
NO_FLAGS: Final[Mapping[int, tuple[Flag, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A run of frames that came together."""

    received_at: int  # nanoseconds since 1970
    peer: str  # address without port
    count: int  # frames in the run
    tls_identity: str | None = None


def parse_frames(  # noqa: PLR0913 - what a listener knows of its frames, each by name
    frames: Sequence[bytes],
    arrivals: Sequence[Arrival],
    *,
    listener: str,
    transport: str,
    format: str = "auto",  # noqa: A002 - the column's name
    timezone: tzinfo,
    framing_flags: Mapping[int, tuple[Flag, ...]] = NO_FLAGS,
) -> pa.RecordBatch:
    """Parse frames into a record batch of BATCH_SCHEMA: a row a frame, in order; ``raw`` has all octets.

    Never raises for what stands in a frame, and leaves none out.

    Args:
        frames: a message each, transport framing removed.
        arrivals: how the frames arrived, in runs; their counts add up to the number of frames.
        listener: the name of the listener.
        transport: udp, tcp or tls.
        format: auto, rfc5424 or rfc3164: which dialects to try.
        timezone: what to assume where a time has no offset.
        framing_flags: frame number → flags that framing has set.

    Raises:
        ValueError: for counts that do not add up, or an unknown format.
    """
    count = len(frames)
    counts = [arrival.count for arrival in arrivals]
    if sum(counts) != count:
        raise ValueError(f"arrivals of {sum(counts)} frames for {count} frames: count them alike")
    received = run_column([arrival.received_at for arrival in arrivals], counts, pa.int64())
    read = _in_order(list(_parts(frames, received, dialects_of(format), timezone)))
    columns = {
        **read,
        "received_at": received.cast(RECEIVED_AT),
        "timestamp_form": dictionary_column(read["timestamp_form"], DICTIONARY),
        "message_form": dictionary_column(read["message_form"], DICTIONARY),
        "format": dictionary_column(read["format"], DICTIONARY),
        "flags": flags_column(either(read["mask"], *_framing_mask(framing_flags, count))),
        "peer": run_column([arrival.peer for arrival in arrivals], counts, DICTIONARY),
        "listener": constant_column(listener, count, DICTIONARY),
        "transport": constant_column(transport, count, DICTIONARY),
        "tls_identity": run_column([arrival.tls_identity for arrival in arrivals], counts, DICTIONARY),
        "fields": pa.nulls(count, BATCH_SCHEMA.field("fields").type),
        "raw": pa.array(frames, pa.binary()),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA)


def _parts(
    frames: Sequence[bytes], received: pa.Array, dialects: Sequence[Dialect], zone: tzinfo
) -> Iterator[tuple[Sequence[int], Part]]:
    """Read every frame by the first dialect that matches it; give each part with its rows' places."""
    places: Sequence[int] = range(len(frames))
    for dialect in dialects:
        if not frames:
            return
        hits, rows = _matched(dialect.pattern, frames)
        own = places if all(hits) else list(compress(places, hits))
        if own:
            times = received if len(own) == len(received) else received.take(pa.array(own, pa.int64()))
            yield own, read_rows(dialect, rows, times, zone)
        missed = list(map(not_, hits))
        frames = list(compress(frames, missed))
        places = list(compress(places, missed))


def _matched(pattern: re.Pattern[bytes], frames: Sequence[bytes]) -> tuple[list[bool], Rows]:
    """Match every frame; tell which did, and give those groups by results name, a column each.

    Matches live only as long as a few hundred of them are transposed: fewer objects than would wake
    Python's garbage collector, which would otherwise take half of all the time.
    """
    hits: list[bool] = []
    columns: list[list[bytes | None]] = [[] for _ in pattern.groupindex]
    for start in range(0, len(frames), TOGETHER):
        matches = list(map(pattern.fullmatch, frames[start : start + TOGETHER]))
        hits.extend(map(bool, matches))
        groups = zip(*map(re.Match.groups, filter(None, matches)), strict=True)
        for column, values in zip(columns, groups, strict=False):
            column.extend(values)
    return hits, dict(zip(pattern.groupindex, columns, strict=True))


def _in_order(parts: Sequence[tuple[Sequence[int], Part]]) -> Part:
    """Put the parts' columns together, each row at its place."""
    if len(parts) == 1:
        return parts[0][1]
    places = [pa.array(own, pa.int64()) for own, _ in parts]
    order = pc.sort_indices(pa.concat_arrays([pa.array([], pa.int64()), *places]))
    return {
        name: pa.concat_arrays([pa.array([], kind), *(part[name] for _, part in parts)]).take(order)
        for name, kind in PART_TYPES.items()
    }


def _framing_mask(framing_flags: Mapping[int, tuple[Flag, ...]], count: int) -> Iterator[pa.Array]:
    """Give the mask column of the flags that framing has set, if it has set any."""
    if framing_flags:
        masks = [0] * count
        for number, flags in framing_flags.items():
            masks[number] = mask_of(*flags)
        yield pa.array(masks, MASK)
