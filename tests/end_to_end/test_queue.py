"""Memory, disk queue, store, in real processes that are killed: nothing lost, nothing double."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.two_roles import RelpSender, Site, send_lines, site
from tests.machine import await_true


@pytest.fixture
def here() -> Iterator[Site]:
    """A site in a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sl-") as folder, site(Path(folder)) as made:
        yield made


def lines(first: int, count: int) -> list[bytes]:
    """Numbered messages."""
    return [
        b"<13>Oct 11 22:14:15 host app: %d %s" % (number, b"x" * 200)
        for number in range(first, first + count)
    ]


def test_storage_that_answers_leaves_the_disk_alone(here: Site) -> None:
    """While storage answers, nothing is written to the queue."""
    here.storage().start()
    (collector := here.collector(spill_seconds=10.0)).start()
    send_lines(here.port(collector, "tcp"), lines(0, 20_000))
    assert here.await_stored(20_000) == lines(0, 20_000)
    assert collector.end() == 0
    assert here.handoff()["spilled"] == 0
    assert here.queued() == 0


def test_storage_away_from_the_start(here: Site) -> None:
    """RELP is answered from the disk queue; when storage comes it gets everything in order, once."""
    (collector := here.collector()).start()
    sender = RelpSender("a")
    sender.connect(here.port(collector, "relp"))
    sender.send(500)
    sender.finish()
    assert len(sender.answered) == 500
    assert here.queued() > 0
    here.storage().start()
    assert here.await_stored(500) == sorted(sender.answered, key=lambda one: int(one.rsplit(b" ", 1)[1]))
    await_true(lambda: here.queued() == 0, "the queue is empty")
    assert collector.end() == 0
    assert here.handoff()["queue"]["messages"] == 0


def test_stop_with_storage_away_loses_nothing(here: Site) -> None:
    """What storage has not taken when the collector stops is sent by the next start, before what is new."""
    (collector := here.collector(stop_seconds=5.0)).start()
    send_lines(here.port(collector, "tcp"), lines(0, 3_000))
    await_true(lambda: here.handoff()["submitted"] > 0, "messages were read")
    assert collector.end() == 0
    collector.start()
    send_lines(here.port(collector, "tcp"), lines(3_000, 100))
    here.storage().start()
    assert here.await_stored(3_100) == lines(0, 3_100)


def test_collector_killed_while_its_queue_is_half_drained(here: Site) -> None:
    """Killed again and again while it drains: each message that was acknowledged is stored once."""
    (collector := here.collector(memory_octets=16 << 20)).start()
    sender = RelpSender("a", window=128)
    sender.connect(here.port(collector, "relp"))
    sender.send(6_000)
    sender.finish()
    (storage := here.storage(window=1)).start()
    for round_ in range(4):
        await_true(lambda: len(here.stored()) > 700 * round_, "some are stored")  # noqa: B023 - used at once
        collector.kill()
        collector.start()
    found = here.await_stored(6_000)
    assert len(found) == len(set(found)) == 6_000
    assert set(found) == sender.answered
    await_true(lambda: here.queued() == 0, "the queue is empty")
    assert storage.end() == 0


def test_storage_killed_under_load(here: Site) -> None:
    """Storage dies and comes back, time and again: what RELP was answered is there, once and in order."""
    (storage := here.storage()).start()
    (collector := here.collector()).start()
    sender = RelpSender("a", window=128)
    sender.connect(here.port(collector, "relp"))
    for round_ in range(6):
        sender.send(400)
        storage.kill()
        sender.send(400)
        if round_ % 2:
            sender.finish()  # from the disk queue
        storage.start()
    sender.finish()
    assert len(sender.answered) == sender.sent
    found = here.await_stored(sender.sent)
    assert [int(one.rsplit(b" ", 1)[1]) for one in found] == list(range(1, sender.sent + 1))
    assert collector.end() == 0
    assert here.queued() == 0


def test_both_killed_under_load(here: Site) -> None:
    """Whoever dies: what was acknowledged is there; twice only what RELP itself sent again."""
    (storage := here.storage()).start()
    (collector := here.collector()).start()
    sender = RelpSender("a")
    sender.connect(here.port(collector, "relp"))
    for round_ in range(4):
        sender.send(300)
        (storage if round_ % 2 else collector).kill()
        if round_ % 2:
            sender.send(200)
            storage.start()
        else:
            collector.start()
            sender.connect(here.port(collector, "relp"))
    sender.finish()
    found = here.await_stored(sender.sent)
    await_true(lambda: here.queued() == 0, "the queue is empty")
    found = here.stored()
    assert set(found) == sender.answered
    assert {one for one in found if found.count(one) > 1} <= set(sender.again)


def test_a_storage_that_hangs(here: Site) -> None:
    """Storage that takes messages and answers nothing is as good as away; nothing is double later."""
    (storage := here.storage()).start()
    (collector := here.collector()).start()
    sender = RelpSender("a")
    sender.connect(here.port(collector, "relp"))
    sender.send(100)
    storage.hold()
    sender.send(500)
    sender.finish()
    assert here.queued() > 0
    storage.release()
    found = here.await_stored(600)
    assert len(found) == len(set(found)) == 600
    await_true(lambda: here.queued() == 0, "the queue is empty")
    assert collector.end(signal.SIGTERM) == 0


def test_queue_of_a_process_no_longer_configured(here: Site) -> None:
    """What collector-3 left is sent by the first collector after the number of processes was lowered."""
    third = here.collector("collector-3", first=False)
    third.start()
    send_lines(here.port(third, "tcp"), lines(0, 1_000))
    await_true(lambda: here.handoff()["submitted"] > 0, "messages were read")
    assert third.end() == 0
    assert here.queued() > 0
    here.storage().start()
    here.collector("collector").start()
    assert here.await_stored(1_000) == lines(0, 1_000)
    await_true(lambda: here.queued() == 0, "the queue is empty")
