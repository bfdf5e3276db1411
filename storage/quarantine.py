"""Octets that cannot be used and must not be lost: each as a file with the reason beside it.

    quarantine/tenant=T/stream=S/NAME.octets    as they came, or as they lay in the damaged file
    quarantine/tenant=T/stream=S/NAME.json      why, since when, and where they come from

Trust: nothing reads these files but people. Removing them loses nothing that the appliance could use.
"""

import json
import logging
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import durable
from storage.layout import Layout, StreamName

FILES: Final = 1000  # a stream; a fault that repeats must not fill the disk
OCTETS: Final = 256 << 20  # one entry
NAME_OCTETS: Final = 150  # of a file's name; file systems take 255

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")

log = logging.getLogger(__name__)


def folder_of(layout: Layout, name: StreamName | None) -> Path:
    """Give the folder for what belongs to a stream, or to none that could be read."""
    return layout.data / "quarantine" / (name.folder if name is not None else "unknown")


def keep(folder: Path, key: str, octets: bytes, reason: str) -> Path | None:
    """Put ``octets`` away under a name made from ``key``; the same key twice is one entry.

    Gives the path, or None when the folder is full: then the reason is only logged.

    Raises:
        OSError: when they cannot be written.
    """
    durable.make_folder(folder)
    path = folder / f"{_file_name(key)}.octets"
    if path.exists():
        return path
    if sum(1 for _ in folder.glob("*.octets")) >= FILES:
        log.error("%s is full (%d entries); not kept there: %s: %s", folder, FILES, key, reason)
        return None
    about = {
        "reason": reason,
        "octets": len(octets),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    # The octets go last: when they are there, so is what is said of them.
    durable.write_file(path.with_suffix(".json"), json.dumps(about, indent=1).encode() + b"\n")
    durable.write_file(path, octets[:OCTETS])
    return path


def reason_of(path: Path) -> str:
    """Give why an entry's octets are in quarantine, as far as that can be read."""
    try:
        return str(json.loads(path.with_suffix(".json").read_bytes())["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return "the reason cannot be read"


def _file_name(key: str) -> str:
    """Give a name for ``key``, another for every key."""
    safe = _UNSAFE.sub("_", key)[:NAME_OCTETS]
    return safe if safe == key else f"{safe}-{sha256(key.encode(errors='replace')).hexdigest()[:16]}"
