"""How many records there are of each day, listener and peer: counted from the files, so that it cannot drift.

    books/tallies/tenant=T/stream=S/date=DAY/SEGMENT-OCTETS.json     of a segment; derived, made again at will
    books/expired/tenant=T/stream=S/DAY.json                         of a day that has expired; nowhere else

Only the columns received_at, listener, peer and format are read, and of each segment once.

A day's file in expired/ is written before the day goes, with a tally for each of its segments. A reader
counts those whose segment is not there any more, so that a crash between the two counts nothing twice.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

import durable
from parsers.schema import Format
from storage.blocks import NANOSECONDS_A_DAY, day_of
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.segments import Segment, footer_of, list_segments, read_row_group

log = logging.getLogger(__name__)

COLUMNS: Final = ("received_at", "listener", "peer", "format")
UNREADABLE: Final = "(unreadable)"  # the listener of records that cannot be read
_CRC_DIGITS: Final = 8

Row = tuple[str, str, str, bool]  # date, listener, peer, whether the records are parsed


@dataclass(slots=True)
class Tally:
    """Numbers of records. ``damaged`` are those of them that are there and cannot be read."""

    rows: Counter[Row] = field(default_factory=Counter)
    damaged: int = 0

    def add(self, other: "Tally") -> None:
        """Take in another tally."""
        self.rows.update(other.rows)
        self.damaged += other.damaged

    def by_source(self) -> Counter[tuple[str, str]]:
        """Give them by listener and peer."""
        found: Counter[tuple[str, str]] = Counter()
        for (_, listener, peer, _), number in self.rows.items():
            found[listener, peer] += number
        return found

    @property
    def messages(self) -> int:
        """All of them."""
        return self.rows.total()


def tally_of(table: pa.Table, since: int = 0) -> Counter[Row]:
    """Count the records of a table that has COLUMNS; those received before ``since`` (ns) are left out."""
    rows: Counter[Row] = Counter()
    if not table.num_rows:
        return rows
    times = table["received_at"].cast(pa.int64())
    if since:
        keep = pc.greater_equal(times, since)
        table, times = table.filter(keep), times.filter(keep)
    names = {name: table[name].cast(pa.string()) for name in ("listener", "peer")}
    parsed = pc.not_equal(table["format"].cast(pa.string()), Format.UNPARSED)
    days = pc.divide(times, NANOSECONDS_A_DAY)
    keyed = pa.table({"day": days, **names, "parsed": parsed})
    found = keyed.group_by(["day", "listener", "peer", "parsed"]).aggregate([([], "count_all")])
    for row in found.to_pylist():
        day = day_of(row["day"] * NANOSECONDS_A_DAY).isoformat()
        rows[day, row["listener"], row["peer"], row["parsed"]] += row["count_all"]
    return rows


def tally_segment(layout: Layout, name: StreamName, day: date, segment: Segment, since: int = 0) -> Tally:
    """Count a segment's records, or read what was counted before.

    Args:
        layout: the data folder's.
        name: the stream.
        day: the segment's.
        segment: which.
        since: what was received before (ns since 1970) is left out.

    Raises:
        FileNotFoundError: when the segment is gone.
    """
    folder = layout.books / "tallies" / name.folder / f"date={day.isoformat()}"
    path = folder / f"{segment.path.stem}-{segment.size}.json"
    kept = _read(path)
    if kept is not None and (kept["since"] == since or kept["since"] <= since <= kept["first"]):
        return _decoded(kept)
    tally, first = _counted(segment, since)
    if not tally.damaged:
        with suppress(OSError):  # who may only read counts anew each time
            durable.make_folder(folder)
            _write_derived(path, {"since": since, "first": first, **_document(tally)})
    return tally


def _counted(segment: Segment, since: int) -> tuple[Tally, int]:
    """Count a segment's records; give with them when the first of all was received (ns since 1970)."""
    tally = Tally()
    try:
        footer = footer_of(segment)
    except DamagedError:
        tally.damaged = segment.last_seq - segment.first_seq + 1
        tally.rows[segment.path.parent.name.removeprefix("date="), UNREADABLE, "", True] = tally.damaged
        return tally, 0
    for number, group in enumerate(footer.row_groups):
        try:
            table = read_row_group(segment.path, footer.metadata, number, COLUMNS)
        except DamagedError:
            tally.damaged += group.rows
            tally.rows[day_of(group.received_min).isoformat(), UNREADABLE, "", True] += group.rows
            continue
        tally.rows.update(tally_of(table, since if group.received_min < since else 0))
    return tally, min((group.received_min for group in footer.row_groups), default=0)


def books_begin(layout: Layout) -> int:
    """Give since when the collectors here keep books (ns since 1970); 0 when there are none."""
    found = _read(layout.books / "began.json")
    return 0 if found is None else int(found["began"])


def keep_tallies(layout: Layout, name: StreamName, day: date) -> None:
    """Write down what a day holds, before it goes; durable when this returns. Twice is once.

    Raises:
        OSError: when it cannot be written: then the day must stay.
    """
    folder = layout.archive_day(name, day)
    segments = list_segments(folder)
    if not segments:
        return
    path = layout.books / "expired" / name.folder / f"{day.isoformat()}.json"
    known: dict[str, Any] = (_read(path) or {}).get("segments", {})
    spans = [(segment.first_seq, segment.last_seq) for segment in segments]
    kept = {one: it for one, it in known.items() if not _is_within(one, spans)}
    since = books_begin(layout)
    for segment in segments:
        kept[segment.path.stem] = _document(tally_segment(layout, name, day, segment, since))
    durable.make_folder(path.parent)
    durable.write_file(path, _encoded({"version": 1, "segments": kept}))


def expired(layout: Layout, name: StreamName) -> dict[str, tuple[Tally, list[tuple[int, int]]]]:
    """Give by date what has expired of a stream, and the first and last seqs of the segments it was in."""
    found: dict[str, tuple[Tally, list[tuple[int, int]]]] = {}
    folder = layout.books / "expired" / name.folder
    for path in sorted(folder.glob("????-??-??.json")):
        document = _read(path)
        if document is None:
            log.error("%s is damaged; what expired that day is missing in the statement", path)
            continue
        there = list_segments(layout.archive_day(name, date.fromisoformat(path.stem)))
        spans = [(segment.first_seq, segment.last_seq) for segment in there]
        tally, gone = Tally(), []
        for stem, it in document["segments"].items():
            if not _is_within(stem, spans):
                tally.add(_decoded(it))
                gone.append(_span(stem))
        found[path.stem] = tally, gone
    return found


def _is_within(stem: str, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a segment of that name has been merged into one of others, or is one of them."""
    first, last = _span(stem)
    return any(low <= first and last <= high for low, high in spans)


def _span(stem: str) -> tuple[int, int]:
    first, _, last = stem.partition("-")
    return int(first), int(last)


def _document(tally: Tally) -> dict[str, Any]:
    return {"damaged": tally.damaged, "rows": [[*row, number] for row, number in sorted(tally.rows.items())]}


def _decoded(document: dict[str, Any]) -> Tally:
    tally = Tally(damaged=document["damaged"])
    for day, listener, peer, parsed, number in document["rows"]:
        tally.rows[day, listener, peer, parsed] = number
    return tally


def _encoded(document: Any) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    return b"%08x\n" % crc32(text) + text + b"\n"


def _read(path: Path) -> Any:
    """Read a file of ours; None when it is not there, or damaged."""
    try:
        octets = path.read_bytes()
    except OSError:
        return None
    text = octets[_CRC_DIGITS + 1 : -1]
    return json.loads(text) if octets[:_CRC_DIGITS] == b"%08x" % crc32(text) else None


def _write_derived(path: Path, document: Any, write: Callable[[Path, bytes], Any] = Path.write_bytes) -> None:
    """Write a file that may be lost: a reader takes only a whole one for what it is."""
    write(path, _encoded(document))
