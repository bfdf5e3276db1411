"""The monitor's judgement: up at once, down with a margin and after a while, and always by the worst."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from supervisor.advice import amount, sentence
from supervisor.monitor import OK, PANIC, SHEDDING, STATES, WARNING, Cause, Judge, Measure, Monitor
from supervisor.monitor_settings import Levels, LowLevels, MonitorSettings

CALM = 10.0
MARGIN = 0.1


def queue(value: float, subject: str = "collector") -> Measure:
    """A disk queue that is so full, in percent."""
    return Measure("queue_disk", subject, value, "percent", (10, 80, 95))


def disk(value: float) -> Measure:
    """A disk with so many octets free."""
    return Measure("disk_free", "machine", value, "octets", (1000, 500, 100), low=True)


def states(judge: Judge, *looks: tuple[float, Measure | None]) -> list[str]:
    """The states that these looks come to."""
    return [STATES[judge.judge(measure, now, MARGIN, CALM)] for now, measure in looks]


def test_a_threshold_is_entered_at_once() -> None:
    """Each state begins with the figure that reaches its threshold, also from one to the last."""
    looks = [(0, queue(9.9)), (1, queue(10)), (2, queue(80)), (3, queue(95))]
    assert states(Judge(), *looks) == ["ok", "warning", "shedding", "panic"]
    assert states(Judge(), (0, queue(100))) == ["panic"]
    assert states(Judge(), (0, disk(1001)), (1, disk(1000)), (2, disk(99))) == ["ok", "warning", "panic"]


def test_a_state_is_left_with_a_margin_and_after_a_while() -> None:
    """A figure just below its threshold changes nothing; one well below it does, when it stays there."""
    judge = Judge()
    assert states(judge, (0, queue(80)), (1, queue(79)), (60, queue(73))) == ["shedding"] * 3
    looks = [(100, queue(71)), (109, queue(71)), (110, queue(71))]
    assert states(judge, *looks) == ["shedding", "shedding", "warning"]
    assert states(judge, (111, queue(0)), (121, queue(0))) == ["warning", "ok"]
    low = Judge()
    assert states(low, (0, disk(500)), (1, disk(550)), (99, disk(550))) == ["shedding"] * 3
    assert states(low, (100, disk(600)), (110, disk(600))) == ["shedding", "warning"]


def test_a_figure_that_swings_does_not_make_the_state_swing() -> None:
    """Calm begins anew whenever it is disturbed."""
    judge = Judge()
    swings = [(now, queue(80 if now % 8 == 0 else 20)) for now in range(100)]
    assert set(states(judge, *swings)) == {"shedding"}


def test_several_states_are_left_at_once_when_all_is_well() -> None:
    """From panic straight to ok, when the figure is that good."""
    judge = Judge()
    assert states(judge, (0, queue(99)), (1, queue(1)), (11, queue(1))) == ["panic", "panic", "ok"]


def test_what_is_measured_no_more_is_calm() -> None:
    """A role that went with its queue does not hold the state for ever."""
    judge = Judge()
    assert states(judge, (0, queue(99)), (1, None), (11, None)) == ["panic", "panic", "ok"]


def test_a_threshold_of_nought_is_never_reached() -> None:
    """0 means never, for figures in either direction."""
    assert Measure("x", "", 1e12, "files", (0, 0, 0)).level() == OK
    assert Measure("x", "", 0, "octets", (0, 0, 0), low=True).level() == OK


def look(monitor: Monitor, now: float, *measures: Measure) -> Any:
    """One look."""
    return monitor.look(measures, now, calm_seconds=CALM, margin=MARGIN)


def test_the_worst_measure_counts() -> None:
    """The state is the worst one's, the causes say all that is not well, and news are told once."""
    monitor = Monitor()
    found = look(monitor, 0, queue(50), disk(5000))
    assert (found.state, found.changed, len(found.news)) == ("warning", True, 1)
    found = look(monitor, 1, queue(50), disk(50))
    assert (found.state, found.changed) == ("panic", True)
    assert [cause.measure.name for cause in found.causes] == ["disk_free", "queue_disk"]
    assert [cause.level for cause in found.causes] == [PANIC, WARNING]
    assert [cause.measure.name for cause in found.news] == ["disk_free"]
    found = look(monitor, 2, queue(50), disk(50))
    assert (found.changed, found.news) == (False, ())
    assert monitor.measures()["disk_free"]["machine"] == {
        "value": 50,
        "unit": "octets",
        "state": "panic",
        "limits": {"warning": 1000, "shedding": 500, "panic": 100},
    }


def test_two_processes_are_two_measures() -> None:
    """One collector's calm is not the other's."""
    monitor = Monitor()
    look(monitor, 0, queue(99, "collector-1"), queue(99, "collector-2"))
    found = look(monitor, 20, queue(0, "collector-1"), queue(99, "collector-2"))
    assert found.state == "panic"


def test_who_is_gone_is_forgotten() -> None:
    """A measure that is not made any more leaves the state, and then the figures."""
    monitor = Monitor()
    look(monitor, 0, queue(99))
    assert look(monitor, 1).state == "panic"
    assert look(monitor, 11).state == "ok"
    assert look(monitor, 12).state == "ok"
    assert monitor.measures() == {}


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.floats(0, 20))
def test_hysteresis_never_understates(values: list[float], calm: float) -> None:
    """Whatever the figures, the state is never better than the figure's own, and rests when that does."""
    judge = Judge()
    for now, value in enumerate(values):
        level = judge.judge(queue(value), now, MARGIN, calm)
        assert level >= queue(value).level()
        assert level <= max(queue(one).level() for one in values[: now + 1])
    for extra in range(3):
        last = judge.judge(queue(0), len(values) + extra * 30, MARGIN, calm)
    assert last == OK


def test_reasons_say_the_figure_the_setting_and_what_to_do() -> None:
    """An operator reads how bad it is, against what, and what to do next."""
    told = sentence(Cause(queue(81.25), SHEDDING))
    assert told.startswith(
        "the disk queue of collector is 81.2 % full "
        "(shedding of supervisor.monitor.queue_disk: 80.0 %): see why storage does not take"
    )
    names = {
        "process_memory", "memory_available", "disk_free", "queue_memory", "queue_disk", "journals_waiting",
        "journal_age", "index_lag", "role_silent", "storage_blocked",
    }  # fmt: skip
    for name in names:
        assert ": " in sentence(Cause(Measure(name, "storage", 1, "seconds", (1, 1, 1)), WARNING))
    tables = {name.removesuffix("_octets").removesuffix("_percent") for name in MonitorSettings.model_fields}
    assert names <= tables


def test_figures_are_written_for_people() -> None:
    """Octets in binary units, seconds and counts with separators."""
    assert amount(512, "octets") == "512 octets"
    assert amount(3 << 30, "octets") == "3.0 GiB"
    assert amount(5 << 40, "octets") == "5.0 TiB"
    assert amount(12_345, "seconds") == "12,345 s"
    assert amount(7, "files") == "7"


def test_thresholds_have_to_be_in_order() -> None:
    """A panic before a warning is a mistake, in either direction; 0 may stand anywhere."""
    Levels(warning=1, shedding=0, panic=3)
    LowLevels(warning=10, shedding=0, panic=3)
    with pytest.raises(ValidationError, match="make warning the lowest"):
        Levels(warning=3, shedding=2)
    with pytest.raises(ValidationError, match="make warning the highest"):
        LowLevels(warning=1, panic=2)
