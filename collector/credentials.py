"""What a TLS or DTLS listener shows and whom it accepts; read again when the files change.

New handshakes use what was read last, and connections stay as they are. A change counts once the files have
stayed the same from one look to the next, since certificate and key are replaced one after the other. Files
that cannot be used are told once, and what was read before stays in use.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from OpenSSL import SSL

from collector.authorisation import Policy
from collector.certificate import CertificateFiles, fingerprints, own_certificate, own_certificate_files
from collector.errors import CertificateError
from collector.settings import OVER_TLS, CollectorSettings, ListenerSettings
from collector.tls_context import check_context

log = logging.getLogger(__name__)

ContextMaker = Callable[[str, ListenerSettings, CertificateFiles], SSL.Context]
_State = tuple[tuple[int, int, int, int] | None, ...]  # of each file: what changes with its content


class Credentials:
    """One listener's certificate, key, authorities and policy.

    Attributes:
        context: OpenSSL's parameters for the next handshake.
        policy: whom to accept.
        fingerprints: of the certificate that is shown, SHA-256 first.

    Args:
        name: the listener's name, for errors.
        settings: its settings.
        tls_folder: where the appliance's own certificate is, or will be made, for a listener without another.
        make: ``tls_context.tls_context`` or ``dtls_context``.

    Raises:
        CertificateError: when a file cannot be used.
    """

    def __init__(
        self,
        name: str,
        settings: ListenerSettings,
        tls_folder: Path,
        make: ContextMaker,
    ) -> None:
        self._name = name
        self._settings = settings
        self._make = make
        self._files = configured_certificate(settings) or own_certificate(tls_folder)
        self.policy = Policy.of(settings)
        self._used = self._seen = self._state()
        self._read()
        if settings.legacy_cipher:
            log.warning(
                "listener %s: legacy_cipher allows TLS_RSA_WITH_AES_128_CBC_SHA, which is weak: "
                "switch it off when the devices that need it are gone (RFC 9662 section 8)",
                name,
            )

    def become(self, other: "Credentials") -> None:
        """Take what another has read, so that who holds this one uses it from the next handshake on."""
        for name in ("_settings", "_files", "_used", "_seen", "policy", "context", "fingerprints"):
            setattr(self, name, getattr(other, name))

    def look(self) -> None:
        """See whether the files have changed, and read them again; to be called every second or so."""
        before, self._seen = self._seen, self._state()
        if self._seen == self._used or self._seen != before:
            return
        self._used = self._seen
        try:
            self._read()
        except CertificateError as error:
            log.error("%s; what was read before stays in use, until these files change again", error)  # noqa: TRY400 - the sentence says it all
        else:
            log.warning(
                "listener %s: certificate files were read again; new connections are shown %s",
                self._name,
                self.fingerprints[0],
            )

    def _read(self) -> None:
        context = self._make(self._name, self._settings, self._files)
        self.fingerprints = fingerprints(self._files.certificate)
        self.context = context

    def _state(self) -> _State:
        return tuple(
            _state_of(file)
            for file in (self._files.certificate, self._files.key, self._settings.client_ca)
            if file is not None
        )


def check_files(settings: CollectorSettings) -> list[str]:
    """Look at the files that listeners' settings name, and tell what cannot be used."""
    found = []
    for name, listener in settings.listeners.items():
        files = configured_certificate(listener)
        if not listener.enabled or (files is None and listener.client_ca is None):
            continue
        try:
            check_context(name, listener, files)
        except CertificateError as error:
            found.append(str(error))
    return found


def shown_certificates(settings: CollectorSettings, tls_folder: Path) -> dict[Path, list[str]]:
    """Give the certificate files that listeners show, each with the names of its listeners."""
    found: dict[Path, list[str]] = {}
    for name, listener in settings.listeners.items():
        if listener.enabled and listener.transport in OVER_TLS:
            files = configured_certificate(listener) or own_certificate_files(tls_folder)
            found.setdefault(files.certificate, []).append(name)
    return found


def configured_certificate(settings: ListenerSettings) -> CertificateFiles | None:
    """Give the certificate that the settings name, or None."""
    if settings.certificate is None or settings.key is None:
        return None
    return CertificateFiles(settings.certificate, settings.key)


def _state_of(file: Path) -> tuple[int, int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_dev, found.st_size
