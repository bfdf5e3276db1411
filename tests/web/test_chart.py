"""The histogram as a picture."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from storage.results import Histogram, Request, Scope
from web.chart import chart
from web.form import SearchForm

MINUTE = 60 * 10**9
START = 1_795_215_060 * 10**9  # 2026-11-20 22:51:00 UTC


def histogram(*counts: list[int], width: int = MINUTE) -> Histogram:
    """Give a histogram with these bars."""
    return Histogram([START + width * number for number in range(len(counts))], width, counts, Scope())


def test_bars_are_as_high_as_their_numbers() -> None:
    """The highest bar fills the picture, the others are in proportion, the worst severity at the bottom."""
    made = chart(histogram([0, 0, 0, 10, 0, 0, 30, 0], [0, 0, 0, 0, 0, 0, 20, 0]), SearchForm(), Request())
    first, second = made.bars
    assert [part.label for part in first.parts] == ["err", "info"]
    assert first.parts[0].y > first.parts[1].y
    assert sum(part.height for part in first.parts) == pytest.approx(99)
    assert second.parts[0].height == pytest.approx(49.5)
    assert made.width == 20


def test_a_single_message_beside_a_million_is_seen() -> None:
    """Whatever is there has a height, and nothing grows out of the picture."""
    made = chart(
        histogram([1, 1, 1, 1, 1, 1, 1_000_000, 1], [0, 0, 0, 1, 0, 0, 0, 0], [0] * 8),
        SearchForm(),
        Request(),
    )
    assert all(part.height >= 1 for bar in made.bars for part in bar.parts)
    assert all(part.y >= 0 for bar in made.bars for part in bar.parts)
    assert made.bars[2].parts == ()


def test_a_bar_leads_to_its_time() -> None:
    """Each bar's link is the same search narrowed to the bar's time."""
    made = chart(histogram([0] * 7 + [1], [0] * 7 + [1]), SearchForm("host:a", start="-1h"), Request())
    assert made.bars[1].address == (
        "/search?q=host%3Aa&from=2026-11-20T22%3A52%3A00Z&to=2026-11-20T22%3A53%3A00Z"
    )


def test_a_bar_does_not_lead_out_of_the_range() -> None:
    """What a bar at the edge of the range leads to is what it counts: nothing from before or after."""
    start, end = (datetime(2026, 11, 20, 22, minute, 30, 500, UTC) for minute in (51, 52))
    made = chart(histogram([1] * 8, [1] * 8), SearchForm(), Request(start=start, end=end))
    addresses = [unquote(bar.address).partition("?")[2] for bar in made.bars]
    assert addresses == [
        "from=2026-11-20T22:51:30.000500Z&to=2026-11-20T22:52:00Z",
        "from=2026-11-20T22:52:00Z&to=2026-11-20T22:52:30.000500Z",
    ]


def test_bars_beyond_the_calendar() -> None:
    """Device times of years that Python does not know, as RFC 3339 allows, are drawn all the same."""
    edge = Histogram([-62_167_219_200 * 10**9], 9999 * 365 * 86_400 * 10**9, [[1] * 8], Scope())
    assert chart(edge, SearchForm(), Request(time="device")).bars[0].total == 8


def test_the_legend_leads_to_a_severity() -> None:
    """Each severity that occurs has its number and a link to itself alone."""
    (entry,) = chart(histogram([0, 0, 0, 1234, 0, 0, 0, 0]), SearchForm("a"), Request()).legend
    assert (entry.label, entry.count, entry.address) == ("err", "1,234", "/search?q=a+severity%3Aerr")


def test_the_picture_is_described() -> None:
    """Who cannot see the picture is told its range, its numbers and its highest bar."""
    made = chart(histogram([0, 0, 0, 1, 0, 0, 2, 0], [0, 0, 0, 0, 0, 0, 9, 0]), SearchForm(), Request())
    assert made.description == (
        "Histogram of 12 messages from 2026-11-20 22:51 to 2026-11-20 22:53 UTC: 1 err, 11 info. "
        "The most, 9, came from 2026-11-20 22:52 to 2026-11-20 22:53."
    )


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (86_400 * 10**9, "2026-11-20"),
        (MINUTE, "2026-11-20 22:51"),
        (10**9, "2026-11-20 22:51:00"),
    ],
)
def test_times_are_as_precise_as_the_bars(width: int, said: str) -> None:
    """Days are said as dates, minutes without seconds."""
    assert chart(histogram([0] * 7 + [1], width=width), SearchForm(), Request()).axis[0] == said
