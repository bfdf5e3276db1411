"""Masks: what hiding values costs, by what is masked, beside reading the block alone.

    python -m tests.benchmarks.masks [--messages 16384] [--runs 5]

A block of each message set is parsed as a collector does, with the rules that are shipped, and masked whole.
Figures are medians, of CPU milliseconds (user and system) of this process.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from collector.rules import load_rules, rules_for
from collector.settings import CollectorSettings
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import ARCHIVE_SCHEMA
from storage.masks import masked, masks_of
from tests.benchmarks.kinds import MIXED, messages_of
from tests.benchmarks.measure import machine, median, print_table

MASKS = (("user",), ("src",), ("user*", "src*"), ("hostname",), ("user", "hostname"), ("message",), ("peer",))
KINDS = ("synthetic", "real", MIXED, "sshd", "FortiGate, no header")


def records_of(frames: Sequence[bytes], extract: Callable[[pa.RecordBatch], pa.RecordBatch]) -> pa.Table:
    """Parse messages, and give them as the archive holds them."""
    arrivals = [Arrival(time.time_ns(), "192.0.2.1", len(frames))]
    batch = extract(parse_frames(frames, arrivals, listener="tcp", transport="tcp"))
    columns = [
        batch[field.name].cast(field.type)
        if field.name in batch.schema.names
        else pa.array(range(len(frames)), field.type)
        for field in ARCHIVE_SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=ARCHIVE_SCHEMA)


def milliseconds(records: pa.Table, masks: tuple[str, ...], runs: int) -> float:
    """Give what masking records takes."""
    taken = []
    for _ in range(runs):
        began = time.process_time()
        masked(records, masks_of(masks))
        taken.append(1000 * (time.process_time() - began))
    return median(taken)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=16_384)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    loaded, _ = load_rules(CollectorSettings(), Path())
    extract = rules_for(loaded, "syslog")
    assert extract is not None  # rules are shipped
    blocks = {kind: records_of(messages_of(kind, options.messages), extract) for kind in KINDS}
    print(f"{machine()}; {options.messages:,} messages, medians of {options.runs} runs, CPU ms\n")
    rows = [
        (" ".join(masks), *(f"{milliseconds(blocks[kind], masks, options.runs):.0f}" for kind in KINDS))
        for masks in MASKS
    ]
    print_table(["masked", *KINDS], rows)


if __name__ == "__main__":
    main()
