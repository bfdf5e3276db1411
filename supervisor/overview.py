"""`sysledger status`: the running roles and the stored streams in one document, and as tables for people."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import RenderableType

from supervisor import summary
from supervisor.headline import headline
from supervisor.pace import Pace
from supervisor.status import SUPERVISOR, RoleStatus
from supervisor.terminal import octets, table
from supervisor.troubles import troubles

_ROLE_COLUMNS: Final = ("role", "process", "since (UTC)", "")
_LISTENER_COLUMNS: Final = ("listener", "transport", "port", "address", "messages", "a second", "lost")
_DESTINATION_COLUMNS: Final = ("destination", "address", "stream", "connected", "behind")
_STREAM_COLUMNS: Final = ("stream", "days", "since", "messages", "in journal", "archive", "index")
_SECOND: Final = len("2026-11-20T22:51:03")


def overview(
    data: Path, roles: Sequence[RoleStatus], *, live: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give the state as a document, made of JSON's types.

    Args:
        data: the data folder.
        roles: from the status files.
        live: what the status listener says; None when it does not answer. It stands at the top, and its roles
            in place of those of the files.
    """
    return {
        "running": any(role.running for role in roles),
        "supervised": any(role.running and role.role == SUPERVISOR for role in roles),
        **(live or _state_of_files(roles)),
        "live": live is not None,
        "data": str(data),
        "roles": dict(live["roles"]) if live is not None else roles_of_files(roles),
    }


def with_streams(
    document: Mapping[str, Any], streams: Sequence[Mapping[str, Any]], *, pending: int, free: int | None
) -> dict[str, Any]:
    """Give the document of ``overview`` with what is stored.

    Args:
        document: the state.
        streams: from storage.inventory, as dictionaries.
        pending: segments that are not indexed yet.
        free: octets free on the disk; None without a data folder.
    """
    return {
        **document,
        "messages": sum(stream["messages"] for stream in streams),
        "journal_files": sum(stream["journal_files"] for stream in streams),
        "archive_octets": sum(stream["archive_octets"] for stream in streams),
        "index_octets": sum(stream["index_octets"] for stream in streams),
        "index_pending": pending,
        "disk_free_octets": free,
        "streams": list(streams),
    }


def _state_of_files(roles: Sequence[RoleStatus]) -> dict[str, Any]:
    """The state that the supervisor wrote into its file, while it runs."""
    entries = ("state", "since", "reasons")
    for role in roles:
        if role.running and role.role == SUPERVISOR and all(entry in role.report for entry in entries):
            return {"state": {entry: role.report[entry] for entry in entries}}
    return {}


def roles_of_files(roles: Sequence[RoleStatus]) -> dict[str, dict[str, Any]]:
    """Give by name the roles that run or should: those of an earlier configuration left their files, too."""
    supervisor = next((role for role in roles if role.running and role.role == SUPERVISOR), None)
    wanted = supervisor.report.get("roles", {}) if supervisor is not None else {}
    return {
        role.role: {**role.report, "running": role.running, "pid": role.pid}
        for role in roles
        if role.running or not wanted or role.role in wanted
    }


def as_tables(document: Mapping[str, Any], pace: Pace | None = None) -> Iterator[RenderableType]:
    """Give what a person sees of the document: the state and its reasons first, the troubles last.

    Args:
        document: as of ``with_streams``.
        pace: knows the rates, if anybody does.
    """
    roles = document["roles"].values()
    yield "\n".join([*headline(document), ""])
    if document["running"]:
        yield table(_ROLE_COLUMNS, (_role_row(name, role) for name, role in document["roles"].items()))
    if listeners := summary.listeners(roles):
        rows = (_listener_row(name, one, pace) for name, one in listeners.items())
        yield table(_LISTENER_COLUMNS, rows)
    if destinations := summary.destinations(roles):
        yield table(_DESTINATION_COLUMNS, (_destination_row(*one) for one in destinations.items()))
    if document["streams"]:
        yield table(_STREAM_COLUMNS, map(_stream_row, document["streams"]))
    yield f"{document['messages']:,} messages; {octets(document['disk_free_octets'])} free on the disk"
    if pending := document["index_pending"]:
        yield f"{pending:,} segments are not indexed yet; they are searched all the same"
    yield from troubles(document)


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
    if "canaries" in role:
        findings = sum(role["findings"].values())
        sources = f"{role['sources']:,} source{'' if role['sources'] == 1 else 's'}"
        return f"{sources}, {findings:,} finding{'' if findings == 1 else 's'}"
    return str(role.get("url", ""))


def _listener_row(name: str, listener: Mapping[str, Any], pace: Pace | None) -> Sequence[object]:
    rate = pace.of("listeners", name, "messages") if pace is not None else None
    return (
        name,
        listener["transport"],
        str(listener["port"] or ""),
        listener["address"],
        listener["messages"],
        None if rate is None else round(rate),
        listener["lost"].total(),
    )


def _destination_row(name: str, destination: Mapping[str, Any]) -> Sequence[object]:
    connected = "yes" if destination["connected"] else "no"
    return name, destination["address"], destination["stream"], connected, destination["behind"]


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
