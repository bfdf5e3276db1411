"""Expiry: whole days of a stream's archive go when they are older than the settings keep them.

Never today (UTC) nor later, so never anything that is still in a journal within its age. Safe to run twice,
and beside a running service: the day's folder is renamed first (one step, durable), so that readers see all
of the day or nothing, and what a crash leaves behind the rename is removed by the next run. Readers take
files that vanish under them as expired.
"""

import contextlib
import errno
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from storage import durable
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName, entries
from storage.segments import list_segments, read_footer
from storage.settings import KEEP_FOR_EVER, StorageSettings

_TOMBSTONE: Final = ".expired-"  # a name with a dot: Parquet engines pass it over
_TOMBSTONES: Final = re.compile(r"\.expired-[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]+")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Expired:
    """A day that has expired, or would: its segments, their messages and size."""

    name: StreamName
    day: date
    files: int
    messages: int
    octets: int


def expire(layout: Layout, settings: StorageSettings, today: date, *, dry_run: bool) -> list[Expired]:
    """Expire the days that are more than the settings' number before ``today`` (UTC), oldest first.

    With ``dry_run`` nothing is touched, and what would go is given.

    Raises:
        OSError: when a folder cannot be renamed or removed; running it again goes on from there.
    """
    done = []
    for name in layout.streams():
        if not dry_run:
            _remove_tombstones(layout.archive(name))
            _remove_tombstones(layout.index(name))
        keep = settings.retention.days_of(name)
        if keep == KEEP_FOR_EVER:
            continue
        first_kept = today - timedelta(days=keep)
        days = [day for day in layout.archived_days(name) if day < first_kept]
        for day in days:
            done.append(_described(layout, name, day))
            if not dry_run:
                _remove(layout.archive_day(name, day), day)
                log.info("expired %s of %s/%s", day, name.tenant, name.stream)
        # The index goes last: a day without its index is scanned, an index without its day is nothing.
        for day in [] if dry_run else layout.indexed_days(name):
            if day < first_kept:
                _remove(layout.index_day(name, day), day)
    return done


def _described(layout: Layout, name: StreamName, day: date) -> Expired:
    folder = layout.archive_day(name, day)
    segments = list_segments(folder)
    octets = sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
    return Expired(name, day, len(segments), sum(_messages(segment.path) for segment in segments), octets)


def _messages(path: Path) -> int:
    try:
        return sum(group.rows for group in read_footer(path).row_groups)
    except (DamagedError, FileNotFoundError):
        return 0  # a damaged segment expires like any other


def _remove(folder: Path, day: date) -> None:
    """Let a day's folder vanish at once, then remove what was in it."""
    for target in _tombstones(folder.parent, day):
        try:
            durable.rename_folder(folder, target)
        except FileNotFoundError:
            return  # another run was faster
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
            continue  # what is left of an earlier run, which may still be at it
        _clear(target)
        return


def _tombstones(parent: Path, day: date) -> Iterator[Path]:
    for number in range(1000):
        yield parent / f"{_TOMBSTONE}{day.isoformat()}.{number}"


def _remove_tombstones(parent: Path) -> None:
    for folder in entries(parent, f"{_TOMBSTONE}*"):
        if _TOMBSTONES.fullmatch(folder.name):
            _clear(folder)


def _clear(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # another run may be at it
        shutil.rmtree(folder)
