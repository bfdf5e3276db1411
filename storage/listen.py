"""Storage on the network: a TCP endpoint that only named collectors can use (CURVE, with ZAP saying who).

Trust: a collector proves that it has the secret of a key that the settings name; storage proves its own to
the collector. Whoever has the secret of a named key can store messages, and can read none.
"""

import logging
import os
from collections.abc import Collection
from typing import Final

import zmq
from zmq.auth.thread import ThreadAuthenticator

from curve import KeyPair
from storage.listen_settings import ListenSettings
from tenants.rules import address_of

_DOMAIN: Final = "storage"
_HEARTBEAT_MILLISECONDS: Final = 5_000  # a peer that vanished without a word is noticed after three of these

log = logging.getLogger(__name__)


class ListenError(Exception):
    """Storage cannot listen as configured; the message says what to do."""

    exit_code = os.EX_CONFIG


def check_same_place(before: ListenSettings, after: ListenSettings) -> None:
    """See whether both settings listen at one place.

    Raises:
        ListenError: when they do not: that needs a restart.
    """
    if before.endpoint != after.endpoint:
        raise ListenError("storage.listen.address and port change only with a restart: restart sysledger run")


class Admitted:
    """Tells ZeroMQ which keys may connect, and the operator which others tried."""

    def __init__(self, keys: Collection[str]) -> None:
        self.keys = frozenset(keys)
        self._told: set[str] = set()

    def callback(self, _domain: str, key: bytes) -> bool:
        """Say whether a collector with this public key may connect; called in the authenticator's thread."""
        text = key.decode("ascii", "replace")
        if text in self.keys:
            return True
        if text not in self._told and len(self._told) < 1000:  # noqa: PLR2004 - a bound for the log
            self._told.add(text)
            log.error(
                "a collector with the key %s is refused: add it to storage.listen.collectors if it is yours",
                text,
            )
        return False


def elsewhere(frame: zmq.Frame) -> str | None:
    """Say who sent a frame, when that is on another machine: its address and public key; None else.

    A peer by TCP has an IP address; one by the local socket has none.
    """
    address, key = _told(frame, "Peer-Address"), _told(frame, "User-Id")
    if not key and address_of(address) is None:
        return None
    return f"the collector at {address or 'an unknown address'} with the key {key or 'that nobody knows'}"


def _told(frame: zmq.Frame, what: str) -> str:
    try:
        return str(frame.get(what))
    except zmq.ZMQError:  # there is none
        return ""


class Listening:
    """A socket's place on the network. To be closed before the socket's context ends.

    Args:
        context: the socket's.
        socket: a ROUTER. What it has bound so far stays open to everybody who reaches it.
        settings: where, and for whom.
        keys: this machine's.

    Raises:
        ListenError: when there are no keys, or the address cannot be had.
    """

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        socket: "zmq.Socket[bytes]",
        settings: ListenSettings,
        keys: KeyPair | None,
    ) -> None:
        endpoint = settings.endpoint
        if endpoint is None or keys is None:
            raise ListenError("storage.listen needs keys of this machine: run `sysledger handoff key`")
        self.admitted = Admitted(settings.collectors)
        self._authenticator = ThreadAuthenticator(context, log=logging.getLogger(f"{__name__}.zap"))
        self._authenticator.log.setLevel(logging.ERROR)
        self._authenticator.start()
        self._authenticator.configure_curve_callback(_DOMAIN, self.admitted)
        socket.curve_publickey = keys.public.encode()
        socket.curve_secretkey = keys.secret.encode()
        socket.curve_server = True
        socket.zap_domain = _DOMAIN.encode()
        socket.setsockopt(zmq.IPV6, 1)
        socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MILLISECONDS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3 * _HEARTBEAT_MILLISECONDS)
        try:
            socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise ListenError(
                f"storage cannot listen on {endpoint}: {error}; set storage.listen.address and port to a "
                "free place of this machine"
            ) from error

    def admit(self, keys: Collection[str]) -> None:
        """Let these collectors connect from now on. Connections that are there stay; from any thread."""
        self.admitted.keys = frozenset(keys)

    def close(self) -> None:
        """End the thread that says who may connect."""
        self._authenticator.stop()
