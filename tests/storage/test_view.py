"""Views: which records are seen."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from storage.blocks import Block
from storage.view import OPEN, View

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NANOSECONDS = int(NOON.timestamp()) * 10**9


class Untouched:
    """Where nothing is read from."""

    def read(self, block: Block, columns: Sequence[str] | None, *, encoded: bool = False) -> pa.Table:
        """Refuse."""
        raise AssertionError((block, columns, encoded))


def block(low: int = NANOSECONDS, high: int = NANOSECONDS) -> Block:
    """Give a block of these receive times."""
    return Block(Path("none"), 0, 1, 1, 1, low, high, None, None, sealed=True, source=Untouched())


def seen(view: View, make_table: Any, **columns: Any) -> bool:
    """Say whether a view leaves a record with these values."""
    mask: list[bool] = view.mask(make_table([columns])).to_pylist()
    return mask[0]


@pytest.mark.parametrize(
    ("pattern", "hostname", "is_seen"),
    [
        ("fw-1", "fw-1", True),
        ("fw-1", "FW-1", True),
        ("fw-1", "fw-12", False),
        ("fw-1", "xfw-1", False),
        ("fw-1", "fw-1\n", False),
        ("fw-1", "a\nfw-1", False),
        ("fw-*", "fw-", True),
        ("fw-?", "fw-", False),
        ("*.example.com", "mail.example.com", True),
        ("*.example.com", "mail.example.com.evil.org", False),
        ("*.example.com", "mailXexample.com", False),
        ("straße*", "STRAßE-1", True),
        ("*", "anything", True),
        ("*", None, False),
        (".*", "anything", False),
        ("fw-1|web", "web", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
    ],
)
def test_hosts_are_whole_names(make_table: Any, pattern: str, hostname: str | None, is_seen: bool) -> None:  # noqa: FBT001 - a parameter
    """A pattern is compared with all of HOSTNAME, whatever the case; only * and ? mean something."""
    assert seen(View(hosts=(pattern,)), make_table, hostname=hostname) is is_seen


@pytest.mark.parametrize(
    ("network", "peer", "is_seen"),
    [
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.7/8", "10.1.1.1", True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "2001:DB8:0::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("10.0.0.0/8", "", False),
        ("10.0.0.0/8", "local", False),
        ("10.0.0.0/8", "10.0.0.1:514", False),
        ("0.0.0.0/0", "::1", False),
    ],
)
def test_networks_hold_peers(make_table: Any, network: str, peer: str, is_seen: bool) -> None:  # noqa: FBT001 - a parameter
    """A peer is seen whose address is in a network; what is no address is in none."""
    assert seen(View(networks=(network,)), make_table, peer=peer) is is_seen


def test_host_or_network_is_enough(make_table: Any) -> None:
    """A record is seen by its HOSTNAME or by its peer."""
    view = View(hosts=("fw-1",), networks=("10.0.0.0/8",))
    assert seen(view, make_table, hostname="fw-1", peer="192.0.2.1")
    assert seen(view, make_table, hostname="web", peer="10.0.0.1")
    assert seen(view, make_table, hostname=None, peer="10.0.0.1")
    assert not seen(view, make_table, hostname="web", peer="192.0.2.1")


def test_times_bound_it_whatever_the_source(make_table: Any) -> None:
    """The first receive time is seen, the end is not, and no source makes up for it."""
    view = View(hosts=("fw-1",), start=NOON, end=NOON.replace(hour=13))
    for received, is_seen in ((-1, False), (0, True), (3600 * 10**9 - 1, True), (3600 * 10**9, False)):
        assert seen(view, make_table, hostname="fw-1", received_at=NANOSECONDS + received) is is_seen
        assert not seen(view, make_table, hostname="web", received_at=NANOSECONDS + received)


def test_encoded_columns_say_the_same(make_table: Any) -> None:
    """Whether names lie as dictionaries or as texts does not matter, nor that there are none."""
    view = View(hosts=("b*",), networks=("10.0.0.0/8",))
    hosts = ["a", "b", None, "b", None]
    table = make_table([{"hostname": host} for host in hosts])
    encoded = table.set_column(
        table.column_names.index("hostname"), "hostname", table["hostname"].dictionary_encode()
    )
    expected = [False, True, False, True, False]
    assert view.mask(table).to_pylist() == view.mask(encoded).to_pylist() == expected
    in_pieces = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    assert view.mask(in_pieces).to_pylist() == expected
    assert view.mask(table.slice(0, 0)).to_pylist() == []


def test_pieces_with_dictionaries_of_their_own(make_table: Any) -> None:
    """Blocks of journals come in pieces, each of which numbers its peers for itself."""
    peers = ["10.0.0.1", "192.0.2.1", "10.0.0.2", "10.0.0.1"]
    pieces = pa.concat_tables([make_table([{"peer": one}]) for one in peers])
    assert View(networks=("10.0.0.0/8",)).mask(pieces).to_pylist() == [True, False, True, True]


def test_only_what_decides_is_read() -> None:
    """A block is asked for the columns by which a view may leave out some of its records."""
    assert OPEN.is_open
    assert not OPEN.columns(block())
    assert View(hosts=("a",)).columns(block()) == {"hostname"}
    assert View(networks=("::/0",)).columns(block()) == {"peer"}
    assert View(start=NOON).columns(block()) == set()
    assert View(start=NOON).columns(block(low=NANOSECONDS - 1)) == {"received_at"}
    assert View(masked=("user",)).columns(block()) == set()
    assert not View(masked=("user",)).is_open


@pytest.mark.parametrize(
    "wrong",
    [{"networks": ("10.0.0.0/33",)}, {"networks": ("anywhere",)}, {"start": NOON.replace(tzinfo=None)}],
)
def test_what_cannot_be_meant_is_no_view(wrong: dict[str, Any]) -> None:
    """A limit that cannot be read limits nobody by accident: there is no such view."""
    with pytest.raises(ValueError, match=r"zone|appear to be an IPv4 or IPv6"):
        View(**wrong)
