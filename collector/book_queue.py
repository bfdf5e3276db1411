"""Which batches lie in the disk queues, by collector's id, tenant/stream and number: for the statement."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from collector.queue_file import FileReader, QueueFile
from collector.queue_folder import QUARANTINE
from collector.queue_format import PROLOGUE_OCTETS, Frame, QueueFormatError
from parsers.batch import BatchError, BatchHeader


def queued_batches(queue: Path) -> set[tuple[str, str, int]]:
    """Read the prologues and headers of all disk queues under a folder, with their collectors running or not.

    Raises:
        OSError: when a file is there and cannot be read.
    """
    found: set[tuple[str, str, int]] = set()
    for path in sorted(queue.glob("*/*.queue")):
        with suppress(
            FileNotFoundError, QueueFormatError
        ):  # done with meanwhile; or damaged, see its log line
            found.update(_batches(path))
    return found


def queue_damage(queue: Path) -> list[str]:
    """Give the files in which damaged octets of the disk queues are kept."""
    return [str(path) for path in sorted(queue.glob(f"*/{QUARANTINE}/*"))]


def _batches(path: Path) -> Iterator[tuple[str, str, int]]:
    reader = FileReader(QueueFile(path, path.stat().st_size))
    try:
        with path.open("rb") as file:
            for frame in reader.frames():
                if isinstance(frame, Frame):
                    place = frame.offset + PROLOGUE_OCTETS
                    with suppress(BatchError):
                        header = BatchHeader.decode(os.pread(file.fileno(), frame.header_length, place))
                        yield header.collector, f"{header.tenant}/{header.stream}", header.number
    finally:
        reader.close()
