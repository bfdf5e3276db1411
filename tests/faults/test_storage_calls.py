"""The promise of storage when a system call fails: nothing acknowledged is lost, nothing is there twice.

Here some of the calls fail; python -m tests.faults.storage_scenario fails every one of them.
"""

from pathlib import Path

import pytest

from tests.faults.storage_scenario import ERRORS, count, play

STEP = 29  # a prime: the calls of a life are met at other places by each way of failing


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("lasting", [False, True])
def test_a_call_that_fails(error: int, lasting: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    """Append, roll, seal, merge, index, expire: whichever call fails, the next start mends it.

    Before and after that start readers find what was acknowledged once, and verify finds no fault.
    """
    calls = count(tmp_path / "data")
    begin = ERRORS.index(error) * 7 + lasting * 13
    for number in range(begin, calls, STEP):
        assert play(tmp_path / "data", number, error, lasting=lasting), "the call came"
