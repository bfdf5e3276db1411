"""What the operator's pages have in common: how old their figures are, and which of them one may see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

import anyio.to_thread

from access.sight import sees
from access.visitor import Visitor
from storage.daily import StreamDays, together
from storage.expiry import Policy
from storage.forecast import Forecast, Kept, Rooms, forecast
from storage.layout import Layout, StreamName
from storage.retention import policy_of
from storage.settings import StorageSettings
from tenants.file import RegistryError
from web import figures
from web.shelf import Figures

OLD_SECONDS: Final = 60.0  # figures that are older are marked
NOT_YET: Final = (
    "The figures of this page are being made, which takes longer than a page may wait. Reload it in a moment."
)
BARS: Final = 30  # days of a chart

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Age:
    """When the figures of a page were made.

    Attributes:
        at: the time in UTC; empty when there are none.
        ago: how long ago that is.
        is_old: too long to say anything of now.
        note: what keeps them from being newer, or from being there.
    """

    at: str
    ago: str
    is_old: bool
    note: str

    @classmethod
    def of(cls, made: Figures[Any]) -> "Age":
        """Give the age of figures."""
        note = made.trouble
        if made.value is None and not note:
            note = NOT_YET if made.at is None else ""
        if made.value is None or made.at is None:
            return cls("", "", is_old=True, note=note)
        if made.is_being_made and not note:
            note = "Newer ones are being made."
        return cls(figures.instant(made.at), figures.span(made.age), made.age > OLD_SECONDS, note)


def seen_by(visitor: Visitor, streams: Iterable[StreamDays]) -> tuple[StreamDays, ...]:
    """Give the streams that somebody may see."""
    return tuple(one for one in streams if sees(visitor, one.name))


@dataclass(frozen=True, slots=True)
class Keeping:
    """By what each stream is kept.

    ``trouble`` is why nobody can say so, in which case nothing expires.
    """

    policy: Policy
    trouble: str = ""

    def days_of(self, name: StreamName) -> int:
        """Give for how many days before today a stream is kept, 0 for ever."""
        return self.policy.days_of(name)


def keeping(layout: Layout, storage: StorageSettings) -> Keeping:
    """Give by what `sysledger retention` goes now."""
    try:
        return Keeping(policy_of(layout, storage))
    except RegistryError as error:
        return Keeping(Policy(), f"Nothing expires now: {error}.")


def foretold(
    streams: Iterable[StreamDays],
    free: int | None,
    keep_free: int,
    kept: Keeping,
    today: date,
) -> Forecast | None:
    """Foretell the disk; None when its room is not known.

    Args:
        streams: all that share it, whoever asks.
        free: octets that are free on it.
        keep_free: octets that are kept free, which count as full.
        kept: by what each stream is kept.
        today: the UTC day.
    """
    if free is None:
        return None
    policy = kept.policy
    several = [
        Kept(
            policy.days_of(one.name),
            {day.day: day.octets for day in one.days},
            one.name.tenant,
            policy.is_bound(one.name),
        )
        for one in streams
    ]
    rooms = Rooms(policy.rooms, policy.settings.room, policy.settings.room_days)
    return forecast(several, free - keep_free, today, rooms)


def told(found: Forecast | None) -> str:
    """Give a forecast as a sentence."""
    if found is None:
        return "How much room is left is not known."
    if not found.measured:
        return "How long the room lasts can be said after the first whole day (UTC)."
    pace = f"{figures.octets(found.a_day)} a day, as in the last {_days(found.measured)}"
    if found.full_in is not None:
        return f"Full in about {_days(found.full_in)} at {pace}."
    ends = "what expires makes the room for what comes" if found.expires else "there is room for longer"
    return f"Not full within ten years at {pace}: {ends}."


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart: its place and height in a picture that is 100 high, and what it stands for."""

    x: int
    height: float
    day: str
    messages: int


def bars(streams: Iterable[StreamDays], today: date, number: int = BARS) -> tuple[Bar, ...]:
    """Give the messages of the last days that are in the archive as a chart's bars, oldest first."""
    by_day = together(streams)
    first = today.toordinal() - number + 1
    counts = [(day, by_day.get(day, 0)) for day in map(date.fromordinal, range(first, first + number))]
    highest = max((count for _, count in counts), default=0) or 1
    return tuple(
        Bar(10 * place, round(100 * count / highest, 2), day.isoformat(), count)
        for place, (day, count) in enumerate(counts)
    )


async def in_thread(draw: Callable[[], T]) -> T:
    """Make a page or an answer of the API in a thread, so that others are served while it is put together.

    Not in one of the desk's, which searches may keep: the operator is to see why they take long.
    """
    return await anyio.to_thread.run_sync(draw)


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)
