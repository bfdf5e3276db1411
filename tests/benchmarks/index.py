"""The index: what it costs, how large it is, how well it picks, against Whoosh with a document a message.

    python -m tests.benchmarks.index [--set synthetic|real] [--messages 500000] [--whoosh 50000] [--runs 5]

An archive of the messages is made first, in segments and blocks as the appliance makes them; that is not
measured. Then a new process indexes it with ``storage.indexer``, from reading the segments to the synced
manifest; and another gives the first of the same messages to Whoosh as it comes, one document a message (MSG
as TEXT, the header fields as ID). Both in turn, medians of the runs. CPU is user and system time of the
process without its start.

Fails when the index is not complete: of messages taken at even distances each token, each header value and
the whole MSG as a phrase must be in the block that the message is in, by the index.

The second table says how well the index picks: of questions of each kind, drawn from the messages, and of
some that nothing matches, how many blocks match, how many the index wants read, and what share of the blocks
that do not match is among these.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from whoosh.fields import ID, TEXT, Schema
from whoosh.filedb.filestore import FileStorage

from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import slimmed
from parsers.schema import ARCHIVE_SCHEMA
from storage.blocks import BLOCK_ROWS, Block, day_of
from storage.catalogue import Catalogue
from storage.index_cache import IndexCache, Verdict
from storage.indexer import Indexer
from storage.layout import Layout, StreamName
from storage.match import columns, matches
from storage.query import Phrase, Query, Term, parse
from storage.query_fields import ANY
from storage.results import Scope
from storage.segment_writer import Origin, SegmentWriter
from storage.settings import IndexSettings, JournalSettings
from tests.benchmarks.measure import machine, median, octets_below, peak_octets, print_table
from tests.benchmarks.messages import message_set

NAME: Final = StreamName()
VERIFIED: Final = 200  # messages
QUESTIONS: Final = 10  # of each kind
HEADER: Final = {"hostname": "host", "app_name": "app", "proc_id": "pid", "msg_id": "msgid"}


def make_archive(layout: Layout, messages: Iterable[bytes]) -> None:
    """Parse messages and write them as segments of today."""
    messages, now, seq = iter(messages), time.time_ns(), 1
    per_segment = JournalSettings().messages // BLOCK_ROWS * BLOCK_ROWS
    writer = None
    while part := list(islice(messages, BLOCK_ROWS)):
        writer = writer or SegmentWriter(layout.archive_day(NAME, day_of(now)), f"made-{seq}", 1)
        writer.write(_records(part, now, seq))
        seq += len(part)
        if writer.messages >= per_segment or len(part) < BLOCK_ROWS:
            _publish(writer)
            writer = None
    if writer is not None:
        _publish(writer)


def _records(messages: list[bytes], now: int, seq: int) -> pa.Table:
    arrivals = [Arrival(now + seq + place, f"192.0.2.{place % 7}", 1) for place in range(len(messages))]
    parsed = pa.Table.from_batches([parse_frames(messages, arrivals, listener="tcp", transport="tcp")])
    seqs = pa.array(range(seq, seq + len(messages)), pa.int64())
    return slimmed(parsed.add_column(0, ARCHIVE_SCHEMA.field(0), seqs).cast(ARCHIVE_SCHEMA))


def _publish(writer: SegmentWriter) -> None:
    writer.finish(NAME, Origin([], 0, 0, {}))
    writer.publish()


def index_ours(folder: Path) -> int:
    """Index an archive; give the number of messages."""
    indexer = Indexer(IndexSettings(), Layout(folder))
    indexer.once()
    if indexer.pending:
        raise SystemExit(f"{indexer.pending} segments are not indexed")
    return sum(block.rows for block in Catalogue(Layout(folder)).snapshot(NAME).blocks)


def index_plain(folder: Path, limit: int) -> int:
    """Give the first messages of an archive to Whoosh as it comes; give their number."""
    schema = Schema(message=TEXT(), **{name: ID() for name in HEADER})
    target = folder / "plain"
    target.mkdir()
    writer = FileStorage(str(target)).create_index(schema).writer()
    count = 0
    for row in islice(_rows(folder), limit):
        writer.add_document(**{name: value for name, value in row.items() if value is not None})
        count += 1
    writer.commit()
    return count


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for block in sealed_blocks(Layout(folder)):
        yield from block.read(["message", *HEADER]).to_pylist()


def sealed_blocks(layout: Layout) -> list[Block]:
    """Give all blocks, oldest first."""
    return sorted(Catalogue(layout).snapshot(NAME).blocks, key=lambda block: block.first_seq)


def child(kind: str, folder: Path, limit: int) -> None:
    """Be the process that is measured."""
    begin, wall = time.process_time(), time.monotonic()
    count = index_ours(folder) if kind == "ours" else index_plain(folder, limit)
    cost = time.process_time() - begin
    wall = time.monotonic() - wall
    print(json.dumps({"count": count, "cpu": cost, "wall": wall, "peak": peak_octets(os.getpid())}))


def measured(kind: str, folder: Path, limit: int) -> dict[str, float]:
    """Index in a new process; give messages, CPU and wall seconds, peak octets and the index's octets."""
    result = folder / ("index" if kind == "ours" else "plain")
    subprocess.run(["rm", "-rf", str(result)], check=True)
    command = [sys.executable, "-m", "tests.benchmarks.index", "--child", kind, str(folder), str(limit)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found | {"octets": octets_below(result)}


class Judge:
    """Asks the index of an archive, and the records themselves."""

    def __init__(self, folder: Path) -> None:
        layout = Layout(folder)
        self._cache = IndexCache(layout)
        self.blocks = sealed_blocks(layout)
        names = [*HEADER, "structured_data", "message"]
        self.tables = [block.read(names) for block in self.blocks]

    def picked(self, query: Query) -> set[int]:
        """Give the numbers of the blocks that the index wants read."""
        question = self._cache.question(NAME, query, Scope())
        return {
            number for number, block in enumerate(self.blocks) if question.verdict(block) is not Verdict.NO
        }

    def holding(self, query: Query, among: Iterable[int]) -> set[int]:
        """Give the numbers of those blocks that have a record that matches."""
        return {number for number in among if _match_in(query, self.tables[number])}

    def indexed(self) -> bool:
        """Tell whether the index knows every block."""
        question = self._cache.question(NAME, Term(ANY, "nowhere0nothing"), Scope())
        return all(question.verdict(block) is not Verdict.UNKNOWN for block in self.blocks)

    def messages(self, count: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give messages at even distances, each with its block's number."""
        step = max(1, sum(table.num_rows for table in self.tables) // count)
        place = 0
        for number, table in enumerate(self.tables):
            for row in range(-place % step, table.num_rows, step):
                yield number, table.slice(row, 1).to_pylist()[0]
            place += table.num_rows


def _match_in(query: Query, table: pa.Table) -> bool:
    return bool(matches(query, table.select(columns(query))).true_count)


def verify(judge: Judge) -> int:
    """Check that no token of sampled messages is hidden; give the number of questions.

    Raises:
        SystemExit: when one is.
    """
    if not judge.indexed():
        raise SystemExit("the index does not know every block")
    asked = 0
    for number, message in judge.messages(VERIFIED):
        for query in _questions(message):
            asked += 1
            if number not in judge.picked(query):
                raise SystemExit(f"block {number} is ruled out for {query!r}, and has it: {message}")
    return asked


def _questions(message: dict[str, Any]) -> Iterator[Query]:
    text = message["message"] or ""
    pieces = text.split()
    words = re.findall(r"\w+", text)
    yield from (Term(ANY, token) for token in dict.fromkeys(pieces + words))
    if words:
        yield Phrase(ANY, words)
    for name, field in HEADER.items():
        if message[name]:
            yield Term(field, message[name])
            yield Term(ANY, message[name])


KINDS: Final = {
    "rare token": r"(?<![\w.:@/-])(?=\w*\d)(?=\w*[a-z])[a-z0-9]{8,}(?![\w.:@/-])",
    "number": r"(?<![\w.:@/-])\d{5,}(?![\w.:@/-])",
    "address": r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])",
    "part of an address": r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){2}(?=\.\d{1,3}(?![\w.]))",
    "address:port": r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}:\d+(?!\w)",
    "e-mail address": r"(?<![\w.-])[\w.-]+@[\w-]+\.[a-z]{2,}(?![\w.-])",
    "path": r"(?<![\w/.-])(?:/[\w.-]*\w){2,}(?![\w/.-])",
    "phrase": r"(?<!\w)[A-Za-z]{3,} \w+ [A-Za-z]{2,} \w+(?!\w)",
    "name=value": r"(?<!\w)\w+=\w+(?!\w)",
}


def drawn(judge: Judge) -> Iterator[tuple[str, list[Query]]]:
    """Give questions of each kind, drawn from the messages."""
    draw = random.Random(4)
    sample = list(judge.messages(20_000))
    draw.shuffle(sample)
    texts = [message["message"] or "" for _, message in sample]
    for kind, pattern in KINDS.items():
        hits = (found[0] for text in texts if (found := re.search(pattern, text)))
        unique = list(islice(dict.fromkeys(hits), QUESTIONS))
        yield kind, [Phrase(ANY, text.split()) if kind == "phrase" else Term(ANY, text) for text in unique]
        if kind == "rare token":
            yield "wildcard at the end", [parse(f"{text[:6]}*") for text in unique]
    for field, name in (("host", "hostname"), ("pid", "proc_id")):
        values = dict.fromkeys(message[name] for _, message in sample if message[name])
        yield f"field {field}", [Term(field, value) for value in islice(values, QUESTIONS)]


def absent() -> Iterator[tuple[str, list[Query]]]:
    """Give questions that nothing matches."""
    draw = random.Random(5)

    def many(make: Callable[[], str]) -> list[Query]:
        return [Term(ANY, make()) for _ in range(5 * QUESTIONS)]

    yield "absent id", many(lambda: f"{draw.getrandbits(60):015x}0q")
    yield "absent address", many(lambda: f"203.0.113.{draw.randrange(256)}")
    yield "absent e-mail", many(lambda: f"nobody{draw.randrange(10**6)}@example.org")
    yield "absent word", many(lambda: "".join(draw.choices("bcdfgqxz", k=9)))


def selectivity(judge: Judge) -> list[Sequence[object]]:
    """Make the table of how well the index picks."""
    rows: list[Sequence[object]] = []
    for kind, queries in (*drawn(judge), *absent()):
        if not queries:
            continue
        picked = [judge.picked(query) for query in queries]
        true = [len(judge.holding(query, found)) for query, found in zip(queries, picked, strict=True)]
        wanted, count = sum(map(len, picked)), len(queries)
        rest = len(judge.blocks) * count - sum(true)
        vain = f"{(wanted - sum(true)) / rest:.2%}" if rest else "-"
        rows.append((kind, count, f"{sum(true) / count:.1f}", f"{wanted / count:.1f}", vain))
    return rows


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("synthetic", "real", "both"), default="both")
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--whoosh", type=int, default=50_000, help="messages that plain Whoosh gets")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        kind, folder, limit = arguments.child
        child(kind, Path(folder), int(limit))
        return
    print(machine())
    for name in ("synthetic", "real") if arguments.set == "both" else (arguments.set,):
        with tempfile.TemporaryDirectory(prefix="sysledger-index-") as folder:
            compare(name, Path(folder), arguments.messages, arguments.whoosh, arguments.runs)


def compare(name: str, folder: Path, messages: int, limit: int, runs: int) -> None:
    """Measure with one set of messages, verify, and print."""
    make_archive(Layout(folder), message_set(name, messages))
    rounds = [{kind: measured(kind, folder, limit) for kind in ("plain", "ours")} for _ in range(runs)]
    print(f"\n{name}, {messages:,} messages, medians of {runs}")
    rows = []
    base = median(each["plain"]["count"] / each["plain"]["cpu"] for each in rounds)
    for kind, label in (("ours", "Sysledger"), ("plain", "Whoosh, a document a message")):
        rate = median(each[kind]["count"] / each[kind]["cpu"] for each in rounds)
        middle = {what: median(each[kind][what] for each in rounds) for what in rounds[0][kind]}
        count = middle["count"]
        rows.append((
            label, f"{count:,.0f}", f"{1e6 / rate:.2f}", f"{rate:,.0f}", f"{rate / base:.1f}",
            f"{middle['wall']:.2f}", f"{middle['octets'] / count:.1f}", f"{middle['peak'] / 1e6:.0f}",
        ))  # fmt: skip
    print_table(
        ("index", "messages", "CPU s a million", "messages a CPU s", "ratio", "wall s", "octets a message",
         "peak MB"),
        rows,
    )  # fmt: skip
    judge = Judge(folder)
    print(f"complete: all of {verify(judge):,} questions find their block; {len(judge.blocks)} blocks")
    print_table(
        ("question", "number", "blocks that match", "blocks picked", "picked in vain"), selectivity(judge)
    )


if __name__ == "__main__":
    main()
