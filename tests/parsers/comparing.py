"""One record held against what a corpus expects of its message: every difference, by the column's name.

A key that an expectation leaves out is not asserted. How a project writes its expectations down (blanks
stripped, rsyslog's SP before MSG, fractions cut off) is its Manner, and no difference.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tests.shared import Case

Record = dict[str, Any]

HEADER: Final = ("hostname", "app_name", "proc_id", "msg_id")
NOTHING: Final = frozenset({None, "", "-"})  # words for "none" of one project or another
BARE: Final = " \r\n\0"  # what no text ends with, to a project that shows it in a log
BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one column of ours says, and what the corpus expects there."""

    field: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.field} is {self.ours!r} instead of {self.theirs!r}"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file's expectations are written."""

    strict: bool = False  # trust S: nothing that its project accepts may have a flag
    bare_end: bool = False  # blanks at the end of MSG are stripped
    leading_space: bool = False  # their MSG keeps the SP that parts it from TAG
    relayed: bool = False  # ours may: rsyslog relays a BSD message with it (README, quirks of real senders)
    coarse: bool = False  # times are printed with fewer digits than the stamp has, or without its zone


def differences(record: Record, expect: Case, manner: Manner) -> list[Difference]:
    """Give everything in which a JSON record differs from an expectation."""
    if expect.get("error") or "error_text" in expect:
        return list(_rejected(record, expect))
    found = [
        *_pri(record, expect),
        *_header(record, expect, manner),
        *_message(record, expect, manner),
        *_structured_data(record, expect),
        *_timestamp(record, expect, manner),
        *_fields(record, expect),
    ]
    return [*found, *_flags(record, expect)] if manner.strict else found


def _rejected(record: Record, expect: Case) -> Iterator[Difference]:
    """We never reject; where the reference does, the record must say that something is wrong."""
    if not record["flags"] and record["format"] != "unparsed":
        yield Difference("flags", record["flags"], "an error")
    best_effort = expect.get("partial", {})
    yield from _pri(record, {name: value for name, value in best_effort.items() if value is not None})
    if "structured_data" in expect.get("lenient", {}):
        yield from _structured_data(record, expect["lenient"])


def _pri(record: Record, expect: Case) -> Iterator[Difference]:
    """Compare PRI: where theirs is absent, ours must be the assumed one."""
    for name in ("facility", "severity"):
        if name in expect:
            ours = None if expect[name] is None and "pri_assumed" in record["flags"] else record[name]
            if ours != expect[name]:
                yield Difference(name, ours, expect[name])


def _header(record: Record, expect: Case, manner: Manner) -> Iterator[Difference]:
    for name in HEADER:
        if name in expect:
            ours, theirs = record[name], expect[name]
            none = not manner.strict and {ours, theirs} <= NOTHING
            if ours != theirs and not none:
                yield Difference(name, ours, theirs)


def _message(record: Record, expect: Case, manner: Manner) -> Iterator[Difference]:
    ours = record["message"] or ""
    if "message_b64" in expect:
        octets = b64decode(expect["message_b64"])
        if ours != octets.decode(errors="replace") or not record["octets"].endswith(octets):
            yield Difference("message", ours, octets)
    elif "message" in expect:
        theirs = (expect["message"] or "").removeprefix(BOM)
        if not _same_text(ours, theirs, manner):
            yield Difference("message", ours, theirs)
    if "message_tail" in expect and not ours.endswith(expect["message_tail"]):
        yield Difference("message", ours, f"… {expect['message_tail']}")
    if "message_contains" in expect and expect["message_contains"] not in ours:
        yield Difference("message", ours, f"… {expect['message_contains']} …")
    if "after_pri" in expect:
        after = re.sub(rb"\A<\d{1,3}>", b"", record["octets"]).decode().rstrip(BARE)
        if after != expect["after_pri"].rstrip(BARE) or not after.endswith(ours.rstrip(BARE)):
            yield Difference("message", ours, expect["after_pri"])


def _same_text(ours: str, theirs: str, manner: Manner) -> bool:
    if manner.bare_end:
        ours, theirs = ours.rstrip(), theirs.rstrip()
    texts = {theirs, theirs.removeprefix(" ")} if manner.leading_space else {theirs}
    return ours in texts or (manner.relayed and ours.removeprefix(" ") in texts)


def _structured_data(record: Record, expect: Case) -> Iterator[Difference]:
    elements = record["structured_data_elements"] or []
    nested = {sd_id: dict(params) for sd_id, params in elements}
    flat: dict[str, Any] = {}
    for sd_id, params in elements:
        flat |= {f"{sd_id}_{name}": value for name, value in params} or {sd_id: True}
    pairs = {f".SDATA.{sd_id}.{name}": value for sd_id, params in elements for name, value in params}
    listed = [{"$id": sd_id, **params} for sd_id, params in nested.items()]
    views: dict[str, Any] = {
        "structured_data": nested,
        "sd_flat": flat,
        "structured_data_raw": listed,
        "structured_data_text": record["structured_data"] or "",
        "sdata_pairs": {name: value for name, value in pairs.items() if "timeQuality" not in name},
    }
    for name, ours in views.items():
        if name in expect:
            theirs = expect[name] or type(ours)()
            if name == "sdata_pairs":  # syslog-ng writes Cisco's marks as timeQuality
                theirs = {key: value for key, value in theirs.items() if "timeQuality" not in key}
            if ours != theirs:
                yield Difference("structured_data", ours, theirs)


def _timestamp(record: Record, expect: Case, manner: Manner) -> Iterator[Difference]:
    ours = record["timestamp"]
    for name in ("timestamp", "timestamp_in_context"):
        if name in expect and not _same_time(record, expect[name], manner):
            yield Difference("timestamp", ours, expect[name])
    instants = [expect["timestamp_unix"]] if "timestamp_unix" in expect else []
    instants += expect.get("timestamp_unix_any_of", [])
    if instants and not any(_same_instant(ours, one, manner) for one in instants):
        yield Difference("timestamp", ours, instants)


def _same_instant(ours: str | None, seconds: float, manner: Manner) -> bool:
    if ours is None:
        return False
    mine, theirs = microseconds(ours), round(seconds * 1_000_000)
    units = [unit for unit in (1_000_000, 1_000) if manner.coarse and theirs % unit == 0]
    return mine == theirs or any(mine - mine % unit == theirs for unit in units)


def _same_time(record: Record, theirs: str | None, manner: Manner) -> bool:
    """Whether two stamps are one instant; without year or zone in theirs, the same on the clock."""
    ours = record["timestamp"]
    if ours is None or theirs is None:
        return ours is theirs
    clock, *zone = re.split(r"(?:Z|([+-]\d\d:\d\d))\Z", theirs)
    if zone and not theirs.startswith("--"):
        return microseconds(ours) == microseconds(theirs)
    mine = wall(record)[5:] if theirs.startswith("--") else wall(record)
    if manner.coarse and "." not in clock:
        mine = mine.partition(".")[0]
    return _clock(mine) == _clock(clock.removeprefix("--"))


def _clock(text: str) -> str:
    """A time of day without zeros at the fraction's end, nor digits past the sixth."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:6]}".rstrip("0").rstrip(".")


def wall(record: Record) -> str:
    """Give what the sender's clock showed, as the form of its stamp tells."""
    text: str = record["timestamp"]
    _, _, offset = (record["timestamp_form"] or "").partition("|")
    parts = re.fullmatch(r"([+-])(\d\d):(\d\d)(?::(\d\d))?", offset)
    if parts is None:
        return text
    east = timedelta(hours=int(parts[2]), minutes=int(parts[3]), seconds=int(parts[4] or 0))
    moment = datetime.fromisoformat(text) + (-east if parts[1] == "-" else east)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")


def microseconds(text: str) -> int:
    """Microseconds from 1970 of an RFC 3339 text: year 0000, which datetime has not, is legal there."""
    stamp = re.fullmatch(r"(\d{1,4})(-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    assert stamp is not None, text
    year, rest, fraction, offset = stamp.groups()
    same = datetime.fromisoformat(f"{2000 + int(year) % 400}{rest}{offset.replace('Z', '+00:00')}")
    cycles = int(year) // 400 - 5  # of 146,097 days, after which the calendar repeats
    seconds = int(same.timestamp()) + cycles * 146_097 * 86_400
    return seconds * 1_000_000 + int(f"{fraction or 0:0<6}"[:6])


def _fields(record: Record, expect: Case) -> Iterator[Difference]:
    if "cisco_sequence" in expect:  # what Cisco counts its messages by
        ours = (record["fields"] or {}).get("sequence")
        if ours != str(expect["cisco_sequence"]):
            yield Difference("fields", ours, expect["cisco_sequence"])


def _flags(record: Record, expect: Case) -> Iterator[Difference]:
    """What a strict reference accepts carries no flag, but for what it does not look at."""
    version = expect.get("version", 1)
    allowed = set() if version == 1 else {"version_unknown"}
    if "message_b64" in expect:
        allowed.add("utf8_invalid")
    if record["format"] == "rfc3164":
        allowed |= {"year_inferred", "timezone_assumed"}
    found = sorted(set(record["flags"]) - allowed)
    if found or (version != 1 and "version_unknown" not in record["flags"]):
        yield Difference("flags", record["flags"], sorted(allowed))
