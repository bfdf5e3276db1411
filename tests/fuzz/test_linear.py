"""Nothing takes more than linear time: instructions are counted (tests/fuzz/instructions.py), not seconds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from tests.fuzz.linear import measured
from tests.fuzz.works import QUADRATIC, WORKS

# Each runs in a process of its own, side by side; made so that they take about as long.
PARTS: Final = tuple(list(WORKS)[part::2] for part in range(2))


@pytest.fixture(scope="module")
def found(tool: Callable[[str], str]) -> dict[str, Any]:
    """What was measured, by the name of the work."""
    valgrind = tool("valgrind")
    results: dict[str, Any] = {}
    with ThreadPoolExecutor() as pool:
        for result in pool.map(lambda names: measured(valgrind, names), PARTS):
            results |= result
    return results


@pytest.mark.timeout(900)  # the first one waits for all; they take a minute
@pytest.mark.parametrize("name", [name for name in WORKS if name != QUADRATIC])
def test_time_grows_no_faster_than_the_input(name: str, found: dict[str, Any]) -> None:
    """Messages with a piece repeated anywhere cost four times as much when they are four times as long."""
    assert found[name]["shapes"] > 5
    assert found[name]["superlinear"] == []


@pytest.mark.timeout(900)
def test_a_quadratic_pattern_is_seen(found: dict[str, Any]) -> None:
    """The measurement tells a pattern that begins its search anew at each place."""
    assert found[QUADRATIC]["superlinear"]
