"""Where everything lies under the data folder: the one place that knows a path.

journal/tenant=T/stream=S/FIRST.journal                  FIRST: seq of its first record, 20 digits
archive/tenant=T/stream=S/date=YYYY-MM-DD/FIRST-LAST.parquet
index/tenant=T/stream=S/date=YYYY-MM-DD/                 one Whoosh index
run/                                                     sockets and state of the running processes
ledger/tenant=T/                                         leaves and signed checkpoint (storage/ledger.py)
tls/                                                     the appliance's key and certificate, ledgers' keys
relay/DESTINATION.json                                   how far messages have gone on to other collectors
queue/PROCESS/                                           what a collector holds until storage has it
books/                                                   the collectors' counts, and what has expired
watch/                                                   the inventory of sources
access/                                                  accounts, sessions, tokens: secrets of the pages
reviews/                                                 saved searches, reviews, findings
tenants.json                                             who the tenants are, and whose messages are whose
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import filter as matching
from pathlib import Path
from typing import Final

DEFAULT_TENANT: Final = "default"
DEFAULT_STREAM: Final = "syslog"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_DATE_FOLDER: Final = re.compile(r"date=([0-9]{4}-[0-9]{2}-[0-9]{2})")


def is_name(name: str) -> bool:
    """Say whether a name can be a tenant's or a stream's."""
    return _NAME.fullmatch(name) is not None


def check_name(name: str, kind: str) -> str:
    """Give ``name`` back when it can name a tenant or a stream, and with it a folder.

    Raises:
        ValueError: when it cannot.
    """
    if not is_name(name):
        raise ValueError(
            f"{kind} {name!r}: use 1 to 63 of a-z, 0-9, '_', '.' and '-', a letter or digit first"
        )
    return name


@dataclass(frozen=True, slots=True, order=True)
class StreamName:
    """A named log inside a tenant."""

    tenant: str = DEFAULT_TENANT
    stream: str = DEFAULT_STREAM

    def __post_init__(self) -> None:
        check_name(self.tenant, "tenant")
        check_name(self.stream, "stream")

    @property
    def folder(self) -> str:
        """The relative folder that this stream has under journal/, archive/ and index/."""
        return f"tenant={self.tenant}/stream={self.stream}"


# Who did what with the appliance; only the appliance itself writes to it, and it is kept for ever unless the
# settings name it (access/trail.py).
TRAIL: Final = StreamName("trail", "access")
# What collectors on other machines tell of who did what there; they cannot write to TRAIL.
TRAIL_ELSEWHERE: Final = StreamName("trail", "collectors")


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths under one data folder."""

    data: Path

    @property
    def run(self) -> Path:
        """The folder for sockets and state of running processes."""
        return self.data / "run"

    @property
    def tls(self) -> Path:
        """The folder for the appliance's own key and certificate."""
        return self.data / "tls"

    @property
    def relay(self) -> Path:
        """The folder for the cursors of the relay's destinations."""
        return self.data / "relay"

    @property
    def queue(self) -> Path:
        """The folder of the collectors' disk queues, one folder a process."""
        return self.data / "queue"

    @property
    def books(self) -> Path:
        """The folder of the books: what the collectors counted, and what has expired."""
        return self.data / "books"

    @property
    def watch(self) -> Path:
        """The folder of the inventory of sources."""
        return self.data / "watch"

    @property
    def access(self) -> Path:
        """The folder of accounts, sessions and tokens."""
        return self.data / "access"

    @property
    def reviews(self) -> Path:
        """The folder of saved searches, reviews and findings."""
        return self.data / "reviews"

    def ledger(self, tenant: str) -> Path:
        """The folder of a tenant's ledger."""
        return self.data / "ledger" / f"tenant={check_name(tenant, 'tenant')}"

    def ledger_key(self, tenant: str) -> Path:
        """The private key that signs a tenant's ledger; the public one lies beside it as .pub."""
        return self.tls / "ledger" / f"{check_name(tenant, 'tenant')}.key"

    def ledger_signed(self, tenant: str) -> Path:
        """A copy of the newest checkpoint beside the key, out of reach of who may write data only."""
        return self.ledger_key(tenant).with_suffix(".signed")

    @property
    def tenants(self) -> Path:
        """The registry of tenants: a file."""
        return self.data / "tenants.json"

    def journal(self, name: StreamName) -> Path:
        """The folder of a stream's journal files."""
        return self.data / "journal" / name.folder

    def archive(self, name: StreamName) -> Path:
        """The folder of a stream's archive, one folder a day."""
        return self.data / "archive" / name.folder

    def archive_day(self, name: StreamName, day: date) -> Path:
        """The folder of a stream's segments of one day."""
        return self.archive(name) / f"date={day.isoformat()}"

    def index(self, name: StreamName) -> Path:
        """The folder of a stream's index, one folder a day."""
        return self.data / "index" / name.folder

    def index_day(self, name: StreamName, day: date) -> Path:
        """The folder of a stream's Whoosh index of one day."""
        return self.index(name) / f"date={day.isoformat()}"

    def streams(self, tenants: Iterable[str] | None = None) -> list[StreamName]:
        """Every stream that has a journal or an archive, sorted.

        Args:
            tenants: names of those whose streams are meant: no other's folder is looked into. None: of all.

        Raises:
            PermissionError: when a folder must not be read.
        """
        wanted = None if tenants is None else {f"tenant={tenant}" for tenant in tenants}
        found = set()
        for kind in ("journal", "archive"):
            folder = self.data / kind
            of = entries(folder, "tenant=*") if wanted is None else [folder / each for each in wanted]
            for tenant in of:
                for stream in entries(tenant, "stream=*"):
                    # A folder whose name we would never give is somebody else's.
                    with contextlib.suppress(ValueError):
                        names = tenant.name.removeprefix("tenant="), stream.name.removeprefix("stream=")
                        found.add(StreamName(*names))
        return sorted(found)

    def archived_days(self, name: StreamName) -> Iterator[date]:
        """The days that have an archive folder, oldest first."""
        return _days(self.archive(name))

    def indexed_days(self, name: StreamName) -> Iterator[date]:
        """The days that have an index folder, oldest first."""
        return _days(self.index(name))


def entries(folder: Path, pattern: str) -> list[Path]:
    """Give what ``folder`` has under names that match ``pattern``, by name; a missing folder has nothing.

    Raises:
        PermissionError: when it must not be read. (Path.glob would give nothing, and hide messages.)
    """
    return [folder / name for name in _names(folder, pattern)]


def _names(folder: Path, pattern: str) -> list[str]:
    try:
        return sorted(matching(os.listdir(folder), pattern))  # noqa: PTH208 - a Path a name costs 8 times that
    except (FileNotFoundError, NotADirectoryError):
        return []


def _days(folder: Path) -> Iterator[date]:
    for name in _names(folder, "date=*"):
        if match := _DATE_FOLDER.fullmatch(name):
            with contextlib.suppress(ValueError):  # a day that no calendar has: somebody else's folder
                yield date.fromisoformat(match[1])
