"""How metrics are read from the state of the appliance: functions of the document, without a library."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from supervisor.gathering import seconds_of

Document = Mapping[str, Any]
Sample = tuple[tuple[str, ...], float]
Samples = Iterable[tuple[tuple[Any, ...], Any]]

STATES: Final = ("ok", "warning", "shedding", "panic")
LISTENER: Final = ("role", "listener", "transport")


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric; ``read`` gives its samples, of which those whose value is no number are left out."""

    name: str
    labels: tuple[str, ...]
    meaning: str
    read: Callable[[Document], Samples]


def _at(table: Any, *trail: str) -> Any:
    """The entry of nested tables that ``trail`` leads to; None when it is not there."""
    for part in trail:
        table = table.get(part) if isinstance(table, Mapping) else None
    return table


def _below(table: Any, *trail: str) -> Iterable[tuple[str, Any]]:
    """The entries of the table that ``trail`` leads to; none when there is no table."""
    found = _at(table, *trail)
    return found.items() if isinstance(found, Mapping) else ()


def one(name: str, meaning: str, *trail: str) -> Measure:
    """A metric that stands at one place."""
    return Measure(f"sysledger_{name}", (), meaning, lambda document: [((), _at(document, *trail))])


def by_role(name: str, meaning: str, *trail: str) -> Measure:
    """A metric of every role whose report has the entry."""

    def read(document: Document) -> Samples:
        return (((role,), _at(report, *trail)) for role, report in _roles(document))

    return Measure(f"sysledger_{name}", ("role",), meaning, read)


def by_listener(name: str, meaning: str, *trail: str) -> Measure:
    """A metric of every listener."""

    def read(document: Document) -> Samples:
        return ((labels, _at(listener, *trail)) for labels, listener in _listeners(document))

    return Measure(f"sysledger_listener_{name}", LISTENER, meaning, read)


def by_listener_and(name: str, label: str, meaning: str, *trail: str) -> Measure:
    """A metric of every listener, by the keys of the table there."""

    def read(document: Document) -> Samples:
        for labels, listener in _listeners(document):
            for key, number in _below(listener, *trail):
                yield (*labels, key), number

    return Measure(f"sysledger_listener_{name}", (*LISTENER, label), meaning, read)


def by_entry(name: str, label: str, meaning: str, table: str, *trail: str) -> Measure:
    """A metric of every entry of a table that roles report, by the entry's name."""

    def read(document: Document) -> Samples:
        for _, report in _roles(document):
            for key, entry in _below(report, table):
                yield (key,), _at(entry, *trail)

    return Measure(f"sysledger_{name}", (label,), meaning, read)


def by_key(name: str, label: str, meaning: str, *trail: str) -> Measure:
    """A metric of every role that reports a table of numbers there, by the table's keys."""

    def read(document: Document) -> Samples:
        for role, report in _roles(document):
            for key, number in _below(report, *trail):
                yield (role, key), number

    return Measure(f"sysledger_{name}", ("role", label), meaning, read)


def by_destination(name: str, meaning: str, *trail: str) -> Measure:
    """A metric of every destination of the relay."""
    return by_entry(f"relay_{name}", "destination", meaning, "destinations", *trail)


def by_canary(name: str, meaning: str, *trail: str) -> Measure:
    """A metric of every listener that canaries go through."""
    return by_entry(f"canary_{name}", "listener", meaning, "canaries", *trail)


def of(kind: str, name: str, meaning: str, *trail: str) -> Measure:
    """A metric of the roles of one kind: storage, or collector-2."""

    def read(document: Document) -> Samples:
        return (
            ((role,), _at(report, *trail))
            for role, report in _roles(document)
            if role.partition("-")[0] == kind
        )

    return Measure(f"sysledger_{kind}_{name}", ("role",), meaning, read)


def _roles(document: Document) -> Iterator[tuple[str, Document]]:
    """The roles; of one that does not run only that it does not: its last report is of another time."""
    for name, report in _below(document, "roles"):
        yield name, report if report["running"] else {key: report.get(key) for key in _LASTING}


_LASTING: Final = ("running", "ready", "starts")


def _listeners(document: Document) -> Iterator[tuple[tuple[str, str, str], Document]]:
    for role, report in _roles(document):
        for name, listener in _below(report, "listeners"):
            yield (role, name, listener.get("transport", "")), listener


def lost(document: Document) -> Samples:
    """Messages that a listener lost. Also 0, for what is not there cannot increase."""
    return ((labels, _sum(listener, "lost")) for labels, listener in _listeners(document))


def lost_on_the_way(document: Document) -> Samples:
    """Messages that were lost between a collector and storage; also 0."""
    roles = ((role, _at(report, "handoff")) for role, report in _roles(document))
    return (((role,), _sum(handoff, "lost")) for role, handoff in roles if handoff is not None)


def _sum(table: Any, *trail: str) -> float:
    return sum(number for _, number in _below(table, *trail) if isinstance(number, int | float))


def state(document: Document) -> Samples:
    """1 for the present state, 0 for the others."""
    now = _at(document, "state", "state")
    return (((state,), int(state == now)) for state in STATES if now is not None)


def measures(document: Document) -> Samples:
    """The figures of the monitor."""
    return ((labels, measure.get("value")) for labels, measure in _measured(document))


def levels(document: Document) -> Samples:
    """The states that they stand for, by their place in STATES."""
    for labels, measure in _measured(document):
        state = measure.get("state")
        yield labels, STATES.index(state) if state in STATES else None


def limits(document: Document) -> Samples:
    """Where each state begins; a limit of 0 means never."""
    for labels, measure in _measured(document):
        for state, limit in _below(measure, "limits"):
            yield (*labels, state), limit or None


def _measured(document: Document) -> Iterator[tuple[tuple[str, str], Document]]:
    for name, subjects in _below(document, "measures"):
        for subject, measure in _below(subjects):
            yield (name, subject), measure


def reload_time(document: Document) -> Samples:
    """When the configuration was last loaded anew."""
    return [((), seconds_of(_at(document, "reload", "at")))]


def build(document: Document) -> Samples:
    """The release that runs."""
    return [((version,), 1)] if (version := document.get("version")) else []


def book_entries(document: Document) -> Samples:
    """What the books count in messages and datagrams; octets stand with the listeners."""
    for role, report in _roles(document):
        for entry, number in _below(report, "books"):
            if not entry.endswith("octets"):
                yield (role, entry), number


def cannot_write(document: Document) -> Samples:
    """Whether the disk of storage takes nothing."""
    for role, report in _roles(document):
        if "cannot_write_since" in report:
            yield (role,), report["cannot_write_since"] is not None


def stream_messages(document: Document) -> Samples:
    """The last seq of each stream, which counts from 1 without gaps."""
    for _, report in _roles(document):
        for name, stream in _below(report, "streams"):
            next_seq = _at(stream, "next_seq")
            yield (name,), None if next_seq is None else next_seq - 1
