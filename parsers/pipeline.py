"""Frames in, a record batch out: the receiving path through all the grammars.

Every frame is matched by the first dialect that fits it (parsers/matching.py), and what one dialect has
matched becomes columns, each read as a whole (parsers/reading.py). The last dialect matches anything, so
nothing is dropped and nothing raises. The parts are put together at the end, in the order in which the
frames came.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers import payloads
from parsers.columns import (
    MASK,
    constant_column,
    dictionary_column,
    either,
    flags_column,
    mask_of,
    run_column,
)
from parsers.dialects import dialects_of
from parsers.fields import Entries, fields_column
from parsers.matching import match_frames
from parsers.reading import PART_TYPES, Part, read_rows
from parsers.schema import BATCH_SCHEMA, DICTIONARY, RECEIVED_AT, Flag
from parsers.source import UNKNOWN_SOURCE, Source

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
    parts = list(_parts(frames, received, source))
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
        "raw": pa.array(frames, pa.binary()),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA)


def _parts(
    frames: Sequence[bytes], received: pa.Array, source: Source
) -> Iterator[tuple[Sequence[int], Part, list[Entries]]]:
    """Read every frame by the first dialect that matches it; give each part with its rows' places."""
    for dialect, places, rows in match_frames(frames, dialects_of(source.format)):
        times = received if len(places) == len(received) else received.take(pa.array(places, pa.int64()))
        yield places, *read_rows(dialect, rows, times, source)


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


def _placed(own: Sequence[int], found: Sequence[Entries]) -> Iterator[Entries]:
    """Give the fields of a part the places that its rows have in the batch."""
    for entries in found:
        yield Entries(pa.array(own, pa.int64()).take(entries.rows), entries.names, entries.values)


def _framing_mask(framing_flags: Mapping[int, tuple[Flag, ...]], count: int) -> Iterator[pa.Array]:
    """Give the mask column of the flags that framing has set, if it has set any."""
    if framing_flags:
        masks = [0] * count
        for number, flags in framing_flags.items():
            masks[number] = mask_of(*flags)
        yield pa.array(masks, MASK)
