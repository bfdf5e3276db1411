"""The judge of the faults is judged: it sees what is lost, double, and sent again."""

import pyarrow as pa
import pytest

from tests.faults.columns import Tally
from tests.faults.judge import Verdict, judge
from tests.faults.numbered import DIGITS, END, Numbered


def records(*numbers_and_times: tuple[int, int]) -> pa.Table:
    """Records of the sender "a", by number and receive time."""
    numbers, times = zip(*numbers_and_times, strict=True)
    columns = {"received_at": times, "sender": ["a"] * len(times), "number": numbers}
    return pa.table(columns)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([(0, 1), (1, 1), (2, 1)], Verdict(acknowledged=3, found=3)),
        ([(0, 1), (2, 1)], Verdict(acknowledged=3, found=2, lost=1)),
        ([(0, 1), (1, 1), (1, 1), (2, 1)], Verdict(acknowledged=3, found=3, double=1)),
        ([(0, 1), (1, 1), (1, 9), (2, 1)], Verdict(acknowledged=3, found=3, resent=1)),
    ],
    ids=["all", "one lost", "one stored twice", "one received twice"],
)
def test_the_judge_tells_what_became_of_messages(found: list[tuple[int, int]], verdict: Verdict) -> None:
    """Lost, stored twice and received twice are three things."""
    assert judge(records(*found), "a", 3, 3) == verdict


def test_what_was_not_acknowledged_is_missing_and_not_lost() -> None:
    """Of five given and three acknowledged, one of the others missing is no loss."""
    assert judge(records((0, 1), (1, 1), (2, 1), (4, 1)), "a", 3, 5) == Verdict(3, 4, missing=1)


def test_what_was_never_sent_is_an_error() -> None:
    """A number that its sender did not give away is nobody's."""
    with pytest.raises(AssertionError, match="never sent"):
        judge(records((0, 1), (7, 1)), "a", 1, 3)


def test_numbered_messages_follow_each_other() -> None:
    """Chunks continue each other's numbers, and each message ends as the judge expects."""
    numbered = Numbered("s", chunk=100)
    messages = numbered.messages(0) + numbered.messages(1)
    assert [int(message.split()[4]) for message in messages] == list(range(200))
    assert all(len(message.split()[4]) == DIGITS and message.endswith(END.encode()) for message in messages)


@pytest.mark.parametrize(
    ("blocks", "is_range"),
    [([[0, 1], [2, 3]], True), ([[0, 1], [3]], False), ([[0, 1], [1, 2, 3]], False), ([[0, 2, 1, 3]], False)],
    ids=["all", "one missing", "one double", "in disorder"],
)
def test_a_tally_sees_each_number_once(blocks: list[list[int]], *, is_range: bool) -> None:
    """Numbers from 0 on, each once and in order, over the blocks' borders: nothing else passes."""
    tally = Tally()
    for block in blocks:
        tally.add(pa.array(block, pa.int64()))
    assert tally.is_range(4) is is_range
