"""The roles' mains, each with what it needs of other packages."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.settings import Settings
from storage.layout import Layout
from supervisor.banner import TRAIL_LISTENER
from supervisor.options import RoleName

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.settings import CollectorSettings
    from supervisor.activation import Sockets
    from supervisor.roles import Main
    from watch.inventory import Source
    from watch.listeners import Listener
    from web.tls import CertificateFiles


def main_of(
    role: RoleName, settings: Settings, layout: Layout, number: int, sockets: "Sockets", folder: Path
) -> "Main":
    """Give the coroutine that is the role, with everything it needs but its life cycle."""
    if role == RoleName.WEB:
        from collector.applied import SourcesByListener
        from commands.pages import appliance_of
        from supervisor.endpoint import trail_socket
        from web.run import run as serve_pages

        return partial(
            serve_pages,
            settings.web,
            layout=layout,
            source_of=SourcesByListener(settings.collector),
            appliance=appliance_of(settings, layout),
            trail=trail_socket(layout.run),
            numbered=settings.collector.processes == 1,
            certificate=_pages_certificate(settings, layout),
        )
    if role == RoleName.RELAY:
        from relay.run import run as forward

        return partial(forward, settings.relay, layout=layout)
    if role == RoleName.WATCH:
        from watch.run import run as look

        return partial(
            look,
            settings.watch,
            layout=layout,
            listeners=watched_listeners(settings.collector, layout),
            silent_of=silent_of(settings.collector),
        )
    if role == RoleName.INDEXER:
        from storage.indexer import run as index

        return partial(index, settings.storage, layout=layout)
    from curve import own_keys
    from supervisor.appliance import process_name
    from supervisor.endpoint import storage_endpoint

    endpoint = storage_endpoint(layout.run)
    if role == RoleName.STORAGE:
        from storage.worker import run as store

        keys = own_keys(layout.tls) if settings.storage.listen.endpoint is not None else None
        return partial(store, settings.storage, layout=layout, endpoint=endpoint, keys=keys)
    from collector.run import run as collect

    return partial(
        collect,
        settings.collector,
        books=layout.books,
        process=process_name(role, number),
        tenants=layout.tenants,
        endpoint=endpoint,
        tls_folder=layout.tls,
        given=sockets,
        first=number <= 1,
        queue=layout.queue / process_name(role, number),
        folder=folder,
    )


def _pages_certificate(settings: Settings, layout: Layout) -> "CertificateFiles | None":
    """Give the appliance's own certificate, made if need be, where the pages are served by it."""
    from collector.certificate import own_certificate
    from web.tls import CertificateFiles

    if not settings.web.is_tls or settings.web.certificate is not None:
        return None
    files = own_certificate(layout.tls)
    return CertificateFiles(files.certificate, files.key)


def watched_listeners(settings: "CollectorSettings", layout: Layout) -> "dict[str, Listener]":
    """Give what the watch must know of each listener, to send canaries through it."""
    from watch.listeners import Listener

    tenants = tenants_of_canaries(settings, layout)
    return {
        name: Listener(
            name,
            one.transport,
            tenants[name],
            one.stream,
            one.format,
            one.client_certificate,
            one.sender_networks,
            one.proxy_protocol,
            one.proxy_networks,
        )
        for name, one in settings.listeners.items()
        if name != TRAIL_LISTENER  # a canary is nothing that a person did
    }


def tenants_of_canaries(settings: "CollectorSettings", layout: Layout) -> dict[str, str]:
    """Give the tenant that this machine's own messages come to, by listener.

    Raises:
        RegistryError: when nobody can say whose messages are.
    """
    from tenants.assignment import Assignment
    from tenants.file import read_registry
    from tenants.rules import takes_rules
    from watch.listeners import target

    assignment = Assignment(read_registry(layout.tenants))
    return {
        name: (takes_rules(name, one.tenant) and assignment.of_sender(name, target(one.address), None))
        or one.tenant
        for name, one in settings.listeners.items()
    }


def silent_of(settings: "CollectorSettings") -> "Callable[[Source], float | None]":
    """Give what says after which silence a source is silent, by the source of the conf that applies to it."""
    from collector.applied import SourcesByListener

    if all(one.silent_seconds is None for one in settings.sources.values()):
        return lambda _source: None
    chosen = SourcesByListener(settings).chosen

    def silent_of(source: "Source") -> float | None:
        listener = next(reversed(source.of("listener")), "")
        name = chosen(listener, source.peer, source.host).name
        return None if name is None else settings.sources[name].silent_seconds

    return silent_of
