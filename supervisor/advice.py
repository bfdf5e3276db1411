"""What is not well, as a sentence: the figure, the threshold that it passed, and what to do next."""

from typing import Final

from supervisor.monitor import STATES, Cause

_KIBI: Final = 1024
_UNITS: Final = ("octets", "KiB", "MiB", "GiB", "TiB")

# By measure: what is said of the figure, and what to do. {subject} and {value} are filled in.
_TEXTS: Final = {
    "process_memory": (
        "{subject} has {value} of memory",
        "see what it is busy with in sysledger status; raise the threshold on a machine with more",
    ),
    "memory_available": (
        "{value} of the machine's memory is available",
        "see which program needs so much, or give the machine more",
    ),
    "disk_free": (
        "{value} are free on the disk of the data folder",
        "make room, give it a larger disk, or let older days expire (storage.retention.days)",
    ),
    "queue_memory": (
        "the memory queue of {subject} is {value} full",
        "see that storage runs and that its disk keeps up",
    ),
    "queue_disk": (
        "the disk queue of {subject} is {value} full",
        "see why storage does not take what is received: its last lines in the log say so",
    ),
    "storage_blocked": (
        "{subject} has been unable to write for {value}",
        "make room, or see to the disk: its last ERROR line says what it is",
    ),
    "journals_waiting": (
        "{value} journal files wait for the archive",
        "see that the disk and the processors keep up, and that storage logs no errors",
    ),
    "journal_age": (
        "the oldest message that is in no archive file is {value} old",
        "see whether storage logs errors; raise the threshold when storage.journal.age is set higher",
    ),
    "index_lag": (
        "the oldest segment without an index waits for {value}",
        "see that the indexer runs and the processors keep up; searches are complete all the same",
    ),
    "role_silent": (
        "{subject} has not answered for {value}",
        "its last lines in the log say why; it is started anew by itself",
    ),
}


def sentence(cause: Cause) -> str:
    """Give the sentence for a cause."""
    measure = cause.measure
    fact, advice = _TEXTS[measure.name]
    limit = measure.limits[cause.level - 1]
    said = fact.format(subject=measure.subject, value=amount(measure.value, measure.unit))
    which = f"{STATES[cause.level]} of supervisor.monitor.{_setting(measure.name)}"
    return f"{said} ({which}: {amount(limit, measure.unit)}): {advice}"


def _setting(name: str) -> str:
    """The table of a measure's thresholds."""
    return "disk_free_octets and disk_free_percent" if name == "disk_free" else name


def amount(value: float, unit: str) -> str:
    """Write a figure with its unit, as people read it."""
    if unit == "percent":
        return f"{value:.1f} %"
    if unit == "seconds":
        return f"{value:,.0f} s"
    if unit != "octets":
        return f"{value:,.0f}"
    for name in _UNITS[:-1]:
        if value < _KIBI:
            return f"{value:,.0f} {name}" if name == "octets" else f"{value:.1f} {name}"
        value /= _KIBI
    return f"{value:.1f} {_UNITS[-1]}"
