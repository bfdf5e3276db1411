"""One DTLS session without its socket (RFC 6012): datagrams in, records and answers out.

A session begins when a ClientHello brings back the cookie that was made for its sender's address
(RFC 6347 section 4.2.1); before that, nothing is kept. States from then on: *handshake*, *established*,
*ended* (the peer said close_notify, and was answered), *failed*.
"""

import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from OpenSSL import SSL

from collector.authorisation import Authorisation
from collector.certificate import CertificateFiles
from collector.credentials import Credentials
from collector.dtls_records import HEADER_OCTETS, datagrams_of, number_of, random_of, records_of
from collector.settings import ListenerSettings
from collector.tls_context import dtls_context, reason_of
from collector.tls_reading import LARGEST_RECORD, read_records

# Octets of UDP payload that we send: what every path over IPv6 carries (1280), less the headers.
_LARGEST_ANSWER: Final = 1_232
_ANSWERS: Final = 65_536
_NO_CERTIFICATE: Final = "certificate not accepted: nothing vouches for it"
_MOST_RETRANSMISSIONS: Final = "timeout expired"


class _Peer(Authorisation):
    """What OpenSSL's callbacks find in a connection: whom it is with."""

    def __init__(self, credentials: Credentials) -> None:
        super().__init__(credentials.policy)
        self.address = b""


def cookie_context(name: str, settings: ListenerSettings, files: CertificateFiles) -> SSL.Context:
    """Give ``tls_context.dtls_context`` with cookies: a keyed hash of the peer's address.

    Raises:
        CertificateError: when a file cannot be used.
    """
    context = dtls_context(name, settings, files)
    secret = secrets.token_bytes(32)

    def cookie(connection: SSL.Connection) -> bytes:
        peer = connection.get_app_data()
        assert isinstance(peer, _Peer)  # noqa: S101 - every connection here has one
        return hmac.digest(secret, peer.address, "sha256")

    def is_ours(connection: SSL.Connection, offered: bytes) -> bool:
        return hmac.compare_digest(cookie(connection), offered)

    context.set_cookie_generate_callback(cookie)
    context.set_cookie_verify_callback(is_ours)
    return context


@dataclass(frozen=True, slots=True)
class Record:
    """Plaintext of one record, and whether the one before it did not come."""

    plaintext: bytes
    gap: bool


class DtlsSession:
    """The server's side of one session.

    Attributes:
        established: the handshake is complete.
        identity: fingerprint and name of the certificate that the peer proved, or None.
        ended: the peer ended the session by close_notify, which was answered.
        failure: why the session cannot go on, or None.
        refused: fingerprint of the certificate that was not accepted, or None.
    """

    def __init__(self, connection: SSL.Connection, peer: Authorisation) -> None:
        self._connection = connection
        self._authorisation = peer
        self._last = -1  # number of the last record that gave plaintext
        self.established = False
        self.identity: str | None = None
        self.ended = False
        self.failure: str | None = None
        self.refused: str | None = None
        self._advance()

    @property
    def over(self) -> bool:
        """Whether nothing more can come."""
        return self.ended or self.failure is not None

    def gives_way_to(self, greeting: bytes) -> bool:
        """Whether a ClientHello begins another session, and is no copy, late or repeated, of this one's."""
        return self._connection.client_random() != random_of(greeting)

    def receive(self, datagram: bytes) -> list[Record]:
        """Take a datagram. Never raises: what went wrong is in ``failure``."""
        found: list[Record] = []
        for record in records_of(datagram):
            if self.over:
                break
            self._connection.bio_write(record)
            self._advance()
            if self.established and not self.over:
                self._read(record, found)
        return found

    def answers(self) -> list[bytes]:
        """Give the datagrams that must go to the peer now."""
        return _datagrams_from(self._connection)

    def retransmit(self) -> None:
        """Repeat the last flight if the peer was silent for too long; to be called every now and then."""
        if self.over or self.established:
            return
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._look_at(error)

    def close(self) -> None:
        """End the session from our side: close_notify is among the answers then (RFC 6012 section 5.5)."""
        if self.established and not self.over:
            with suppress(SSL.Error):
                self._connection.shutdown()

    def _advance(self) -> None:
        if self.established:
            return
        try:
            self._connection.do_handshake()
        except SSL.Error as error:
            self._look_at(error)
            return
        identity = self._authorisation.identity
        if identity is None and self._connection.get_peer_certificate() is not None:
            self.failure = _NO_CERTIFICATE  # cannot be: OpenSSL asked for no decision on it
            return
        self.established = True
        self.identity = identity

    def _read(self, record: bytes, found: list[Record]) -> None:
        plaintexts, reason = read_records(self._connection)
        for plaintext in plaintexts:
            number = number_of(record)
            found.append(Record(plaintext, gap=self._last not in {-1, number - 1}))
            self._last = number
        self._look_at(reason)

    def _look_at(self, reason: SSL.Error) -> None:
        if isinstance(reason, SSL.WantReadError):
            return
        if isinstance(reason, SSL.ZeroReturnError):
            self.ended = True
            with suppress(SSL.Error):
                self._connection.shutdown()  # section 5.5: close_notify is answered
            return
        self.failure = self._authorisation.refusal or reason_of(reason)
        self.refused = self._authorisation.refused


class Doorkeeper:
    """Answers ClientHellos without keeping anything of them, until a cookie comes back.

    Args:
        credentials: made with ``cookie_context``.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._open_door()

    def greet(self, datagram: bytes, address: bytes) -> tuple[list[bytes], DtlsSession | None]:
        """Take a ClientHello.

        Args:
            datagram: for which ``begins_session`` is true.
            address: of its sender and ours, in any form that no other has.

        Returns:
            The datagrams to answer with, and the session when the cookie was right.
        """
        if self._connection.get_context() is not self._credentials.context:
            self._open_door()
        greeting, *_ = records_of(datagram) or [b""]
        if not greeting or len(greeting) > HEADER_OCTETS + LARGEST_RECORD:
            return [], None
        connection, peer = self._connection, self._peer
        peer.address = address
        connection.bio_write(greeting)  # and nothing behind it, which would wait there for the next peer
        try:
            connection.DTLSv1_listen()
        except SSL.WantReadError:
            return _datagrams_from(connection), None
        except SSL.Error:
            self._open_door()  # with nothing left in it of what came
            return [], None
        self._open_door()
        session = DtlsSession(connection, peer)
        return session.answers(), session

    def _open_door(self) -> None:
        self._peer = _Peer(self._credentials)
        self._connection = SSL.Connection(self._credentials.context, None)
        self._connection.set_app_data(self._peer)
        self._connection.set_ciphertext_mtu(_LARGEST_ANSWER)
        self._connection.set_accept_state()


def _datagrams_from(connection: SSL.Connection) -> list[bytes]:
    written: list[bytes] = []
    with suppress(SSL.Error):  # WantReadError: nothing left
        while True:
            written.append(connection.bio_read(_ANSWERS))
    return datagrams_of(records_of(b"".join(written)), _LARGEST_ANSWER)
