"""The state file: what is written is what is read, and what is not whole is nothing."""

from pathlib import Path

import pytest

from tests.watch.records import START, observed, taken
from watch.findings import Finding, Findings
from watch.inventory import Inventory
from watch.state import FILE, StateError, decode, encode, read_state, write_state


def filled() -> tuple[Inventory, Findings]:
    """Give an inventory with something of everything."""
    inventory, findings = Inventory(most=500), Findings()
    taken(
        inventory,
        observed(START, 3, skew=0.5, gaps=(3.0, 2.0), identity="sha-256:AA", transport="tls", malformed=1),
        observed(START + 9, host="\x1b[31m\N{SNOWMAN}", kinds={"flag": {"truncated": 1}}),
        observed(START + 99, skew=0.7),
    )
    inventory.cursors["default/syslog"] = 5
    inventory.watched = START
    inventory.take_gaps({"c udp": (("default", "192.0.2.1", "fw"), 2)}, {"c"}, START + 100)
    findings.begin(Finding("new", "default", "192.0.2.1", "fw", START, "is new"))
    findings.begin(Finding("canary", "default", "", "udp", START, "not found"))
    findings.end(("canary", "default", "", "udp"), START + 5)
    return inventory, findings


def test_everything_comes_back() -> None:
    """Sources with all their figures, cursors and findings are the same after writing and reading."""
    inventory, findings = filled()
    found = decode(encode(inventory, findings), 500)
    assert found == (inventory, findings)


def test_a_file_is_written_and_read(tmp_path: Path) -> None:
    """The file lies in the folder, which is made; before it there is nothing."""
    folder = tmp_path / "watch"
    assert read_state(folder, 500) is None
    inventory, findings = filled()
    write_state(folder, inventory, findings)
    assert read_state(folder, 500) == (inventory, findings)


def test_what_is_not_whole_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A file cut anywhere, or of another version, is told as damaged, with the way to make it anew."""
    octets = encode(*filled())
    for cut in [*range(0, len(octets) - 1, 97), len(octets) - 2]:
        (tmp_path / FILE).write_bytes(octets[:cut])
        with pytest.raises(StateError, match="--rebuild"):
            read_state(tmp_path, 500)
    (tmp_path / FILE).write_bytes(octets.replace(b'"version":1', b'"version":2'))
    with pytest.raises(StateError, match="version 2"):
        read_state(tmp_path, 500)


def test_an_octet_that_was_changed_is_seen(tmp_path: Path) -> None:
    """A cursor or a count that was changed on the disk is not believed, wherever the octet stands."""
    octets = encode(*filled())
    for place in range(0, len(octets), 7):
        for other in (b"e", b"9"):
            (tmp_path / FILE).write_bytes(octets[:place] + other + octets[place + 1 :])
            if octets[place : place + 1] != other:
                with pytest.raises(StateError, match="--rebuild"):
                    read_state(tmp_path, 500)
