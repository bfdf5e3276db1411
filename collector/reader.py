"""From frames to records: every message is read as its source's settings say.

Where no source is configured, which is usual, all this is one call of parse_frames. Else the frames are
parted by the sources that their peers tell, and what names a host of another source is read again. Then come
rules, which add fields, and the look at the senders' own numbers.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from collector.parting import in_order, part_of
from collector.sequences import SequenceGaps
from collector.sources import Sources
from parsers.columns import run_column
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import Flag
from parsers.source import Source

log = logging.getLogger(__name__)

Flags = Mapping[int, tuple[Flag, ...]]
Rules = Callable[[pa.RecordBatch], pa.RecordBatch]


class Reader:
    """Reads what one listener received.

    Args:
        listener: the listener's name, as it stands in records.
        transport: likewise.
        sources: how the messages of each source are read.
        rules: puts what rule files read out of messages into the records' fields.
    """

    def __init__(
        self,
        listener: str,
        transport: str,
        sources: Sources,
        rules: Rules | None = None,
    ) -> None:
        self.gaps = SequenceGaps()
        self._listener = listener
        self._transport = transport
        self._sources = sources
        self._rules = rules
        self._told = False

    def use(self, rules: Rules | None) -> None:
        """Have the records that are read from now on go through ``rules``."""
        self._rules = rules

    def read(self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags) -> pa.RecordBatch:
        """Read frames into a record batch of BATCH_SCHEMA: a row a frame, in order.

        Args:
            frames: a message each, transport framing removed.
            arrivals: how the frames arrived, in runs.
            flags: frame number → flags that framing has set.
        """
        if not self._sources.configured:
            records = self._parse(frames, arrivals, flags, self._sources.own.reading)
        else:
            records = self._read_by_source(frames, arrivals, flags)
        return self._looked_at(records)

    def _parse(
        self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags, source: Source
    ) -> pa.RecordBatch:
        return parse_frames(
            frames,
            arrivals,
            listener=self._listener,
            transport=self._transport,
            source=source,
            framing_flags=flags,
        )

    def _read_by_source(
        self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags
    ) -> pa.RecordBatch:
        """Read by the sources that peers tell, then again what names a host of another source."""
        counts = [run.count for run in arrivals]
        by_peer = run_column([self._sources.of_peer(run.peer).number for run in arrivals], counts, pa.int32())
        records = self._read_apart(frames, arrivals, flags, by_peer)
        by_host = self._told_by_hosts(records)
        if by_host is None:
            return records
        differs = pc.fill_null(pc.not_equal(by_host, by_peer), fill_value=False)
        again = pc.if_else(differs, by_host, pa.scalar(None, pa.int32()))
        return self._read_apart(frames, arrivals, flags, again, records)

    def _told_by_hosts(self, records: pa.RecordBatch) -> pa.Array | None:
        """Give the number of the source that each HOSTNAME tells, null for none; None when none tells any."""
        if not self._sources.by_host:
            return None
        codes = records["hostname"].dictionary_encode()
        told = [self._sources.of_host(host) for host in codes.dictionary.to_pylist()]
        if not any(told):
            return None
        numbers = [None if chosen is None else chosen.number for chosen in told]
        return pa.array(numbers, pa.int32()).take(codes.indices)

    def _read_apart(
        self,
        frames: Sequence[bytes],
        arrivals: Sequence[Arrival],
        flags: Flags,
        numbers: pa.Array,
        known: pa.RecordBatch | None = None,
    ) -> pa.RecordBatch:
        """Read each frame by the source of its number; where that is null, take the row of ``known``."""
        parts = []
        if known is not None and numbers.null_count:
            places = pc.indices_nonzero(pc.is_null(numbers))
            parts.append((places, known.take(places)))
        for number in pc.unique(numbers).drop_null().to_pylist():
            source = self._sources.readings[number]
            hits = pc.fill_null(pc.equal(numbers, number), fill_value=False)
            if hits.true_count == len(frames):
                return self._parse(frames, arrivals, flags, source)
            part = part_of(frames, arrivals, flags, hits)
            parts.append((pc.indices_nonzero(hits), self._parse(*part, source)))
        return in_order(parts) if parts else self._parse(frames, arrivals, flags, self._sources.own.reading)

    def _looked_at(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """Add what rules find, and count. Whatever goes wrong here takes no message along."""
        try:
            ruled = records if self._rules is None else self._rules(records)
            self.gaps.count(ruled)
        except Exception:
            if not self._told:
                self._told = True
                log.exception(
                    "listener %s: rules or sequence numbers of a batch could not be read; "
                    "the messages are kept without, and this is told once: report it",
                    self._listener,
                )
            return records
        return ruled
