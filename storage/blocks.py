"""The block: records that are read together, and what is known of them without reading."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from storage.journal_reader import Damage

BLOCK_ROWS: Final = 16_384
BLOCK_OCTETS: Final = 32 << 20  # a block is held in memory whole; messages may be 64 KiB each

NANOSECONDS_A_DAY: Final = 86_400 * 10**9
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Source(Protocol):
    """Where a block's records come from."""

    def read(self, block: "Block", columns: Sequence[str] | None, *, encoded: bool = False) -> pa.Table:
        """Give the block's records."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """Records that are read together, and the ranges that tell whether they need to be.

    A sealed block never changes. The last block of a growing journal has more rows in a later snapshot,
    under the same path and number.
    """

    path: Path
    number: int  # of the row group in its segment, or of the run of frames in its journal
    rows: int
    first_seq: int
    last_seq: int
    received_min: int  # ns since the epoch, as received_max
    received_max: int
    timestamp_min: int | None  # us since the epoch; None when no record has a timestamp
    timestamp_max: int | None
    sealed: bool  # True: in the archive, False: in a journal
    source: Source = field(repr=False, compare=False)

    def read(self, columns: Sequence[str] | None = None, *, encoded: bool = False) -> pa.Table:
        """Give the block's records: ARCHIVE_SCHEMA's columns in its order, or those that ``columns`` names.

        With ``encoded`` string columns may come as dictionaries, which is quicker where they lie as such.

        ``raw`` is null where parsers.rebuild gives the octets back (in journals of version 1 it never is).
        Records that have expired since the snapshot are left out.

        Raises:
            DamagedError: when the records cannot be read.
        """
        return self.source.read(self, columns, encoded=encoded)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream's blocks at one moment, those with the newest received_max first."""

    blocks: list[Block]
    files: int
    damaged: list[Damage]


def day_start(day: date) -> int:
    """Give the ns since the epoch at which a UTC day begins."""
    return (day.toordinal() - _EPOCH) * NANOSECONDS_A_DAY


def day_of(nanoseconds: int) -> date:
    """Give the UTC day of an instant in ns since the epoch."""
    return date.fromordinal(_EPOCH + nanoseconds // NANOSECONDS_A_DAY)


def utc_today() -> date:
    """Give the UTC day that it is now."""
    return datetime.now(UTC).date()
