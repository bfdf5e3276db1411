"""`sysledger status --watch`: a screen that is drawn anew each second, until Ctrl-C.

From top to bottom what an operator asks: is it well, and if not, what is to be done; what comes in;
how far it has got; what it costs; what was lost. Made for 80 columns and more, and any number of lines.
"""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from supervisor import summary
from supervisor.gathering import seconds_of
from supervisor.headline import details, running
from supervisor.pace import Pace
from supervisor.terminal import octets, right, table
from supervisor.troubles import troubles

_STATE_STYLES: Final = {"ok": "bold green", "warning": "bold yellow"}
_SECONDS: Final = 1.0
_WIDE: Final = 160
_LEFT: Final = 78  # of these what comes in takes, and where it is
_DATE: Final = len("2026-11-20T")
_SECOND: Final = len("2026-11-20T22:51:03")
_LISTENER_COLUMNS: Final = ("listener", "port", "messages", "a second", "octets/s", "senders", "lost")
_ROLE_COLUMNS: Final = ("role", "process", "up", "memory", "cpu", "files", "starts", "")

Document = Mapping[str, Any]


def watch(look: Callable[[], Document], console: Console) -> None:
    """Show what ``look`` gives, each second, until Ctrl-C; then leave the last of it on the terminal.

    Where there is no terminal, one is written below the other.
    """
    pace = Pace()
    shown: RenderableType = ""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the terminal gets its own screen back
    with suppress(KeyboardInterrupt):
        live = Live(console=console, screen=True, auto_refresh=False) if console.is_terminal else None
        with live or nullcontext():
            while True:
                began = time.monotonic()
                document = look()
                pace.see(document)
                shown = screen(document, pace, console.width)
                if live is None:
                    console.print(shown)
                else:
                    live.update(shown, refresh=True)
                time.sleep(max(_SECONDS - (time.monotonic() - began), 0.0))
    if console.is_terminal:
        console.print(shown)


def screen(document: Document, pace: Pace, width: int) -> RenderableType:
    """Give what is drawn.

    Args:
        document: as of /status.json, or of the same shape from the roles' files.
        pace: has seen it.
        width: columns of the terminal; where there are many, what comes in stands beside what it costs.
    """
    listeners = summary.listeners(document["roles"].values())
    left = [_progress(document, pace), Text()]
    if listeners:
        left.insert(0, table(_LISTENER_COLUMNS, _listener_rows(listeners, pace)))
    roles = table(
        _ROLE_COLUMNS, (_role_row(name, role, document, pace) for name, role in document["roles"].items())
    )
    return Group(*_head(document), *_beside(left, roles, width), *_tail(document))


def _head(document: Document) -> Iterator[RenderableType]:
    state = str((document.get("state") or {}).get("state", ""))
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right", no_wrap=True)
    style = _STATE_STYLES.get(state, "bold red")
    looked = str(document.get("looked_at", ""))[_DATE:_SECOND]
    line.add_row(
        Text(f"Sysledger is {running(document)}", style), Text(f"{looked} UTC" if looked else "", "dim")
    )
    yield line
    for reason in details(document):
        yield Text(reason, "yellow" if state == "warning" else "red")
    yield Text()


def _beside(left: Sequence[RenderableType], right: RenderableType, width: int) -> Sequence[RenderableType]:
    if width < _WIDE:
        return [*left, right]
    grid = Table.grid(padding=(0, 3, 0, 0), expand=True)
    grid.add_column(width=_LEFT)
    grid.add_column(ratio=1)
    grid.add_row(Group(*left), right)
    return [grid]


def _tail(document: Document) -> Iterator[RenderableType]:
    for trouble in troubles(document):
        yield Text(trouble, "yellow")


def _listener_rows(listeners: Mapping[str, Document], pace: Pace) -> Iterator[Sequence[object]]:
    for name, listener in listeners.items():
        rate, volume = (pace.of("listeners", name, entry) for entry in ("messages", "octets"))
        port = f"{listener['transport']} {listener['port'] or ''}"
        senders = listener.get("connections")
        lost = listener["lost"].total()
        yield name, port, listener["messages"], _whole(rate), right(_size(volume)), senders, lost
    rate, volume = (_added(listeners, entry, pace) for entry in ("messages", "octets"))
    messages = sum(listener["messages"] for listener in listeners.values())
    lost = sum(listener["lost"].total() for listener in listeners.values())
    yield "together", "", messages, _whole(rate), right(_size(volume)), None, lost


def _added(listeners: Mapping[str, Document], entry: str, pace: Pace) -> float | None:
    rates = [rate for name in listeners if (rate := pace.of("listeners", name, entry)) is not None]
    return sum(rates) if rates else None


def _progress(document: Document, pace: Pace) -> RenderableType:
    """Where messages are on their way: a line a level, with what waits there and how fast it goes on."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold")
    grid.add_column()
    for level, words in _levels(document, pace):
        grid.add_row(level, words)
    return grid


def _levels(document: Document, pace: Pace) -> Iterator[tuple[str, str]]:
    roles = [role for role in document["roles"].values() if role["running"]]
    yield from _collecting(roles)
    yield from _storing(roles, pace)
    for name, destination in summary.destinations(roles).items():
        connected = "" if destination["connected"] else ", NOT CONNECTED"
        yield (
            f"to {name}",
            f"{destination['messages']:,} messages; {destination['behind']:,} behind{connected}",
        )
    for role in roles:
        if "sources" in role:
            yield from _watching(role)
    if disk := document.get("disk"):
        yield "disk", f"{_size(disk['free_octets'])} free of {_size(disk['octets'])}"


def _collecting(roles: Sequence[Document]) -> Iterator[tuple[str, str]]:
    held = summary.total(roles, "handoff", "held_messages")
    if held is not None:
        size, limit = (summary.total(roles, "handoff", entry) for entry in ("held_octets", "memory_octets"))
        of = f" of {_size(limit)}" if limit else ""
        waiting = "; senders WAIT" if any(role.get("paused") for role in roles) else ""
        yield "in memory", f"{held:,.0f} messages, {_size(size)}{of}{waiting}"
    queued = summary.total(roles, "handoff", "queue", "messages")
    if queued is not None:
        size = summary.total(roles, "handoff", "queue", "octets")
        oldest = max((summary.entry(role, "handoff", "queue", "oldest_seconds") or 0) for role in roles)
        yield "disk queue", f"{queued:,.0f} messages, {_size(size)}{_old(oldest if queued else 0)}"


def _storing(roles: Sequence[Document], pace: Pace) -> Iterator[tuple[str, str]]:
    for role in roles:
        if "commits" in role:
            rate = _rate(pace.of("messages", kind="storage"))
            slowest = f"slowest commit {role.get('slowest_commit', 0):.3f} s"
            yield "stored", f"{role['messages']:,} messages{rate}; {slowest}"
            waiting, oldest = role.get("journals_waiting", 0), role.get("oldest_journal_seconds", 0)
            archived = f"{role.get('messages_archived', 0):,} messages"
            behind = f"; {_span(oldest)} behind" if oldest else ""
            yield "archived", f"{archived}; {waiting:,} journals wait{behind}"
        if "messages_indexed" in role:
            rate = _rate(pace.of("messages_indexed"))
            waiting, oldest = role.get("pending", 0), role.get("lag_seconds") or 0
            yield (
                "indexed",
                f"{role['messages_indexed']:,} messages{rate}; {waiting:,} segments wait{_old(oldest)}",
            )


def _watching(role: Document) -> Iterator[tuple[str, str]]:
    """Who sends, what was found about them, and whether what is sent arrives."""
    findings = ", ".join(f"{kind} {count:,}" for kind, count in role.get("findings", {}).items() if count)
    yield "sources", f"{role['sources']:,}; {f'findings: {findings}' if findings else 'no findings'}"
    canaries = role.get("canaries", {})
    if lost := [name for name, one in canaries.items() if one["state"] == "missing"]:
        yield "canaries", f"MISSING through {', '.join(lost)}"
    elif late := [
        one["latency_seconds"] for one in canaries.values() if one.get("latency_seconds") is not None
    ]:
        yield "canaries", f"all arrive; the slowest took {max(late):.1f} s"


def _old(seconds: float) -> str:
    return f", {_span(seconds)} old" if seconds else ""


def _role_row(name: str, role: Document, document: Document, pace: Pace) -> Sequence[object]:
    if not role["running"]:
        return name, "DOWN", "", "", "", "", role.get("starts", ""), ""
    used = role.get("process") or {}
    share = pace.of("process", "cpu_seconds", kind=name)
    silent = role.get("silent_seconds") or 0.0
    ready = "" if role.get("ready", True) else "not ready"
    return (
        name,
        str(role["pid"]),
        right(_up(role, document)),
        right(_size(used.get("resident_octets"))),
        right("" if share is None else f"{share:.0%}"),
        used.get("open_files", ""),
        role.get("starts", ""),
        f"SILENT {_span(silent)}" if silent > 10 else ready,  # noqa: PLR2004 - it reports each second
    )


def _up(role: Document, document: Document) -> str:
    since, looked = seconds_of(role.get("started_at")), seconds_of(document.get("looked_at"))
    return "" if since is None else _span(max((looked or time.time()) - since, 0))


def _span(seconds: float) -> str:
    """A time span in its two largest units: ``3 d 4 h``, ``12 min``, ``7 s``."""
    minutes, hours, days = int(seconds) // 60, int(seconds) // 3600, int(seconds) // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"


def _rate(rate: float | None) -> str:
    return "" if rate is None else f", {rate:,.0f} a second"


def _whole(number: float | None) -> object:
    return right("-") if number is None else round(number)


def _size(count: float | None) -> str:
    return "-" if count is None else octets(int(count))
