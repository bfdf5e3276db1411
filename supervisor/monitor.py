"""The monitor's judgement: measures in, the state of the appliance out. No clock, no disk, no log.

The state is that of the worst measure. A measure enters a state the moment it reaches that state's threshold,
and leaves it when it has been better by a margin, and that for a while, so that a figure which swings about a
threshold does not make the appliance swing with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

STATES: Final = ("ok", "warning", "shedding", "panic")
OK, WARNING, SHEDDING, PANIC = range(len(STATES))

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure, and what it means.

    Attributes:
        name: what is measured, as its settings are called.
        subject: of what: a role, or ``machine``.
        value: the figure.
        unit: octets, percent, files or seconds.
        limits: from where on the state is warning, shedding, panic; 0 means never.
        low: whether the figure is worse the lower it is.
    """

    name: str
    subject: str
    value: float
    unit: str
    limits: tuple[float, float, float]
    low: bool = False

    @property
    def key(self) -> Key:
        """What distinguishes this measure from others."""
        return self.name, self.subject

    def level(self, margin: float = 0.0) -> int:
        """Give the state that the figure stands for, by its place in STATES.

        Args:
            margin: the part of a threshold by which the figure has to be better than it.
        """
        for level in (PANIC, SHEDDING, WARNING):
            limit = self.limits[level - 1]
            if limit and self._reaches(limit, margin):
                return level
        return OK

    def _reaches(self, limit: float, margin: float) -> bool:
        if self.low:
            return self.value <= limit / (1 - margin)
        return self.value >= limit * (1 - margin)


@dataclass(slots=True)
class Judge:
    """Judges one measure, look after look."""

    level: int = OK
    calm_since: float | None = None

    def judge(self, measure: Measure | None, now: float, margin: float, calm_seconds: float) -> int:
        """Give the state by this measure.

        Args:
            measure: what was measured; None when it cannot be had any more, which is calm.
            now: the monotonic clock.
            margin: see ``Measure.level``.
            calm_seconds: how long it has to be better.
        """
        reached = measure.level() if measure is not None else OK
        if reached >= self.level:
            self.level, self.calm_since = reached, None
            return self.level
        held = min(measure.level(margin), self.level) if measure is not None else OK
        if held == self.level:
            self.calm_since = None
            return self.level
        if self.calm_since is None:
            self.calm_since = now
        if now - self.calm_since >= calm_seconds:
            self.level, self.calm_since = held, None
        return self.level


@dataclass(frozen=True, slots=True)
class Cause:
    """A measure that is not well, and the state that it stands for."""

    measure: Measure
    level: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one look came to.

    Attributes:
        level: the state, by its place in STATES.
        causes: what is not well, the worst first.
        news: the causes that were not there, or less bad, at the look before.
        changed: whether the state is another one.
    """

    level: int
    causes: tuple[Cause, ...] = ()
    news: tuple[Cause, ...] = ()
    changed: bool = False

    @property
    def state(self) -> str:
        """The state's name."""
        return STATES[self.level]


@dataclass(slots=True)
class Monitor:
    """Judges all measures together, look after look."""

    level: int = OK
    _judges: dict[Key, Judge] = field(default_factory=dict)
    _last: dict[Key, Measure] = field(default_factory=dict)

    def look(
        self, measures: Iterable[Measure], now: float, *, calm_seconds: float, margin: float
    ) -> Judgement:
        """Judge what was measured now. See ``Judge.judge``."""
        found = {measure.key: measure for measure in measures}
        causes, news = [], []
        for key in {**self._judges, **found}:
            judge = self._judges.setdefault(key, Judge())
            before = judge.level
            judge.judge(found.get(key), now, margin, calm_seconds)
            if judge.level == OK:
                if key not in found:
                    del self._judges[key]
                    self._last.pop(key, None)
                continue
            cause = Cause(found.get(key) or self._last[key], judge.level)
            causes.append(cause)
            if judge.level > before:
                news.append(cause)
        self._last |= found
        before, self.level = self.level, max((cause.level for cause in causes), default=OK)
        worst = tuple(sorted(causes, key=lambda cause: -cause.level))
        return Judgement(self.level, worst, tuple(news), self.level != before)

    def measures(self) -> dict[str, dict[str, Any]]:
        """Give the last figures by name and subject, of JSON's types."""
        told: dict[str, dict[str, Any]] = {}
        for (name, subject), judge in self._judges.items():
            if (measure := self._last.get((name, subject))) is not None:
                told.setdefault(name, {})[subject] = {
                    "value": round(measure.value, 3),
                    "unit": measure.unit,
                    "state": STATES[judge.level],
                    "limits": dict(zip(STATES[1:], measure.limits, strict=True)),
                }
        return told
