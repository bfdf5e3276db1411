"""One TLS connection without its socket: octets of the wire in, plaintext and answers out (RFC 5425).

States: *handshake*, *established*, *ended* (the peer said close_notify, and was answered), *failed*.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from OpenSSL import SSL

from collector.authorisation import Authorisation
from collector.credentials import Credentials
from collector.tls_context import reason_of
from collector.tls_reading import read_records

_ANSWER: Final = 65_536
# OpenSSL's BIO in memory never gives back what it has grown to: with what one read brings, 340 KiB.
_PIECE: Final = 32_768
_NO_CERTIFICATE: Final = "certificate not accepted: nothing vouches for it"


@dataclass(frozen=True, slots=True)
class Progress:
    """What one call gave: plaintext that came, and octets that must go to the peer."""

    plaintext: bytes
    answer: bytes


class TlsSession:
    """The server's side of one connection.

    Attributes:
        established: the handshake is complete.
        identity: fingerprint and name of the certificate that the peer proved, or None.
        ended: the peer ended the connection by close_notify, which was answered.
        failure: why the connection cannot go on, or None.
        refused: fingerprint of the certificate that was not accepted, or None.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._authorisation = Authorisation(credentials.policy)
        self._connection = SSL.Connection(credentials.context, None)
        self._connection.set_app_data(self._authorisation)
        self._connection.set_accept_state()
        self.established = False
        self.identity: str | None = None
        self.ended = False
        self.failure: str | None = None
        self.refused: str | None = None
        self._held = b""  # session tickets that were not sent

    def receive(self, octets: bytes) -> Progress:
        """Take octets of the wire. Never raises: what went wrong is in ``failure``."""
        if self.ended or self.failure is not None or not octets:
            return Progress(b"", b"")
        records: list[bytes] = []
        was_established = self.established
        for begin in range(0, len(octets), _PIECE):
            self._connection.bio_write(octets[begin : begin + _PIECE])  # the BIO takes all of it
            self._advance(records)
            if self.ended or self.failure is not None:
                break
        if self.established and not was_established:
            self._hold_tickets()
        return Progress(b"".join(records), self._answers())

    def _hold_tickets(self) -> None:
        """Keep what TLS 1.3's server says behind the handshake until there is something else to send.

        OpenSSL makes session tickets, and pyOpenSSL has no way to ask for none. A sender that never reads and
        then closes its socket would have them unread there, for which its kernel resets the connection and
        throws away what it had still to send: messages. Behind the sender's close_notify they do no harm.
        """
        tls_1_3 = self._connection.get_protocol_version() == SSL.TLS1_3_VERSION
        if tls_1_3 and not self.ended and self.failure is None:
            self._held = self._read_out()

    def _advance(self, records: list[bytes]) -> None:
        """Go on with the handshake, and read what can be decrypted."""
        try:
            if not self.established:
                self._connection.do_handshake()
                self._establish()
            if self.established:
                found, reason = read_records(self._connection)
                records += found
                self._look_at(reason)
        except SSL.Error as error:
            self._look_at(error)

    def send(self, plaintext: bytes) -> bytes:
        """Give plaintext as octets of the wire; none where the connection cannot take it (any more)."""
        if not self.established or self.ended or self.failure is not None or not plaintext:
            return b""
        try:
            self._connection.sendall(plaintext)
        except SSL.Error as error:
            self._look_at(error)
        return self._answers()

    def close(self) -> bytes:
        """End the connection from our side: give the octets of close_notify (section 4.4).

        What the peer sent before it hears of that can still be received.
        """
        if self.established and not self.ended and self.failure is None:
            with suppress(SSL.Error):
                self._connection.shutdown()
        return self._answers()

    def _establish(self) -> None:
        identity = self._authorisation.identity
        if identity is None and self._connection.get_peer_certificate() is not None:
            self.failure = _NO_CERTIFICATE  # cannot be: OpenSSL asked for no decision on it
            return
        self.established = True
        self.identity = identity

    def _look_at(self, reason: SSL.Error) -> None:
        """See why nothing more can be read."""
        if isinstance(reason, SSL.WantReadError):
            return
        if isinstance(reason, SSL.ZeroReturnError):
            self.ended = True
            with suppress(SSL.Error):
                self._connection.shutdown()  # section 4.4: close_notify is answered
            return
        self.failure = self._authorisation.refusal or reason_of(reason)
        self.refused = self._authorisation.refused

    def _answers(self) -> bytes:
        answers = self._read_out()
        if not answers:
            return b""
        held, self._held = self._held, b""
        return held + answers

    def _read_out(self) -> bytes:
        answers: list[bytes] = []
        with suppress(SSL.Error):  # WantReadError: nothing left
            while True:
                answers.append(self._connection.bio_read(_ANSWER))
        return b"".join(answers)
