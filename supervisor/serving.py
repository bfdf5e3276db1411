"""The status listener of a running supervisor, wherever the settings want it, also after a reload."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from supervisor.gathering import gather
from supervisor.processes import Supervisor
from supervisor.status import URL
from supervisor.status_listener import StatusListener
from supervisor.status_settings import StatusSettings


class Serving:
    """Serves the state of a supervisor; where stands in its report.

    Args:
        supervisor: who is asked for what it knows, from another thread.
        run: the folder of the roles' reports.
        version: of this release.
        idle_seconds: how long ago the supervisor's own event loop last turned.
    """

    def __init__(
        self, supervisor: Supervisor, run: Path, version: str, idle_seconds: Callable[[], float]
    ) -> None:
        self._supervisor = supervisor
        self._source = partial(gather, run, version, supervisor.known)
        self._idle_seconds = idle_seconds
        self._settings: StatusSettings | None = None
        self._listener: StatusListener | None = None

    def follow(self, settings: StatusSettings) -> None:
        """Listen where these settings say, and no longer where others said.

        Raises:
            StatusError: when the address and port cannot be had; there is no status listener then.
        """
        if settings == self._settings:
            return
        self.close()
        if settings.enabled:
            listener = StatusListener(settings, self._source, self._idle_seconds)
            listener.start()
            self._listener = listener
            self._supervisor.facts[URL] = listener.url
        self._settings = settings

    def close(self) -> None:
        """Listen no more."""
        self._settings = None
        self._supervisor.facts.pop(URL, None)
        if self._listener is not None:
            self._listener.close()
            self._listener = None
