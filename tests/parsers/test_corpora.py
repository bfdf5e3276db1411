"""Other people's messages and what they expect of them, held against what we read: case by case.

The cases are all files of ../shared/corpora (its README says how a case is written). Where we read one
otherwise, deviations.toml gives the reason; a reason that explains nothing fails, so that the list stays
true. ``python -m tests.parsers.agreement`` prints the same as figures.
"""

import re

import pytest

from tests.parsers.corpora import ELSEWHERE, FILES, judged
from tests.parsers.deviations import deviations, unexplained, unused
from tests.shared import SHARED

MOST_REASONS = 0.05  # of all cases
SHOWN = 20  # cases of a corpus that fails; the first are enough to begin with


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("file", FILES)
def test_every_case_agrees_or_has_a_reason(file: str) -> None:
    """We read every message of a corpus as it expects, or deviations.toml says why not."""
    failed = [case for case in judged(file) if unexplained(case, deviations())]
    told = "\n".join(map(str, failed[:SHOWN]))
    assert not failed, f"{len(failed)} of {len(judged(file))} cases differ without a reason\n{told}"


@pytest.mark.usefixtures("shared")
def test_every_reason_explains_a_difference() -> None:
    """No entry of deviations.toml is about cases that do not exist or that agree after all."""
    vain = unused((case for file in FILES for case in judged(file)), deviations())
    assert not [entry.reason for entry in vain]


@pytest.mark.usefixtures("shared")
def test_reasons_are_the_exception() -> None:
    """Under 5 percent of all cases are read otherwise, without those in which two peers only differ."""
    cases = [case for file in FILES if file != "peer_outputs" for case in judged(file)]
    assert sum(bool(case.differences) for case in cases) < MOST_REASONS * len(cases)


@pytest.mark.usefixtures("shared")
def test_no_corpus_is_left_out() -> None:
    """Every file of the corpora is run here, but for the rules, which their own tests run."""
    there = {re.sub(r"\.jsonl(\.gz)?\Z", "", path.name) for path in (SHARED / "corpora").glob("*.jsonl*")}
    assert there == {*FILES, ELSEWHERE}
