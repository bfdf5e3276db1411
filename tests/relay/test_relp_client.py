"""relay/relp_client.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.relp_client import MAXIMUM_DATA, WINDOW_OCTETS, RelpClient, RelpError


def test_a_session_as_the_specification_shows_it() -> None:
    """Frames count from 1; each message's acknowledgement gives its seq, open's gives none."""
    client = RelpClient()
    offers = b"relp_version=0\nrelp_software=sysledger\ncommands=syslog"
    assert client.open() == b"1 open %d %b\n" % (len(offers), offers)
    assert list(client.receive(b"1 rsp 93 200 OK\n" + b"x" * 86 + b"\n")) == []
    assert client.syslog(41, b"<13>a") == b"2 syslog 5 <13>a\n"
    assert client.syslog(43, b"") == b"3 syslog 0\n"
    assert list(client.receive(b"2 rsp 6 200 OK\n3 rsp 6 200 OK\n")) == [41, 43]
    assert client.close() == b"4 close 0\n"
    assert list(client.receive(b"4 rsp 0\n")) == []
    assert not client.sent


@given(cut=st.integers(0, 30), data=st.binary(max_size=12))
def test_answers_may_come_in_any_pieces(cut: int, data: bytes) -> None:
    """Where the network cuts an answer changes nothing."""
    client = RelpClient()
    client.open()
    client.syslog(5, data)
    octets = b"1 rsp 6 200 OK\n2 rsp 6 200 OK\n"
    assert [*client.receive(octets[:cut]), *client.receive(octets[cut:])] == [5]


@pytest.mark.parametrize(
    "answer",
    [
        b"1 rsp 16 500 not possible\n",
        b"2 rsp 6 200 OK\n",
        b"0 serverclose 0\n",
        b"1 syslog 1 x\n",
        b"1 rsp 999999999 200 OK\n",
        b"1 rsp 6 200 OKx",
        b"HTTP/1.1 400 Bad Request\r\nServer: nobody\r\nConnection: close\r\n\r\n",
    ],
)
def test_anything_but_the_next_success_ends_the_session(answer: bytes) -> None:
    """A refusal, an answer out of turn, a close, or another protocol: connect anew."""
    client = RelpClient()
    client.open()
    with pytest.raises(RelpError):
        list(client.receive(answer))


def test_the_number_begins_again_after_its_last() -> None:
    """TXNR 999999999 is followed by 1."""
    client = RelpClient(_txnr=999_999_998)
    assert client.open().startswith(b"999999999 open ")
    assert client.syslog(1, b"x") == b"1 syslog 1 x\n"


def test_what_no_server_takes_is_refused_here() -> None:
    """A message over librelp's limit would end every session that tries it."""
    client = RelpClient()
    assert client.syslog(1, b"x" * MAXIMUM_DATA)
    with pytest.raises(ValueError, match="131073 octets"):
        client.syslog(2, b"x" * (MAXIMUM_DATA + 1))


def test_the_window_is_of_messages_and_of_octets() -> None:
    """No more is sent without an answer than the window allows, nor than we want to hold."""
    client, small, large = RelpClient(), [b"x"] * 200, [b"x" * MAXIMUM_DATA] * 200
    assert client.room(small, 0, 128) == 128
    assert client.room(small, 150, 128) == 200
    assert client.room(large, 0, 128) == WINDOW_OCTETS // MAXIMUM_DATA
    for seq in range(client.room(large, 0, 128)):
        client.syslog(seq, large[seq])
    assert client.room(large, 32, 128) == 32
    assert list(client.receive(b"1 rsp 6 200 OK\n")) == [0]
    assert client.room(large, 32, 128) == 33
    assert client.octets == 31 * MAXIMUM_DATA


@pytest.mark.parametrize("answer", [b"1 rsp 16 500 out of paper\n", b"1 rsp 0\n"])
def test_a_message_that_is_refused_is_named(answer: bytes) -> None:
    """Only 200 acknowledges a message; else the sentence says which one it was, and how long."""
    client = RelpClient()
    client.syslog(17, b"x" * 9)
    with pytest.raises(RelpError, match=r"refused message 17, of 9 octets: .*; see to its limits"):
        list(client.receive(answer))


def test_what_came_before_a_refusal_counts() -> None:
    """Acknowledgements that come together with a refusal are not forgotten."""
    client, found = RelpClient(), list[int]()
    for seq in (1, 2, 3):
        client.syslog(seq, b"x")
    with pytest.raises(RelpError):
        found.extend(client.receive(b"1 rsp 6 200 OK\n2 rsp 6 200 OK\n3 rsp 5 500 E\n"))
    assert found == [1, 2]


@given(st.lists(st.binary(max_size=40)))
def test_no_octets_of_a_server_raise_anything_else(pieces: list[bytes]) -> None:
    """Hostile answers end in RelpError or in waiting."""
    client = RelpClient()
    client.open()
    try:
        for octets in pieces:
            list(client.receive(octets))
    except RelpError:
        pass
