"""`sysledger status`: the running roles and the stored streams in one document, and as tables for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from rich.console import RenderableType

from supervisor.status import SUPERVISOR, RoleStatus
from supervisor.terminal import octets, table

_ROLE_COLUMNS: Final = ("role", "process", "since (UTC)", "")
_LISTENER_COLUMNS: Final = ("listener", "transport", "port", "address", "buffer", "messages", "lost")
_STREAM_COLUMNS: Final = ("stream", "days", "since", "messages", "in journal", "archive", "index")
_SECOND: Final = len("2026-11-20T22:51:03")
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
    if document["streams"]:
        yield table(_STREAM_COLUMNS, map(_stream_row, document["streams"]))
    yield f"{document['messages']:,} messages; {octets(document['disk_free_octets'])} free on the disk"
    if pending := document["index_pending"]:
        yield f"{pending:,} segments are not indexed yet; they are searched all the same"
    yield from _listener_troubles(listeners)
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
    return str(role.get("url", ""))


def _listeners(roles: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The listeners by name; what several collectors count of one is added up."""
    found: dict[str, dict[str, Any]] = {}
    for role in roles:
        for name, listener in role.get("listeners", {}).items() if role["running"] else ():
            sums = found.setdefault(
                name, {**listener, "messages": 0, "lost": Counter(), "refused": Counter()}
            )
            sums["messages"] += listener["messages"]
            sums["lost"].update(listener["lost"])
            sums["refused"].update(listener["refused"])
    return found


def _listener_row(name: str, listener: Mapping[str, Any]) -> Sequence[object]:
    buffer = listener.get("receive_buffer")
    return (
        name,
        listener["transport"],
        str(listener["port"]),
        listener["address"],
        octets(buffer) if buffer else "",
        listener["messages"],
        listener["lost"].total(),
    )


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
