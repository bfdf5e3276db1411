"""The kernel's account of UDP is read as Linux writes it, and a machine without one has none."""

import socket
from pathlib import Path

import pytest

from supervisor import kernel_udp
from supervisor.kernel_udp import counters, counters6, read_kernel_udp, told

SNMP = """Tcp: RtoAlgorithm InSegs
Tcp: 1 200
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 100 2 9 50 7 0 2 0 0
UdpLite: InDatagrams NoPorts
UdpLite: 5 5
"""
SNMP6 = "Ip6InReceives 17\nUdp6InDatagrams 20\nUdp6RcvbufErrors 1\nUdpLite6InDatagrams 3\n"


def test_both_protocols_are_added() -> None:
    """IPv4 and IPv6 have counters of their own."""
    found = counters(SNMP)
    found.update(counters6(SNMP6))
    assert (found["InDatagrams"], found["RcvbufErrors"], found["InCsumErrors"]) == (120, 8, 2)
    (sentence,) = told(found, 5)
    assert "120 datagrams read" in sentence
    assert "8 dropped for want of room (5 by the sockets of these books)" in sentence


def test_nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Elsewhere than on Linux nothing is told."""
    monkeypatch.setattr(kernel_udp, "SNMP", tmp_path / "none")
    assert list(told(read_kernel_udp(), 0)) == []
    monkeypatch.setattr(kernel_udp, "SNMP6", tmp_path / "none")
    (tmp_path / "none").write_text("nonsense")
    assert not read_kernel_udp()


def test_this_machine() -> None:
    """A datagram that was read is one more."""
    if not (before := read_kernel_udp()):
        pytest.skip("no /proc/net/snmp here")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.sendto(b"one", receiver.getsockname())
        receiver.recv(10)
    assert read_kernel_udp()["InDatagrams"] > before["InDatagrams"]
