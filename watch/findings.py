"""What is out of the ordinary with sources: inventory and clock in, findings out. Pure.

Each kind of finding has a judge: it says of a source whether it *begins* there, and of one that has begun
whether it *lasts*. The two differ, so that what wavers about a limit is told once and its end once.

    silent       a source has not sent for much longer than is usual for it, or than its setting says
    new          a source that was not there before
    skew         its clock has left its usual place, at two looks in a row
    downgrade    a source that sent by TLS or DTLS now sends in the clear
    same-name    two addresses send under one host name at the same time
    malformed    more of its messages than usual are malformed or cannot be parsed
    missing      its own numbers say that messages never came
    canary       a listener's canary was not found (watch/canary.py tells)
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from watch.inventory import Inventory, Source
from watch.settings import WatchSettings
from watch.words import duration, named

KINDS: Final = ("silent", "new", "skew", "downgrade", "same-name", "malformed", "missing", "canary")
ENDED_KEPT: Final = 200
_NEW_SECONDS: Final = 86_400.0  # for so long a source counts as new
_ADOPT_SECONDS: Final = 86_400.0  # after so long a clock's new place is its usual one
_QUIET_SECONDS: Final = 600.0  # in the clear no more, and a downgrade is over
_LOOKS_OFF: Final = 2  # of a clock, until it is told
_FEWEST: Final = 20.0  # messages of late, fewer of which give no share ...
_FEW: Final = 5.0  # ... and so few end what was told
RIGHT_SECONDS: Final = 0.5  # a clock that is no further away is called right
_SHOWN: Final = 4  # addresses that are named
_NOBODY: Final = frozenset({"", "-", "localhost", "localhost.localdomain"})  # names that many rightly have

Place = tuple[str, str, str, str]  # kind, tenant, peer, host
SilentOf = Callable[[Source], float | None]


@dataclass(slots=True)
class Finding:
    """Something that an operator should know of. Times are seconds since 1970; ``ended`` None while it lasts.

    ``peer`` and ``host`` are of the source; a canary's ``peer`` is empty, and its ``host`` the listener.
    """

    kind: str
    tenant: str
    peer: str
    host: str
    since: float
    text: str
    ended: float | None = None

    @property
    def place(self) -> Place:
        """Of several findings of one place only one lasts."""
        return self.kind, self.tenant, self.peer, self.host


@dataclass(frozen=True, slots=True)
class News:
    """A finding that has just begun, or ended."""

    finding: Finding
    begins: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """What judges look at besides the source.

    ``begun`` is the time of receipt from which the inventory counts, ``watched`` when the watch first looked
    at it: what happened before is history, and not told. ``listening`` is since when collectors have been
    receiving without a break, None when they may not be: then nobody can be found silent. ``silent_of`` gives
    what the configuration says of a source's cadence: seconds, 0 for never, None where it is to be learned.
    """

    now: float
    settings: WatchSettings
    begun: float
    watched: float
    listening: float | None
    silent_of: SilentOf
    same_name: Mapping[tuple[str, str], list[Source]] = field(default_factory=dict)


def limit(source: Source, situation: Situation) -> float | None:
    """Give the silence in seconds after which a source is silent; None while that is not known, or never."""
    asked, settings = situation.silent_of(source), situation.settings
    if asked is not None:
        return asked or None
    usual = source.cadence.usual()
    if usual is None or source.last - source.first < settings.learn_seconds:
        return None
    return max(settings.silent_seconds, settings.silent_factor * usual)


def _silent(source: Source, at: Situation, before: Finding | None) -> str | None:
    most = limit(source, at)
    if most is None:
        return None
    if before is not None:
        is_back = source.last > before.since or at.now - source.last <= most
        return None if is_back else before.text
    if source.last + most < at.watched:
        return None
    if at.listening is None or at.now - max(source.last, at.listening) <= most:
        return None
    silence = duration(at.now - source.last)
    return f"has been silent for {silence}, and is expected to send within {duration(most)}"


def _new(source: Source, at: Situation, before: Finding | None) -> str | None:
    if (
        source.first < max(at.watched, at.begun + at.settings.learn_seconds)
        or at.now - source.first > _NEW_SECONDS
    ):
        return None
    return before.text if before else f"is new, by {', '.join(source.of('transport'))}"


def _skew(source: Source, at: Situation, before: Finding | None) -> str | None:
    clock = source.clock
    if clock is None or not clock.off:
        return None
    if before is not None and at.now - before.since > _ADOPT_SECONDS:
        clock.accept()
        return None
    if before is None and clock.off < _LOOKS_OFF:
        return None
    if before is not None:
        return before.text
    return (
        f"has a clock {_ahead(clock.now)}, and usually one {_ahead(clock.usual)}, "
        "or its messages come later than they did"
    )


def _ahead(seconds: float) -> str:
    if abs(seconds) < RIGHT_SECONDS:
        return "that is right"
    return f"{duration(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'} ours"


def _downgrade(source: Source, at: Situation, before: Finding | None) -> str | None:
    if source.downgraded is None or source.encrypted_last is None or source.plain_last is None:
        return None
    if before is not None:
        quiet = at.now - source.plain_last > _QUIET_SECONDS
        return None if quiet and source.encrypted_last > source.plain_last else before.text
    if (
        source.encrypted_last > source.plain_last
        or at.now - source.downgraded > at.settings.same_name_seconds
    ):
        return None
    return "sent encrypted and now sends in the clear: see to its settings, or to who sends in its name"


def _same_name(source: Source, at: Situation, before: Finding | None) -> str | None:
    several = at.same_name.get((source.tenant, source.host.casefold()), ())
    if len(several) < 2 or several[0] is not source:  # noqa: PLR2004 - one is told for all of them
        return None
    if before is not None:
        return before.text
    return f"is the name under which {named([one.peer for one in several], _SHOWN)} send at the same time"


def _malformed(source: Source, at: Situation, before: Finding | None) -> str | None:
    rate, bad = source.rate, source.bad
    if source.recent_at(at.now) < (_FEW if before else _FEWEST) or not rate.usual:
        return None
    of_late, usually = bad.recent / rate.recent, bad.usual / rate.usual
    least = at.settings.malformed_share * (0.5 if before else 1.0)
    if of_late - usually <= least:
        return None
    if before is not None:
        return before.text
    return f"has {of_late:.0%} of its messages malformed or unparsed, and usually {usually:.0%}"


def _missing(source: Source, at: Situation, before: Finding | None) -> str | None:
    if source.missing_at is None or at.now - source.missing_at > at.settings.same_name_seconds:
        return None
    if before is not None:
        return before.text
    return f"gave its messages numbers, by which {source.missing:,} of them never came"


_JUDGES: Final[Mapping[str, Callable[[Source, Situation, Finding | None], str | None]]] = {
    "silent": _silent,
    "new": _new,
    "skew": _skew,
    "downgrade": _downgrade,
    "same-name": _same_name,
    "malformed": _malformed,
    "missing": _missing,
}


@dataclass(slots=True)
class Findings:
    """The findings that last, by place, and the newest that have ended."""

    lasting: dict[Place, Finding] = field(default_factory=dict)
    ended: deque[Finding] = field(default_factory=lambda: deque(maxlen=ENDED_KEPT))

    def look(self, inventory: Inventory, situation: Situation) -> list[News]:
        """Judge every source; give what has begun and what has ended since the last look."""
        if inventory.begun is None:
            return []
        news: list[News] = []
        for source in inventory.sources.values():
            for kind, judge in _JUDGES.items():
                before = self.lasting.get((kind, *source.key))
                text = judge(source, situation, before)
                if text is None:
                    if before is not None:
                        news.append(self._end(before, situation.now))
                elif before is None:
                    news.append(self.begin(Finding(kind, *source.key, since=situation.now, text=text)))
        gone = [
            one
            for one in self.lasting.values()
            if one.kind in _JUDGES and one.place[1:] not in inventory.sources
        ]
        return [*news, *(self._end(one, situation.now) for one in gone)]

    def begin(self, finding: Finding) -> News:
        """Take a finding that has begun."""
        self.lasting[finding.place] = finding
        return News(finding, begins=True)

    def end(self, place: Place, now: float) -> News | None:
        """Take the end of a finding; None when there was none."""
        finding = self.lasting.get(place)
        return None if finding is None else self._end(finding, now)

    def _end(self, finding: Finding, now: float) -> News:
        del self.lasting[finding.place]
        finding.ended = now
        self.ended.append(finding)
        return News(finding, begins=False)

    def counts(self) -> dict[str, int]:
        """Give how many of each kind last."""
        counted = dict.fromkeys(KINDS, 0)
        for finding in self.lasting.values():
            counted[finding.kind] = counted.get(finding.kind, 0) + 1
        return counted


def same_names(sources: Iterable[Source], now: float, seconds: float) -> dict[tuple[str, str], list[Source]]:
    """Give the names under which several addresses send at the same time, by tenant and name, oldest first.

    Both have sent within ``seconds``, and each has begun before the other's last message: a device that has
    moved to another address has not.
    """
    by_name: dict[tuple[str, str], list[Source]] = {}
    for source in sources:
        if now - source.last <= seconds and source.host not in _NOBODY:
            by_name.setdefault((source.tenant, source.host.casefold()), []).append(source)
    return {
        name: met for name, several in by_name.items() if len(several) > 1 and (met := list(_met(several)))
    }


def _met(several: list[Source]) -> Iterator[Source]:
    """Give those that sent while another did."""
    ordered = sorted(several, key=lambda one: one.first)
    for source in ordered:
        if any(
            one.peer != source.peer and one.first <= source.last and source.first <= one.last
            for one in ordered
        ):
            yield source


def document(finding: Finding) -> dict[str, Any]:
    """Give a finding in JSON's types."""
    return {
        "kind": finding.kind,
        "tenant": finding.tenant,
        "peer": finding.peer,
        "host": finding.host,
        "since": finding.since,
        "ended": finding.ended,
        "text": finding.text,
    }
