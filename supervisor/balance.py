"""The books' statement: what the collectors say became of every message, against what storage has.

Pure: plain dictionaries in (``Books``, ``Stored``), a ``Statement`` out. Four equations, by listener:

    taken from the kernel  = framed + empty + of other protocols + parts of messages   (datagrams only)
    framed                 = parsed + unparsed + not admitted + dropped
    parsed + unparsed      = handed over + lost + left to their senders + held
    handed over            = in a journal + archived + expired; archived = indexed + waiting for the index

What they lack is a difference. One that a run of a collector, a damaged file or a loss of power explains is
named with its cause; every other one is *unexplained*, and so is all that storage has and nobody handed over.

While the service runs, messages are on their way between two looks. So the books are read before storage's
files and after them: storage must have what was handed over before, and must not have more than what was
handed over or on its way after.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from supervisor.balance_sides import (
    BOOKS,
    DATAGRAMS,
    DISCARDED,
    DROPPED,
    DROPPED_BY_KERNEL,
    EMPTY,
    FRAMED,
    GUESTS,
    HANDED_OVER,
    LEFT_TO_SENDER,
    LOST,
    NOT_ADMITTED,
    OTHERS,
    PARSED,
    PARTS,
    UNFRAMED,
    UNPARSED,
    UNREADABLE,
    Books,
    Difference,
    Line,
    Sources,
    Statement,
    Stored,
)


def statement(books: Books | None, stored: Stored | None) -> Statement:
    """Draw up the statement. A side that is None cannot be seen from here, which the notes say."""
    made = Statement()
    if books is None:
        made.notes.append("the collectors' books are not here: what they received cannot be seen")
    if stored is None:
        made.notes.append("storage is not here: whether it has what was handed over cannot be seen")
    made.compares = books is not None and stored is not None
    books = _with_lacks(books, stored)
    slots = {} if books is None else _slots(books, stored)
    made.listeners = _lines(books, stored, by_source=False)
    made.sources = _lines(books, stored, by_source=True)
    if books is not None:
        made.differences += [
            Difference(BOOKS, 0, _DAMAGED.format(path), explained=False) for path in books.damaged
        ]
        for line in made.listeners:
            if line.listener != UNREADABLE:
                made.differences += _received(books, line)
                made.differences += _held(books, line, slots[line.listener])
        if stored is not None:
            made.differences += _handed_over(books, stored, made, slots)
    if stored is not None:
        made.differences += _stored(stored, made)
    made.differences.sort(key=lambda one: (one.explained, one.listener))
    if books is not None:
        _tell_apart(books, made, slots)
    return made


def _with_lacks(books: Books | None, stored: Stored | None) -> Books | None:
    """Give the books with those runs as stopped of which storage knows more than their book does."""
    if books is None or stored is None:
        return books
    ends = []
    for end in books.ends:
        later = any(
            stored.last_numbers.get((end["collector"], stream), 0) > number
            for stream, number in end["numbers"].items()
        )
        ends.append({**end, "how": "stopped"} if later and end["how"] == "killed" else end)
    return replace(books, ends=ends)


def _tell_apart(books: Books, made: Statement, slots: Mapping[str, "_Slots"]) -> None:
    """Let the lines say of what has no end in the books where it is: with storage, on its way, or gone."""
    for line in made.listeners:
        open_ = slots[line.listener]
        line.handed_over += open_.unheard
        line.gone = line.held - open_.unheard - open_.moving
        line.held = open_.moving
        for end in books.ends:
            reading = end["reading"].get(line.listener, 0)
            if end["how"] == "running":
                line.held += reading
            else:
                line.gone += reading


_DAMAGED: Final = (
    "counted in {} are not known: it is damaged; restore it from a backup, or take it away to do without"
)


# The two sides, side by side.


def _lines(books: Books | None, stored: Stored | None, *, by_source: bool) -> list[Line]:
    lines: dict[tuple[str, str], Line] = {}

    def line(listener: str, peer: str) -> Line:
        key = (listener, peer if by_source else "")
        return lines.setdefault(key, Line(*key))

    for (listener, peer, what), number in () if books is None else books.counts.items():
        _enter(line(listener, peer), what, number)
    for name in ("journal", "archived", "indexed", "expired") if stored is not None else ():
        for (listener, peer), number in getattr(stored, name).items():
            one = line(listener, peer)
            column = "in_journal" if name == "journal" else name
            setattr(one, column, getattr(one, column) + number)
            if name != "indexed":
                one.journalled += number
    if books is not None and not by_source:
        for end in books.ends:
            for listener, _, _, messages in end["slots"]:
                line(listener, "").held += messages
    return [lines[key] for key in sorted(lines)]


def _enter(line: Line, what: str, number: int) -> None:
    column = {
        FRAMED: "framed", NOT_ADMITTED: "not_admitted", PARSED: "parsed", UNPARSED: "unparsed",
        HANDED_OVER: "handed_over", LEFT_TO_SENDER: "left_to_sender", DISCARDED: "discarded_octets",
    }.get(what)  # fmt: skip
    if what.startswith(LOST):
        column = "lost"
    elif what.startswith(DROPPED):
        column = "dropped"
    if column is not None:
        setattr(line, column, getattr(line, column) + number)
    if what in {DATAGRAMS, DROPPED_BY_KERNEL}:
        line.received_by_kernel = (line.received_by_kernel or 0) + number
        line.dropped_by_kernel = (line.dropped_by_kernel or 0) + (number if what == DROPPED_BY_KERNEL else 0)


# Received, framed and read.


def _received(books: Books, line: Line) -> Iterable[Difference]:
    """Name what was received and is in no batch, and check that nothing else is missing."""
    sums: Counter[str] = Counter()
    for (listener, _, what), number in books.counts.items():
        if listener == line.listener:
            sums[what] += number
    for what, number in sorted(sums.items()):
        cause = _cause_of(what, is_datagrams=DATAGRAMS in sums)
        if cause is not None and number:
            yield Difference(line.listener, number, cause)
    for part, (lacking, told) in _lacking_of(sums, line).items():
        left = lacking
        for end in books.ends:
            if number := end[part].get(line.listener, 0):
                left -= number
                yield _in_memory(end, line.listener, number, f"not {told} yet")
        if left:
            yield from _uncounted(books, line.listener, left, f"not {told}, and nothing is known of them")


def _lacking_of(sums: Mapping[str, int], line: Line) -> dict[str, tuple[int, str]]:
    """Give by how much the first two equations do not hold, as a listener's numbers stand."""
    reading = line.framed - line.not_admitted - line.dropped - line.parsed - line.unparsed
    framing = 0
    if DATAGRAMS in sums:
        guests = sum(number for what, number in sums.items() if what.startswith(GUESTS))
        framing = sums[DATAGRAMS] - line.framed - sums[EMPTY] - sums[PARTS] - guests
    return {"framing": (framing, "framed"), "reading": (reading, "read")}


def _cause_of(what: str, *, is_datagrams: bool) -> str | None:
    """Give the cause of a difference that collectors count under a name; None when it is none."""
    if what in _CAUSES:
        return _CAUSES[what]
    for kind, told in _KINDS.items():
        if what.startswith(kind) and (is_datagrams or kind != GUESTS):
            return f"{told}: {what.removeprefix(kind)}"
    return None


_CAUSES: Final = {
    DROPPED_BY_KERNEL: "dropped by the kernel: the receive buffer was full",
    EMPTY: "datagrams without an octet",
    NOT_ADMITTED: "of senders that are not in sender_networks",
    LEFT_TO_SENDER: "not acknowledged when stopping: their senders keep them",
}
_KINDS: Final = {
    DROPPED: "dropped",
    UNFRAMED: "lost before they were framed",
    LOST: "lost",
    GUESTS: "of another protocol",
}


def _in_memory(end: Mapping[str, Any], listener: str, number: int, told: str) -> Difference:
    """Name what a run had taken and not handed over."""
    if number < 0 and not (end["unplaced"] or end["how"] == "stopped"):
        cause = f"{end['process']} read more than it received, run {end['run']}: its book is wrong"
        return Difference(listener, -number, cause, explained=False)
    if end["how"] == "running":
        return Difference(listener, number, f"held by {end['process']}: {told}")
    if end["how"] == "killed":
        cause = f"in the memory of {end['process']} when it was killed: {told}; {_RESENT}"
        return Difference(listener, number, cause, at=_at(end))
    if end["how"] == "stopped":
        return Difference(listener, abs(number), f"{_STOPPED} {end['process']}", at=_at(end))
    if end["unplaced"]:
        return Difference(listener, abs(number), f"{end['process']} could not count: the disk was full")
    cause = f"{end['process']} ended in order with messages {told}, run {end['run']}"
    return Difference(listener, number, cause, explained=False)


_RESENT: Final = "senders of RELP send them again, others do not"


_STOPPED: Final = "the machine or its disk stopped, and the last seconds are not in the book of"


def _at(end: Mapping[str, Any]) -> str:
    return datetime.fromtimestamp(end["at"] / 10**9, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


# Batches on their way.


@dataclass(slots=True)
class _Slots:
    """A listener's open batches, in messages."""

    unheard: int = 0  # storage has them, and the run that sent them did not hear of it
    moving: int = 0  # of runs that go on: storage may have them by now
    named: list[Difference] = field(default_factory=list)


def _slots(books: Books, stored: Stored | None) -> Mapping[str, _Slots]:
    """Say of each open batch where it is: with storage, in a disk queue, in memory, or gone."""
    found: defaultdict[str, _Slots] = defaultdict(_Slots)
    sums: Counter[tuple[str, str, str]] = Counter()
    gone: Counter[str] = Counter()
    for end in books.ends:
        for listener, stream, number, messages in end["slots"]:
            collector = end["collector"]
            if stored is not None and number <= stored.last_numbers.get((collector, stream), 0):
                found[listener].unheard += messages
            elif (collector, stream, number) in books.queued:
                found[listener].moving += messages
                sums[listener, f"held in the disk queue of {end['process']}", ""] += messages
            elif end["how"] == "running":
                found[listener].moving += messages
                sums[listener, f"held by {end['process']}: on the way to storage", ""] += messages
            elif stored is None:
                found[listener].moving += messages
                cause = f"on the way from {end['process']} when it ended: storage knows"
                sums[listener, cause, _at(end)] += messages
            elif end["how"] == "ended":
                gone[listener] += messages
            else:
                cause = f"in the memory of {end['process']} when it was killed: not handed over; {_RESENT}"
                sums[listener, cause, _at(end)] += messages
    for (listener, cause, at), messages in sums.items():
        found[listener].named.append(Difference(listener, messages, cause, at=at))
    for listener, messages in gone.items():
        kept = ", ".join(books.queue_damage[:3])
        cause = f"were in a disk queue, and are not there any more{': damaged, see ' if kept else ''}{kept}"
        found[listener].named.append(Difference(listener, messages, cause, explained=bool(kept)))
    return found


def _held(books: Books, line: Line, slots: _Slots) -> Iterable[Difference]:
    """Check that every batch has an end, or is held."""
    yield from slots.named
    left = line.parsed + line.unparsed - line.handed_over - line.lost - line.left_to_sender - line.held
    if left:
        yield from _uncounted(books, line.listener, left, "in a batch, and nothing is known of its end")


def _uncounted(books: Books, listener: str, number: int, what: str) -> Iterable[Difference]:
    """Name a difference that only a book which lacks something can have."""
    for end in books.ends:
        if end["unplaced"]:
            cause = f"{end['process']} could not count: the disk was full"
        elif end["how"] == "stopped":
            cause = f"{_STOPPED} {end['process']}"
        else:
            continue
        yield Difference(listener, abs(number), cause)
        return
    yield Difference(listener, abs(number), what, explained=False)


# Both sides.


def _handed_over(
    books: Books, stored: Stored, made: Statement, slots: Mapping[str, _Slots]
) -> Iterable[Difference]:
    """Compare what was handed over with what storage has, by listener and by source."""
    before: Counter[str] = Counter()
    for (listener, _), number in _before(books).items():
        before[listener] += number
    unreadable = sum(line.journalled for line in made.listeners if line.listener == UNREADABLE)
    named = unreadable + sum(last - first + 1 for _, first, last, kept in stored.missing if kept)
    if any(one["messages"] is None for one in stored.damaged):  # nobody can tell how many these were
        named = max(named, sum(before.values()))
    foreign = {collector for collector, _ in stored.last_numbers} - set(books.collectors)
    for line in made.listeners:
        if line.listener == UNREADABLE:
            continue
        open_ = slots[line.listener]
        lowest = before[line.listener] + open_.unheard
        highest = line.handed_over + open_.unheard + open_.moving
        if line.journalled > highest:
            yield from _surplus(books, line, line.journalled - highest, foreign)
        lacking = max(0, lowest - line.journalled)
        damaged = min(lacking, named)
        named -= damaged
        if damaged:
            yield Difference(line.listener, damaged, f"damaged: {_damage(stored)}")
        if lacking > damaged:
            yield from _lacking(stored, line, lacking - damaged)
        elif not lacking and line.journalled <= highest:
            yield from _mixed_up(books, made, line, open_)


def _before(books: Books) -> Sources:
    if books.before is not None:
        return books.before
    return {(name, peer): n for (name, peer, what), n in books.counts.items() if what == HANDED_OVER}


def _surplus(books: Books, line: Line, number: int, foreign: Collection[str]) -> Iterable[Difference]:
    if foreign:
        cause = f"of collectors whose books are not here: {', '.join(sorted(foreign))}"
        yield Difference(line.listener, number, cause)
        return
    yield from _uncounted(books, line.listener, number, "storage has more than was handed over: stored twice")


def _lacking(stored: Stored, line: Line, number: int) -> Iterable[Difference]:
    spans = [f"{stream} {first} to {last}" for stream, first, last, kept in stored.missing if not kept]
    where = f"; in no file: records {', '.join(spans[:3])}" if spans else ""
    cause = f"handed over, and storage does not have them{where}: restore what was removed from a backup"
    yield Difference(line.listener, number, cause, explained=False)


def _damage(stored: Stored) -> str:
    files = [f"{one['file']} at octet {one['offset']}" for one in stored.damaged]
    files += [kept for _, _, _, kept in stored.missing if kept]
    return ", ".join(list(dict.fromkeys(files))[:3])


def _mixed_up(books: Books, made: Statement, line: Line, open_: _Slots) -> Iterable[Difference]:
    """Look for messages that one source lacks and another has too many of."""
    before = _before(books)
    lacking = beyond = 0
    for source in made.sources:
        if source.listener == line.listener and source.peer not in {"", OTHERS}:
            lacking += max(0, before.get((source.listener, source.peer), 0) - source.journalled)
            beyond += max(0, source.journalled - source.handed_over)
    shared = sum(  # what is not told apart by peer
        one.handed_over for one in made.sources if one.listener == line.listener and one.peer in {"", OTHERS}
    )
    if lacking or beyond > shared + open_.unheard + open_.moving:
        more = max(lacking, beyond - shared - open_.unheard - open_.moving)
        cause = "one source's messages stand under another: see --sources"
        yield Difference(line.listener, more, cause, explained=False)


def _stored(stored: Stored, made: Statement) -> Iterable[Difference]:
    """Name what is not searched by index, what has expired and what is damaged."""
    for line in made.listeners:
        if waiting := line.archived - line.indexed:
            yield Difference(line.listener, waiting, "archived, and waiting for the index")
        if line.expired:
            yield Difference(line.listener, line.expired, "expired by retention")
    for one in stored.damaged:
        place = f"damaged: {one['file']} at octet {one['offset']}: {one['reason']}"
        yield Difference(UNREADABLE, one["messages"] or 0, place)
    lacking = any("does not have them" in one.cause for one in made.unexplained)
    for stream, first, last, kept in stored.missing:
        place = f"{stream}, records {first} to {last} are in no file"
        if kept:
            yield Difference(UNREADABLE, last - first + 1, f"{place}: damaged, kept as {kept}")
        elif not lacking:  # else they are named by listener already
            yield Difference(UNREADABLE, last - first + 1, place, explained=False)
