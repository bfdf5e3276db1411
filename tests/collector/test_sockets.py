"""Opening sockets: both protocols, any port, and errors that name the setting to change."""

import socket

import pytest

from collector.errors import ListenerError
from collector.sockets import enlarge_receive_buffer, open_socket

HAS_IPV6 = socket.has_ipv6


def test_every_address_takes_both_protocols() -> None:
    """'::' takes IPv4 and IPv6 on one port."""
    with open_socket("tcp", socket.SOCK_STREAM, "::", 0, shared=False) as opened:
        port = opened.getsockname()[1]
        for address in ("127.0.0.1", *(["::1"] if opened.family == socket.AF_INET6 else [])):
            socket.create_connection((address, port), timeout=5).close()


def test_every_address_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no IPv6, '::' means every IPv4 address."""
    monkeypatch.setattr(socket, "has_ipv6", False)
    with open_socket("udp", socket.SOCK_DGRAM, "::", 0, shared=False) as opened:
        assert opened.family == socket.AF_INET


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_address_in_use(kind: socket.SocketKind) -> None:
    """A port that is taken: the error names listener, port, address and the setting to change."""
    with open_socket("one", kind, "127.0.0.1", 0, shared=False) as opened:
        port = opened.getsockname()[1]
        with pytest.raises(ListenerError) as raised:
            open_socket("two", kind, "127.0.0.1", port, shared=False)
    protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    assert str(raised.value) == (
        f"collector.listeners.two: {protocol} port {port} on 127.0.0.1 is taken by another program: "
        "stop that program, or set collector.listeners.two.port to a free port"
    )


def test_address_that_is_not_ours() -> None:
    """An address of another machine: the error says to use one of this machine."""
    with pytest.raises(ListenerError, match=r"set collector\.listeners\.udp\.address to an address of this"):
        open_socket("udp", socket.SOCK_DGRAM, "192.0.2.1", 0, shared=False)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_shared(kind: socket.SocketKind) -> None:
    """Several collector processes may listen on one port."""
    with open_socket("one", kind, "127.0.0.1", 0, shared=True) as opened:
        open_socket("one", kind, "127.0.0.1", opened.getsockname()[1], shared=True).close()


def test_receive_buffer_is_told_as_granted() -> None:
    """What is told is what the kernel granted, by its own word; 0 asks for nothing."""
    with open_socket("udp", socket.SOCK_DGRAM, "127.0.0.1", 0, shared=False) as opened:
        before = enlarge_receive_buffer(opened, 0)
        granted = enlarge_receive_buffer(opened, before * 2)
        assert granted * 2 == opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert granted >= before


def test_receive_buffer_of_a_given_socket_is_not_made_smaller() -> None:
    """systemd may grant more than we could: what is there is kept, unless we get more."""
    with open_socket("udp", socket.SOCK_DGRAM, "127.0.0.1", 0, shared=False) as opened:
        before = enlarge_receive_buffer(opened, 65_536)
        assert enlarge_receive_buffer(opened, 4_096, keep=True) == before
        assert enlarge_receive_buffer(opened, before + 4_096, keep=True) > before
        assert enlarge_receive_buffer(opened, 4_096) < before
