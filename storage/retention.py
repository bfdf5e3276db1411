"""Expiry: whole days of a stream's archive go, for their age or for want of room (storage/expiry.py).

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
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import durable
from storage.daily import day_octets
from storage.expired import note_expired, segment_spans
from storage.expiry import Crowded, Plan, Policy, Why, plan
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName, entries
from storage.segments import list_segments, read_footer
from storage.settings import StorageSettings
from storage.tallies import keep_tallies
from tenants.file import read_registry

_TOMBSTONE: Final = ".expired-"  # a name with a dot: Parquet engines pass it over
_TOMBSTONES: Final = re.compile(r"\.expired-[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]+")

log = logging.getLogger(__name__)


class TooManyDaysError(Exception):
    """More days would expire at once than is usual; the message says what to do. Nothing was touched."""

    exit_code = os.EX_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Expired:
    """A day that has expired, or would: its segments, their messages and size, and why."""

    name: StreamName
    day: date
    files: int
    messages: int
    octets: int
    why: Why = "age"


def expire(
    layout: Layout, settings: StorageSettings, today: date, *, dry_run: bool, however_many: bool = False
) -> list[Expired]:
    """Expire the days that are more than a stream's number before ``today`` (UTC), oldest first.

    That number is the settings' for the stream, or else its tenant's, or else the settings' for all. Then
    expire the oldest days of whoever still takes more than its room.

    With ``dry_run`` nothing is touched, and what would go is given. With ``however_many`` no number of days
    is too many.

    Raises:
        TooManyDaysError: when that many days are not to go at once.
        RegistryError: when nobody can say how long tenants are kept.
        OSError: when a folder cannot be renamed or removed; running it again goes on from there.
    """
    policy = policy_of(layout, settings)
    names = layout.streams()
    sizes = {
        name: {day: day_octets(layout, name, day) for day in layout.archived_days(name)} for name in names
    }
    planned = plan(sizes, policy, today)
    if not (dry_run or however_many):
        _check_number(planned, settings.retention.days_at_once, today)
    done = []
    for name in names:
        if not dry_run:
            _remove_tombstones(layout.archive(name))
            _remove_tombstones(layout.index(name))
        for one in planned.of(name):
            done.append(_described(layout, name, one.day, one.why))
            if not dry_run:
                _note(layout, name, one.day)
                keep_tallies(layout, name, one.day)  # the books go on knowing what it held
                _remove(layout.archive_day(name, one.day), one.day)
                log.info("expired %s of %s/%s, by %s", one.day, name.tenant, name.stream, one.why)
        if not dry_run:
            _remove_orphans(layout, name, today)
    for crowded in planned.crowded:
        _tell(crowded, planned, settings.retention.room_days, dry_run=dry_run)
    return done


def policy_of(layout: Layout, settings: StorageSettings) -> Policy:
    """Give by what retention goes: the settings and the registry of tenants.

    Raises:
        RegistryError: when the registry of tenants cannot be read: what is to be kept must not expire.
    """
    tenants = read_registry(layout.tenants).tenants
    days = {one.name: one.days for one in tenants if one.days is not None}
    rooms = {one.name: one.room for one in tenants if one.room is not None}
    return Policy(settings.retention, days, rooms)


def _check_number(planned: Plan, most: int, today: date) -> None:
    for name in dict.fromkeys(one.name for one in planned.due):
        gone = planned.of(name)
        if most and len(gone) > most:
            right = "the clock is" if gone[-1].why == "age" else "the clock and the room are"
            raise TooManyDaysError(
                f"{len(gone)} days of {name.tenant}/{name.stream} would expire at once, {gone[0].day} to "
                f"{gone[-1].day}, as it is {today} now: nothing expired. See whether {right} right, and what "
                "sysledger retention --dry-run says; if that is what you want, run sysledger retention "
                "--however-many"
            )


def _remove_orphans(layout: Layout, name: StreamName, today: date) -> None:
    """Remove the index of days that have expired, by this run or by one that a crash ended.

    The index goes last: a day without its index is scanned, an index without its day is nothing.
    """
    indexed = list(layout.indexed_days(name))
    archived = set(layout.archived_days(name))  # read after it, since an index never comes before its day
    for day in indexed:
        if day < today and day not in archived:
            _remove(layout.index_day(name, day), day)


def _tell(crowded: Crowded, planned: Plan, room_days: int, *, dry_run: bool) -> None:
    """Tell who takes more than its room: its days have gone before their time, or do not fit all the same."""
    whose = f"tenant {crowded.whose}" if crowded.whose else "the archive of all streams"
    more = (
        f"give it more room with `sysledger tenant set {crowded.whose} --room`"
        if crowded.whose
        else "raise storage.retention.room"
    )
    gone = sorted(one.day for one in planned.gone_for(crowded.whose))
    if gone and not dry_run:
        log.warning(
            "%s took %d octets, its room is %d: %d days of messages, %s to %s, expired before their "
            "time; see with `sysledger sources` who sends so much, or %s",
            whose, crowded.taken, crowded.room, len(gone), gone[0], gone[-1], more,
        )  # fmt: skip
    if not crowded.fits:
        log.warning(
            "%s takes %d octets, its room is %d, and nothing more may expire for it: the rest is of today, "
            "of the %d days before (storage.retention.room_days), or of streams that "
            "storage.retention.streams names; see with `sysledger sources` who sends so much, or %s",
            whose, crowded.left, crowded.room, room_days, more,
        )  # fmt: skip


def _note(layout: Layout, name: StreamName, day: date) -> None:
    """Keep in mind which seqs go: what verify finds missing later has a reason then."""
    segments = list_segments(layout.archive_day(name, day))
    note_expired(layout, name, [span for segment in segments for span in segment_spans(segment)])


def _described(layout: Layout, name: StreamName, day: date, why: Why) -> Expired:
    folder = layout.archive_day(name, day)
    segments = list_segments(folder)
    octets = sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
    return Expired(
        name, day, len(segments), sum(_messages(segment.path) for segment in segments), octets, why
    )


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
