"""The canary's books: which message went through which listener, and whether it was found again. Pure.

A canary is an ordinary message with a random token. It is looked for among what is stored, by whoever reads
on there, and by search. One that is not found in time is missing; its listener's next one that is found in
time makes that good.
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from watch.listeners import Listener
from watch.observing import CANARY

PRIVAL: Final = 5 * 8 + 6  # syslog, info: shedding by severity reaches it late, but before what matters
_TOKEN: Final = re.compile(r"\bcanary ([0-9a-f]{16})\b")
_MSGID: Final = "CANARY"


def new_token() -> str:
    """Give a token that no other message has."""
    return secrets.token_hex(8)


def message(listener: Listener, token: str, host: str, process: int, now: float) -> bytes:
    """Give a canary as its listener reads messages.

    Args:
        listener: what it goes through.
        token: what it is found by.
        host: this machine's HOSTNAME.
        process: our process id.
        now: seconds since 1970.
    """
    text = f"canary {token} through listener {listener.name}"
    time = datetime.fromtimestamp(now, UTC)
    if listener.transport.startswith("gelf"):
        gelf = {
            "version": "1.1",
            "host": CANARY,
            "short_message": text,
            "timestamp": round(now, 3),
            "level": 6,
        }
        return json.dumps(gelf).encode()
    if listener.format == "rfc3164":
        stamp = f"{time:%b} {time.day:2d} {time:%H:%M:%S}"
        return f"<{PRIVAL}>{stamp} {host} {CANARY}[{process}]: {text}".encode()
    stamp = time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return f"<{PRIVAL}>1 {stamp} {host} {CANARY} {process} {_MSGID} - {text}".encode()


def token_in(text: str) -> str | None:
    """Give the token of a canary's text; None when there is none."""
    found = _TOKEN.search(text)
    return None if found is None else found[1]


@dataclass(slots=True)
class Sent:
    """A canary under way. Times are seconds since 1970; ``found`` when it was seen among what is stored."""

    token: str
    listener: str
    at: float
    deadline: float
    found: float | None = None
    told: bool = False  # as missing


@dataclass(slots=True)
class Course:
    """What became of one listener's canaries."""

    state: str = "waiting"  # for its first canary; then ok or missing; untried where none can go
    sent: int = 0
    found: int = 0
    missing: int = 0
    latency: float | None = None  # seconds from sending to seeing it among what is stored
    search: float | None = None  # seconds that a search for it took
    searched: bool | None = None  # whether the search found it
    last_found: float | None = None
    newest: float = 0.0  # when the newest that was found was sent
    why: str = ""  # not sent, not found, or not tried


@dataclass(frozen=True, slots=True)
class Turn:
    """A listener's canaries have gone missing, or are found again."""

    listener: str
    missing: bool
    text: str


@dataclass(slots=True)
class Canaries:
    """The canaries of all listeners."""

    under_way: dict[str, Sent] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)

    def know(self, listeners: list[str], untried: dict[str, str]) -> None:
        """Take which listeners there are, and why some cannot be tried."""
        known = {*listeners, *untried}
        self.courses = {name: course for name, course in self.courses.items() if name in known}
        for name in listeners:
            course = self.courses.setdefault(name, Course())
            if course.state == "untried":
                course.state, course.why = "waiting", ""
        for name, why in untried.items():
            course = self.courses.setdefault(name, Course())
            course.state, course.why = "untried", why

    def send(self, listener: str, token: str, now: float, wait: float) -> None:
        """Take that a canary is being sent, which must be found within ``wait`` seconds."""
        self.under_way[token] = Sent(token, listener, now, now + wait)
        self.courses[listener].sent += 1

    def failed(self, token: str, why: str) -> None:
        """Take that a canary could not be sent: it is missing when its time is up."""
        sent = self.under_way.get(token)
        if sent is not None and (course := self.courses.get(sent.listener)) is not None:
            course.why = why

    def find(self, token: str, now: float) -> Sent | None:
        """Take that a token was found among what is stored; None when it is none that is under way."""
        sent = self.under_way.pop(token, None)
        if sent is None or (course := self.courses.get(sent.listener)) is None:
            return None
        sent.found = now
        course.found += 1
        course.latency, course.last_found = now - sent.at, now
        course.newest = max(course.newest, sent.at)
        return sent

    def turn_of(self, sent: Sent) -> Turn | None:
        """Give what a canary that was found in time changes."""
        course = self.courses[sent.listener]
        if sent.told:
            return None  # late: the next one tells
        was, course.state, course.why = course.state, "ok", ""
        if was != "missing":
            return None
        return Turn(sent.listener, missing=False, text="its canary is found again")

    def overdue(self, now: float) -> list[Sent]:
        """Give the canaries whose time is up, once each; they may be found late all the same."""
        late = [sent for sent in self.under_way.values() if now > sent.deadline and not sent.told]
        for sent in late:
            sent.told = True
        for token in [token for token, sent in self.under_way.items() if now > sent.deadline + _LATE_SECONDS]:
            del self.under_way[token]
        return late

    def miss(self, sent: Sent) -> Turn | None:
        """Give what a canary changes that was not found in time."""
        course = self.courses.get(sent.listener)
        if course is None:
            return None
        course.missing += 1
        if sent.at < course.newest:
            return None  # a later one was found: what was the matter is over
        was, course.state = course.state, "missing"
        if was == "missing":
            return None
        seconds = sent.deadline - sent.at
        why = f"; {course.why}" if course.why else ""
        text = (
            f"the canary through it was not found within {seconds:g} s{why}: see whether collector and "
            "storage run and keep up ('sysledger status'), and whether what arrives there is stored"
        )
        return Turn(sent.listener, missing=True, text=text)

    def searched(self, listener: str, seconds: float, *, found: bool) -> None:
        """Take how long a search for a canary took, and whether it found it."""
        if (course := self.courses.get(listener)) is not None:
            course.search, course.searched = seconds, found

    def report(self) -> dict[str, dict[str, Any]]:
        """Give the state of all listeners, by name, in JSON's types."""
        return {name: _reported(course) for name, course in self.courses.items()}


_LATE_SECONDS: Final = 3_600.0


def _reported(course: Course) -> dict[str, Any]:
    return {
        "state": course.state,
        "sent": course.sent,
        "found": course.found,
        "missing": course.missing,
        "latency_seconds": None if course.latency is None else round(course.latency, 3),
        "search_seconds": None if course.search is None else round(course.search, 3),
        "search_finds_it": course.searched,
        "last_found": course.last_found,
        "why": course.why,
    }
