"""What a listener writes into the books: each message once in every equation, whatever becomes of it."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from collector import books
from collector.book_file import BookFile
from collector.book_sums import DaySums, began, books_of
from collector.books import OTHERS, Book
from collector.counts import Booked, ListenerCounts
from collector.listener_book import ListenerBook, Tally
from parsers.pipeline import Arrival, parse_frames

MIDNIGHT = 20_000 * 86_400 * 10**9
NOON = MIDNIGHT + 43_200 * 10**9
GOOD, BAD = b"<13>1 2026-01-01T00:00:00Z host app - - - text", b"no syslog"


def a_book(folder: Path, run: str = "a") -> Book:
    """A book in a folder."""
    began(folder)
    about = {"process": "collector-1", "run": run, "collector": f"id-{run}", "boot": ""}
    return Book(BookFile(folder / f"collector-1-{run}.book", about))


def a_batch(
    listener: ListenerBook, runs: list[Arrival], frames: list[bytes], counted: Booked | None = None
) -> Tally:
    """A batch of frames, as the intake makes it."""
    listener.frames(runs, len(frames))
    records = parse_frames(frames, runs, listener=listener.listener, transport="tcp")
    return listener.tally(records, Booked() if counted is None else counted)


def counted(folder: Path) -> dict[str, int]:
    """The sums of all days, listeners and peers."""
    found = books_of(folder, None)
    assert isinstance(found, DaySums)
    sums: Counter[str] = Counter()
    for (_, _, what), number in found.sums.items():
        sums[what] += number
    return {what: number for what, number in sums.items() if number}


def test_a_batch_that_is_handed_over(tmp_path: Path) -> None:
    """Framed, parsed or unparsed, on its way, handed over: by peer, and on its way by batch."""
    listener = ListenerBook(a_book(tmp_path), "office")
    runs = [Arrival(NOON, "192.0.2.1", 2), Arrival(NOON, "192.0.2.2", 1)]
    tally = a_batch(listener, runs, [GOOD, BAD, GOOD])
    tally.opened("default/syslog", 7)
    (end,) = books_of(tmp_path, None).ends  # type: ignore[union-attr]
    assert (end.how, end.slots) == ("running", [("office", "default/syslog", 7, 3)])
    assert end.numbers == {"default/syslog": 7}
    tally.handed_over()
    assert counted(tmp_path) == {"framed": 3, "parsed": 2, "unparsed": 1, "handed over": 3}, "at once"
    listener.book.spread()
    found = books_of(tmp_path, None)
    assert found is not None
    assert found.ends[0].slots == []
    assert found.handed_over() == {("office", "192.0.2.1"): 2, ("office", "192.0.2.2"): 1}
    assert found.sums["office", "192.0.2.1", "unparsed"] == 1
    assert counted(tmp_path) == {"framed": 3, "parsed": 2, "unparsed": 1, "handed over": 3}
    tally.handed_over()
    tally["refused"] += 3
    assert counted(tmp_path)["handed over"] == 3, "a batch ends once"


@pytest.mark.parametrize(("end", "what"), [("lost", "lost: too bad"), ("left", "left to sender")])
def test_a_batch_that_is_not(tmp_path: Path, end: str, what: str) -> None:
    """What storage did not take is lost under its reason, or left to its sender; the report has it, too."""
    counts = Booked()
    tally = a_batch(
        ListenerBook(a_book(tmp_path), "office"), [Arrival(NOON, "192.0.2.1", 2)], [GOOD] * 2, counts
    )
    tally.opened("default/syslog", 1)
    if end == "lost":
        tally["too bad"] += 2
        assert counts == {"too bad": 2}
    else:
        tally.left_to_sender()
    assert counted(tmp_path) == {"framed": 2, "parsed": 2, what: 2}


def test_midnight_between(tmp_path: Path) -> None:
    """A message counts for the UTC day of its receipt, in whatever batch it travels."""
    listener = ListenerBook(a_book(tmp_path), "office")
    tally = a_batch(
        listener,
        [Arrival(MIDNIGHT - 1, "192.0.2.1", 1), Arrival(MIDNIGHT, "192.0.2.1", 2)],
        [GOOD, BAD, GOOD],
    )
    tally.opened("default/syslog", 1)
    found = books_of(tmp_path, None)
    assert found is not None
    assert sorted(slot for end in found.ends for slot in end.slots) == [
        ("office", "default/syslog", 1, 1), ("office", "default/syslog", 1, 2),
    ]  # fmt: skip
    tally.handed_over()
    listener.book.spread()
    by_day = [books_of(tmp_path, books_day(day)) for day in (19_999, 20_000)]
    assert [one.sums["office", "192.0.2.1", "handed over"] for one in by_day if one is not None] == [1, 2]
    assert [one.sums["office", "192.0.2.1", "unparsed"] for one in by_day if one is not None] == [0, 1]


def books_day(day: int) -> date:
    """The date of a day since 1970."""
    return date(1970, 1, 1) + timedelta(days=day)


def test_many_peers_share_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many peers there are, a day has a bounded number of rows, and no message is left out."""
    monkeypatch.setattr(books, "LARGEST_PEERS", 3)
    listener = ListenerBook(a_book(tmp_path), "office")
    runs = [Arrival(NOON, f"192.0.2.{number}", 1) for number in range(10)]
    tally = a_batch(listener, runs, [GOOD] * 10)
    tally.opened("default/syslog", 1)
    tally.handed_over()
    listener.book.spread()
    found = books_of(tmp_path, None)
    assert found is not None
    assert len(found.handed_over()) == 4
    assert found.handed_over()["office", OTHERS] == 7
    assert counted(tmp_path) == {"framed": 10, "parsed": 10, "handed over": 10}


def test_a_days_old_places_are_let_go(tmp_path: Path) -> None:
    """A process that runs for years keeps two days' places; what comes late counts all the same."""
    book = a_book(tmp_path)
    for day in (5, 6, 7, 8, 9, 5):
        book.add(book.place(day, "office", "192.0.2.1", "framed"), 1)
    assert len(book._places) <= 3  # noqa: SLF001 - memory is the promise
    found = books_of(tmp_path, books_day(5))
    assert found is not None
    assert found.sums["office", "192.0.2.1", "framed"] == 2


def test_what_is_lost_elsewhere_is_in_the_books(tmp_path: Path) -> None:
    """A count under a reason is in the books at once, by whomever; discarded octets and guests, too."""
    counts = ListenerCounts()
    counts.keep_in(ListenerBook(a_book(tmp_path), "office").count)
    counts.lost["shed"] += 3
    counts.lost.update({"shed": 1, "no DTLS session": 2})
    counts.discarded_octets += 40
    counts.guests["http"] += 1
    counts.lost.count("counted elsewhere", 5)
    assert counted(tmp_path) == {
        "dropped: shed": 4, "unframed: no DTLS session": 2, "discarded octets": 40, "guests: http": 1,
    }  # fmt: skip
    assert counts.report()["lost"] == {"shed": 4, "no DTLS session": 2, "counted elsewhere": 5}
