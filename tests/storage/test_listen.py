"""Storage on the network: closed unless it is configured, and only for keys that are named."""

import logging
from typing import Any

import pytest
import zmq
from pydantic import ValidationError

from curve import KeyPair
from storage.listen import Admitted, ListenError, Listening, check_same_place
from storage.listen_settings import ListenSettings
from tests.machine import free_port

LOOPBACK = "127.0.0.1"


def pair() -> KeyPair:
    """New keys."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())


def said(context: "zmq.Context[zmq.Socket[bytes]]", port: int, own: KeyPair | None, server: str) -> Any:
    """Have a collector say HELLO there; give its socket."""
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    if own is not None:
        socket.curve_publickey, socket.curve_secretkey = own.public.encode(), own.secret.encode()
        socket.curve_serverkey = server.encode()
    socket.connect(f"tcp://{LOOPBACK}:{port}")
    socket.send(b"HELLO")
    return socket


def test_off_unless_a_port_is_set() -> None:
    """By default nobody on the network can reach storage."""
    assert ListenSettings().endpoint is None
    assert ListenSettings(address="::1", port=5516, collectors=("k" * 40,)).endpoint == "tcp://[::1]:5516"


def test_a_port_for_nobody_is_a_mistake() -> None:
    """Without keys it does not start, and says what to do."""
    with pytest.raises(ValidationError, match="sysledger handoff key"):
        ListenSettings(port=5516)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        settings = ListenSettings(port=free_port(), collectors=("k" * 40,))
        with pytest.raises(ListenError, match="sysledger handoff key"):
            Listening(context, socket, settings, None)


def test_only_named_keys_are_heard() -> None:
    """A named key is heard; a stranger, who speaks in the clear and who expects another storage are not."""
    port, own, friend, stranger = free_port(), pair(), pair(), pair()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.setsockopt(zmq.LINGER, 0)
    settings = ListenSettings(address=LOOPBACK, port=port, collectors=(friend.public,))
    network = Listening(context, router, settings, own)
    try:
        refused = [
            said(context, port, stranger, own.public),
            said(context, port, None, ""),
            said(context, port, friend, stranger.public),
        ]
        heard = said(context, port, friend, own.public)
        assert router.poll(20_000)
        assert router.recv_multipart()[1] == b"HELLO"
        assert not router.poll(300)
        network.admit([stranger.public])
        again = said(context, port, stranger, own.public)
        assert router.poll(20_000)
        for socket in [*refused, heard, again]:
            socket.close(linger=0)
    finally:
        network.close()
        context.destroy(linger=0)


def test_strangers_are_told_once_each(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the key that tried, so that it can be copied; not with every attempt."""
    admitted = Admitted(["k" * 40])
    assert admitted.callback("storage", b"k" * 40)
    with caplog.at_level(logging.ERROR):
        assert not any(admitted.callback("storage", b"s" * 40) for _ in range(3))
    assert [record.getMessage().split(" is refused")[0] for record in caplog.records] == [
        f"a collector with the key {'s' * 40}"
    ]


def test_an_address_in_use_is_told() -> None:
    """Storage that cannot listen says where, and what to set."""
    port = free_port()
    settings = ListenSettings(address=LOOPBACK, port=port, collectors=("k" * 40,))
    with zmq.Context() as context, context.socket(zmq.ROUTER) as first, context.socket(zmq.ROUTER) as second:
        first.bind(f"tcp://{LOOPBACK}:{port}")
        with pytest.raises(ListenError, match=r"set storage\.listen\.address and port"):
            Listening(context, second, settings, pair())


def test_another_place_needs_a_restart() -> None:
    """A reload may name other collectors, and not another port: it is refused, and says so."""
    here = ListenSettings(port=5516, collectors=("k" * 40,))
    check_same_place(here, ListenSettings(port=5516, collectors=("l" * 40,)))
    with pytest.raises(ListenError, match="restart sysledger run"):
        check_same_place(here, ListenSettings())
