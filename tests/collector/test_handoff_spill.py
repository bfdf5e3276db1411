"""The hand-off with its disk queue: events on one side, a real folder and storage's own rules on another."""

import tempfile
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.handoff import Handoff
from collector.queue_folder import QueueFolder, QueueFullError, QueueLimits, Written
from parsers.batch import BatchHeader
from storage.handoff import Peers, Verdict

MEMORY = 60_000
LIMITS = QueueLimits(octets=1 << 30, free_octets=0, file_octets=20_000)


class Storage:
    """What storage does with messages, by its own rules; ``answers`` wait to be delivered."""

    def __init__(self) -> None:
        self.stored: list[tuple[str, str, int]] = []  # collector, stream, number
        self.window = 4
        self._last: dict[tuple[str, str], int] = {}
        self._peers = Peers()
        self.refusing: set[tuple[str, int]] = set()
        self.connection = 0
        self.answers: list[list[bytes]] = []

    def refuse(self, stream: str, number: int) -> None:
        """Refuse a batch when it comes."""
        self.refusing.add((stream, number))

    def take(self, message: list[Any]) -> None:
        """Take a message on the connection at hand."""
        identity = b"%d" % self.connection
        if message[0] == b"HELLO":
            self._peers.hello(identity, message[1].decode())
            self.answers.append([b"WELCOME", b"%d" % self.window])
            return
        header = BatchHeader.decode(bytes(message[1]))
        key = header.collector, header.stream
        verdict = self._peers.judge(identity, header, self._last.get(key, 0))
        name, collector = f"default/{header.stream}".encode(), header.collector.encode()
        if verdict is Verdict.WAIT:
            return
        if verdict is Verdict.STORE and (header.stream, header.number) in self.refusing:
            self.answers.append([b"REFUSED", name, b"%d" % header.number, b"bad", collector])
            return
        if verdict is Verdict.STORE:
            self._last[key] = header.number
            self.stored.append((*key, header.number))
        number = self._last.get(key, 0)
        self.answers.append([b"ACK", name, b"%d" % number, b"%d" % self.window, collector])


class World:
    """A collector, its disk, and storage; time passes only when a test says so."""

    def __init__(self, folder: Path, memory: int = MEMORY) -> None:
        self.storage = Storage()
        self.now = 100.0
        self.disk_works = True
        self.submitted: set[tuple[str, str, int]] = set()
        self.safe: set[tuple[str, str, int]] = set()  # whose sender was told so
        self.lost: Counter[str] = Counter()
        self._path = folder
        self._memory = memory
        self._runs = 0
        self._numbers: Counter[str] = Counter()
        self._start()

    def _start(self) -> None:
        self._runs += 1
        self.folder = QueueFolder(self._path, LIMITS)
        self.handoff = Handoff(f"c{self._runs}", self._memory, answer_seconds=5.0, spill_seconds=1.0)
        self.handoff.begin(self.now)
        if (first := self.folder.first()) is not None:
            self.handoff.found(first)
        self._numbers.clear()
        self.connect()

    def submit(self, stream: str = "syslog", size: int = 1000, *, can_wait: bool = True) -> None:
        """Submit a batch of one message."""
        self._numbers[stream] += 1
        key = self.handoff.collector, stream, self._numbers[stream]
        self.submitted.add(key)

        def done(ok: bool) -> None:  # noqa: FBT001 - as Done has it
            assert ok or key[2] in {number for _, number in self.storage.refusing}
            if ok:
                self.safe.add(key)

        self.handoff.submit(
            "default",
            stream,
            messages=1,
            octets=size,
            payload=bytes(size),
            lost=self.lost,
            done=done,
            can_wait=can_wait,
        )
        self.pump()

    def connect(self) -> None:
        """Break the connection: what is on its way is lost in both directions."""
        self.storage.connection += 1
        self.storage.answers.clear()
        self.handoff.connected(self.now)
        self.pump()

    def deliver(self, count: int) -> None:
        """Have storage take so many messages."""
        for _ in range(min(count, len(self.handoff.outgoing))):
            self.storage.take(self.handoff.outgoing.popleft())

    def answer(self, count: int) -> None:
        """Have so many of storage's answers arrive."""
        for _ in range(min(count, len(self.storage.answers))):
            self.handoff.received(self.storage.answers.pop(0), self.now)
        self.pump()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.handoff.tick(self.now)
        self.pump()

    def crash(self) -> None:
        """Kill the collector, and start it again: its memory is lost."""
        kept = {(one[0], one[1], one[2]) for one in self.submitted if one in self.safe}
        self.submitted = kept | set(self.storage.stored)
        self.folder.close()
        self._start()

    def pump(self) -> None:
        """Do what the state asks of the disk, and answer senders."""
        for _ in range(1000):
            group = self.handoff.next_group(self.now)
            if group and self.disk_works:
                self._write([Written(one.header, one.payload, one.messages) for one in group])
            elif group:
                self.handoff.write_failed(self.now)
            changed, needed = self.handoff.spilled.needed()
            if changed:
                self.folder.release(needed)
            asked = self.handoff.next_read()
            if asked is not None:
                self.handoff.has_read(*self.folder.read(*asked))
            while self.handoff.answers:
                done, ok = self.handoff.answers.popleft()
                done(ok)
            if not group and not changed and asked is None:
                return
        raise AssertionError("it never comes to rest")

    def work(self, _count: int) -> None:
        """Give the disk time, which it does not need here."""

    def _write(self, written: list[Written]) -> None:
        try:
            places = self.folder.append(written)
        except QueueFullError:
            self.handoff.write_failed(self.now)
        else:
            self.handoff.wrote(places, self.now, 0.0)

    def settle(self) -> None:
        """Let storage take everything that is left."""
        self.disk_works = True
        self.storage.window = 4
        for _ in range(3000):
            self.deliver(100)
            self.answer(100)
            self.work(100)
            if self.handoff.idle:
                self.work(100)
                return
            self.wait(0.1)
            if self.handoff.silent(self.now):
                self.connect()
        raise AssertionError("storage does not get everything")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world at its beginning, with storage that has said WELCOME."""
    made = World(tmp_path)
    made.deliver(1)
    made.answer(1)
    return made


def test_nothing_is_written_while_storage_answers(world: World) -> None:
    """As long as answers come within spill_seconds the disk is left alone, however much goes through."""
    for _ in range(100):
        world.submit()
        world.wait(0.5)
        world.deliver(5)
        world.answer(5)
    assert world.handoff.totals.spilled == 0
    assert world.folder.first() is None
    assert len(world.storage.stored) == 100


def test_silence_sends_everything_to_disk_and_answers_senders(world: World) -> None:
    """When storage is silent, what is held is on disk after spill_seconds, in order, and its senders know."""
    for _ in range(10):
        world.submit()
    world.wait(0.9)
    assert not world.safe
    world.wait(0.2)
    assert world.safe == world.submitted
    world.submit()
    assert world.safe == world.submitted
    world.connect()
    world.settle()
    assert [number for _, _, number in world.storage.stored] == list(range(1, 12))


def test_memory_is_bounded_while_the_queue_grows_and_drains(world: World) -> None:
    """A queue far larger than memory goes through a bounded part of it, and leaves nothing behind."""
    for _ in range(1000):
        world.submit()
        world.wait(0.1)
        assert world.handoff.held_octets < MEMORY
    assert world.folder.figures.octets > 10 * MEMORY
    world.connect()
    for _ in range(3000):
        world.deliver(4)
        world.answer(4)
        assert world.handoff.held_octets < MEMORY
        if world.handoff.idle:
            break
    assert world.handoff.idle
    assert len(world.storage.stored) == 1000
    assert (world.folder.figures.octets, world.handoff.held_octets) == (0, 0)
    world.submit()
    assert not world.handoff.spilled.active


def test_queue_of_an_earlier_run_goes_first(world: World) -> None:
    """After a crash the old batches go under their own collector's id, before the new ones."""
    for _ in range(20):
        world.submit()
    world.wait(2.0)
    world.crash()
    for _ in range(5):
        world.submit()
    world.settle()
    assert world.storage.stored == [
        *[("c1", "syslog", number) for number in range(1, 21)],
        *[("c2", "syslog", number) for number in range(1, 6)],
    ]


def test_what_storage_had_already_is_not_stored_twice(world: World) -> None:
    """Batches that were stored, and whose acknowledgement was lost with the collector, are stored once."""
    for _ in range(10):
        world.submit()
    world.deliver(3)
    world.wait(2.0)
    world.crash()
    world.settle()
    assert world.storage.stored == [("c1", "syslog", number) for number in range(1, 11)]


def test_a_damaged_batch_does_not_hold_up_the_rest(world: World, tmp_path: Path) -> None:
    """Storage waits for a number that never comes; a new HELLO takes it over the gap, and loses nothing."""
    for _ in range(30):
        world.submit()
    world.wait(2.0)
    file = min(tmp_path.glob("*.queue"))
    octets = bytearray(file.read_bytes())
    octets[3000] ^= 1
    world.folder.close()
    file.write_bytes(octets)
    world.crash()
    world.settle()
    numbers = [number for _, _, number in world.storage.stored]
    assert len(numbers) == 29
    assert world.folder.figures.damaged == 1
    assert numbers == sorted(numbers)


def test_a_refused_batch_does_not_hold_up_the_rest(world: World) -> None:
    """A gap that a refused batch leaves is passed over, also on the next connection."""
    world.storage.refuse("syslog", 2)
    for _ in range(6):
        world.submit()
    world.deliver(2)
    world.storage.answers.clear()
    world.connect()
    world.deliver(3)
    world.answer(3)
    world.connect()
    world.settle()
    assert [number for _, _, number in world.storage.stored] == [1, 3, 4, 5, 6]
    assert world.lost == {"refused by storage": 1}


def test_a_disk_that_fails_keeps_everything_in_memory(world: World) -> None:
    """Nothing is acknowledged that is not on disk; what was not written is when the disk works again."""
    world.disk_works = False
    for _ in range(10):
        world.submit()
    world.wait(2.0)
    assert not world.safe
    world.disk_works = True
    world.wait(1.0)
    assert not world.safe
    world.wait(2.0)
    assert world.safe == world.submitted


def test_storage_that_is_back_drains_memory_whatever_the_disk_does(world: World) -> None:
    """A full disk holds up nothing once storage takes batches again."""
    world.disk_works = False
    for _ in range(20):
        world.submit()
    world.wait(2.0)
    world.connect()
    world.deliver(1)
    world.answer(1)
    for _ in range(50):
        world.deliver(4)
        world.answer(4)
        world.wait(0.1)
    assert world.handoff.idle
    assert len(world.storage.stored) == 20


def test_too_much_of_senders_who_cannot_wait_goes_to_disk(world: World) -> None:
    """Half of memory held of UDP is written before the rest is lost; TCP senders wait instead."""
    for _ in range(70):
        world.submit()
    assert world.handoff.full
    assert world.handoff.totals.spilled == 0
    world.deliver(100)
    world.answer(100)
    world.settle()
    for _ in range(200):
        world.submit(can_wait=False)
    assert not world.handoff.full
    assert world.handoff.totals.spilled > 0


def test_past_the_queue_s_bound_senders_wait(world: World) -> None:
    """A full disk queue fills memory, and that makes senders wait; all of it drains when storage is back."""
    world.folder.limits = QueueLimits(octets=100_000, free_octets=0, file_octets=20_000)
    for _ in range(300):
        if world.handoff.full:
            break
        world.submit()
        world.wait(0.1)
    assert world.handoff.full
    assert world.folder.figures.octets <= 100_000
    assert world.safe < world.submitted
    world.connect()
    world.settle()
    assert not world.handoff.full
    assert [number for _, _, number in world.storage.stored] == list(range(1, len(world.submitted) + 1))


def test_pressure_spills_sooner_and_does_not_last(world: World) -> None:
    """Under pressure half a second of silence is enough; storage that answers ends it all the same."""
    world.handoff.press(pressed=True)
    for _ in range(5):
        world.submit()
    world.wait(0.6)
    assert world.safe == world.submitted
    world.settle()
    assert not world.handoff.spilled.active


def test_pressure_alone_sends_nobody_to_disk_who_can_wait(world: World) -> None:
    """While storage answers, senders who can wait do so under pressure, too: the disk would slow all down."""
    world.handoff.press(pressed=True)
    world.connect()
    for _ in range(300):
        while not world.handoff.full:
            world.submit()
        world.deliver(2)
        world.answer(2)
        world.wait(0.1)
        assert not world.handoff.spilled.active
    assert world.handoff.totals.spilled == 0


def test_while_storage_answers_the_queue_gets_shorter(world: World) -> None:
    """Senders who can wait do not feed the queue as fast as storage empties it: it ends under full load."""
    for _ in range(300):
        world.submit()
        world.wait(0.1)
    world.connect()
    for _ in range(3000):
        if not world.handoff.full:
            world.submit()
        world.deliver(2)
        world.answer(2)
        if not world.handoff.spilled.active:
            break
    assert not world.handoff.spilled.active
    world.settle()
    assert set(world.storage.stored) == world.submitted


def test_what_a_process_ends_with_is_on_disk(world: World) -> None:
    """At the end nothing is lost: what storage does not take is in the queue, and the next run sends it."""
    for _ in range(10):
        world.submit()
    world.handoff.end()
    world.handoff.spill()
    world.pump()
    assert world.handoff.safe
    assert world.handoff.give_up() == 0
    world.crash()
    world.settle()
    assert len(world.storage.stored) == 10


def test_answers_during_a_write_leave_nothing_lying(world: World) -> None:
    """Storage that answers while the disk is slow gets what came meanwhile, however much that is."""
    world.disk_works = False  # so that nothing here is written but by hand
    for _ in range(3):
        world.submit()
    world.now += 2.0
    world.handoff.tick(world.now)
    group = world.handoff.next_group(world.now)
    assert len(group) == 3
    for _ in range(20):
        world.submit()
    world.deliver(3)
    world.answer(3)
    written = world.folder.append([Written(one.header, one.payload, one.messages) for one in group])
    world.handoff.wrote(written, world.now, 0.0)
    for _ in range(20):
        world.wait(0.1)
        world.deliver(4)
        world.answer(4)
    assert world.handoff.idle
    assert len(world.storage.stored) == 23


def test_giving_up_leaves_the_disk_queue_alone(world: World) -> None:
    """Who gives up keeps every file that storage has not answered: the next run sends it."""
    for _ in range(5):
        world.submit()
    world.wait(2.0)
    assert world.handoff.give_up() == 0
    world.wait(0.2)
    world.crash()
    world.settle()
    assert [number for _, _, number in world.storage.stored] == list(range(1, 6))


def test_a_queue_that_is_taken_over_keeps_nothing_from_the_disk(world: World, tmp_path: Path) -> None:
    """Storage that falls silent while another process's queue is sent: what memory holds goes to disk."""
    other = QueueFolder(tmp_path / "other", LIMITS)
    for number in range(1, 31):  # more than is read ahead
        header = BatchHeader("default", "syslog", "gone", number, 1, 1000).encode()
        other.append([Written(header, bytes(1000), 1)])
    other.close()
    for _ in range(3):
        world.submit()
    place = world.folder.adopt(tmp_path / "other")
    assert place is not None
    world.handoff.found(place)
    world.pump()
    world.wait(2.0)
    assert world.safe == world.submitted
    world.connect()
    world.settle()
    gone = {("gone", "syslog", number) for number in range(1, 31)}
    assert set(world.storage.stored) == world.submitted | gone


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(["syslog", "other"]), st.integers(1, 20_000)),
        st.tuples(st.just("deliver"), st.integers(1, 6)),
        st.tuples(st.just("answer"), st.integers(1, 6)),
        st.tuples(st.just("work"), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 1.5, 6.0])),
        st.tuples(st.just("connect")),
        st.tuples(st.just("crash")),
        st.tuples(st.just("disk"), st.booleans()),
        st.tuples(st.just("press"), st.booleans()),
        st.tuples(st.just("window"), st.integers(0, 5)),
    ),
    max_size=60,
)


class SlowWorld(World):
    """A world whose disk works when a test says so: what it was asked for waits in the order of asking."""

    def _start(self) -> None:
        self._work: deque[tuple[str, Any]] = deque()
        super()._start()

    def pump(self) -> None:
        """Ask the disk for what the state wants, and answer senders."""
        for _ in range(1000):
            asked = len(self._work)
            if group := self.handoff.next_group(self.now):
                self._work.append(
                    ("write", [Written(one.header, one.payload, one.messages) for one in group])
                )
            changed, needed = self.handoff.spilled.needed()
            if changed:
                self._work.append(("release", needed))
            if (read := self.handoff.next_read()) is not None:
                self._work.append(("read", read))
            while self.handoff.answers:
                done, ok = self.handoff.answers.popleft()
                done(ok)
            if len(self._work) == asked:
                return
        raise AssertionError("it never comes to rest")

    def work(self, count: int) -> None:
        """Have the disk do so many of the things that it was asked for."""
        for _ in range(min(count, len(self._work))):
            match self._work.popleft():
                case "write", written:
                    self._write(written) if self.disk_works else self.handoff.write_failed(self.now)
                case "release", needed:
                    self.folder.release(needed)
                case "read", asked:
                    self.handoff.has_read(*self.folder.read(*asked))
            self.pump()


@pytest.mark.parametrize("kind", [World, SlowWorld])
@given(events=EVENTS)
@settings(deadline=None, max_examples=150)
def test_whatever_happens_all_is_stored_once_and_in_order(  # noqa: C901 - one case an event
    kind: type[World], events: list[tuple[Any, ...]]
) -> None:
    """After any course of events: what was acknowledged, and what no crash took along, is there once."""
    with tempfile.TemporaryDirectory() as folder:
        world = kind(Path(folder))
        for event in events:
            match event:
                case "submit", stream, size:
                    world.submit(stream, size, can_wait=bool(size % 2))
                case "deliver", count:
                    world.deliver(count)
                case "answer", count:
                    world.answer(count)
                case "work", count:
                    world.work(count)
                case "wait", seconds:
                    world.wait(seconds)
                case ("connect",):
                    world.connect()
                case ("crash",):
                    world.crash()
                case "disk", works:
                    world.disk_works = works
                case "press", pressed:
                    world.handoff.press(pressed)
                case "window", window:
                    world.storage.window = window
        world.settle()
        stored = world.storage.stored
        assert len(stored) == len(set(stored))
        assert set(stored) == world.submitted
        assert world.safe <= set(stored)
        for stream in {one[:2] for one in stored}:
            numbers = [one[2] for one in stored if one[:2] == stream]
            assert numbers == sorted(numbers)
        assert (world.handoff.held_octets, world.handoff.held_messages) == (0, 0)
        assert world.folder.figures.octets == 0
        assert not world.lost
        world.folder.close()
