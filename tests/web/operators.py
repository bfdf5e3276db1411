"""What tests of the operator's pages show: an appliance that answers as the real commands do, from values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from access.visitor import Visitor
from commands.pages import as_seen
from storage.layout import Layout
from supervisor.balance_sides import Difference, Line, Statement
from supervisor.pace import Pace
from tests.watch.records import observed, situation
from watch.findings import Finding, Findings
from watch.inventory import Inventory
from watch.shown import document
from web.app import create_app
from web.appliance import Appliance, Document, Seen
from web.settings import WebSettings

HOSTILE: Final = '<script>document.title="owned"</script>\x1b[31m\u202e'
COUNTS: Final = {
    "messages": 0, "octets": 0, "connections_accepted": 0, "empty_datagrams": 0, "not_admitted": 0,
    "discarded_octets": 0, "flagged": {}, "lost": {}, "refused": {}, "guests": {},
}  # fmt: skip
GIB: Final = 1 << 30


def listener(**more: Any) -> dict[str, Any]:
    """Give a listener as a collector reports it."""
    usual = {"transport": "udp", "address": "192.0.2.9", "port": 5514, "sequence_gaps": {}}
    return {**COUNTS, **usual, **more}


def document_of(**more: Any) -> dict[str, Any]:
    """Give the state of an appliance that is well, as the status listener tells it."""
    now = datetime.now(UTC)
    told = (now - timedelta(seconds=1)).isoformat()

    def role(name: str, **entries: Any) -> dict[str, Any]:
        started = (now - timedelta(hours=3)).isoformat()
        usual = {"role": name, "running": True, "ready": True, "pid": 4711, "starts": 1}
        times = {"started_at": started, "reported_at": told, "silent_seconds": 0.4}
        used = {"resident_octets": 90 << 20, "cpu_seconds": 1.5, "open_files": 12}
        return {**usual, **times, "process": used, **entries}

    limits = {"warning": 16 * GIB, "shedding": 4 * GIB, "panic": GIB}
    measure = {"value": 73 * GIB, "unit": "octets", "state": "ok", "limits": limits}
    usual = {
        "running": True, "supervised": True, "live": True, "phase": "running", "data": "/var/lib/sysledger",
        "looked_at": told, "state": {"state": "ok", "since": told, "reasons": []}, "not_ready": [],
        "disk": {"octets": 250 * GIB, "free_octets": 73 * GIB},
        "roles": {
            "supervisor": role("supervisor", measures={"disk_free": {"machine": measure}}),
            "collector": role(
                "collector", listeners={"udp": listener(messages=1234)},
                handoff={"held_messages": 7, "queue": {"messages": 0, "octets": 0}, "lost": {}},
            ),
            "storage": role("storage", messages=1234, journals_waiting=1, oldest_journal_seconds=61.0),
            "indexer": role("indexer", messages_indexed=1000, pending=2, lag_seconds=5.0),
            "watch": role("watch", sources=3, findings={"silent": 1, "new": 0}, canaries={}),
        },
    }  # fmt: skip
    return {**usual, **more}


def seen(told: Mapping[str, Any] | None = None) -> Seen:
    """Give a look at an appliance, as the commands make it of such a document."""
    return as_seen(deepcopy(dict(told or document_of())), Pace())


def inventory(*sources: Any, findings: Sequence[Finding] = ()) -> Document:
    """Give the inventory of some observations, as the watch tells it."""
    made, found = Inventory(), Findings()
    for one in sources:
        made.add("default", "syslog", [one])
    for finding in findings:
        found.begin(finding)
    now = max((one.last for one in sources), default=0.0) + 60
    return {**document(made, found, situation(now, made)), "written_at": datetime.now(UTC).timestamp() - 12}


def statement(*lines: Line, differences: Sequence[Difference] = (), compares: bool = True) -> Document:
    """Give a statement of the books, as the balance tells it."""
    made = Statement(
        list(lines), [Line("udp", "192.0.2.1", framed=5)], list(differences), ["a note"], compares
    )
    return made.document(sources=True)


@contextmanager
def client_of(
    layout: Layout, appliance: Appliance | None = None, visitor: Visitor | None = None
) -> Iterator[TestClient]:
    """Serve the pages over a data folder to somebody; without ``visitor`` to the console."""
    with TestClient(app_of(layout, appliance, visitor), base_url="http://127.0.0.1") as client:
        yield client


def app_of(layout: Layout, appliance: Appliance | None, visitor: Visitor | None) -> Starlette:
    """Make the application."""
    known: dict[str, Any] = {}
    if visitor is not None:

        async def identify(_request: Request) -> Visitor:
            return visitor

        known["identify"] = identify
    return create_app(layout, WebSettings(), appliance=appliance, **known)


def telling(told: Any) -> Callable[[], Any]:
    """Give what always answers the same."""
    return lambda: told


def of_days(told: Document | None) -> Callable[[date | None], Document | None]:
    """Give what answers with one statement, whichever day is asked for."""
    return lambda _day: told


__all__ = ["observed"]
