"""Records as rows of a page: what a list of results and a list of neighbours show of each message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from parsers.labels import FACILITIES, SEVERITIES
from storage.layout import StreamName
from web import times, visible
from web.columns import Column, cells
from web.form import SearchForm
from web.marks import NO_MARKS, Marks, marks

LINE_CHARACTERS: Final = 400  # of MSG in one line; more than any screen shows
OPENED_CHARACTERS: Final = 4_000  # of MSG when the row is opened; the message's own page has more
FAR_CHARACTERS: Final = 100  # of MSG before its first hit that a line certainly has room for
BEFORE_CHARACTERS: Final = 30  # of MSG shown before a first hit further on
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
    cells: tuple[str | None, ...] = ()  # of the columns that were chosen, in their order
    marks: Marks = field(default_factory=lambda: NO_MARKS)

    @property
    def line(self) -> visible.Shown:
        """MSG for one line; from shortly before the first hit, where that would not be seen."""
        message = self.marks.get("message", ())
        first = message[0][0] if message else 0
        start = first - BEFORE_CHARACTERS if first > FAR_CHARACTERS else 0
        return visible.show(self.message or "", LINE_CHARACTERS, marks=message, start=start)

    @property
    def opened(self) -> visible.Shown:
        """MSG with its line ends."""
        message = self.marks.get("message", ())
        return visible.show(self.message or "", OPENED_CHARACTERS, lines=True, marks=message)

    def marked(self, column: str, text: str) -> visible.Shown:
        """Give the text of a column other than MSG, with its hits."""
        return visible.show(text, FIELD_CHARACTERS + 1, marks=self.marks.get(column, ()))


def path(name: StreamName, seq: int) -> str:
    """Give the path of a message's page."""
    return f"/message/{name.tenant}/{name.stream}/{seq}"


def rows(
    records: pa.Table, name: StreamName, context: SearchForm, columns: Sequence[Column] = ()
) -> list[Row]:
    """Give a row for each record of a table with ARCHIVE_SCHEMA, which is a page of them at most.

    Args:
        records: newest first, or however they are to be listed.
        name: of their stream.
        context: the search that a message's page leads back to, and whose hits are marked.
        columns: that were chosen.
    """
    values = records.select(_COLUMNS).to_pylist()
    received = nanoseconds(records)
    devices = microseconds(records)
    addresses = [context.address(path(name, record["seq"]), named=False) for record in values]
    found = map(_row, values, received, devices, addresses)
    together = zip(found, cells(records, columns), marks(context.query, records), strict=True)
    return [replace(row, cells=own, marks=hits) for row, own, hits in together]


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
