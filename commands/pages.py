"""What the operator's pages are told of the appliance: what the commands print, asked in the same way."""

import time
from datetime import date
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from commands.settings import Settings
from storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from collector.settings import CollectorSettings
    from supervisor.pace import Pace
    from web.appliance import Appliance, Certificate, Reloaded, Seen

_OLD_SECONDS: Final = 10.0  # a look that is older says nothing of the rates now


def appliance_of(settings: Settings, layout: Layout) -> "Appliance":
    """Give what asks the appliance of these settings, for ``web.run``."""
    from web.appliance import Appliance

    listeners = settings.collector.listeners
    return Appliance(
        look=_Looking(settings, layout).look,
        inventory=partial(_inventory, settings, layout),
        statement=partial(_statement, settings, layout),
        certificates=partial(_certificates, settings.collector, layout.tls),
        reload=partial(_reload, layout),
        received=partial(_received, layout),
        listeners={name: one.model_dump(mode="json") for name, one in listeners.items()},
        storage=settings.storage,
    )


def _reload(layout: Layout) -> "Reloaded":
    from commands.tenants import reload_running

    return reload_running(layout)


def _received(layout: Layout) -> "Mapping[str, int]":
    from commands.tenants import received_today

    return received_today(layout)


class _Looking:
    """Looks as `sysledger status` does, and remembers the look before for the rates."""

    def __init__(self, settings: Settings, layout: Layout) -> None:
        self._settings = settings
        self._layout = layout
        self._pace: Pace | None = None
        self._at = float("-inf")
        self._one_at_a_time = Lock()

    def look(self) -> "Seen":
        """Look; twice, a report of the roles apart, when the last look is old."""
        from supervisor.pace import LOOK_SECONDS, Pace

        with self._one_at_a_time:
            document = self._seen()
            if self._pace is None or time.monotonic() - self._at > _OLD_SECONDS:
                self._pace = Pace()
                self._pace.see(document)
                if document["running"]:
                    time.sleep(LOOK_SECONDS)
                    document = self._seen()
            self._pace.see(document)
            self._at = time.monotonic()
            return as_seen(document, self._pace)

    def _seen(self) -> dict[str, Any]:
        from commands.status import seen

        return seen(self._settings, self._layout)


def as_seen(document: dict[str, Any], pace: "Pace") -> "Seen":
    """Give a document of `sysledger status` as the pages take it, with the rates that ``pace`` knows."""
    from supervisor import summary
    from supervisor.headline import details, running
    from supervisor.troubles import troubles
    from web.appliance import Seen

    listeners = summary.listeners(document["roles"].values())
    rates = {
        "listeners": {
            name: {entry: pace.of("listeners", name, entry) for entry in ("messages", "octets")}
            for name in listeners
        },
        "stored": pace.of("messages", kind="storage"),
        "indexed": pace.of("messages_indexed"),
        "processors": {role: pace.of("process", "cpu_seconds", kind=role) for role in document["roles"]},
    }
    return Seen(
        document, running(document), tuple(details(document)), tuple(troubles(document)), listeners, rates
    )


def _inventory(settings: Settings, layout: Layout) -> "Mapping[str, Any] | None":
    """Give the sources as the watch last wrote them; None when it has written none."""
    from commands.sources import watch_of
    from watch.shown import document
    from watch.state import FILE

    watch = watch_of(settings, layout)
    if not watch.begin():
        return None
    written = (layout.watch / FILE).stat().st_mtime
    told = document(watch.inventory, watch.findings, watch.situation(time.time()))
    return {**told, "written_at": written}


def _statement(settings: Settings, layout: Layout, day: date | None) -> "Mapping[str, Any]":
    from commands.proof import balanced_books

    is_here = not settings.collector.storage.endpoints
    return balanced_books(layout, day, storage_is_here=is_here).document(sources=True)


def _certificates(settings: "CollectorSettings", folder: "Path") -> "list[Certificate]":
    """Give the certificates of the listeners that have any, each file once."""
    from collector.certificate import own_certificate_files

    files: dict[tuple[str, Path], list[str]] = {}
    appliances = own_certificate_files(folder).certificate
    for name, one in settings.listeners.items():
        if not one.enabled or "tls" not in one.transport:
            continue
        own = one.certificate or appliances
        files.setdefault(("own", own), []).append(name)
        if one.client_ca is not None:
            files.setdefault(("senders", one.client_ca), []).append(name)
    return [found for (use, file), names in files.items() for found in _read(use, file, names)]


def _read(use: str, file: "Path", names: "Iterable[str]") -> "Iterator[Certificate]":
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    from collector.certificate import fingerprints_of, read_certificate
    from collector.errors import CertificateError
    from web.appliance import Certificate

    listeners = tuple(names)
    try:
        first = read_certificate(file)
        several = [first] if use == "own" else x509.load_pem_x509_certificates(file.read_bytes())
    except (CertificateError, OSError, ValueError) as error:
        yield Certificate(listeners, use, str(file), trouble=str(error))
        return
    for each in several:
        yield Certificate(
            listeners,
            use,
            str(file),
            each.subject.rfc4514_string(),
            fingerprints_of(each.public_bytes(serialization.Encoding.DER))[0],
            each.not_valid_after_utc,
        )
