"""Records as rows of a page: what a list of results and a list of neighbours show of each message."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from parsers.labels import FACILITIES, SEVERITIES
from storage.layout import StreamName
from web import times, visible
from web.form import SearchForm

LINE_CHARACTERS: Final = 400  # of MSG in one line; more than any screen shows
OPENED_CHARACTERS: Final = 4_000  # of MSG when the row is opened; the message's own page has more
FIELD_CHARACTERS: Final = 255  # RFC 5424 section 6: the longest header field
DIFFER_SECONDS: Final = 60  # device and receive time further apart than this are marked

_COLUMNS: Final = (
    "seq", "facility", "severity", "hostname", "app_name", "proc_id", "msg_id", "message", "peer", "flags",
    "format",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """What the originator's clock said, next to when the collector got the message."""

    text: str
    difference: str  # "3 h 12 min behind receipt"; empty when the two are close
    sign: str  # the same, roughly and short, with a sign


@dataclass(frozen=True, slots=True)
class Row:
    """One message of a list."""

    seq: int
    address: str
    day: str
    clock: str
    received: str
    device: DeviceTime | None
    severity: str
    severity_code: int
    facility: str
    hostname: str | None
    app_name: str | None
    proc_id: str | None
    msg_id: str | None
    peer: str
    flags: tuple[str, ...]
    format: str
    message: str | None

    @property
    def line(self) -> visible.Shown:
        """MSG for one line."""
        return visible.show(self.message or "", LINE_CHARACTERS)

    @property
    def opened(self) -> visible.Shown:
        """MSG with its line ends."""
        return visible.show(self.message or "", OPENED_CHARACTERS, lines=True)


def path(name: StreamName, seq: int) -> str:
    """Give the path of a message's page."""
    return f"/message/{name.tenant}/{name.stream}/{seq}"


def rows(records: pa.Table, name: StreamName, context: SearchForm) -> list[Row]:
    """Give a row for each record of a table with ARCHIVE_SCHEMA, which is a page of them at most.

    ``context`` is the search that a message's page leads back to.
    """
    columns = records.select(_COLUMNS).to_pylist()
    received = nanoseconds(records)
    devices = microseconds(records)
    addresses = [context.address(path(name, record["seq"]), named=False) for record in columns]
    return list(map(_row, columns, received, devices, addresses))


def by_day(found: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Give the rows of each day of receipt together, in the order they stand."""
    for day, together in groupby(found, key=lambda row: row.day):
        yield day, list(together)


def nanoseconds(records: pa.Table) -> list[int]:
    """Give received_at as whole nanoseconds since 1970."""
    return records.column("received_at").cast(pa.int64()).to_pylist()  # type: ignore[no-any-return]


def microseconds(records: pa.Table) -> list[int | None]:
    """Give timestamp as whole microseconds since 1970."""
    return records.column("timestamp").cast(pa.int64()).to_pylist()  # type: ignore[no-any-return]


def device_time(device: int, received: int) -> DeviceTime:
    """Set an originator's time (µs) against the time of receipt (ns)."""
    text = times.device_time(device)
    behind = received / times.NANOSECONDS - device / times.MICROSECONDS
    if abs(behind) < DIFFER_SECONDS:
        return DeviceTime(text, "", "")
    apart, roughly = times.duration(behind), times.duration(behind, units=1)
    if behind > 0:
        return DeviceTime(text, f"{apart} behind receipt", f"\u2212{roughly}")
    return DeviceTime(text, f"{apart} ahead of receipt", f"+{roughly}")


def _row(record: dict[str, Any], received: int, device: int | None, address: str) -> Row:
    return Row(
        seq=record["seq"],
        address=address,
        day=times.day(received),
        clock=times.clock(received),
        received=times.full(received),
        device=None if device is None else device_time(device, received),
        severity=SEVERITIES[record["severity"]],
        severity_code=record["severity"],
        facility=FACILITIES[record["facility"]],
        hostname=_field(record["hostname"]),
        app_name=_field(record["app_name"]),
        proc_id=_field(record["proc_id"]),
        msg_id=_field(record["msg_id"]),
        peer=record["peer"],
        flags=tuple(record["flags"]),
        format=record["format"],
        message=record["message"],
    )


def _field(text: str | None) -> str | None:
    """Cut a header field to what the RFC allows; the message's own page has all of it."""
    return text if text is None or len(text) <= FIELD_CHARACTERS else text[:FIELD_CHARACTERS] + "…"
