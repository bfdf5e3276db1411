"""One short round of a fault for the default test run; `python -m tests.faults.run` plays many long ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.harness import Play, Result, play

Playing = Callable[..., Result]
TRIES = 3  # a fault may find nothing to break, such as a journal that was archived at that moment


@pytest.fixture
def round_of(tmp_path: Path, tool: Callable[[str], str]) -> Playing:
    """Play a fault for some seconds, with a real rsyslogd among the senders, and assert that all is well."""

    def one(what: Play, seconds: float = 2, seed: int = 1) -> Result:
        for again in range(TRIES):
            folder = tmp_path / str(again)
            folder.mkdir()
            played = play("test", what, folder, seconds=seconds, seed=seed + again, rsyslogd=tool("rsyslogd"))
            assert played.is_good, played
            if played.times:
                break
        assert played.times
        assert played.verdict.found
        return played

    return one
