"""The state of the watch in one file: cursors, inventory and findings, so that a crash counts nothing twice.

    watch/sources.jsonl    the first line: version, cursors, findings; then a source a line; then how many,
                           and the CRC-32 of all lines before this

It is derived: without it, or with one that cannot be read, the watch begins anew, and `sysledger sources
--rebuild` makes it from the archive.
"""

import json
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from durable import make_folder, write_file
from watch.cadence import Cadence
from watch.findings import ENDED_KEPT, Finding, Findings
from watch.inventory import Clock, Faded, Inventory, Source

VERSION: Final = 1
FILE: Final = "sources.jsonl"


class StateError(Exception):
    """The state file cannot be used; the message says what happens then."""


def write_state(folder: Path, inventory: Inventory, findings: Findings) -> None:
    """Write everything; after this, or a crash in it, the file has the old state or the new one.

    Raises:
        OSError: when the disk will not.
    """
    octets = encode(inventory, findings)
    make_folder(folder)
    write_file(folder / FILE, octets)


def read_state(folder: Path, most: int) -> tuple[Inventory, Findings] | None:
    """Give what was written last; None when nothing was.

    Args:
        folder: where.
        most: sources that the inventory shall hold.

    Raises:
        StateError: when it cannot be read.
    """
    path = folder / FILE
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{path} cannot be read: {error.strerror}; see to the disk") from error
    try:
        return decode(octets, most)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            f"{path} is damaged ({error}): the inventory begins anew; 'sysledger sources --rebuild' makes it "
            "from the archive, with the service stopped"
        ) from error


def encode(inventory: Inventory, findings: Findings) -> bytes:
    """Give the file's octets."""
    head = {
        "version": VERSION,
        "begun": inventory.begun,
        "watched": inventory.watched,
        "forgotten": inventory.forgotten,
        "cursors": inventory.cursors,
        "gaps": inventory.gaps,
        "lasting": [asdict(finding) for finding in findings.lasting.values()],
        "ended": [asdict(finding) for finding in findings.ended],
    }
    # A copy of the values: another thread may add to the inventory, but never takes a source apart.
    sources = list(inventory.sources.values())
    octets = b"".join(map(_line, [head, *map(_row, sources)]))
    return octets + _line({"sources": len(sources), "crc32": crc32(octets)})


def _line(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _row(source: Source) -> dict[str, Any]:
    return {name: value for name, value in asdict(source).items() if value not in (None, {}, 0)}


def decode(octets: bytes, most: int) -> tuple[Inventory, Findings]:
    """Read what ``encode`` gave.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: when it is not that.
    """
    start = octets.rfind(b"\n", 0, -1) + 1
    head, *rows = map(json.loads, octets[:start].splitlines() or [b"{}"])
    if head["version"] != VERSION:
        raise ValueError(f"version {head['version']}, and this release writes {VERSION}")
    end = json.loads(octets[start:])
    if "crc32" not in end or end["sources"] != len(rows):
        raise ValueError("its end is missing")
    if end["crc32"] != crc32(octets[:start]):
        raise ValueError("its checksum is wrong")
    inventory = Inventory(
        most=most,
        begun=head["begun"],
        watched=head["watched"],
        forgotten=head["forgotten"],
        sources={source.key: source for source in map(_source, rows)},
        cursors=dict(head["cursors"]),
        gaps=dict(head["gaps"]),
    )
    lasting = [Finding(**row) for row in head["lasting"]]
    ended = deque((Finding(**row) for row in head["ended"]), maxlen=ENDED_KEPT)
    return inventory, Findings({finding.place: finding for finding in lasting}, ended)


def _source(row: dict[str, Any]) -> Source:
    row["rate"], row["bad"] = Faded(**row["rate"]), Faded(**row["bad"])
    row["cadence"] = Cadence([(int(day), *pauses) for day, *pauses in row["cadence"]["days"]])
    if "clock" in row:
        row["clock"] = Clock(**row["clock"])
    return Source(**row)
