"""What /metrics says: valid text whatever stands in the state, and the metrics that METRICS.md names."""

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from prometheus_client.parser import text_string_to_metric_families

from supervisor import advice
from supervisor.metric_readers import STATES
from supervisor.metric_table import METRICS
from supervisor.metrics import MOST_SAMPLES, OTHER, bounded, exposition, label

ROOT = Path(__file__).parent.parent.parent
COLLECTOR: dict[str, Any] = {
    "running": True,
    "ready": True,
    "starts": 1,
    "pid": 7,
    "listeners": {
        "udp": {
            "transport": "udp",
            "messages": 12,
            "octets": 3000,
            "lost": {"kernel buffer full": 4, "shed, severity 7": 1},
        },
        "tcp": {"transport": "tcp", "messages": 1, "octets": 50, "connections": 3, "lost": {}},
    },
    "handoff": {"open": False, "held_octets": 17, "queue": {"octets": 5, "oldest_seconds": 1.5}},
}
DOCUMENT: dict[str, Any] = {
    "version": "1.2",
    "phase": "running",
    "state": {"state": "shedding", "since": None, "reasons": []},
    "roles": {"collector": COLLECTOR, "web": {"running": False, "ready": False, "starts": 3, "requests": 9}},
    "measures": {
        "disk_free": {"machine": {"value": 5.0, "state": "panic", "limits": {"warning": 9.0, "panic": 0}}}
    },
}


def samples(document: dict[str, Any] | None, age: float = 0.0) -> dict[str, dict[tuple[str, ...], float]]:
    """The values by metric and by the labels' values, as Prometheus reads them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(exposition(document, age).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def documented() -> dict[str, tuple[str, set[str]]]:
    """The metrics that METRICS.md names: their type and labels."""
    rows = re.findall(
        r"^\| `(\w+)` \| (counter|gauge) \| [^|]+ \| ([^|]+) \| [^|]+ \| [^|]+ \|$",
        (ROOT / "supervisor" / "METRICS.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) == len({name for name, _, _ in rows})
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def exposed(text: str) -> dict[str, str]:
    """The metrics that a text names, with their type."""
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))


def test_figures_stand_under_their_names() -> None:
    """What the roles reported is there, by role, listener, transport and reason, in seconds and bytes."""
    found = samples(DOCUMENT)
    assert found["sysledger_build_info"] == {("1.2",): 1}
    assert found["sysledger_listener_messages_total"] == {
        ("udp", "collector", "udp"): 12,
        ("tcp", "collector", "tcp"): 1,
    }
    assert found["sysledger_listener_messages_lost_total"][("tcp", "collector", "tcp")] == 0
    assert found["sysledger_listener_messages_lost_total"][("udp", "collector", "udp")] == 5
    assert found["sysledger_listener_messages_lost_by_reason_total"] == {
        ("udp", "kernel buffer full", "collector", "udp"): 4,
        ("udp", "shed, severity 7", "collector", "udp"): 1,
    }
    assert found["sysledger_handoff_connected"] == {("collector",): 0}
    assert found["sysledger_queue_oldest_seconds"] == {("collector",): 1.5}


def test_the_state_is_one_of_four() -> None:
    """The present state is 1 and the others 0; thresholds of 0 mean never, and are left out."""
    found = samples(DOCUMENT)
    assert found["sysledger_state"] == {(state,): float(state == "shedding") for state in STATES}
    assert found["sysledger_ready"] == {(): 0}
    assert found["sysledger_measure"] == {("disk_free", "machine"): 5}
    assert found["sysledger_measure_level"] == {("disk_free", "machine"): 3}
    assert found["sysledger_measure_limit"] == {("disk_free", "warning", "machine"): 9}


def test_a_role_that_does_not_run_has_no_figures() -> None:
    """What it reported last is of another time: that it does not run is all that is said of it."""
    found = samples(DOCUMENT)
    assert found["sysledger_role_up"] == {("collector",): 1, ("web",): 0}
    assert found["sysledger_role_starts_total"] == {("collector",): 1, ("web",): 3}
    assert "sysledger_web_requests_total" not in found


def test_nothing_known_is_not_ready() -> None:
    """Before anything is known the metrics are named all the same, and say how old that is."""
    found = samples(None, 12.5)
    assert found["sysledger_ready"] == {(): 0}
    assert found["sysledger_status_age_seconds"] == {(): 12.5}
    assert set(exposed(exposition(None, 12.5).decode())) == {measure.name for measure in METRICS}


HOSTILE = some.text() | some.sampled_from(['"', "\\", "\n", '"} 1\nevil 1', "\ud800", "\x00", "\u2028", "\r"])
VALUES = (
    some.none() | some.text() | some.integers() | some.floats() | some.booleans() | some.lists(some.none())
)


@settings(max_examples=50)
@given(some.dictionaries(HOSTILE, VALUES, max_size=5), HOSTILE, VALUES)
def test_hostile_text_stays_in_its_label(table: dict[str, Any], name: str, value: Any) -> None:
    """Whatever names, reasons and values the state has, what comes out is valid and nobody adds a metric."""
    listener = {"transport": name, "messages": value, "lost": table, "sequence_gaps": value}
    role = {**COLLECTOR, "listeners": {name: listener}, "streams": {name: {"next_seq": 5}}, "findings": table}
    text = exposition({**DOCUMENT, "version": name, "roles": {name: role}}, 0.0).decode()
    names = set(exposed(text))
    assert names == {measure.name for measure in METRICS}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert sample.name in names
            assert not math.isnan(sample.value)


def test_labels_are_short_and_printable() -> None:
    """A label's value is cut, and shows nothing that could steer a terminal."""
    assert label("reason\x1b[31m\n") == "reason?[31m?"
    assert label("\ud800") == "?"
    assert len(label("x" * 10_000)) == 120
    assert label("x" * 120) == "x" * 120


def test_of_one_metric_there_are_not_too_many() -> None:
    """Past the bound the least of a counter are added up, so that its sum stays right; of a gauge they go."""
    many = [((f"stream {number}",), float(number)) for number in range(10)]
    kept = dict(bounded(many, summed=True, most=4))
    assert kept == {("stream 9",): 9, ("stream 8",): 8, ("stream 7",): 7, (OTHER,): 21}
    assert dict(bounded(many, summed=False, most=4)) == {
        ("stream 9",): 9,
        ("stream 8",): 8,
        ("stream 7",): 7,
    }
    streams = {f"default/{number}": {"next_seq": 2} for number in range(3 * MOST_SAMPLES)}
    role = {"running": True, "ready": True, "starts": 1, "streams": streams}
    found = samples({**DOCUMENT, "roles": {"storage": role}})["sysledger_stream_messages_total"]
    assert len(found) == MOST_SAMPLES
    assert sum(found.values()) == len(streams)


def test_samples_with_the_same_labels_are_one() -> None:
    """Two names that are cut to the same label are one sample: Prometheus refuses a text with two."""
    assert bounded([(("a",), 1.0), (("a",), 2.0)], summed=True) == [(("a",), 3.0)]


def test_the_page_and_the_table_are_equal() -> None:
    """METRICS.md names every metric with its type and labels, and no other."""
    kinds = {
        name: "counter" if name.endswith("_total") else "gauge" for name in (one.name for one in METRICS)
    }
    assert documented() == {one.name: (kinds[one.name], set(one.labels)) for one in METRICS}


def test_the_page_names_what_the_monitor_measures() -> None:
    """Every value of the label measure stands in METRICS.md with its unit."""
    text = (ROOT / "supervisor" / "METRICS.md").read_text()
    table = text.partition("| measure | unit | worse when |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(advice._TEXTS)  # noqa: SLF001 - a sentence for each


@pytest.mark.parametrize("measure", METRICS, ids=lambda measure: measure.name)
def test_names_follow_the_conventions(measure: Any) -> None:
    """Ours alone, in base units, and no label that the exposition keeps for itself."""
    assert re.fullmatch(r"sysledger_[a-z]+(_[a-z]+)*", measure.name)
    assert not re.search(r"_(octets|milliseconds|percent|count|sum|bucket)(_total)?$", measure.name)
    assert not {"le", "quantile", "job", "instance"} & set(measure.labels)


def test_the_alarms_name_metrics_that_there_are() -> None:
    """Every metric in an expression of METRICS.md exists."""
    text = (ROOT / "supervisor" / "METRICS.md").read_text()
    used = set(re.findall(r"\bsysledger_\w+", text))
    assert used <= set(documented())


def test_the_supervisor_stays_light() -> None:
    """The listener and its metrics bring no Arrow, no ZeroMQ and no table library into the supervisor."""
    heavy = ("pyarrow", "zmq", "rich", "starlette", "whoosh", "cryptography", "pyparsing")
    program = (
        "import sys, supervisor.appliance, supervisor.metrics;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, cwd=ROOT)
    assert found.stdout == b"[]\n"
