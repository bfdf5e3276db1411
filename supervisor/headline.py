"""The state of the appliance in plain words, with its reasons and what to do: the first lines of a status."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from supervisor.readiness import RUNNING
from supervisor.troubles import shown

_SECOND: Final = len("2026-11-20T22:51:03")
_REASON_LENGTH: Final = 300
_MEANING: Final = {
    "ok": "",
    "warning": "Messages are accepted. See to this before senders have to wait:",
    "shedding": "Senders by TCP, TLS and RELP wait, datagrams are taken, indexing pauses:",
    "panic": "New connections are refused, and the least severe datagrams may be dropped. Act now:",
}


def headline(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines.

    Args:
        document: as of ``overview``, or as of /status.json.
    """
    yield f"Sysledger is {running(document)} (data folder {shown(str(document['data']), _REASON_LENGTH)})"
    yield from details(document)


def details(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the reasons of the state, what to do, and what keeps the appliance from being ready."""
    state = document.get("state")
    if state:
        yield from _state(state)
    told = set(map(str, state["reasons"])) if state else set()
    for reason in document.get("not_ready", ()):
        if reason not in told and not reason.startswith("the appliance is in the state"):
            yield f"NOT READY: {shown(reason, _REASON_LENGTH)}"
    if document["supervised"] and not document.get("live", True):
        yield "The status listener does not answer; this is from the roles' own files."


def running(document: Mapping[str, Any]) -> str:
    """Say whether it runs, and in which state: ``running, state ok since 2026-11-20 22:51:03 UTC``."""
    if not document["supervised"]:
        return "running in part: some roles alone" if document["running"] else "stopped"
    state = document.get("state")
    phase = str(document.get("phase", RUNNING))
    if not state or phase != RUNNING:
        return phase
    since = str(state.get("since") or "")[:_SECOND].replace("T", " ")
    name = str(state["state"])
    return f"running, state {name if name == 'ok' else name.upper()}{f' since {since} UTC' if since else ''}"


def _state(state: Mapping[str, Any]) -> Iterator[str]:
    if meaning := _MEANING.get(str(state["state"]), ""):
        yield meaning
    for reason in state["reasons"]:
        yield f"  - {shown(str(reason), _REASON_LENGTH)}"
