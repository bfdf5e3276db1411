"""What a data folder holds, by stream: counted from the files, with the service running or not."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from storage.catalogue import Catalogue, Damage
from storage.layout import Layout, StreamName


@dataclass(frozen=True, slots=True)
class Holding:
    """What there is of one stream. ``days`` are UTC days of received_at, oldest first."""

    name: StreamName
    messages: int
    days: list[date]
    journal_files: int
    journal_messages: int
    journal_octets: int
    archive_files: int
    archive_octets: int
    index_octets: int
    damaged: list[Damage]


def holdings(layout: Layout, catalogue: Catalogue) -> list[Holding]:
    """Count every stream's files and messages. Reads footers and journal headers, no messages."""
    return [_holding(layout, catalogue, name) for name in catalogue.streams()]


def _holding(layout: Layout, catalogue: Catalogue, name: StreamName) -> Holding:
    snapshot = catalogue.snapshot(name)
    journals = list(layout.journal(name).glob("*.journal"))
    segments = list(layout.archive(name).glob("date=*/*.parquet"))
    return Holding(
        name=name,
        messages=sum(block.rows for block in snapshot.blocks),
        days=catalogue.days(name),
        journal_files=len(journals),
        journal_messages=sum(block.rows for block in snapshot.blocks if not block.sealed),
        journal_octets=_octets(journals),
        archive_files=len(segments),
        archive_octets=_octets(segments),
        index_octets=_octets(layout.index(name).glob("date=*/*")),
        damaged=snapshot.damaged,
    )


def free_octets(layout: Layout) -> int | None:
    """Give the octets free on the data folder's disk; None when there is no data folder."""
    try:
        return shutil.disk_usage(layout.data).free
    except FileNotFoundError:
        return None


def _octets(paths: Iterable[Path]) -> int:
    """Add up sizes; a file that was merged or expired meanwhile counts nothing."""
    total = 0
    for path in paths:
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        total += found.st_size
    return total
