"""What becomes of the appliance's configuration, told to the trail by the supervisor.

Names of settings are told, and a checksum of all their values; never a value, which may be a secret.
"""

import hashlib
import json
import logging
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from commands.settings import Settings, kinds_here
from storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from access.trail_message import Outcome

NAMED: Final = 50  # settings that have changed; of more the rest is counted
_APPLIANCE: Final = "appliance"

log = logging.getLogger(__name__)


class SettingsTrail:
    """Tells of the settings of one appliance; where no pages are, nobody is told.

    Args:
        settings: that it starts with.
        config: the configuration file.
    """

    def __init__(self, settings: Settings, config: Path | None) -> None:
        self._settings = settings
        self._target = "the default configuration" if config is None else str(config.absolute())
        self._layout = Layout(settings.data)

    def started(self) -> None:
        """Tell that the appliance starts."""
        self._tell("appliance.start", sha256=checksum(self._settings))

    def taken(self, settings: Settings) -> None:
        """Tell that other settings are used."""
        names = list(changed(self._settings, settings))
        self._settings = settings
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        what = ", ".join(names[:NAMED]) + more or "nothing"
        self._tell("settings.reload", changed=what, sha256=checksum(settings))

    def refused(self, problems: int) -> None:
        """Tell that other settings were refused."""
        self._tell("settings.reload", outcome="refused", problems=problems)

    def _tell(self, action: str, outcome: "Outcome" = "done", **details: object) -> None:
        """Tell, or log that nobody could be told: whoever has the machine can start it all the same."""
        if "web" not in kinds_here(self._settings):
            return
        from access.trail import TrailError, record
        from access.visitor import Visitor, visiting
        from commands.trail import telling_from

        try:
            visitor = Visitor(_APPLIANCE, "administrator", means="console")
            with telling_from(self._layout), visiting(visitor):
                record(action, self._target, outcome, **details)
        except TrailError as error:
            log.error("the trail is not told of the configuration: %s", error)  # noqa: TRY400 - says it all


def checksum(settings: Settings) -> str:
    """Give the SHA-256 of all values, in hexadecimal digits."""
    return hashlib.sha256(json.dumps(_values(settings), sort_keys=True).encode()).hexdigest()


def changed(before: Settings, after: Settings) -> "Iterator[str]":
    """Give the names of the settings that differ, as they stand in the configuration."""
    yield from _differing(_values(before), _values(after), "")


def _values(settings: Settings) -> dict[str, Any]:
    sections = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return {
        name: str(section) if isinstance(section, Path) else section.model_dump(mode="json")
        for name, section in sections.items()
    }


def _differing(before: Any, after: Any, name: str) -> "Iterator[str]":
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield name
        return
    for key in sorted({*before, *after}):
        yield from _differing(before.get(key), after.get(key), f"{name}.{key}" if name else key)
