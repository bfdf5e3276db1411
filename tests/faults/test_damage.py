"""Octets change on disk: the damage is named, and the rest is there."""

from tests.faults.conftest import Playing
from tests.faults.damage import FAULTS


def test_a_flipped_octet_of_a_journal_costs_its_frame_alone(round_of: Playing) -> None:
    """Verify names the file; the appliance starts, and has everything but what was in that frame."""
    played = round_of(FAULTS["journal octets flipped"], seconds=2)
    assert played.damaged < played.verdict.acknowledged / 10


def test_a_flipped_octet_of_the_archive_is_named(round_of: Playing) -> None:
    """Verify names each changed segment; with the octets put back, nothing is missing."""
    round_of(FAULTS["archive octets flipped"])
