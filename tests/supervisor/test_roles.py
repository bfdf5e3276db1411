"""An error that ends a command is told in a sentence, with an exit code that scripts can tell apart."""

import os

import pytest

from supervisor.config import ConfigError, Problem
from supervisor.lock import LockedError
from supervisor.roles import explain


class QueryError(ValueError):
    """A mistake of whoever asks."""


QueryError.__module__ = "storage.query"


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (LockedError("taken: stop it"), os.EX_UNAVAILABLE, "taken: stop it"),
        (
            ConfigError([Problem("a.b", "is bad", "use 1", "x.toml")]),
            os.EX_CONFIG,
            "a.b: is bad; use 1 (file x.toml)",
        ),
        (QueryError("no such field: use host"), os.EX_USAGE, "no such field: use host"),
        (
            FileNotFoundError(2, "No such file", "x"),
            os.EX_NOINPUT,
            "x: No such file; see whether",
        ),
        (IsADirectoryError(21, "Is a directory", "x"), os.EX_NOINPUT, "x: Is a directory; name a file"),
        (PermissionError(13, "Permission denied", "x"), os.EX_NOPERM, "run this as its owner"),
        (OSError(28, "No space left on device"), os.EX_IOERR, "No space left on device; see to the disk"),
        (OSError("no number"), os.EX_IOERR, "no number; see to the disk"),
        (KeyError("x"), os.EX_SOFTWARE, "this is a mistake in Sysledger"),
    ],
)
def test_errors_become_sentences(error: Exception, code: int, told: str) -> None:
    """Our own errors carry their sentence; the system's get one; only our mistakes show a traceback."""
    sentence, exit_code = explain(error)
    assert exit_code == code
    assert told in sentence
    assert ("KeyError" in sentence) == (code == os.EX_SOFTWARE)
