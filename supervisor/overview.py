"""`sysledger status`: the running roles and the stored streams in one document, and as tables for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from rich.console import RenderableType

from supervisor.status import SUPERVISOR, RoleStatus
from supervisor.terminal import octets, table

_ROLE_COLUMNS: Final = ("role", "process", "since (UTC)", "")
_LISTENER_COLUMNS: Final = ("listener", "transport", "port", "address", "buffer", "messages", "lost")
_DESTINATION_COLUMNS: Final = ("destination", "address", "stream", "connected", "behind")
_STREAM_COLUMNS: Final = ("stream", "days", "since", "messages", "in journal", "archive", "index")
_SECOND: Final = len("2026-11-20T22:51:03")
_SENDERS_SHOWN: Final = 3  # with gaps in their numbers, of each listener; JSON has more
_NAME_LENGTH: Final = 60
_REASON_LENGTH: Final = 240
# Entries of a role's report that are zero when all is well.
_TROUBLES: Final = {
    "batches_refused": "batches refused",
    "unreadable": "messages that are not of the hand-off",
    "seal_errors": "journals not sealed",
    "merge_errors": "merges that failed",
    "errors": "errors",
}


def overview(
    data: Path,
    roles: Sequence[RoleStatus],
    streams: Sequence[Mapping[str, Any]],
    *,
    pending: int,
    free: int | None,
) -> dict[str, Any]:
    """Give the document, made of JSON's types.

    Args:
        data: the data folder.
        roles: from the status files.
        streams: from storage.inventory, as dictionaries.
        pending: segments that are not indexed yet.
        free: octets free on the disk; None without a data folder.
    """
    return {
        "running": any(role.running for role in roles),
        "supervised": any(role.running and role.role == SUPERVISOR for role in roles),
        "data": str(data),
        "messages": sum(stream["messages"] for stream in streams),
        "journal_files": sum(stream["journal_files"] for stream in streams),
        "archive_octets": sum(stream["archive_octets"] for stream in streams),
        "index_octets": sum(stream["index_octets"] for stream in streams),
        "index_pending": pending,
        "disk_free_octets": free,
        "streams": list(streams),
        "roles": {
            role.role: {**role.report, "running": role.running, "pid": role.pid} for role in _present(roles)
        },
    }


def _present(roles: Sequence[RoleStatus]) -> list[RoleStatus]:
    """The roles that run or should: those of an earlier configuration have left their files, too."""
    supervisor = next((role for role in roles if role.running and role.role == SUPERVISOR), None)
    wanted = supervisor.report.get("roles", {}) if supervisor is not None else {}
    return [role for role in roles if role.running or not wanted or role.role in wanted]


def as_tables(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Give what a person sees of the document, with the troubles last."""
    roles = document["roles"].values()
    listeners = _listeners(roles)
    yield f"Sysledger is {_state(document)} (data folder {document['data']})\n"
    if document["running"]:
        yield table(_ROLE_COLUMNS, (_role_row(name, role) for name, role in document["roles"].items()))
    if listeners:
        yield table(_LISTENER_COLUMNS, (_listener_row(name, one) for name, one in listeners.items()))
    if destinations := _destinations(roles):
        yield table(_DESTINATION_COLUMNS, (_destination_row(*one) for one in destinations.items()))
    if document["streams"]:
        yield table(_STREAM_COLUMNS, map(_stream_row, document["streams"]))
    yield f"{document['messages']:,} messages; {octets(document['disk_free_octets'])} free on the disk"
    if pending := document["index_pending"]:
        yield f"{pending:,} segments are not indexed yet; they are searched all the same"
    yield from _listener_troubles(listeners)
    yield from chain.from_iterable(_destination_troubles(*one) for one in destinations.items())
    yield from chain.from_iterable(map(_role_troubles, roles))
    yield from _damages(document["streams"])


def _state(document: Mapping[str, Any]) -> str:
    if document["supervised"]:
        return "running"
    return "running in part: some roles alone" if document["running"] else "stopped"


def _role_row(name: str, role: Mapping[str, Any]) -> Sequence[object]:
    if not role["running"]:
        return name, "stopped", "", ""
    since = str(role.get("started_at", ""))[:_SECOND].replace("T", " ")
    return name, str(role["pid"]), since, _work(role)


def _work(role: Mapping[str, Any]) -> str:
    """The entry of a role's report that says how far it is."""
    if "handoff" in role:
        return f"{role['handoff']['held_messages']:,} messages wait for storage"
    if "commits" in role:
        return f"{role['messages']:,} messages stored"
    if "segments_indexed" in role:
        return f"{role['segments_indexed']:,} segments indexed"
    if "destinations" in role:
        sent = sum(destination["messages"] for destination in role["destinations"].values())
        return f"{sent:,} messages sent on"
    return str(role.get("url", ""))


def _listeners(roles: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The listeners by name; what several collectors count of one is added up."""
    found: dict[str, dict[str, Any]] = {}
    for role in roles:
        for name, listener in role.get("listeners", {}).items() if role["running"] else ():
            sums = found.setdefault(
                name,
                {
                    **listener,
                    "messages": 0,
                    "not_admitted": 0,
                    "lost": Counter(),
                    "refused": Counter(),
                    "guests": Counter(),
                    "relp": Counter(),
                    "gaps": [],
                },
            )
            sums["messages"] += listener["messages"]
            sums["lost"].update(listener["lost"])
            sums["refused"].update(listener["refused"])
            sums["guests"].update(listener.get("guests", {}))
            sums["relp"].update(listener.get("relp", {}))
            sums["not_admitted"] += listener.get("not_admitted", 0)
            sums["gaps"].append(listener.get("sequence_gaps", {}))
    return found


def _listener_row(name: str, listener: Mapping[str, Any]) -> Sequence[object]:
    buffer = listener.get("receive_buffer")
    return (
        name,
        listener["transport"],
        str(listener["port"] or ""),
        listener["address"],
        octets(buffer) if buffer else "",
        listener["messages"],
        listener["lost"].total(),
    )


def _destinations(roles: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The destinations that messages go on to, by name."""
    running = (role.get("destinations", {}) for role in roles if role["running"])
    return dict(chain.from_iterable(found.items() for found in running))


def _destination_row(name: str, destination: Mapping[str, Any]) -> Sequence[object]:
    connected = "yes" if destination["connected"] else "no"
    return name, destination["address"], destination["stream"], connected, destination["behind"]


def _destination_troubles(name: str, destination: Mapping[str, Any]) -> Iterator[str]:
    """What keeps messages from going on, and those that never will."""
    if not destination["connected"]:
        why = _shown(destination["error"], _REASON_LENGTH) or "it has not answered yet"
        yield f"NOT CONNECTED to {name}: {destination['behind']:,} messages wait ({why})"
    if missing := destination["missing"]:
        yield f"NOT SENT to {name}: {missing:,} messages had expired or are damaged"
    if too_long := destination["too_long"]:
        yield f"NOT SENT to {name}: {too_long:,} messages are longer than RELP servers take"


def _stream_row(stream: Mapping[str, Any]) -> Sequence[object]:
    days = stream["days"]
    return (
        f"{stream['tenant']}/{stream['stream']}",
        len(days),
        days[0] if days else None,
        stream["messages"],
        stream["journal_messages"],
        octets(stream["archive_octets"]),
        octets(stream["index_octets"]),
    )


def _listener_troubles(listeners: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What an operator has to see, a line each; the appliance's own log has the story."""
    for name, listener in listeners.items():
        for reason, number in listener["lost"].items():
            yield f"LOST at {name}: {number:,} messages ({reason})"
        for reason, number in listener["refused"].items():
            yield f"REFUSED at {name}: {number:,} connections ({reason})"
        for protocol, number in listener["guests"].items():
            yield f"TURNED AWAY at {name}: {number:,} of another protocol ({protocol})"
        if number := listener["relp"]["perhaps_sent_again"]:
            sessions = listener["relp"]["broken_sessions"]
            yield f"PERHAPS TWICE at {name}: {number:,} messages ({sessions:,} RELP sessions broke off)"
        if number := listener["not_admitted"]:
            yield f"TURNED AWAY at {name}: {number:,} messages of senders not in sender_networks"
        yield from _sequence_gaps(name, listener["gaps"])


def _sequence_gaps(listener: str, reports: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What senders' own numbers say is missing; several collectors count each for itself."""
    missing = sum(report.get("missing", 0) for report in reports)
    if not missing:
        return
    yield f"MISSING at {listener}: {missing:,} messages never came, by the numbers that senders give them"
    if len(reports) > 1:
        yield "  (or another collector process had them: each counts for itself; see collector.processes)"
    senders = [sender for report in reports for sender in report["senders"] if sender["missing"]]
    for sender in nlargest(_SENDERS_SHOWN, senders, key=itemgetter("missing")):
        starts = f", which began anew {sender['restarts']:,} times" if sender["restarts"] else ""
        name = f"{_shown(sender['host'] or '-')} at {_shown(sender['peer'])}"
        yield f"  {sender['missing']:,} of {name}{starts}"


def _shown(text: str, most: int = _NAME_LENGTH) -> str:
    """A text from the wire, which must not steer a terminal."""
    visible = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return visible if len(visible) <= most else f"{visible[:most]}..."


def _role_troubles(role: Mapping[str, Any]) -> Iterator[str]:
    if not role["running"]:
        return
    for name, child in role.get("roles", {}).items():
        if child["starts"] > 1:
            yield f"RESTARTED {name}: {child['starts'] - 1:,} times"
    for entry, what in _TROUBLES.items():
        if number := role.get(entry):
            yield f"ERRORS in {role['role']}: {number:,} {what}"


def _damages(streams: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for stream in streams:
        for damage in stream["damaged"]:
            yield f"DAMAGED {damage['path']} at octet {damage['offset']}: {damage['reason']}"
