"""All books of a folder: those of the processes, and the days' sums into which old ones are folded.

    books/PROCESS-RUN.book     one process's (collector/book_file.py)
    books/days/DAY.json        what the books of processes that are gone counted for a day
    books/drops.json           how far the sockets' own counts of drops have been seen
    books/lock                 held while books are folded

A day's file is a line with the CRC-32 of all behind it, then JSON: ``runs`` (whose books are in it), ``sums``
as ``[listener, peer, what, number]``, and ``ends``: what the statement must know of each run that was killed,
or left something in its disk queue (``End``). A book is removed when each of its days has its run; a reader
leaves out what a day's file has already. So a crash at any step counts nothing twice.
"""

import fcntl
import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import durable
from collector.book_file import BookContent, BookError, read_book
from collector.books import (
    DATAGRAMS,
    DROPPED,
    EMPTY,
    FRAMED,
    GUESTS,
    HANDED_OVER,
    HELD,
    LAST_NUMBER,
    NO_DAY,
    NOT_ADMITTED,
    PARSED,
    PARTS,
    SEEN_DROPS,
    UNPARSED,
    decode_key,
)

log = logging.getLogger(__name__)

SUFFIX: Final = ".book"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_EPOCH: Final = date(1970, 1, 1)
DAMAGED: Final = ".damaged"  # instead of .json: a day's file that cannot be read
_CRC_DIGITS: Final = 8
_READ_TRIES: Final = 20

Sums = Counter[tuple[str, str, str]]  # listener, peer, what


@dataclass(slots=True)
class End:
    """What must be known of one run's day when it did not end with everything handed over.

    Attributes:
        process: its name, such as collector-1.
        run: tells it from the process's other runs.
        collector: its id in the hand-off.
        at: when it was last known to be alive, ns since 1970.
        how: running, killed, stopped (the machine did, too) or ended (in order).
        framing: datagrams, by listener, that were taken and not framed.
        reading: frames, by listener, that were in no batch.
        slots: its open batches: listener, tenant/stream, number, messages.
        numbers: of the last batch that it knows of, by tenant/stream. Storage that has heard of later ones
            proves that the book lacks its end: the disk did not keep it.
        unplaced: whether something could not be counted, because the disk was full.
    """

    process: str
    run: str
    collector: str
    at: int
    how: str
    framing: dict[str, int] = field(default_factory=dict)
    reading: dict[str, int] = field(default_factory=dict)
    slots: list[tuple[str, str, int, int]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    unplaced: bool = False

    @property
    def matters(self) -> bool:
        """Whether a statement has to know of it."""
        return bool(self.framing or self.reading or self.slots or self.unplaced) or self.how != "ended"


@dataclass(slots=True)
class DaySums:
    """One day in the books."""

    sums: Sums = field(default_factory=Counter)
    ends: list[End] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    collectors: list[str] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether a run that counts here goes on."""
        return any(end.how == "running" for end in self.ends)

    def handed_over(self) -> dict[tuple[str, str], int]:
        """Give what was handed over, by listener and peer."""
        return {
            (name, peer): number for (name, peer, what), number in self.sums.items() if what == HANDED_OVER
        }


def boot_id() -> str:
    """Give what the machine is called until it is started anew."""
    with suppress(OSError):
        return _BOOT_ID.read_text("ascii").strip()
    return ""


def day_name(day: int) -> str:
    """Give the date of a day that is counted since 1970."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def read_books(folder: Path) -> dict[str, DaySums]:
    """Give what all books of a folder say, by date; empty when there are none.

    What cannot be read is left out, and told in the log.

    Raises:
        OSError: when the folder cannot be read.
    """
    for _ in range(_READ_TRIES):
        try:
            return _read_once(folder)
        except FileNotFoundError:  # folded meanwhile
            continue
    return _read_once(folder)


def books_of(folder: Path, day: date | None) -> DaySums | None:
    """Give what all books say of a day, or of all days when None; None when there are no books.

    Raises:
        OSError: when the folder cannot be read.
    """
    if not (folder / "began.json").exists():
        return None
    total = DaySums()
    for name, one in read_books(folder).items():
        if day is None or name == day.isoformat():
            total.sums.update(one.sums)
            total.ends += one.ends
        total.collectors += one.collectors
    return total


def seen_drops(folder: Path) -> int:
    """Give how many datagrams the listeners' sockets have dropped since the machine started.

    Raises:
        OSError: when the folder cannot be read.
    """
    drops = _read_drops(folder)
    for path in _books(folder):
        with suppress(FileNotFoundError):
            if (content := _readable(path)) is not None:
                drops |= _drops_in(content)
    return sum(drops.values())


def _read_once(folder: Path) -> dict[str, DaySums]:
    books = [(path, content) for path in _books(folder) if (content := _readable(path)) is not None]
    days = {path.stem: read_day(path) for path in sorted((folder / "days").glob("????-??-??.json"))}
    for _, content in books:
        for name, part in parts_of(content).items():
            day = days.setdefault(name, DaySums())
            if content.about["run"] not in day.runs:
                _take(day, content, part)
    return days


def _take(day: DaySums, content: BookContent, part: "tuple[Sums, End]") -> None:
    sums, end = part
    day.sums.update(sums)
    day.runs.append(content.about["run"])
    day.collectors.append(content.about["collector"])
    if end.matters:
        day.ends.append(end)


def _books(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def _readable(path: Path) -> BookContent | None:
    try:
        return read_book(path)
    except BookError as error:
        log.error("a book cannot be read: %s; what it counted is missing in the statement", error)  # noqa: TRY400 - the sentence says all
        return None


def parts_of(content: BookContent) -> dict[str, tuple[Sums, End]]:
    """Give what one book counted, and how its run ended, by date."""
    parts: dict[str, tuple[Sums, End]] = {}
    about = content.about
    how = _how(content)

    def part(day: int) -> tuple[Sums, End]:
        at = content.closed_at or content.touched_at
        end = End(
            about["process"], about["run"], about["collector"], at, how, unplaced=bool(content.unplaced)
        )
        return parts.setdefault(day_name(day), (Counter(), end))

    for octets, number in content.numbers.items():
        day, listener, peer, what = decode_key(octets)
        if day != NO_DAY and number:
            part(day)[0][listener, peer, what] += number
    for octets, number, messages in content.slots:
        day, listener, _, what = decode_key(octets)
        part(day)[1].slots.append((listener, what.removeprefix(HELD), number, messages))
    for octets, number in content.numbers.items():
        *_, stream, what = decode_key(octets)
        for _, end in parts.values() if what == LAST_NUMBER else ():
            end.numbers[stream] = number
    for sums, end in parts.values():
        end.framing, end.reading = _rests(sums)
    return parts


def _how(content: BookContent) -> str:
    if content.running:
        return "running"
    if content.closed_at:
        return "ended"
    return "killed" if content.about.get("boot") == boot_id() else "stopped"


def _rests(sums: Sums) -> tuple[dict[str, int], dict[str, int]]:
    """Give by listener the datagrams that are not framed yet, and the frames that are in no batch yet."""
    framing: Counter[str] = Counter()
    reading: Counter[str] = Counter()
    with_datagrams = {listener for listener, _, what in sums if what == DATAGRAMS}
    for (listener, _, what), number in sums.items():
        if listener in with_datagrams:
            if what == DATAGRAMS:
                framing[listener] += number
            elif what in {FRAMED, EMPTY, PARTS} or what.startswith(GUESTS):
                framing[listener] -= number
        if what == FRAMED:
            reading[listener] += number
        elif what in {NOT_ADMITTED, PARSED, UNPARSED} or what.startswith(DROPPED):
            reading[listener] -= number
    return (
        {name: number for name, number in framing.items() if number},
        {name: number for name, number in reading.items() if number},
    )


# Folding.


def fold(folder: Path) -> dict[int, int]:
    """Fold the books of processes that are gone; give how far each socket's drops have been seen.

    Raises:
        OSError: when it could not be done to the end; the next time goes on from there.
    """
    with locked(folder):
        drops = _read_drops(folder)
        for path in _books(folder):
            content = _readable(path)
            if content is not None and not content.running:
                drops |= _drops_in(content)
                _fold_one(folder, path, content, drops)
    return drops


def _fold_one(folder: Path, path: Path, content: BookContent, drops: dict[int, int]) -> None:
    durable.make_folder(folder / "days")
    for name, part in parts_of(content).items():
        file = folder / "days" / f"{name}.json"
        _keep_damaged(file)
        day = read_day(file) if file.exists() else DaySums()
        if content.about["run"] not in day.runs:
            _take(day, content, part)
            there = {one.stem.rpartition("-")[2] for one in _books(folder)}
            day.runs = [run for run in day.runs if run in there]
            durable.write_file(file, _encoded_day(day))
    _write(
        folder / "drops.json", {"boot": boot_id(), "drops": {str(key): seen for key, seen in drops.items()}}
    )
    durable.unlink(path)


def _keep_damaged(file: Path) -> None:
    """Put a damaged day's file beside, before another takes its place: its loss is to be seen."""
    with suppress(FileNotFoundError):
        if not is_whole(octets := file.read_bytes()):
            durable.write_file(file.with_suffix(DAMAGED), octets)


def read_day(path: Path) -> DaySums:
    """Read a day's file; one that is damaged is told in the log, and empty.

    Raises:
        FileNotFoundError: when it is gone.
    """
    found = _read(path)
    if found is None:
        return DaySums()
    sums: Sums = Counter()
    for listener, peer, what, number in found["sums"]:
        sums[listener, peer, what] = number
    ends = [End(**{**end, "slots": [tuple(slot) for slot in end["slots"]]}) for end in found["ends"]]
    return DaySums(sums, ends, found["runs"], found["collectors"])


def _encoded_day(day: DaySums) -> Any:
    rows = [[*key, number] for key, number in sorted(day.sums.items())]
    collectors = sorted(set(day.collectors))
    ends = [asdict(end) for end in day.ends]
    return _encoded({"version": 1, "runs": day.runs, "collectors": collectors, "ends": ends, "sums": rows})


def _drops_in(content: BookContent) -> dict[int, int]:
    if content.about.get("boot") != boot_id():
        return {}
    keys = ((decode_key(octets), number) for octets, number in content.numbers.items())
    return {int(peer): number for (_, _, peer, what), number in keys if what == SEEN_DROPS}


def _read_drops(folder: Path) -> dict[int, int]:
    with suppress(FileNotFoundError):
        found = _read(folder / "drops.json")
        if found is not None and found["boot"] == boot_id():
            return {int(key): seen for key, seen in found["drops"].items()}
    return {}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from the folder's own files meanwhile."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _encoded(document: Any) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    return f"{crc32(text):0{_CRC_DIGITS}x}\n".encode() + text + b"\n"


def _write(path: Path, document: Any) -> None:
    durable.write_file(path, _encoded(document))


def is_whole(octets: bytes) -> bool:
    """Say whether a file of the books is as it was written."""
    text = octets[_CRC_DIGITS + 1 : -1]
    return octets[:_CRC_DIGITS] == f"{crc32(text):0{_CRC_DIGITS}x}".encode()


def _read(path: Path) -> Any:
    octets = path.read_bytes()
    if is_whole(octets):
        return json.loads(octets[_CRC_DIGITS + 1 : -1])
    log.error("%s is damaged; what it counted is missing in the statement: restore it from a backup", path)
    return None


def began(folder: Path, now: datetime | None = None) -> int:
    """Give since when the books are kept, ns since 1970; what was received before is in none.

    It is 0 where nothing was stored before: then a clock that is set back changes nothing.

    Raises:
        OSError: when that cannot be noted.
    """
    path = folder / "began.json"
    with suppress(FileNotFoundError):
        if (found := _read(path)) is not None:
            return int(found["began"])
    began_at = 0
    if any(folder.parent.glob("archive/tenant=*/stream=*")) or any(folder.parent.glob("journal/tenant=*/*")):
        began_at = int((now or datetime.now(UTC)).timestamp() * 10**9)
    _write(path, {"began": began_at})
    return began_at
