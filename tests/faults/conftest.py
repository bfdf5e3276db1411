"""One short round of a fault for the default test run; `python -m tests.faults.run` plays many long ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.harness import Play, Result, play

Playing = Callable[..., Result]


@pytest.fixture
def round_of(tmp_path: Path, tool: Callable[[str], str]) -> Playing:
    """Play a fault for some seconds, with a real rsyslogd among the senders, and assert that all is well."""

    def one(what: Play, seconds: float = 2, seed: int = 1) -> Result:
        played = play("test", what, tmp_path, seconds=seconds, seed=seed, rsyslogd=tool("rsyslogd"))
        assert played.is_good, played
        assert played.times
        assert played.verdict.found
        return played

    return one
