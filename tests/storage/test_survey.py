"""The survey of a search: number, histogram and facets of all matches, growing block by block."""

from typing import Any

from storage.layout import Layout
from storage.search import Request, Searcher

ROWS: list[dict[str, Any]] = [
    {"hostname": f"fw-{number % 3}", "severity": number % 8, "message": "even" if number % 2 else "odd"}
    for number in range(20)
]


def test_a_survey_agrees_with_count_and_histogram(layout: Layout, archive: Any) -> None:
    """At its end the survey has all matches, in the histogram and in each facet."""
    archive(layout, ROWS)
    searcher = Searcher(layout)
    *_, last = searcher.survey(Request("even"), facets=("host", "severity"))
    survey = last()
    assert survey.total == searcher.count(Request("even")).count == 10
    assert sum(map(sum, survey.histogram.counts)) == 10
    assert [sum(number for _, number in facet.values) for facet in survey.facets] == [10, 10]
    assert survey.is_complete
    assert survey.decided == survey.blocks == 5


def test_a_survey_grows(layout: Layout, archive: Any) -> None:
    """After each block it knows more, says how far it has come, and is not complete before its end."""
    archive(layout, ROWS)
    steps = [step() for step in Searcher(layout).survey(Request())]
    assert [step.total for step in steps] == [4, 8, 12, 16, 20, 20]
    assert [step.decided for step in steps] == [1, 2, 3, 4, 5, 5]
    assert [step.is_complete for step in steps] == [False] * 5 + [True]
    assert steps[0].histogram.counts is not steps[1].histogram.counts


def test_a_survey_of_nothing(layout: Layout) -> None:
    """Where nothing is stored the survey is complete at once, and empty."""
    (only,) = Searcher(layout).survey(Request(), facets=("host",))
    assert (only().total, only().facets[0].values, only().is_complete) == (0, (), True)


def test_a_survey_of_device_times(layout: Layout, archive: Any) -> None:
    """Records without a device time are in the number and in the facets, and in no bar."""
    archive(layout, [{"timestamp": 1_700_000_000_000_000}, {}])
    *_, last = Searcher(layout).survey(Request(time="device"), facets=("transport",))
    survey = last()
    assert survey.total == 2
    assert sum(map(sum, survey.histogram.counts)) == 1
    assert survey.facets[0].values == (("tcp", 2),)
