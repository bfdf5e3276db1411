"""Parsing alone: the compiled grammars against pyparsing running the very same grammars, and a table by kind.

    python -m tests.benchmarks.parse [--messages 100000] [--runs 5] [--sample 2000]

First table, the two message sets. Compiled: parse_frames, from octets to a whole record batch (columns,
times, flags, payloads' fields), in batches of 16,384. pyparsing: the dialects' grammars tried in the same
order on a sample of the messages, from octets to results names and no further, which is to its favour.
The other collectors' parsers cannot be had by themselves; tests/benchmarks/ingest.py measures them whole.

Second table, messages by kind (tests/benchmarks/kinds.py): messages a CPU second without rules, with the
rules that are shipped, and what the rules cost on top.

All figures are medians, of CPU seconds (user and system) of this process. Fails when pyparsing and the record
batch do not say the same of every message of the sample: dialect's format, PRI, HEADER's fields, MSG.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyparsing import ParseException

from collector.rules import load_rules, rules_for
from collector.settings import CollectorSettings
from parsers.columns import ASSUMED_PRIVAL
from parsers.dialects import Dialect, dialects_of
from parsers.dialects.beginning import BEGINNING
from parsers.matching import LOOK
from parsers.pipeline import Arrival, parse_frames
from supervisor.garbage import collect_seldom, keep_what_is_there
from tests.benchmarks.kinds import NAMES, SETS, messages_of
from tests.benchmarks.measure import machine, median, print_table

BATCH: Final = 16_384
TEXTS: Final = ("hostname", "app_name", "proc_id", "msg_id", "structured_data", "message")
MEANT: Final = 60  # times faster than pyparsing is what we want

Extract = Callable[[pa.RecordBatch], pa.RecordBatch]


def batches(messages: Sequence[bytes]) -> Iterator[pa.RecordBatch]:
    """Parse messages as a listener does."""
    for start in range(0, len(messages), BATCH):
        some = messages[start : start + BATCH]
        yield parse_frames(
            some, [Arrival(time.time_ns(), "192.0.2.1", len(some))], listener="tcp", transport="tcp"
        )


def seconds(work: Callable[[], object]) -> float:
    """Give the CPU seconds that work takes."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def by_pyparsing(frame: bytes, dialects: Sequence[Dialect]) -> tuple[Dialect, Mapping[str, Any]]:
    """Read a frame by the first dialect whose grammar matches it, each tried where the compiled ones are.

    Raises:
        SystemExit: when no grammar matches, which cannot be, as the last one matches anything.
    """
    text, look = frame.decode("latin-1"), BEGINNING.match(frame)
    for dialect in dialects:
        begins = dialect.order < LOOK or (look is not None and look.lastgroup in dialect.begins)
        if not begins or dialect.holds not in frame:
            continue
        try:
            return dialect, dialect.grammar.parse_string(text).as_dict()
        except ParseException:
            continue
    raise SystemExit(f"no grammar reads {frame!r}")


def verify(frames: Sequence[bytes], read: Sequence[tuple[Dialect, Mapping[str, Any]]]) -> None:
    """Compare what pyparsing read with the records.

    Raises:
        SystemExit: where they differ.
    """
    records = [row for batch in batches(frames) for row in _rows(batch)]
    for frame, record, (dialect, results) in zip(frames, records, read, strict=True):
        facility, severity = divmod(int(results.get("pri", ASSUMED_PRIVAL)), 8)
        expected: dict[str, Any] = {
            "format": dialect.format.value,
            "facility": facility,
            "severity": severity,
        }
        expected |= {name: _text(results.get(name)) for name in TEXTS}
        if record != expected:
            raise SystemExit(f"of {frame!r}\nthe record says {record}\nand pyparsing {expected}")


def _rows(records: pa.RecordBatch) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = records.select(["format", "facility", "severity", *TEXTS]).to_pylist()
    return rows


def _text(result: str | None) -> str | None:
    return None if result is None else result.encode("latin-1").decode("utf-8", "replace")


def against_pyparsing(name: str, arguments: argparse.Namespace) -> list[str]:
    """Measure a message set both ways, verify the sample, and give a row of the table."""
    messages = messages_of(name, arguments.messages)
    sample = messages[:: max(1, len(messages) // arguments.sample)]
    dialects = dialects_of("auto")
    verify(sample, [by_pyparsing(frame, dialects) for frame in sample])
    list(batches(messages[: 2 * BATCH]))  # what is made once is made now
    compiled, plain = [], []
    for _ in range(arguments.runs):
        compiled.append(seconds(lambda: [None for _ in batches(messages)]) / len(messages))
        plain.append(seconds(lambda: [by_pyparsing(frame, dialects) for frame in sample]) / len(sample))
    ratio = median(plain) / median(compiled)
    figures = (f"{1 / median(each):,.0f}" for each in (compiled, plain))
    return [name, *figures, f"{ratio:.0f}", "yes" if ratio >= MEANT else "no", f"{len(sample):,}"]


def by_kind(name: str, extract: Extract, arguments: argparse.Namespace) -> list[str]:
    """Measure a kind with and without rules, and give a row of the table."""
    messages = messages_of(name, min(arguments.messages, 2 * BATCH))
    parsed = list(batches(messages))
    for records in parsed:
        extract(records)  # what is made once is made now
    without, rules = [], []
    for _ in range(arguments.runs):
        without.append(seconds(lambda: [None for _ in batches(messages)]))
        rules.append(seconds(lambda: [None for records in parsed if extract(records)]))
    alone, both = median(without), median(without) + median(rules)
    octets = sum(map(len, messages)) / len(messages)
    rates = (f"{len(messages) / each:,.0f}" for each in (alone, both))
    return [name, f"{octets:.0f}", *rates, f"{100 * (both / alone - 1):.0f} %"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000, help="of a set; of a kind 32,768 at most")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sample", type=int, default=2_000, help="messages that pyparsing reads")
    parser.add_argument("--kinds", nargs="*", default=NAMES, metavar="KIND", help=f"of: {', '.join(NAMES)}")
    arguments = parser.parse_args()
    collect_seldom()  # as in every role
    loaded, problems = load_rules(CollectorSettings(), Path())
    extract = rules_for(loaded, "syslog")
    if problems or extract is None:
        raise SystemExit(f"the shipped rules do not load: {problems}")
    sys.stdout.write(f"{machine()}\n{arguments.runs} runs, messages a CPU second\n\n")
    keep_what_is_there()
    head = [
        "set",
        "compiled, whole batch",
        "pyparsing, grammar alone",
        "times",
        f"{MEANT} reached",
        "verified",
    ]
    print_table(head, [against_pyparsing(name, arguments) for name in SETS])
    sys.stdout.write("\n")
    head = ["kind", "octets", "parsed", "parsed, with rules", "rules cost"]
    print_table(head, [by_kind(name, extract, arguments) for name in arguments.kinds])


if __name__ == "__main__":
    main()
