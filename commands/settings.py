"""The settings of all packages as one, which only the command line knows."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.layout import TRAIL, TRAIL_ELSEWHERE, Layout
from supervisor.banner import OWN_LISTENER

if TYPE_CHECKING:
    from pydantic import BaseModel

    from collector.settings import CollectorSettings
    from relay.settings import RelaySettings
    from storage.settings import StorageSettings
    from supervisor.settings import SupervisorSettings
    from watch.settings import WatchSettings
    from web.settings import WebSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, each section by the model of the package that owns it."""

    data: Path
    supervisor: "SupervisorSettings"
    collector: "CollectorSettings"
    storage: "StorageSettings"
    web: "WebSettings"
    relay: "RelaySettings"
    watch: "WatchSettings"


def settings_model() -> "type[BaseModel]":
    """Put every package's settings together into the schema of the configuration."""
    from pydantic import ConfigDict, Field, create_model

    from collector.settings import CollectorSettings
    from relay.settings import RelaySettings
    from storage.settings import StorageSettings
    from supervisor.settings import SupervisorSettings
    from watch.settings import WatchSettings
    from web.settings import WebSettings

    described = "Folder that everything is kept in. A relative path starts where sysledger is run."
    sections: dict[str, Any] = {
        "data": (Path, Field(default=Path("var"), description=described)),
        "supervisor": (SupervisorSettings, Field(default_factory=SupervisorSettings)),
        "collector": (CollectorSettings, Field(default_factory=CollectorSettings)),
        "storage": (StorageSettings, Field(default_factory=StorageSettings)),
        "web": (WebSettings, Field(default_factory=WebSettings)),
        "relay": (RelaySettings, Field(default_factory=RelaySettings)),
        "watch": (WatchSettings, Field(default_factory=WatchSettings)),
    }
    model: type[BaseModel] = create_model(
        "Settings", __config__=ConfigDict(extra="forbid", frozen=True), **sections
    )
    return model


def load_settings(config: Path | None, data: Path | None) -> Settings:
    """Read and check the configuration.

    Raises:
        ConfigError: with every problem.
    """
    from supervisor.config import load

    loaded = load(settings_model(), config, {} if data is None else {"data": str(data)})
    found = Settings(**{name: getattr(loaded, name) for name in type(loaded).model_fields})
    return replace(found, collector=trailed(found.collector, Layout(found.data)))


def trailed(settings: "CollectorSettings", layout: Layout) -> "CollectorSettings":
    """Give the collector's settings with the listener that the appliance tells its trail by.

    Where storage is on another machine, it takes the trail of this one in a stream of its own.

    Raises:
        EndpointError: when there is no folder for its socket.
    """
    from collector.trail_listener import with_trail
    from supervisor.endpoint import trail_socket

    told = TRAIL_ELSEWHERE if settings.storage.endpoints else TRAIL
    return with_trail(settings, trail_socket(layout.run), told.tenant, told.stream)


def configuration_folder(config: Path | None) -> Path:
    """Where relative paths of rule files start."""
    return Path() if config is None else config.absolute().parent


def own_listener(settings: Settings) -> tuple[str, int] | None:
    """Where our own log lines go, if the listener for them is there and its port known beforehand."""
    listener = settings.collector.listeners.get(OWN_LISTENER)
    if (
        not settings.supervisor.log_to_listener
        or listener is None
        or not listener.enabled
        or not listener.port
    ):
        return None
    return listener.address, listener.port


def roles_here(settings: Settings) -> tuple[str, ...]:
    """Give the roles to run here; none: all. Where storage is elsewhere, so is all that reads it."""
    return settings.supervisor.roles or (("collector",) if settings.collector.storage.endpoints else ())


def kinds_here(settings: Settings) -> frozenset[str]:
    """Give the roles that run on this machine."""
    from supervisor.appliance import START_ORDER

    off = {"relay": not settings.relay.enabled, "watch": not settings.watch.enabled}
    return frozenset(role for role in roles_here(settings) or START_ORDER if not off.get(role))


def handed_settings(config: Path | None, data: Path | None) -> Settings:
    """Give the settings that our supervisor has handed over; where it has not, those of the files."""
    from supervisor.handed import take_handed

    handed = take_handed(os.environ)
    return load_settings(config, data) if handed is None else Settings(**handed)
