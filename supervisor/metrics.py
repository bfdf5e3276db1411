"""Prometheus' text format from the state of the appliance: /metrics of the status listener.

Which metrics there are stands in supervisor/metric_table.py, and for people in supervisor/METRICS.md. All of
them are named at every scrape, also those that have no figure now: a role that does not run has none.

What stands in a label may have come from the wire or from a configuration: it is cut, what is not printable
is replaced, and of one label there are a bounded number of values, the least of which go together as
``other``.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import nlargest
from operator import itemgetter
from typing import Any, Final, cast

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from supervisor.metric_readers import Measure, Sample
from supervisor.metric_table import METRICS
from supervisor.readiness import reasons

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MOST_SAMPLES: Final = 500  # of one metric; a box has some ten listeners and streams
OTHER: Final = "other"
_LABEL_LENGTH: Final = 120


class _Collected(Collector):
    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


def exposition(document: Mapping[str, Any] | None, age: float) -> bytes:
    """Give the text of all metrics, in UTF-8.

    Args:
        document: the state of the appliance, as in /status.json; None when nothing is known of it.
        age: of the document, in seconds.
    """
    known = {**(document or {}), "age_seconds": age, "ready": not reasons(document, age)}
    return generate_latest(_Collected([_family(one, known) for one in METRICS]))


def _family(measure: Measure, document: Mapping[str, Any]) -> Metric:
    counts = measure.name.endswith("_total")
    kind = CounterMetricFamily if counts else GaugeMetricFamily
    family = kind(measure.name.removesuffix("_total"), measure.meaning, labels=measure.labels)
    for labels, value in bounded(_usable(measure.read(document)), summed=counts):
        family.add_metric(list(labels), value)
    return cast("Metric", family)


def _usable(samples: Iterable[tuple[tuple[Any, ...], Any]]) -> Iterator[Sample]:
    """The samples that are numbers, with their labels as text."""
    for labels, value in samples:
        if isinstance(value, int | float) and not math.isnan(value):
            yield tuple(label(str(part)) for part in labels), float(value)


def bounded(samples: Iterable[Sample], *, summed: bool, most: int = MOST_SAMPLES) -> list[Sample]:
    """Give samples with different labels, at most ``most``; the least of counters go together as ``other``.

    Args:
        samples: of one metric; those with the same labels are added up.
        summed: it is a counter, so that those past ``most`` are added up; of a gauge they are left out.
        most: how many there may be.
    """
    found: dict[tuple[str, ...], float] = defaultdict(float)
    for labels, value in samples:
        found[labels] += value
    if len(found) <= most:
        return list(found.items())
    kept = dict(nlargest(most - 1, found.items(), key=itemgetter(1)))
    if summed:
        others = tuple(OTHER for _ in next(iter(kept)))
        kept[others] = kept.get(others, 0.0) + sum(found[labels] for labels in found.keys() - kept.keys())
    return list(kept.items())


def label(text: str) -> str:
    """Give a label's value: short, and with nothing in it that is not printable."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[: _LABEL_LENGTH + 1])
    return shown if len(shown) <= _LABEL_LENGTH else f"{shown[: _LABEL_LENGTH - 1]}…"
