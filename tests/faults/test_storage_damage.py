"""The promises about damaged files: the rest is read, what is missing is named, and it is mended or put away.

Here some octets are flipped; python -m tests.faults.storage_damage flips thousands.
"""

from pathlib import Path

import pytest

from tests.faults.storage_damage import cut, play, play_index, recover

PLACES = 12  # of each file
FEW = 8  # where each is a folder, or an index, of its own


@pytest.mark.parametrize("kind", ["journal", "archive"])
def test_a_flipped_octet(kind: str, tmp_path: Path) -> None:
    """Wherever an octet is changed: what is read is right, and what is not read is said, by file."""
    outcome = play(tmp_path, kind, PLACES)
    assert set(outcome) <= {"lost", "named"}
    assert outcome.total() >= 2 * PLACES


@pytest.mark.parametrize("kind", ["journal", "archive"])
def test_a_file_that_was_cut(kind: str, tmp_path: Path) -> None:
    """A file that ends too early gives what is whole in it; a journal's torn tail is nothing's loss."""
    outcome = cut(tmp_path, kind, PLACES)
    assert outcome["a torn tail"] == 0 or kind == "journal"


def test_a_flipped_octet_of_an_index(tmp_path: Path) -> None:
    """With a damaged index searches are complete; verify names it, and makes it anew."""
    assert play_index(tmp_path, FEW)["made anew"] == FEW


def test_a_start_on_a_damaged_journal(tmp_path: Path) -> None:
    """Storage starts, keeps what is whole, puts the damage into quarantine, and verify knows the reason."""
    assert recover(tmp_path, FEW) == FEW
