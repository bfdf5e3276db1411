"""What commands say: sentences on stderr, and the end of a command."""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn


def tell(text: str) -> None:
    """Say a sentence on stderr."""
    print(f"sysledger: {text}", file=sys.stderr)


def fail(text: str, code: int) -> NoReturn:
    """End the command with a sentence on stderr."""
    tell(text)
    sys.exit(code)


def number_of(count: int, what: str) -> str:
    """Give a number of things, in words: ``1 file``, ``2,000 files``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def missing_told(count: int) -> str:
    """Say how much of the range that was asked about no file has."""
    what = number_of(count, "message")
    return f"NOT in the result: {what} of this range in no file; sysledger verify says which and why"


def end_with_the_pipe() -> None:
    """End quietly when the reader of stdout has enough (head), as programs do by default."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def open_standard_files() -> None:
    """Open /dev/null for what the caller closed: no socket of ours may get the number of stdout."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            file = Path(os.devnull).open(mode)  # noqa: SIM115 - stays open until the end
            os.set_inheritable(file.fileno(), True)
            setattr(sys, name, file)


def release() -> str:
    """Give the version of this release."""
    from importlib.metadata import version as installed

    return installed("sysledger")
