"""The kernel's own account of UDP, of the whole machine since it started: /proc/net/snmp and /proc/net/snmp6.

A cross-check for the books: what no socket's count of drops has (wrong checksums, ports that nobody reads)
stands here only.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

SNMP: Final = Path("/proc/net/snmp")
SNMP6: Final = Path("/proc/net/snmp6")
_UDP: Final = "Udp:"
_UDP6: Final = "Udp6"


def read_kernel_udp() -> dict[str, int]:
    """Give the kernel's counters of IPv4 and IPv6 together, by their names; empty where there are none."""
    try:
        found = counters(SNMP.read_text("ascii"))
    except (OSError, ValueError):
        return {}
    with suppress(OSError, ValueError):  # a machine without IPv6
        found.update(counters6(SNMP6.read_text("ascii")))
    return dict(found)


def counters(text: str) -> Counter[str]:
    """Read /proc/net/snmp: for each protocol a line of names and a line of numbers."""
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith(_UDP + " ")]
    names, numbers = lines if len(lines) == len(("names", "numbers")) else ([], [])
    return Counter(dict(zip(names, map(int, numbers), strict=True)))


def counters6(text: str) -> Counter[str]:
    """Read /proc/net/snmp6: a name and a number in each line."""
    pairs = (line.split() for line in text.splitlines() if line.startswith(_UDP6))
    return Counter({name.removeprefix(_UDP6): int(number) for name, number in pairs})


def told(found: Mapping[str, int], ours: int) -> Iterator[str]:
    """Say what the kernel counts.

    Args:
        found: its counters.
        ours: how many datagrams the listeners' own sockets have dropped since the machine started.
    """
    if not found:
        return
    full = found.get("RcvbufErrors", 0) + found.get("MemErrors", 0)
    read, wrong, unread = (found.get(name, 0) for name in ("InDatagrams", "InCsumErrors", "NoPorts"))
    yield (
        f"UDP of this machine since it started: {read:,} datagrams read by all programs, "
        f"{full:,} dropped for want of room ({ours:,} by the sockets of these books), "
        f"{wrong:,} with a wrong checksum, {unread:,} that nobody reads"
    )
