"""The TLS listener (RFC 5425): TCP's, with the encryption taken off before framing.

``TlsLayer`` puts TLS under any ``StreamConnection``. It stands first among the bases::

    class RelpTlsConnection(TlsLayer, RelpConnection):
        ...

    def connection(listener: StreamListener) -> StreamConnection:
        return RelpTlsConnection(listener, credentials)

``credentials`` is a ``collector.credentials.Credentials``; the collector makes one for each such listener and
calls its ``look`` every second. What the class beside it (here RelpConnection) sees:

* ``take(octets)`` is called with plaintext, ``send(octets)`` encrypts, ``close()`` says close_notify first;
* ``identity`` is set before the first ``take``;
* ``connection_made`` comes before the handshake: there is nothing to ``send`` until the first ``take``;
* ``data_received`` still has the octets of the wire: what comes before TLS (the PROXY protocol) is taken off
  there.
"""

import asyncio
from typing import Any, Final

from collector.credentials import Credentials
from collector.tcp import StreamConnection, StreamListener
from collector.tls_session import TlsSession

_REFUSED: Final = "to accept it all the same, list in client_fingerprints"
_OURS_REFUSED: Final = (
    "the sender does not accept our certificate: give it our authority's, or the fingerprint that "
    "`sysledger tls show` prints"
)
# What can be done, by how OpenSSL's word for what went wrong ends.
_ADVICE: Final = {
    "peer did not return a certificate": (
        "give the sender a certificate and key, or set client_certificate to 'optional'"
    ),
    "no shared cipher": "the sender is old: update it, or set legacy_cipher",
    "unsupported protocol": "the sender is too old, and has no TLS 1.2: update it",
    "version too low": "the sender is too old, and has no TLS 1.2: update it",
    **dict.fromkeys(
        (
            "alert unknown ca",
            "alert bad certificate",
            "alert certificate unknown",
            "alert certificate expired",
        ),
        _OURS_REFUSED,
    ),
}
_HANDSHAKE_SECONDS: Final = 30.0
_FAREWELL_SECONDS: Final = 5.0  # for what the peer sent before it heard our close_notify


def advice(failure: str, refused: str | None) -> str:
    """Say what an operator can do about a handshake that failed; "" where that is not known.

    Args:
        failure: why it did.
        refused: fingerprint of the sender's certificate, where that was not accepted.
    """
    if refused is not None:
        return f"{_REFUSED}: {refused}"
    return next((told for end, told in _ADVICE.items() if failure.endswith(end)), "")


class TlsLayer(StreamConnection):
    """Takes TLS off one connection."""

    def __init__(self, listener: StreamListener, credentials: Credentials, *rest: Any) -> None:
        super().__init__(listener, *rest)
        self._session = TlsSession(credentials)
        self._deadline: asyncio.TimerHandle | None = None  # of the handshake, of idleness, then of the end
        self._leaving = False
        self._quiet = True  # since the deadline was set
        self._delayed: bytes | None = None  # of a handshake that waits for its turn

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; the handshake must not last for ever."""
        super().connection_made(transport)
        self._set_deadline(_HANDSHAKE_SECONDS)

    def take(self, octets: bytes) -> None:
        """Take octets of the wire: decrypt them, and answer what TLS wants answered.

        Handshakes are costly, and many may come at once: those of one listener have to take turns.
        """
        if self._session.established or self.listener.handshakes.take():
            self._take(octets)
            return
        self.pause()
        self._delayed = octets
        self.listener.handshakes.wait(self._take_delayed)

    def finish(self) -> None:
        """Take the stream as ended, and frame what is left of it."""
        self._take_rest()
        super().finish()

    def _take_rest(self) -> None:
        octets, self._delayed = self._delayed, None
        if octets is not None:
            self._take(octets)

    def _take_delayed(self) -> None:
        if self._delayed is None:  # the connection ended meanwhile
            return
        self._take_rest()
        if not self.waits and not self.refused:
            self.resume()

    def _take(self, octets: bytes) -> None:
        session, was_established = self._session, self._session.established
        progress = session.receive(octets)
        super().send(progress.answer)
        self._quiet = False
        self.identity = session.identity
        if session.established and not was_established:
            self._await_silence()
        if progress.plaintext:
            super().take(progress.plaintext)
        if session.failure is not None:
            self._fail(session.failure)
        elif session.ended:  # section 4.4: close_notify is answered, and then the connection closed
            super().close()

    def send(self, octets: bytes) -> None:
        """Write plaintext to the peer, encrypted."""
        super().send(self._session.send(octets))

    def connection_lost(self, error: Exception | None) -> None:
        """Keep what is left, and count a handshake that was never completed."""
        self._forget_deadline()
        self._take_rest()
        if not self._session.established and not self.refused:
            self.listener.intake.counts.refused["TLS handshake: not completed"] += 1
        super().connection_lost(error)

    def resume(self) -> None:
        """Read again: a handshake that waited for us has its whole time from now on."""
        if self._delayed is None:
            super().resume()
        if self._deadline is not None and not self._session.established:
            self._set_deadline(_HANDSHAKE_SECONDS)

    def adapt(self) -> None:
        """Take that the listener's settings have changed: ``idle_seconds`` counts from now on."""
        super().adapt()
        if self._session.established and not self._leaving:
            self._await_silence()

    def close(self) -> None:
        """Close from our side, with close_notify before (section 4.4)."""
        super().send(self._session.close())
        super().close()

    def _fail(self, failure: str) -> None:
        phase = "TLS" if self._session.established else "TLS handshake"
        self.refuse(f"{phase}: {failure}", advice(failure, self._session.refused))

    def _await_silence(self) -> None:
        self._forget_deadline()
        if (idle := self.listener.idle_seconds) is not None:
            self._set_deadline(idle)

    def _set_deadline(self, seconds: float) -> None:
        self._forget_deadline()
        self._quiet = True
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._late)

    def _late(self) -> None:
        if self._leaving:
            super().close()
        elif self.waits:  # the peer waits for us
            if self._session.established:
                self._await_silence()
        elif not self._session.established:
            self.refuse("TLS handshake: not completed in time")
        elif self._quiet:
            self._leave()
        else:
            self._await_silence()

    def _leave(self) -> None:
        """Say close_notify, and give what is on its way the time to come (section 4.4)."""
        super().send(self._session.close())
        self._leaving = True
        self._set_deadline(_FAREWELL_SECONDS)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class TlsConnection(TlsLayer):
    """One connection of a sender that speaks TLS (RFC 5425)."""

    def leave(self) -> None:
        """Say close_notify; what the sender sends until it has heard that is taken (section 4.4)."""
        self._leave()

    def pause_writing(self) -> None:
        """End the connection at once: the peer asks TLS for answers (new keys, say), and reads none."""
        self.refuse("TLS: its answers are not read")
        if self._transport is not None:
            self._transport.abort()
