"""Frames in, a record batch out: the receiving path through all the grammars.

Every frame is matched by the first dialect that fits it (parsers/matching.py), and what one dialect has
matched becomes columns, each read as a whole (parsers/reading.py). The last dialect matches anything, so
nothing is dropped and nothing raises. The parts are put together at the end, in the order in which the
frames came.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers import cut_rfc3164, cut_rfc5424, payloads
from parsers.columns import (
    MASK,
    constant_column,
    dictionary_column,
    either,
    flags_column,
    mask_of,
    run_column,
)
from parsers.cutting import Shortcut
from parsers.dialects import STRICT_RFC3164, STRICT_RFC5424, Dialect, dialects_of
from parsers.fields import Entries, fields_column
from parsers.matching import match_frames
from parsers.reading import PART_TYPES, Part, read_rows
from parsers.schema import BATCH_SCHEMA, DICTIONARY, RECEIVED_AT, Flag
from parsers.source import UNKNOWN_SOURCE, Source

FEWEST: Final = 64  # messages: for fewer, a shortcut's steps cost more than the patterns
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
    source: Source = UNKNOWN_SOURCE,
    framing_flags: Mapping[int, tuple[Flag, ...]] = NO_FLAGS,
) -> pa.RecordBatch:
    """Parse frames into a record batch of BATCH_SCHEMA: a row a frame, in order; ``raw`` has all octets.

    Never raises for what stands in a frame, and leaves none out.

    Args:
        frames: a message each, transport framing removed.
        arrivals: how the frames arrived, in runs; their counts add up to the number of frames.
        listener: the name of the listener.
        transport: udp, tcp or tls.
        source: how these messages are read.
        framing_flags: frame number → flags that framing has set.

    Raises:
        ValueError: for counts that do not add up, or an unknown format.
    """
    count = len(frames)
    counts = [arrival.count for arrival in arrivals]
    if sum(counts) != count:
        raise ValueError(f"arrivals of {sum(counts)} frames for {count} frames: count them alike")
    received = run_column([arrival.received_at for arrival in arrivals], counts, pa.int64())
    raw = pa.array(frames, pa.binary())
    parts = list(_parts(frames, raw, received, source))
    read = _in_order([(places, part) for places, part, _ in parts])
    fields = [entries for places, _, found in parts for entries in _placed(places, found)]
    fields += payloads.entries(read["message"], read["structured_data"], read["format"])
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
        "fields": fields_column(count, fields),
        "raw": raw,
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA)


def _parts(
    frames: Sequence[bytes], raw: pa.Array, received: pa.Array, source: Source
) -> Iterator[tuple[pa.Array, Part, list[Entries]]]:
    """Read every frame by the first dialect that matches it; give each part with its rows' places."""
    dialects = dialects_of(source.format)
    left: pa.Array | None = None  # the places of what is not read yet; None: all
    for shortcut in _shortcuts(dialects) if len(raw) >= FEWEST else ():
        octets, times = (raw, received) if left is None else (raw.take(left), received.take(left))
        cut = shortcut(octets, times, source)
        if cut is not None:
            hits, others = pc.indices_nonzero(cut.hits), pc.indices_nonzero(pc.invert(cut.hits))
            yield hits if left is None else left.take(hits), cut.part, []
            left = others if left is None else left.take(others)
    if left is not None:
        frames = list(map(frames.__getitem__, left.to_pylist()))
    for dialect, numbers, rows in match_frames(frames, dialects):
        places = pa.array(numbers, pa.uint64())
        places = places if left is None else left.take(places)
        times = received if len(places) == len(received) else received.take(places)
        yield places, *read_rows(dialect, rows, times, source)


# The dialects that are tried first, of which most messages are read as whole columns (parsers/cutting.py).
_SHORTCUTS: Final[Mapping[str, Shortcut]] = {
    STRICT_RFC5424.name: cut_rfc5424.cut,
    STRICT_RFC3164.name: cut_rfc3164.cut,
}


def _shortcuts(dialects: Iterable[Dialect]) -> Iterator[Shortcut]:
    """Give the shortcuts of the first dialects; one that has none must be tried before all behind it."""
    for dialect in dialects:
        if dialect.name not in _SHORTCUTS:
            return
        yield _SHORTCUTS[dialect.name]


def _in_order(parts: Sequence[tuple[pa.Array, Part]]) -> Part:
    """Put the parts' columns together, each row at its place."""
    if len(parts) == 1:
        return parts[0][1]
    order = pc.sort_indices(pa.concat_arrays([pa.array([], pa.uint64()), *(places for places, _ in parts)]))
    return {
        name: pa.concat_arrays([pa.array([], kind), *(part[name] for _, part in parts)]).take(order)
        for name, kind in PART_TYPES.items()
    }


def _placed(own: pa.Array, found: Sequence[Entries]) -> Iterator[Entries]:
    """Give the fields of a part the places that its rows have in the batch."""
    for entries in found:
        yield Entries(own.take(entries.rows).cast(pa.int64()), entries.names, entries.values)


def _framing_mask(framing_flags: Mapping[int, tuple[Flag, ...]], count: int) -> Iterator[pa.Array]:
    """Give the mask column of the flags that framing has set, if it has set any."""
    if framing_flags:
        masks = [0] * count
        for number, flags in framing_flags.items():
            masks[number] = mask_of(*flags)
        yield pa.array(masks, MASK)
