"""Records and observations that tests of the watch make up, as values."""

from typing import Any, Final

import pyarrow as pa

from parsers.schema import ARCHIVE_SCHEMA
from watch.findings import Situation
from watch.inventory import Inventory
from watch.observing import ENCRYPTED, Observed, counted
from watch.settings import WatchSettings

START: Final = 1_800_000_000.0  # seconds since 1970; a day begins 28,800 s before
DAY: Final = 86_400.0
NANOSECONDS: Final = 1_000_000_000
MICROSECONDS: Final = 1_000_000


def table(*rows: dict[str, Any]) -> pa.Table:
    """Give records of ARCHIVE_SCHEMA; times are seconds, and what a row leaves out is as usual."""
    usual = {
        "facility": 1, "severity": 6, "hostname": "fw", "app_name": "app", "format": "rfc5424", "flags": [],
        "peer": "192.0.2.1", "listener": "udp", "transport": "udp", "received_at": START,
    }  # fmt: skip
    made = []
    for seq, row in enumerate(rows, 1):
        one = {"seq": seq, **usual, **row}
        one["received_at"] = round(one["received_at"] * NANOSECONDS)
        if "timestamp" in one:
            one["timestamp"] = round(one["timestamp"] * MICROSECONDS)
        made.append(one)
    return pa.Table.from_pylist(made, ARCHIVE_SCHEMA)


def observed(at: float, messages: int = 1, **more: Any) -> Observed:
    """Give what was observed of one source in one moment."""
    transport = more.pop("transport", "udp")
    kinds: dict[str, dict[str, int]] = {"transport": {transport: messages}, **more.pop("kinds", {})}
    counts = {counted(kind, name): number for kind, names in kinds.items() for name, number in names.items()}
    last = {"encrypted_last" if transport in ENCRYPTED else "plain_last": at}
    usual = {"peer": "192.0.2.1", "host": "fw", "first": at, "last": at, "counts": counts, **last}
    return Observed(**{**usual, "messages": messages, **more})


def taken(inventory: Inventory, *seen: Observed) -> None:
    """Let an inventory take observations one look after the other."""
    for one in seen:
        inventory.add("default", "syslog", [one])


def situation(now: float, inventory: Inventory, **settings: Any) -> Situation:
    """Give what judges look at, with everything long known but the sources."""
    named = {name: settings.pop(name) for name in ("listening", "silent_of", "same_name") if name in settings}
    listening = named.pop("listening", START - 100 * DAY)
    return Situation(
        now=now,
        settings=WatchSettings(**settings),
        begun=inventory.begun or now,
        watched=START - 100 * DAY,
        listening=listening,
        **{"silent_of": lambda _source: None, **named},
    )
