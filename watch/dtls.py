"""One message by DTLS (RFC 6012): handshake, one record, close_notify."""

import errno
import os
import socket
import time
from contextlib import suppress
from typing import Final

from OpenSSL import SSL

_LARGEST_DATAGRAM: Final = 65_535
_LARGEST_PAYLOAD: Final = 1_200  # octets of ciphertext that fit every path's datagram
_STEP_SECONDS: Final = 0.2  # between two looks at what must be sent again


def send_by_dtls(address: str, port: int, octets: bytes, seconds: float) -> None:
    """Send octets in one record of a session of their own.

    Args:
        address: of the listener.
        port: its port.
        octets: the message with its framing.
        seconds: for all of it.

    Raises:
        OSError: when there is no session within that time.
    """
    context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
    context.set_options(SSL.OP_NO_QUERY_MTU)
    context.set_verify(SSL.VERIFY_NONE)
    connection = SSL.Connection(context, None)
    connection.set_ciphertext_mtu(_LARGEST_PAYLOAD)
    connection.set_connect_state()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.connect((address, port))
        wire.settimeout(_STEP_SECONDS)
        _shake_hands(connection, wire, time.monotonic() + seconds)
        connection.send(octets)
        _flush(connection, wire)
        with suppress(SSL.Error, OSError):
            connection.shutdown()
            _flush(connection, wire)


def _shake_hands(connection: SSL.Connection, wire: socket.socket, deadline: float) -> None:
    while True:
        try:
            connection.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            raise ConnectionError(errno.ECONNREFUSED, f"the DTLS handshake failed: {error}") from error
        else:
            _flush(connection, wire)
            return
        _flush(connection, wire)
        if time.monotonic() > deadline:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        try:
            connection.bio_write(wire.recv(_LARGEST_DATAGRAM))
        except TimeoutError:
            with suppress(SSL.Error):
                connection.DTLSv1_handle_timeout()


def _flush(connection: SSL.Connection, wire: socket.socket) -> None:
    with suppress(SSL.WantReadError):
        while True:
            wire.send(connection.bio_read(_LARGEST_DATAGRAM))
