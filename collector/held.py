"""The listening sockets of all collector processes, held by the supervisor, which outlives them.

A socket belongs to a listener, and with several processes each has its own at the same place (SO_REUSEPORT),
which it gets again when it is started anew: what came meanwhile waits there. One Unix socket, and whatever
systemd has opened, is read by all of them.

At a reload the sockets of the new configuration are there before anything changes: ``prepare``, then either
``commit`` or ``abandon``. A place that both configurations have keeps its socket, whatever its listener is
called or speaks. Sockets that are let go of are still the collectors', who read what has come there.
"""

import errno
import logging
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from collector.errors import ListenerError
from collector.given import HELD, adopt_sockets, listeners_of
from collector.settings import OVER_UDP, CollectorSettings, ListenerSettings
from collector.sockets import bind_beside, enlarge_receive_buffer, open_socket, unbound_beside
from collector.unix_socket import UnixSocket

log = logging.getLogger(__name__)

_Place = tuple[str, str, int, str]  # protocol, address or path, port, and who takes any free port


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held for one listener: ``sockets`` has one for each process, or one that all of them read."""

    place: _Place
    sockets: tuple[socket.socket, ...]
    for_all: bool = False
    unix: UnixSocket | None = None
    mode: int = 0  # of a Unix socket
    late: tuple[socket.socket, ...] = ()  # of ``sockets``: those that are not bound yet
    mark: str = HELD


_Plan = dict[str, _Held]  # by listener


class HeldSockets:
    """All listening sockets of the collectors.

    Args:
        settings: the collector's.
        given: sockets that are there already, by name and descriptor: systemd's.

    Raises:
        ListenerError: when a socket has no listener, or an address or path cannot be had.
    """

    def __init__(self, settings: CollectorSettings, given: Sequence[tuple[str, int]]) -> None:
        self._given = adopt_sockets(given)
        self._plan: _Plan = {}
        self._next: _Plan | None = None  # while a reload is prepared
        self._wanted: set[_Place] = set()  # by the settings that are used, or prepared
        try:
            self.prepare(settings)
        except ListenerError:
            self.close()
            raise
        self.commit()

    def of(self, number: int) -> list[tuple[str, int]]:
        """Give a process its sockets, by name and descriptor; from ``prepare`` on those of the new settings.

        Args:
            number: of the collector process, from 1; 0 where there is only one.
        """
        own = max(number, 1) - 1
        plan = self._plan if self._next is None else self._next
        return [
            (f"{name}{held.mark}", held.sockets[0 if held.for_all else own].fileno())
            for name, held in plan.items()
            if held.for_all or own < len(held.sockets)
        ]

    def prepare(self, settings: CollectorSettings) -> None:
        """Open what these settings need and is not there yet; all else stays as it is.

        Raises:
            ListenerError: when a socket has no listener, or an address or path cannot be had.
        """
        self.abandon()
        self._next = {}
        enabled = {name: one for name, one in settings.listeners.items() if one.enabled}
        self._wanted = {_place(name, listener) for name, listener in enabled.items()}
        try:
            given = listeners_of(self._given, enabled)
            for name, listener in enabled.items():
                self._next[name] = self._planned(name, listener, given.get(name), settings.processes)
        except ListenerError:
            self.abandon()
            raise

    def commit(self) -> None:
        """Let go of what the settings that were prepared do not need."""
        if self._next is None:
            return
        before, self._plan, self._next = self._plan, self._next, None
        self._let_go(before, self._plan)
        for name, held in self._plan.items():
            if held.unix is not None:
                held.unix.change_mode(held.mode)
            _bind_late(name, held)

    def abandon(self) -> None:
        """Close what was opened for settings that will not be used."""
        if self._next is not None:
            abandoned, self._next = self._next, None
            self._let_go(abandoned, self._plan)

    def retire(self) -> None:
        """Leave the sockets to the collectors, before these are stopped for good.

        Each closes its own after a last look, and who sends afterwards is told that nobody is there.
        """
        self.abandon()
        for held in self._plan.values():
            if held.unix is not None:
                held.unix.retire()
        self._let_go({name: held for name, held in self._plan.items() if held.unix is None}, {})
        self._plan = {name: held for name, held in self._plan.items() if held.unix is not None}

    def close(self) -> None:
        """Close everything, and remove the paths that were made here."""
        self.abandon()
        self._let_go(self._plan, {})
        self._plan = {}
        for _, opened in self._given:
            opened.close()

    def _planned(
        self, name: str, listener: ListenerSettings, given: socket.socket | None, processes: int
    ) -> _Held:
        if given is not None:
            return _Held(("systemd", name, 0, ""), (given,), for_all=True, mark="")
        place = _place(name, listener)
        there = next((held for held in self._plan.values() if held.place == place), None)
        if listener.transport == "unix":
            unix = UnixSocket(name, listener) if there is None or there.unix is None else there.unix
            return _Held(place, (unix.opened,), for_all=True, unix=unix, mode=int(listener.mode, 8))
        held = (
            replace(there, late=()) if there else _Held(place, (self._open(name, listener, listener.port),))
        )
        return self._of_size(held, name, listener, processes)

    def _of_size(self, held: _Held, name: str, listener: ListenerSettings, processes: int) -> _Held:
        """Give a socket to each process."""
        sockets = list(held.sockets[:processes])
        if len(sockets) < processes:
            _share(sockets)
        if held.sockets[0] in self._open_now():
            # Bound, they would take messages before anybody reads them, and lose these when all is abandoned.
            late = tuple(unbound_beside(sockets[0]) for _ in range(processes - len(sockets)))
            return replace(held, sockets=(*sockets, *late), late=late)
        try:
            while len(sockets) < processes:
                port = sockets[0].getsockname()[1]
                sockets.append(self._open(name, listener, port, shared=True))
        except ListenerError:
            self._let_go({name: replace(held, sockets=tuple(sockets))}, self._plan)
            raise
        return replace(held, sockets=tuple(sockets))

    def _open_now(self) -> set[socket.socket]:
        return {opened for held in self._plan.values() for opened in held.sockets}

    def _open(
        self, name: str, listener: ListenerSettings, port: int, *, shared: bool = False
    ) -> socket.socket:
        """Open a socket. The first at its place is opened for us alone, so that nobody else has it."""
        kind = socket.SOCK_DGRAM if listener.transport in OVER_UDP else socket.SOCK_STREAM
        try:
            opened = open_socket(name, kind, listener.address, port, shared=shared)
        except ListenerError as error:
            ours = list(self._leaving(kind, port))
            if shared or not ours or not _is_taken(error):
                raise
            _share(ours)  # at another address of that port: both are open until the new settings are used
            opened = open_socket(name, kind, listener.address, port, shared=True)
        if kind == socket.SOCK_DGRAM:
            enlarge_receive_buffer(opened, listener.receive_buffer)
        return opened

    def _leaving(self, kind: socket.SocketKind, port: int) -> Iterable[socket.socket]:
        """Give those at a port that the settings to come do not want."""
        for held in self._plan.values():
            if held.unix is None and held.place not in self._wanted:
                for opened in held.sockets:
                    if opened.type == kind and opened.getsockname()[1] == port:
                        yield opened

    def _let_go(self, plan: _Plan, kept: _Plan) -> None:
        """Close what ``plan`` has and ``kept`` has not; what systemd gave stays."""
        stay = {opened for held in kept.values() for opened in held.sockets}
        stay |= {opened for _, opened in self._given}
        for held in plan.values():
            for opened in held.sockets:
                if opened not in stay:
                    held.unix.close() if held.unix is not None else opened.close()


def _place(name: str, listener: ListenerSettings) -> _Place:
    if listener.transport == "unix":
        return "unix", str(listener.path), 0, ""
    protocol = "udp" if listener.transport in OVER_UDP else "tcp"
    return protocol, listener.address, listener.port, "" if listener.port else name


def _is_taken(error: ListenerError) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE


def _bind_late(name: str, held: _Held) -> None:
    for opened in held.late:
        try:
            bind_beside(opened, held.sockets[0])
        except OSError as error:
            log.error("listener %s: a process has no socket there (%s); restart the appliance", name, error)  # noqa: TRY400 - says it all


def _share(sockets: Iterable[socket.socket]) -> None:
    """Let further sockets of ours be opened at the same place."""
    for opened in sockets:
        with suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
