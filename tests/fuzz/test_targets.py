"""Any octets whatever: bounded fuzzing of all that reads what strangers send; run.py goes on for hours.

The examples are the same in every run, so that a failure is the change's that is being tested.
"""

from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.fuzz.corpus import seeds
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS

USUAL: Final = 100
FEWER: Final = {"explaining": 60, "dialects": 60, "rules": 60, "rule_file": 60, "tls": 60}


@pytest.mark.parametrize("name", TARGETS)
def test_real_inputs(name: str) -> None:
    """What a target's fuzzing begins with is itself no failure."""
    several = seeds(name)
    for octets in several[:: max(1, len(several) // USUAL)]:
        TARGETS[name](octets)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations(name: str) -> None:
    """Real inputs with pieces cut out, put in, repeated and changed keep every promise of their target."""

    @settings(
        max_examples=FEWER.get(name, USUAL),
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(octets=mutated(seeds(name)))
    @example(octets=b"")
    def fuzz(octets: bytes) -> None:
        TARGETS[name](octets)

    fuzz()
