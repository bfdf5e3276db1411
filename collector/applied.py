"""Which source's settings apply to a message, told to people and to programs: for `sysledger explain`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from collector.settings import CollectorSettings, ListenerSettings
from collector.source_settings import SourceSettings
from collector.sources import Chosen, Sources
from collector.trail_listener import sources_for
from parsers.source import Source

LABELS: Final = {
    "format": "format",
    "timezone": "time zone",
    "charset": "character set",
    "date_order": "date order",
}


@dataclass(frozen=True)
class Applied:
    """The sources of a conf as they are at one listener, and where each of their settings comes from.

    ``given`` are settings that the command line has, which come before all others.
    """

    listener: str | None
    settings: ListenerSettings
    by_name: Mapping[str, SourceSettings]
    given: Mapping[str, str]
    sources: Sources

    def sentence(self, chosen: Chosen) -> str:
        """Say which source was chosen and why, what it sets, and what is as elsewhere."""
        own = self._own(chosen)
        of_source = [f"{LABELS[name]} {value} (listener's: {self._listeners(name)})" for name, value in own]
        rest = [name for name in LABELS if name not in {*dict(own), *self.given}]
        told = [
            ", ".join(of_source),
            _told("by the command line", [f"{LABELS[name]} {value}" for name, value in self.given.items()]),
            _told(f"as {self._place()} has it", [f"{LABELS[name]} {self._listeners(name)}" for name in rest]),
        ]
        why = "no source" if chosen.name is None else f"source '{chosen.name}' by {chosen.by}"
        return f"{why}: {'; '.join(filter(None, told))}"

    def document(self, chosen: Chosen) -> dict[str, Any]:
        """Give the same to a program: the source, what told it, and the value of every setting."""
        own = dict(self._own(chosen))
        values = {name: own.get(name, getattr(self.settings, name)) for name in LABELS}
        return {"name": chosen.name, "by": chosen.by or None, **values, **self.given}

    def _own(self, chosen: Chosen) -> list[tuple[str, str]]:
        """The settings that the source itself has, and the command line has not."""
        if chosen.name is None:
            return []
        source = self.by_name[chosen.name]
        return [
            (name, value)
            for name in LABELS
            if name not in self.given and (value := getattr(source, name)) is not None
        ]

    def _listeners(self, name: str) -> str:
        return getattr(self.settings, name) or "not set"

    def _place(self) -> str:
        return "a listener" if self.listener is None else f"listener '{self.listener}'"


def _told(where: str, what: Iterable[str]) -> str:
    listed = ", ".join(what)
    return f"{where}: {listed}" if listed else ""


def applied(settings: CollectorSettings, listener: str | None, *, given: Mapping[str, str]) -> Applied:
    """Give what applies at ``listener``; None is a listener as it is by default.

    Args:
        settings: the conf.
        listener: its name.
        given: settings of the command line, checked, by name.

    Raises:
        ValueError: when there is no such listener.
    """
    if listener is not None and listener not in settings.listeners:
        raise ValueError(f"there is no listener {listener!r}: use one of {', '.join(settings.listeners)}")
    own = ListenerSettings(transport="udp", port=0) if listener is None else settings.listeners[listener]
    own = own.model_copy(update=dict(given))
    bare = dict.fromkeys(given)
    by_name = {name: source.model_copy(update=bare) for name, source in settings.sources.items()}
    return Applied(listener, own, settings.sources, given, Sources(listener, own, by_name))


class SourcesByListener:
    """How the messages of all listeners are read; one that the conf has no more is as one is by default."""

    def __init__(self, settings: CollectorSettings) -> None:
        by_default = ListenerSettings(transport="udp", port=0)
        self._unknown = Sources(None, by_default, settings.sources)
        self._known = {
            name: Sources(name, listener, sources_for(settings, name))
            for name, listener in settings.listeners.items()
        }

    def __call__(self, listener: str, peer: str, hostname: str | None) -> Source:
        """Give the reading of a message that came by ``listener`` from ``peer`` and claims ``hostname``."""
        return self.chosen(listener, peer, hostname).reading

    def chosen(self, listener: str, peer: str, hostname: str | None) -> Chosen:
        """Give the source of a message that came by ``listener`` from ``peer`` and claims ``hostname``."""
        return self._known.get(listener, self._unknown).of(peer, hostname)
