"""What must be true of any records that are kept: their order, their day, their octets. Values only."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from parsers.rebuild import exact_octets
from storage.blocks import NANOSECONDS_A_DAY, day_of


def order_faults(seqs: pa.ChunkedArray, after: int, last: int) -> Iterator[str]:
    """Say what is wrong with seqs that must rise, from behind ``after`` to ``last`` at most."""
    numbers = seqs.combine_chunks()
    if not len(numbers):
        return
    if numbers[0].as_py() <= after:
        yield f"record {numbers[0]} stands behind record {after}"
    if len(numbers) > 1 and not pc.all(pc.greater(numbers[1:], numbers[:-1])).as_py():
        yield "its seqs do not rise"
    if (highest := pc.max(numbers).as_py()) > last:
        yield f"record {highest} is beyond the last, {last}"


def day_faults(received: pa.ChunkedArray, day_begins: int) -> Iterator[str]:
    """Say which records were not received on the day that begins then (ns since the epoch)."""
    low, high = pc.min_max(received.cast(pa.int64())).as_py().values()
    if low is not None and (low < day_begins or high >= day_begins + NANOSECONDS_A_DAY):
        yield f"records received from {day_of(low)} to {day_of(high)} lie here, under {day_of(day_begins)}"


def octets_of(records: pa.Table) -> tuple[pa.Array | None, str | None]:
    """Give every message's octets, or what is wrong: the columns must give those that ``raw`` has not."""
    try:
        octets = exact_octets(records)
    except Exception as error:  # noqa: BLE001 - whatever rebuilding raises: these messages cannot be given
        return None, f"the messages cannot be rebuilt from their columns: {error!r}"
    if octets.null_count:
        first = records["seq"][pc.index(pc.is_null(octets), value=True).as_py()]
        return None, f"{octets.null_count} messages cannot be rebuilt, the first is record {first}"
    return octets, None
