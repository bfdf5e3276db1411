"""Checks all that a configuration names: certificates, keys, rule files.

By a process of its own, `sysledger check-config`, since that needs much which the supervisor is to stay
without.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from supervisor.handed import open_handed, tell_handed
from supervisor.reloading import RefusedError

CHECK_SECONDS: Final = 120.0
_PREFIX: Final = "sysledger: "


def check_files(handed: bytes, config: Path | None) -> list[str]:
    """Check the files that settings name; give what is only worth a note, such as a rule that is left out.

    Args:
        handed: the settings, as ``handed.hand`` gives them.
        config: the configuration file, in whose folder relative paths start.

    Raises:
        RefusedError: with every problem.
    """
    words = [sys.executable, "-P", "-m", "sysledger", "check-config"]
    words += [] if config is None else ["--config", str(config.absolute())]
    descriptor = open_handed(handed)
    try:
        checked = subprocess.run(  # noqa: S603 - ourselves
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=(descriptor,),
            env={**os.environ, **tell_handed(descriptor)},
            timeout=CHECK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedError(
            [f"sysledger check-config takes longer than {CHECK_SECONDS:g} s: see what it waits for"]
        ) from error
    finally:
        os.close(descriptor)
    told = checked.stderr.decode("utf-8", "replace").splitlines()
    sentences = [line.removeprefix(_PREFIX) for line in told if line.strip()]
    if checked.returncode:
        raise RefusedError(sentences or [f"sysledger check-config ended with {checked.returncode}: run it"])
    return sentences
