"""The hand-off's sending side as a play of events and messages, without a socket."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.handoff import Handoff
from parsers.batch import BatchHeader

NAME = b"default/syslog"


def open_handoff(window: int = 4, memory: int = 1 << 20) -> Handoff:
    """A hand-off that storage has welcomed."""
    handoff = Handoff("c1", memory, answer_seconds=5.0)
    handoff.connected(0.0)
    handoff.outgoing.clear()
    handoff.received([b"WELCOME", b"%d" % window], 0.0)
    return handoff


def submit(handoff: Handoff, count: int = 1, stream: str = "syslog", size: int = 100) -> Counter[str]:
    """Submit batches of one message each; give the counts of those that will be lost."""
    lost: Counter[str] = Counter()
    for _ in range(count):
        handoff.submit("default", stream, messages=1, octets=10, payload=bytes(size), lost=lost)
    return lost


def sent(handoff: Handoff) -> list[tuple[str, int]]:
    """Take what is to be sent: stream and number of each batch."""
    messages = list(handoff.outgoing)
    handoff.outgoing.clear()
    headers = [BatchHeader.decode(message[1]) for message in messages if message[0] == b"BATCH"]
    return [(header.stream, header.number) for header in headers]


def acknowledge(handoff: Handoff, number: int, window: int = 4, name: bytes = NAME) -> None:
    """Storage acknowledges up to a number."""
    handoff.received([b"ACK", name, b"%d" % number, b"%d" % window, b"c1"], 0.0)


def test_hello_comes_first() -> None:
    """Before WELCOME nothing but HELLO goes out; what is submitted waits."""
    handoff = Handoff("c1", 1 << 20, 5.0)
    submit(handoff)
    assert not handoff.outgoing
    handoff.connected(0.0)
    assert list(handoff.outgoing) == [[b"HELLO", b"c1"]]
    assert sent(handoff) == []
    handoff.received([b"WELCOME", b"4"], 0.0)
    assert sent(handoff) == [("syslog", 1)]


def test_batches_of_a_stream_are_numbered_from_one() -> None:
    """Every stream has numbers of its own, from 1, without gaps; the header tells what is inside."""
    handoff = open_handoff()
    submit(handoff, 2)
    submit(handoff, 1, "sysledger")
    header = BatchHeader.decode(handoff.outgoing[0][1])
    assert header == BatchHeader("default", "syslog", "c1", 1, 1, 10)
    assert sent(handoff) == [("syslog", 1), ("syslog", 2), ("sysledger", 1)]


def test_no_more_than_the_window_is_on_its_way() -> None:
    """Storage's credit is kept, and what it frees is used at once."""
    handoff = open_handoff(window=2)
    submit(handoff, 5)
    assert sent(handoff) == [("syslog", 1), ("syslog", 2)]
    assert (handoff.unacknowledged, handoff.waiting) == (2, 3)
    acknowledge(handoff, 1, window=2)
    assert sent(handoff) == [("syslog", 3)]
    acknowledge(handoff, 3, window=4)
    assert sent(handoff) == [("syslog", 4), ("syslog", 5)]


def test_acknowledgement_speaks_for_all_before_it() -> None:
    """An ACK lets go of every batch of that stream up to its number, and of no other stream's."""
    handoff = open_handoff()
    submit(handoff, 2)
    submit(handoff, 2, "other")
    acknowledge(handoff, 2)
    assert handoff.unacknowledged == 2
    assert handoff.totals.acknowledged_messages == 2
    acknowledge(handoff, 2, name=b"default/other")
    assert handoff.idle
    assert (handoff.held_octets, handoff.held_messages) == (0, 0)


def test_all_is_sent_again_in_order_after_a_new_connection() -> None:
    """Whatever is unacknowledged goes again, in the order of its submission, before anything newer."""
    handoff = open_handoff(window=2)
    submit(handoff, 3)
    submit(handoff, 1, "other")
    sent(handoff)
    handoff.connected(1.0)
    assert list(handoff.outgoing) == [[b"HELLO", b"c1"]]
    submit(handoff)
    handoff.received([b"WELCOME", b"9"], 1.0)
    assert sent(handoff) == [("syslog", 1), ("syslog", 2), ("syslog", 3), ("other", 1), ("syslog", 4)]
    assert handoff.totals.sent_again == 2


def test_late_and_repeated_acknowledgements_do_no_harm() -> None:
    """An ACK of what is not held changes nothing but the window."""
    handoff = open_handoff(window=1)
    submit(handoff)
    acknowledge(handoff, 1)
    acknowledge(handoff, 1)
    acknowledge(handoff, 99, name=b"nobody/nothing")
    assert handoff.idle
    assert handoff.held_octets == 0


def test_refused_batch_is_answered() -> None:
    """A refused batch lies in quarantine: it is let go, told of, counted as lost, and the next one goes."""
    handoff = open_handoff(window=1)
    lost = submit(handoff, 2)
    sent(handoff)
    handoff.received([b"REFUSED", NAME, b"1", b"the columns are damaged", b"c1"], 0.0)
    assert [(refusal.number, refusal.reason) for refusal in handoff.refusals] == [
        (1, "the columns are damaged")
    ]
    assert sent(handoff) == [("syslog", 2)]
    assert handoff.totals.refused_messages == 1
    assert lost == {"refused by storage": 1}


def test_what_is_given_up_is_counted_as_lost() -> None:
    """When nobody will send it again, every message on its way or waiting is lost, and counted."""
    handoff = open_handoff(window=1)
    acknowledged = submit(handoff)
    handoff.received([b"ACK", NAME, b"1", b"1", b"c1"], 0.0)
    lost = submit(handoff, 3)
    assert handoff.give_up() == 3
    assert (acknowledged, lost) == ({}, {"not acknowledged when stopping": 3})


def test_who_waits_for_a_batch_is_answered_once() -> None:
    """Acknowledged is True, refused and given up are False; what a sender still keeps is not lost."""
    handoff = open_handoff(window=3)
    answers: dict[int, list[bool]] = {number: [] for number in (1, 2, 3, 4)}
    lost: Counter[str] = Counter()
    for heard in answers.values():
        handoff.submit(
            "default",
            "syslog",
            messages=1,
            octets=10,
            payload=b"",
            lost=lost,
            done=heard.append,
        )
    acknowledge(handoff, 1, window=2)
    acknowledge(handoff, 1, window=2)
    handoff.received([b"REFUSED", NAME, b"2", b"damaged", b"c1"], 0.0)
    assert handoff.give_up() == 0
    assert handoff.give_up() == 0
    assert not any(answers.values())
    for done, ok in handoff.answers:
        done(ok)
    assert answers == {1: [True], 2: [False], 3: [False], 4: [False]}
    assert handoff.idle
    assert lost == {"refused by storage": 1}


def test_silence_is_noticed_only_when_an_answer_is_owed() -> None:
    """Nothing outstanding, no silence; an unanswered HELLO or batch, or a window that stays shut, is one.

    A quiet time before the batch does not count: storage had nothing to answer.
    """
    handoff = open_handoff(window=0)
    assert not handoff.silent(100.0)
    submit(handoff)
    assert not handoff.silent(105.0)
    assert handoff.silent(105.1)
    handoff.connected(106.0)
    assert not handoff.silent(111.0)
    assert handoff.silent(111.1)


def test_full_has_a_bound_and_room_before_it_ends() -> None:
    """Past the bound the hand-off is full; it stops being so only when a quarter of it is free again."""
    handoff = open_handoff(window=100, memory=10_000)
    submit(handoff, 3, size=3000)
    assert not handoff.full
    submit(handoff, 1, size=3000)
    assert handoff.full
    acknowledge(handoff, 1)
    assert handoff.full
    acknowledge(handoff, 2)
    assert not handoff.full


@pytest.mark.parametrize(
    "message",
    [
        [],
        [b"ACK"],
        [b"ACK", NAME, b"x", b"4", b"c1"],
        [b"ACK", NAME, b"-1", b"4", b"c1"],
        [b"ACK", NAME, b"1", b"4"],
        [b"WELCOME", b""],
        [b"WELCOME", b"9" * 99],
        [b"NONSENSE", b"1"],
    ],
)
def test_unreadable_answers_change_nothing(message: list[bytes]) -> None:
    """What is not of the protocol is counted and ignored."""
    handoff = open_handoff()
    submit(handoff)
    before = (handoff.unacknowledged, handoff.waiting, handoff.open)
    handoff.received(message, 0.0)
    assert (handoff.unacknowledged, handoff.waiting, handoff.open) == before
    assert handoff.totals.unreadable_answers == 1


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(["syslog", "other"])),
        st.tuples(st.just("connected"), st.none()),
        st.tuples(st.just("welcome"), st.integers(0, 5)),
        st.tuples(st.just("answer"), st.integers(0, 5)),
    ),
    max_size=60,
)


@given(EVENTS)
@settings(deadline=None)
def test_whatever_happens_every_batch_arrives_in_order(events: list[tuple[str, Any]]) -> None:
    """After any course of events, storage that answers gets every batch, each stream's without a gap."""
    handoff = Handoff("c1", 1 << 20, 5.0)
    stored: dict[str, int] = {}
    submitted: dict[str, int] = {}
    for event, value in [*events, ("connected", None), ("welcome", 3), *[("answer", 3)] * len(events)]:
        match event:
            case "submit":
                submit(handoff, 1, value)
                submitted[value] = submitted.get(value, 0) + 1
            case "connected":
                handoff.connected(0.0)
            case "welcome" if handoff.outgoing and handoff.outgoing[0][0] == b"HELLO":
                handoff.outgoing.popleft()
                handoff.received([b"WELCOME", b"%d" % value], 0.0)
            case "answer":
                for stream, number in sent(handoff) if handoff.open else []:
                    assert number <= stored.get(stream, 0) + 1
                    stored[stream] = max(number, stored.get(stream, 0))
                    acknowledge(handoff, stored[stream], max(value, 1), f"default/{stream}".encode())
    assert stored == submitted
    assert handoff.idle
    assert handoff.held_octets == 0
