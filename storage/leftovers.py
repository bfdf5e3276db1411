"""What lies in the data folder and is no part of it, or waits to be removed: named, never touched."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from storage import quarantine
from storage.expired import FILE_NAME as EXPIRED_NAME
from storage.findings import Finding, note
from storage.layout import Layout, StreamName, entries
from storage.lock import LOCK_NAME
from storage.segments import superseded_segments

_SEGMENT: Final = re.compile(r"\d{20}-\d{20}\.parquet")
_DAY: Final = re.compile(r"date=\d{4}-\d{2}-\d{2}")
_WRITTEN: Final = "is being written, or was left by a crash"


def left_over(layout: Layout, name: StreamName) -> Iterator[Finding]:
    """Give what lies about in a stream's folders, and what was put into its quarantine."""
    for path in entries(layout.journal(name), "*"):
        if path.suffix != ".journal" and path.name != LOCK_NAME:
            yield note(path, _what(path), "remove it when storage is stopped and it is still there")
    for path in entries(layout.archive(name), "*"):
        if path.name.startswith(".expired-"):
            yield note(path, "a day that has expired, not removed yet", "run sysledger retention")
        elif not _DAY.fullmatch(path.name) and path.name not in {EXPIRED_NAME, f".{EXPIRED_NAME}.tmp"}:
            yield note(path, _what(path), "remove it if it is not yours")
    for day in layout.archived_days(name):
        yield from _in_day(layout.archive_day(name, day))
    yield from quarantined(quarantine.folder_of(layout, name))


def quarantined(folder: Path) -> Iterator[Finding]:
    """Give what a quarantine folder has."""
    for path in entries(folder, "*.octets"):
        reason = quarantine.reason_of(path)
        yield note(path, f"in quarantine: {reason}", "read it, and remove it when it is of no more use")


def _in_day(folder: Path) -> Iterator[Finding]:
    for segment in superseded_segments(folder):
        yield note(
            segment.path, "was merged into another segment", "nothing to do: the next merge removes it"
        )
    for path in entries(folder, "*"):
        if path.name.endswith(".tmp"):
            yield note(path, _WRITTEN, "nothing to do: the next attempt writes over it")
        elif not _SEGMENT.fullmatch(path.name):
            yield note(path, "is no segment", "remove it if it is not yours")


def _what(path: Path) -> str:
    return _WRITTEN if path.name.endswith(".tmp") else "is no file of ours"
