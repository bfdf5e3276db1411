"""Writing a stream's journal: batches are given their seqs, appended, and on disk when append() returns.

A record's state here is *journalled*: it survives the loss of any process and of power. A journal file is
named by the seq of its first record. Its header holds the state that the stream goes on from, so the next
file is begun (durably) before the last one is sealed, and the newest file of a stream is never removed.
"""

import logging
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import durable
from parsers.batch import BatchHeader
from storage.journal_format import JOURNAL_VERSION, Content, JournalHeader, LastBatch, encode_frame
from storage.journal_reader import JournalReader
from storage.layout import Layout, StreamName
from storage.recovery import NANOSECONDS, StreamState, recover
from storage.settings import JournalSettings

SECONDS_A_DAY: Final = 86_400
COLLECTORS: Final = 4096  # remembered for a stream; those silent for longest go first

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was checked: its header read, and what is journalled of it."""

    header: BatchHeader
    content: Content


class Journal:
    """The writing end of one stream's journal; there must be only one (storage/worker.py holds the lock).

    Construction recovers what is there. After NotWrittenError from any method all is as it was before, and it
    may be called again. After another OSError the object is of no use: the process must end, acknowledge
    nothing, and start again with recovery.
    """

    def __init__(self, layout: Layout, name: StreamName, settings: JournalSettings, now: float) -> None:
        self.name = name
        self._folder = layout.journal(name)
        self._settings = settings
        self._descriptor = -1
        durable.make_folder(self._folder)
        recovered = recover(layout, name)
        self.damages = recovered.damages
        self.state: StreamState = recovered.state
        if recovered.newest is not None and recovered.newest.header.version == JOURNAL_VERSION:
            self._continue(recovered.newest)
        else:
            self._begin(now)
        # Those that wait to be sealed, oldest first.
        self.finished: list[Path] = [path for path in recovered.files if path != self._path]
        self.began: dict[Path, float] = recovered.began

    @property
    def path(self) -> Path:
        """The file that is appended to."""
        return self._path

    def last_number(self, collector: str) -> int:
        """Give the number of the collector's last journalled batch, 0 when there is none."""
        last = self.state.collectors.get(collector)
        return 0 if last is None else last.number

    def append(self, batches: Sequence[Batch], now: float) -> None:
        """Journal batches in this order, with one sync for all of them.

        Raises:
            NotWrittenError: when the disk takes nothing; none of them is journalled.
            OSError: when they may not be on disk. None of them must be acknowledged.
        """
        pieces: list[Any] = []
        seq = self.state.next_seq
        for batch in batches:
            pieces += encode_frame(batch.content, seq, self._salt)
            seq += batch.content.rows
        self._octets += durable.append(self._descriptor, pieces)
        if not self._batches:
            self._began = now
        self._batches += len(batches)
        self._messages += seq - self.state.next_seq
        self.state.next_seq = seq
        for batch in batches:
            self.state.learn(batch.header.collector, LastBatch(batch.header.number, int(now)))

    def is_full(self, now: float, part: float = 1.0) -> bool:
        """Say whether a limit of the settings is reached, or the UTC day is another than at its beginning.

        ``part`` is how much of each limit counts. A clock that was set back further than the age allows makes
        the file full, too, so that it is not kept open until the clock is where it was.
        """
        limits = self._settings
        return self._batches > 0 and (
            self._octets >= limits.octets * part
            or self._messages >= limits.messages * part
            or self._batches >= limits.batches * part
            or abs(now - self._began) >= limits.age * part
            or now // SECONDS_A_DAY != self._began // SECONDS_A_DAY
        )

    def roll(self, now: float, keep_days: int) -> None:
        """Begin a new file; the old one joins ``finished``. Collectors silent for longer are forgotten.

        Raises:
            NotWrittenError: when the disk takes no new file; the old one is still appended to.
        """
        self._forget(now, keep_days)
        path, descriptor, began = self._path, self._descriptor, self._began
        self._begin(now)
        os.close(descriptor)
        self.finished.append(path)
        self.began[path] = began

    def change(self, settings: JournalSettings) -> None:
        """Go by other limits from now on."""
        self._settings = settings

    def oldest(self) -> float | None:
        """Give when the first message came that the open file holds (seconds, epoch); None: it is empty."""
        return self._began if self._batches else None

    def close(self) -> None:
        """Let go of the file. All that was appended is on disk already."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _forget(self, now: float, keep_days: int) -> None:
        """Forget those silent for long: by the clock, and by what others sent since.

        A clock that jumps years ahead makes nobody silent: a batch that comes again is known all the same.
        """
        seen = max((last.seen for last in self.state.collectors.values()), default=0)
        before = min(now, seen) - keep_days * SECONDS_A_DAY
        newest = sorted(self.state.collectors.items(), key=lambda item: item[1].seen, reverse=True)
        self.state.collectors = {name: last for name, last in newest[:COLLECTORS] if last.seen >= before}

    def _continue(self, reader: JournalReader) -> None:
        """Go on in a file that recovery found in order."""
        self._open(reader.path, reader.header.salt)
        self._octets = reader.end
        self._batches = len(reader.frames)
        self._messages = sum(frame.rows for frame in reader.frames)
        self._began = min((frame.statistics.received_max for frame in reader.frames), default=0) / NANOSECONDS

    def _begin(self, now: float) -> None:
        header = JournalHeader(
            tenant=self.name.tenant,
            stream=self.name.stream,
            first_seq=self.state.next_seq,
            salt=secrets.randbits(32),
            created=int(now),
            collectors=self.state.collectors,
        )
        path = self._folder / f"{self.state.next_seq:020d}.journal"
        octets = header.encode()
        durable.write_file(path, octets)
        self._open(path, header.salt)
        self._octets = len(octets)

    def _open(self, path: Path, salt: int) -> None:
        self._descriptor = durable.open_for_append(path)
        self._path = path
        self._salt = salt
        self._octets = self._batches = self._messages = 0
        self._began = 0.0
