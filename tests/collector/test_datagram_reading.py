"""Reading a datagram socket: the same by recvmmsg(2) and one by one, on real sockets."""

import socket
import sys
from collections.abc import Iterator

import pytest

from collector.datagram_reading import RECVMMSG, DatagramReader, _host
from collector.sockets import dropped_datagrams

WAYS = [
    pytest.param(True, marks=pytest.mark.skipif(RECVMMSG is None, reason="no recvmmsg here"), id="many"),
    pytest.param(False, id="one by one"),
]
LARGEST = 65_535


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """A socket that datagrams can be sent to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.setblocking(False)
        yield opened


def send(receiver: socket.socket, *datagrams: bytes, address: str = "127.0.0.1") -> None:
    """Send from one address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 0))
        for datagram in datagrams:
            sender.sendto(datagram, receiver.getsockname())


@pytest.mark.parametrize("many", WAYS)
def test_datagrams_come_whole_and_in_order(receiver: socket.socket, *, many: bool) -> None:
    """Of every size, the empty one and the largest as well; what was longer before leaves no trace."""
    sent = [b"x" * 65_507, b"", b"<13>a", b"\0\n", *(b"%d" % number for number in range(150))]
    reader = DatagramReader(receiver, LARGEST, many=many)
    send(receiver, *sent)
    received = reader.read(2048)
    assert received.octets == sent
    assert not any(received.flags)
    assert received.runs == [("127.0.0.1", len(sent))]
    assert reader.read(2048).octets == []


@pytest.mark.parametrize("many", WAYS)
def test_peers_are_told_apart(receiver: socket.socket, *, many: bool) -> None:
    """Datagrams of one address that follow each other are one run, whatever their ports."""
    reader = DatagramReader(receiver, LARGEST, many=many)
    for address in ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.2"):
        send(receiver, b"x", address=address)
    assert reader.read(2048).runs == [("127.0.0.2", 2), ("127.0.0.3", 1), ("127.0.0.2", 1)]


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
@pytest.mark.parametrize("many", WAYS)
def test_both_protocols_at_one_socket(*, many: bool) -> None:
    """An IPv4 address is written plainly, beside IPv6."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        receiver.bind(("::", 0))
        receiver.setblocking(False)
        reader = DatagramReader(receiver, LARGEST, many=many)
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"x", (host, receiver.getsockname()[1]))
        assert reader.read(2048).runs == [("127.0.0.1", 1), ("::1", 1)]


@pytest.mark.parametrize("many", WAYS)
def test_truncation_is_told(receiver: socket.socket, *, many: bool) -> None:
    """What is longer than the limit is cut there, and flagged; its neighbours are not."""
    reader = DatagramReader(receiver, 2048, many=many)
    send(receiver, b"a", b"b" * 2048, b"c" * 2049, b"d")
    received = reader.read(2048)
    assert received.octets == [b"a", b"b" * 2048, b"c" * 2048, b"d"]
    assert [bool(flag & socket.MSG_TRUNC) for flag in received.flags] == [False, False, True, False]


@pytest.mark.parametrize("many", WAYS)
def test_a_drain_has_an_end(receiver: socket.socket, *, many: bool) -> None:
    """No more is taken at a time than was asked for, rounded up to a call; the rest comes next."""
    reader = DatagramReader(receiver, 2048, many=many)
    send(receiver, *[b"x"] * 200)
    sizes = [len(reader.read(64).octets) for _ in range(5)]
    assert sizes == [64, 64, 64, 8, 0]


@pytest.mark.parametrize("many", WAYS)
def test_an_error_of_the_socket_is_raised(receiver: socket.socket, *, many: bool) -> None:
    """A socket that cannot be read says so, and is not taken for an empty one."""
    reader = DatagramReader(receiver, 2048, many=many)
    receiver.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        reader.read(64)


def test_what_the_kernel_drops_is_counted_exactly(receiver: socket.socket) -> None:
    """Sent is received and dropped, to the last datagram, also when nothing was received after the drops."""
    if dropped_datagrams(receiver) is None:
        pytest.skip("this system does not tell drops")
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader = DatagramReader(receiver, 2048)
    send(receiver, *[b"<13>message"] * 500)
    received = len(reader.read(2048).octets)
    dropped = dropped_datagrams(receiver)
    assert dropped
    assert received + dropped == 500


def test_an_interface_that_is_gone_costs_nothing() -> None:
    """A link-local sender's interface that has no name any more is told by its number, as Python does."""
    scope = 2_000_000_000
    address = socket.inet_pton(socket.AF_INET6, "fe80::1") + scope.to_bytes(4, sys.byteorder)
    assert _host(address) == f"fe80::1%{scope}"
