"""The TLS listener (RFC 5425): TCP's, with the encryption taken off before framing."""

import asyncio
import ssl
from typing import Final

from collector.tcp import StreamConnection, StreamListener
from collector.tls_session import TlsSession

_HANDSHAKE_SECONDS: Final = 30.0


class TlsConnection(StreamConnection):
    """One connection of a sender that speaks TLS."""

    def __init__(self, listener: StreamListener, context: ssl.SSLContext) -> None:
        super().__init__(listener)
        self._session = TlsSession(context)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; the handshake must not last for ever."""
        super().connection_made(transport)
        self._set_deadline()

    def take(self, octets: bytes) -> None:
        """Take octets of the wire: decrypt them, and answer what TLS wants answered."""
        progress = self._session.receive(octets)
        self.send(progress.answer)
        self.identity = self._session.identity
        if progress.plaintext:
            super().take(progress.plaintext)
        if self._session.established:
            self._forget_deadline()
        if self._session.failure is not None:
            phase = "TLS" if self._session.established else "TLS handshake"
            self.refuse(f"{phase}: {self._session.failure}")
        elif self._session.ended:  # section 4.4: close_notify is answered, and then the connection closed
            super().close()

    def connection_lost(self, error: Exception | None) -> None:
        """Keep what is left, and count a handshake that was never completed."""
        self._forget_deadline()
        if not self._session.established and not self.refused:
            self.listener.intake.counts.refused["TLS handshake: not completed"] += 1
        super().connection_lost(error)

    def resume(self) -> None:
        """Read again: a handshake that waited for us has its whole time from now on."""
        super().resume()
        if self._deadline is not None:
            self._forget_deadline()
            self._set_deadline()

    def close(self) -> None:
        """Close from our side, with close_notify before (section 4.4)."""
        self.send(self._session.close())
        super().close()

    def _set_deadline(self) -> None:
        self._deadline = asyncio.get_running_loop().call_later(_HANDSHAKE_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        if not self.listener.paused:  # else it waits for us, and the time begins when we read again
            self.refuse("TLS handshake: not completed in time")

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
