"""The listener by which the appliance tells its trail who did what. Only its own user may write to it.

It is in no configuration: nothing but a path is to be chosen, and nobody is to change what becomes of the
trail. So it also goes without what can be set of sources, and nothing of it is shed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from collector.settings import TRAIL, CollectorSettings, ListenerSettings
from collector.source_settings import SourceSettings

NAME: Final = TRAIL
_MODE: Final = "0600"
_NO_SOURCES: Final[Mapping[str, SourceSettings]] = {}


def with_trail(settings: CollectorSettings, path: Path, tenant: str, stream: str) -> CollectorSettings:
    """Give the settings with the trail's listener among the listeners.

    Args:
        settings: as they were configured.
        path: of its socket.
        tenant: of the trail.
        stream: of the trail.
    """
    listener = ListenerSettings(transport="unix", path=path, mode=_MODE, format="rfc5424", timezone="UTC")
    # Not by the settings' own check, which leaves this tenant to nobody else.
    listener = listener.model_copy(update={"tenant": tenant, "stream": stream})
    return settings.model_copy(update={"listeners": {**settings.listeners, NAME: listener}})


def sources_for(settings: CollectorSettings, name: str) -> Mapping[str, SourceSettings]:
    """Give the sources that a listener's messages can be of."""
    return _NO_SOURCES if name == NAME else settings.sources
