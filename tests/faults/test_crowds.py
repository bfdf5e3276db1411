"""Senders that misbehave take nothing from the others."""

from tests.faults.conftest import Playing
from tests.faults.crowds import FAULTS


def test_octets_without_a_frame_end_cost_others_nothing(round_of: Playing) -> None:
    """The collector's memory stays bounded by TCP, TLS and RELP, and every message of the others arrives."""
    round_of(FAULTS["octets without frame end"])
