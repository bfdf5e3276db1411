"""`sysledger reload`: asks the supervisor of a data folder for a reload, and waits for what comes of it."""

import os
import signal
import time
from pathlib import Path
from typing import Any, Final

from supervisor.lock import holder
from supervisor.status import SUPERVISOR, lock_path, read_report

WAIT_SECONDS: Final = 300.0  # checks, and several roles that may each take a minute
PAUSE_SECONDS: Final = 0.05


class NoAnswerError(Exception):
    """There is no supervisor, or none that answers; the message says what to do."""

    exit_code = os.EX_UNAVAILABLE


def ask_reload(run: Path, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
    """Send the supervisor SIGHUP; give what it reports of the reload (see ``Reloading``).

    Raises:
        NoAnswerError: when none runs on the data folder of ``run``, or it does not report within ``seconds``.
        PermissionError: when it is another user's.
    """
    process = holder(lock_path(run, SUPERVISOR))
    if process is None:
        raise NoAnswerError(
            f"nothing to reload: no `sysledger run` works on the data folder {run.parent}; name the folder "
            "of the one that does with --data"
        )
    asked = int(read_report(run, SUPERVISOR).get("reloads_asked", 0))
    os.kill(process, signal.SIGHUP)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        outcome = read_report(run, SUPERVISOR).get("reload", {})
        if outcome.get("asked", 0) > asked:
            return dict(outcome)
        if holder(lock_path(run, SUPERVISOR)) != process:
            raise NoAnswerError(f"the supervisor (process {process}) ended meanwhile: see its log")
        time.sleep(PAUSE_SECONDS)
    raise NoAnswerError(
        f"the supervisor (process {process}) has not reloaded within {seconds:g} s: its log says what it "
        "waits for"
    )
