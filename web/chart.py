"""The histogram over time as a picture: numbers in, geometry and words out.

The picture is 10 units a bar wide and 100 high; the style sheet stretches it. The worst severity stands at
the bottom, where heights can be compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from parsers.labels import SEVERITIES
from storage.search import Histogram, Request
from web import times
from web.form import SearchForm
from web.words import count

BAR_WIDTH: Final = 10
HEIGHT: Final = 100.0
_LEAST: Final = 2.0  # a single message beside a million must be seen
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Part:
    """The messages of one severity in one bar."""

    label: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The matches of one stretch of time."""

    x: int
    parts: tuple[Part, ...]
    cells: tuple[int, ...]  # as the legend's columns
    total: int
    range: str
    title: str
    address: str
    start: str  # as From and To are typed
    end: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One severity of the legend."""

    label: str
    count: str
    address: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole picture."""

    title: str
    column: str
    description: str
    width: int
    top: str
    bars: tuple[Bar, ...]
    axis: tuple[str, ...]
    legend: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all bars of a picture have in common."""

    form: SearchForm
    asked: Request
    width: int
    shown: Sequence[int]  # codes of the severities that occur
    highest: int
    say: Callable[[int], str]


def chart(histogram: Histogram, form: SearchForm, asked: Request) -> Chart:
    """Draw a histogram that has one bar at least; each bar leads to ``form`` narrowed to its time.

    Bars may begin before the range that was asked for and end after it; what they lead to does not.
    """
    sums = [sum(column) for column in zip(*histogram.counts, strict=True)]
    shown = [code for code, total in enumerate(sums) if total]
    highest, say = max(map(sum, histogram.counts)), _sayer(histogram)
    shared = _Shared(form, asked, histogram.width, shown, highest, say)
    pairs = zip(histogram.starts, histogram.counts, strict=True)
    bars = tuple(_bar(start, counts, number, shared) for number, (start, counts) in enumerate(pairs))
    first, last = say(histogram.starts[0]), say(histogram.starts[-1] + histogram.width)
    clock = "device time" if form.time == "device" else "time of receipt"
    return Chart(
        title=f"By {clock}, {times.duration(histogram.width / times.NANOSECONDS)} a bar",
        column=f"{clock.capitalize()} (UTC)",
        description=_description(bars, sums, first, last),
        width=len(bars) * BAR_WIDTH,
        top=f"highest bar {highest:,}",
        bars=bars,
        axis=(first, say(histogram.starts[len(bars) // 2]), last),
        legend=tuple(_entry(code, sums[code], form) for code in shown),
    )


def _bar(start: int, counts: Sequence[int], number: int, shared: _Shared) -> Bar:
    end, asked = start + shared.width, shared.asked
    first = times.seconds(start) if asked.start is None else max(asked.start, times.seconds(start))
    last = times.seconds(end) if asked.end is None else min(asked.end, times.seconds(end))
    total = sum(counts)
    span = f"{shared.say(start)} to {shared.say(end)}"
    split = ", ".join(f"{counts[code]:,} {SEVERITIES[code]}" for code in shared.shown if counts[code])
    return Bar(
        x=number * BAR_WIDTH,
        parts=_parts(counts, shared.highest),
        cells=tuple(counts[code] for code in shared.shown),
        total=total,
        range=span,
        title=f"{span} UTC: {count(total, 'message')}" + (f" ({split})" if split else ""),
        address=shared.form.having(start=times.typed(first), end=times.typed(last)).address(),
        start=times.typed(first),
        end=times.typed(last),
    )


def _parts(counts: Sequence[int], highest: int) -> tuple[Part, ...]:
    """Stack the severities, none of them too thin to be seen, and all of them within the picture."""
    present = [(SEVERITIES[code], number) for code, number in enumerate(counts) if number]
    heights = [max(_LEAST, number / highest * (HEIGHT - 1)) for _, number in present]
    squeeze = min(1.0, (HEIGHT - 1) / sum(heights)) if heights else 1.0
    parts = []
    floor = HEIGHT
    for (label, _), height in zip(present, heights, strict=True):
        floor -= height * squeeze
        parts.append(Part(label, round(floor, 2), round(height * squeeze, 2)))
    return tuple(parts)


def _entry(code: int, total: int, form: SearchForm) -> Entry:
    label = SEVERITIES[code]
    return Entry(label, f"{total:,}", form.with_term(f"severity:{label}").address())


def _description(bars: Sequence[Bar], sums: Sequence[int], first: str, last: str) -> str:
    total = count(sum(sums), "message")
    highest = max(bars, key=lambda bar: bar.total)
    split = ", ".join(f"{number:,} {SEVERITIES[code]}" for code, number in enumerate(sums) if number)
    return (
        f"Histogram of {total} from {first} to {last} UTC: {split}. "
        f"The most, {highest.total:,}, came from {highest.range}."
    )


def _sayer(histogram: Histogram) -> Callable[[int], str]:
    """Choose how precisely this histogram's times are said."""
    width = histogram.width / times.NANOSECONDS
    if width >= _DAY_SECONDS:
        return lambda at: times.seconds(at).date().isoformat()
    precision = "minutes" if width >= 60 else "seconds"  # noqa: PLR2004 - seconds a minute
    return lambda at: times.seconds(at).replace(tzinfo=None).isoformat(" ", precision)
