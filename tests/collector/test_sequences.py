"""What senders' own numbers say of messages that never came: gaps, late ones, new starts, the turn to 1."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import sequences
from collector.sequences import LAST_SEQUENCE_ID, SequenceGaps, numbers_in
from parsers.pipeline import Arrival, parse_frames

NOW = 1_795_262_400 * 10**9


def records(*frames: bytes, peer: str = "192.0.2.1") -> pa.RecordBatch:
    """The records of frames that one peer sent."""
    return parse_frames(frames, [Arrival(NOW, peer, len(frames))], listener="udp", transport="udp")


def numbered(*numbers: int, host: str = "core") -> list[bytes]:
    """RFC 5424 messages with these sequenceIds, each between other parameters and elements."""
    element = b'[a@32473 sequenceId="9"][meta language="en" sequenceId="%d"]'
    return [b"<13>1 - %s app - - " % host.encode() + element % number + b" text" for number in numbers]


def cisco(*numbers: int) -> list[bytes]:
    """Messages of Cisco IOS with these numbers."""
    return [b"<189>%d: Nov 20 10:00:00.123: %%SYS-5-CONFIG_I: Configured" % number for number in numbers]


def counted(*batches: list[bytes]) -> dict[str, Any]:
    """What the only sender's report says after these batches."""
    gaps = SequenceGaps()
    for frames in batches:
        gaps.count(records(*frames))
    report = gaps.report()
    assert report["numbered_senders"] == 1
    told = report["senders"]
    return told[0] if told else {"missing": 0, "restarts": 0, "late": 0, "mixed": False}


@pytest.mark.parametrize(
    ("numbers", "missing", "restarts"),
    [
        ((5, 6, 7), 0, 0),
        ((5, 7), 1, 0),  # the checklist's 5424-25
        ((9, 1), 0, 1),
        ((LAST_SEQUENCE_ID - 1, LAST_SEQUENCE_ID, 1), 0, 0),
        ((LAST_SEQUENCE_ID - 1, 3), 3, 0),
        ((1, 2, 5, 3, 4, 6), 0, 0),  # reordered, as UDP may do
        ((1, 2, 5, 3, 6), 1, 0),
        ((2, 1, 3), 0, 0),  # reordered at the start
        ((1, 2, LAST_SEQUENCE_ID, 3), 0, 0),  # late, from before the turn
        ((7, 7, 8, 8, 9), 0, 0),  # every datagram twice
        ((1, 1, 2, 2), 0, 0),
        ((1, 2, 3, 1, 2, 3, 1, 2), 0, 2),
        ((100_000, 5, 6, 9), 2, 1),  # a new start whose first messages got lost
        ((100_000, 1, 99_999), 99_997, 1),  # nothing fills gaps of another start
        ((1, 2_000_000), 1_999_998, 0),
        ((0, 5, 6), 0, 0),  # 0 is no sequenceId
        ((5, LAST_SEQUENCE_ID + 1, 6), 0, 0),
    ],
)
def test_what_numbers_say(numbers: tuple[int, ...], missing: int, restarts: int) -> None:
    """Gaps are missing until they are filled; a new start and the turn to 1 miss nothing; batches or not."""
    for batches in ([numbered(*numbers)], [numbered(number) for number in numbers if number]):
        found = counted(*batches)
        assert (found["missing"], found["restarts"]) == (missing, restarts)


def test_late_numbers_are_counted() -> None:
    """How many came late tells a reordering network from a losing one."""
    assert counted(numbered(1, 5, 9, 2, 3, 4))["late"] == 3


def test_a_new_start_within_the_window_is_noticed() -> None:
    """Numbers known already, one after the other, are no duplicates any more after a while."""
    again = [numbered(number) for number in range(30, 120)]
    found = counted(numbered(*range(1, 200)), *again, numbered(122))
    assert found["restarts"] == 1
    assert found["missing"] == 2


@given(st.permutations(range(1, 40)), st.sets(st.integers(2, 38)), st.integers(1, 39))
def test_order_does_not_matter_within_the_window(order: list[int], lost: set[int], cut: int) -> None:
    """Whatever the order and the batches, what is missing in the end is what never came."""
    came = [1_000_000, *(1_000_000 + number for number in order if number not in lost), 1_000_040]
    found = counted(numbered(*came[:cut]), numbered(*came[cut:]))
    assert found["missing"] == len(lost)
    assert found["restarts"] == 0


def test_cisco_numbers_are_counted() -> None:
    """The number before the time counts likewise, and never turns."""
    assert counted(cisco(1, 2, 5))["missing"] == 2
    assert counted(cisco(4_294_967_295, 1))["restarts"] == 1


def test_a_senders_own_key_of_that_name_is_no_counter() -> None:
    """Only what Cisco's dialects read is Cisco's number; numbers that are none do not count."""
    assert not list(numbers_in(records(b'<13>Nov 20 10:00:00 h app: {"sequence": "7"}')))
    assert not list(numbers_in(records(*cisco(10**15), *numbered(10**11))))
    assert not list(numbers_in(records(b'<13>1 - h a - - [meta sequenceId="x"]')))
    assert not list(numbers_in(records(b"<13>1 - h a - - - text")))


def test_senders_are_told_apart() -> None:
    """Peer and host name make a sender; the report names them, those that miss most first."""
    gaps = SequenceGaps()
    for peer, several in (("192.0.2.1", (1, 3)), ("192.0.2.2", (7, 11))):
        for number in several:
            gaps.count(records(*numbered(number), *numbered(number + 50, host="edge"), peer=peer))
    report = gaps.report()
    assert report["numbered_senders"] == 4
    assert report["missing"] == 8
    told = [(one["peer"], one["host"], one["missing"]) for one in report["senders"]]
    assert told == [
        ("192.0.2.2", "core", 3),
        ("192.0.2.2", "edge", 3),
        ("192.0.2.1", "core", 1),
        ("192.0.2.1", "edge", 1),
    ]


def test_a_slice_of_a_batch_is_counted_like_a_batch() -> None:
    """Where a column begins within its buffers does not matter."""
    gaps = SequenceGaps()
    gaps.count(records(*cisco(1, 2), b"<13>1 - h a - - - x", *cisco(3, 7)).slice(1))
    assert gaps.report()["missing"] == 3


def test_several_counters_under_one_name_are_not_counted() -> None:
    """Numbers that leap to and fro all the time are told as mixed, and nothing is made up of them."""
    numbers = [number for step in range(20) for number in (step + 1, 1_000_000 + step)]
    found = counted(numbered(*numbers))
    assert found["mixed"]
    assert found["missing"] == 0


def test_senders_are_remembered_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invented host names cannot fill the memory; what was missing of the forgotten stays counted."""
    monkeypatch.setattr(sequences, "SENDERS", 3)
    gaps = SequenceGaps()
    for host in "abcde":
        gaps.count(records(*numbered(1, 3, host=host)))
    report = gaps.report()
    assert (report["numbered_senders"], report["forgotten_senders"], report["missing"]) == (3, 2, 5)


def test_gaps_are_remembered_within_a_bound() -> None:
    """A sender that loses every other message costs no more memory: late numbers fill new gaps only."""
    lossy = numbered(*range(1, 202, 2))
    assert counted(lossy, numbered(200))["missing"] == 99
    assert counted(lossy, numbered(2))["missing"] == 100
