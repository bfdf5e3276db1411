"""The tables of the overview: processes, what the monitor measures, and where messages are sent on to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from web import figures
from web.appliance import Seen

STATES: Final = ("ok", "warning", "shedding", "panic")

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Role:
    """One process of the appliance."""

    name: str
    state: str
    process: str
    up: str
    memory: str
    processor: str
    starts: str
    is_well: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of the monitor, and from where on it changes the state."""

    name: str
    subject: str
    value: str
    limits: tuple[str, ...]  # warning, shedding, panic
    state: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Another collector that the relay sends messages on to."""

    name: str
    address: str
    stream: str
    connected: bool
    behind: int
    missing: int
    error: str


def role_row(name: str, role: Report, seen: Seen, now: datetime) -> Role:
    """Give the row of one process."""
    silent = role.get("silent_seconds") or 0.0
    state = "runs"
    if not role.get("running"):
        state = "does not run"
    elif silent > 10:  # noqa: PLR2004 - a role reports each second, the web role each five
        state = f"silent for {figures.span(silent)}"
    elif not role.get("ready", True):
        state = "not ready yet"
    used = role.get("process") or {}
    share = (seen.rates.get("processors") or {}).get(name)
    return Role(
        name=name,
        state=state,
        process=str(role.get("pid") or ""),
        up=figures.span(figures.since(role.get("started_at"), now)) if role.get("running") else "",
        memory=figures.octets(used.get("resident_octets")),
        processor=figures.UNKNOWN if share is None else f"{share:.0%}",
        starts=str(role.get("starts", "")),
        is_well=state == "runs",
    )


def measures(document: Report) -> Iterator[Measured]:
    """Give the rows of what the supervisor measured last."""
    found = (document["roles"].get("supervisor") or {}).get("measures") or {}
    for name, subjects in found.items():
        for subject, one in subjects.items():
            limits = one.get("limits") or {}
            yield Measured(
                name=str(name).replace("_", " "),
                subject="" if subject == "machine" else str(subject),
                value=figures.amount(one.get("value"), str(one.get("unit"))),
                limits=tuple(
                    figures.amount(limits[state], str(one.get("unit"))) if limits.get(state) else "never"
                    for state in STATES[1:]
                ),
                state=str(one.get("state")),
            )


def destinations(document: Report) -> Iterator[Destination]:
    """Give the rows of the relay's destinations."""
    for role in document["roles"].values():
        for name, one in (role.get("destinations") or {}).items() if role.get("running") else ():
            yield Destination(
                name=str(name),
                address=str(one.get("address", "")),
                stream=str(one.get("stream", "")),
                connected=bool(one.get("connected")),
                behind=one.get("behind", 0),
                missing=one.get("missing", 0) + one.get("too_long", 0),
                error=str(one.get("error") or ""),
            )
