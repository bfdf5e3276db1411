"""Expiry: whole days of a stream's archive go when they are older than the settings keep them.

Never today (UTC) nor later, so never anything that is still in a journal within its age. Safe to run twice,
and beside a running service: the day's folder is renamed first (one step, durable), so that readers see all
of the day or nothing, and what a crash leaves behind the rename is removed by the next run. Readers take
files that vanish under them as expired.

A clock that is years ahead would make everything old. When more days of a stream would go at once than
storage.retention.days_at_once, nothing goes, and a person is asked.
"""

import contextlib
import errno
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import durable
from storage.expired import note_expired, segment_spans
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName, entries
from storage.segments import list_segments, read_footer
from storage.settings import KEEP_FOR_EVER, StorageSettings
from storage.tallies import keep_tallies
from tenants.file import read_registry

_TOMBSTONE: Final = ".expired-"  # a name with a dot: Parquet engines pass it over
_TOMBSTONES: Final = re.compile(r"\.expired-[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]+")

DaysOf = Callable[[StreamName], int]

log = logging.getLogger(__name__)


class TooManyDaysError(Exception):
    """More days would expire at once than is usual; the message says what to do. Nothing was touched."""

    exit_code = os.EX_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Expired:
    """A day that has expired, or would: its segments, their messages and size."""

    name: StreamName
    day: date
    files: int
    messages: int
    octets: int


def expire(
    layout: Layout, settings: StorageSettings, today: date, *, dry_run: bool, however_many: bool = False
) -> list[Expired]:
    """Expire the days that are more than a stream's number before ``today`` (UTC), oldest first.

    That number is the settings' for the stream, or else its tenant's, or else the settings' for all.

    With ``dry_run`` nothing is touched, and what would go is given. With ``however_many`` no number of days
    is too many.

    Raises:
        TooManyDaysError: when that many days are not to go at once.
        RegistryError: when nobody can say how long tenants are kept.
        OSError: when a folder cannot be renamed or removed; running it again goes on from there.
    """
    done, days_of = [], days_by(layout, settings)
    if not (dry_run or however_many):
        _check_number(layout, settings.retention.days_at_once, days_of, today)
    for name in layout.streams():
        if not dry_run:
            _remove_tombstones(layout.archive(name))
            _remove_tombstones(layout.index(name))
        first_kept = _first_kept(days_of, name, today)
        for day in _old_days(layout, name, first_kept):
            done.append(_described(layout, name, day))
            if not dry_run:
                _note(layout, name, day)
                keep_tallies(layout, name, day)  # the books go on knowing what it held
                _remove(layout.archive_day(name, day), day)
                log.info("expired %s of %s/%s", day, name.tenant, name.stream)
        # The index goes last: a day without its index is scanned, an index without its day is nothing.
        for day in [] if dry_run else layout.indexed_days(name):
            if day < first_kept:
                _remove(layout.index_day(name, day), day)
    return done


def days_by(layout: Layout, settings: StorageSettings) -> DaysOf:
    """Give what says for how many days before today a stream is kept; KEEP_FOR_EVER (0) for ever.

    Raises:
        RegistryError: when the registry of tenants cannot be read: what is to be kept must not expire.
    """
    tenants = {one.name: one.days for one in read_registry(layout.tenants).tenants}
    return lambda name: settings.retention.days_of(name, tenants.get(name.tenant))


def _first_kept(days_of: DaysOf, name: StreamName, today: date) -> date:
    keep = days_of(name)
    return date.min if keep == KEEP_FOR_EVER else today - timedelta(days=keep)


def _old_days(layout: Layout, name: StreamName, first_kept: date) -> list[date]:
    return [day for day in layout.archived_days(name) if day < first_kept]


def _check_number(layout: Layout, most: int, days_of: DaysOf, today: date) -> None:
    for name in layout.streams():
        old = _old_days(layout, name, _first_kept(days_of, name, today))
        if most and len(old) > most:
            raise TooManyDaysError(
                f"{len(old)} days of {name.tenant}/{name.stream} would expire at once, {old[0]} to "
                f"{old[-1]}, as it is {today} now: nothing expired. See whether the clock is right, and what "
                "sysledger retention --dry-run says; if that is what you want, run sysledger retention "
                "--however-many"
            )


def _note(layout: Layout, name: StreamName, day: date) -> None:
    """Keep in mind which seqs go: what verify finds missing later has a reason then."""
    segments = list_segments(layout.archive_day(name, day))
    note_expired(layout, name, [span for segment in segments for span in segment_spans(segment)])


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
