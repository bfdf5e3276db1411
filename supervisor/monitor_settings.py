"""What can be set of the monitor: from which figures on the appliance is in which state.

Each table has up to three thresholds, for the states warning, shedding and panic; 0 means never.
"""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NEVER = 0


def _threshold(default: float, unit: str, state: str, direction: str) -> Any:
    return Field(
        default=default,
        ge=0,
        json_schema_extra={"unit": unit},
        description=f"The state is {state} when it is {direction}. 0 means never.",
    )


class Levels(BaseModel):
    """Thresholds of one measure, as numbers that are worse the higher they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warning: float = NEVER
    shedding: float = NEVER
    panic: float = NEVER

    @property
    def limits(self) -> tuple[float, float, float]:
        """The thresholds, the least severe first."""
        return self.warning, self.shedding, self.panic

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        set_ones = [limit for limit in self.limits if limit]
        if set_ones != sorted(set_ones):
            raise ValueError("the thresholds are not in order: make warning the lowest and panic the highest")
        return self


class LowLevels(Levels):
    """Thresholds of one measure, as numbers that are worse the lower they are."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        set_ones = [limit for limit in self.limits if limit]
        if set_ones != sorted(set_ones, reverse=True):
            raise ValueError("the thresholds are not in order: make warning the highest and panic the lowest")
        return self


class ProcessMemoryLevels(Levels):
    """Memory that a process has for itself, swapped or not. Others than collector and storage only warn."""

    warning: float = _threshold(2 << 30, "octets", "warning", "as much")
    shedding: float = _threshold(3 << 30, "octets", "shedding", "as much")
    panic: float = _threshold(4 << 30, "octets", "panic", "as much")


class MemoryAvailableLevels(LowLevels):
    """Memory of the machine that is available, of all that it has."""

    warning: float = _threshold(8.0, "percent", "warning", "no more")
    shedding: float = _threshold(4.0, "percent", "shedding", "no more")
    panic: float = _threshold(2.0, "percent", "panic", "no more")


class DiskPercentLevels(LowLevels):
    """Room on the disk of the data folder, of its size. Low is what disk_free_octets calls low, too."""

    warning: float = _threshold(10.0, "percent", "warning", "no more")
    shedding: float = _threshold(5.0, "percent", "shedding", "no more")
    panic: float = _threshold(2.0, "percent", "panic", "no more")


class DiskOctetsLevels(LowLevels):
    """Room on the disk of the data folder. Low is what disk_free_percent calls low, too.

    A tenth of a large disk is much room, and a small disk never has many octets free.
    """

    warning: float = _threshold(16 << 30, "octets", "warning", "no more")
    shedding: float = _threshold(4 << 30, "octets", "shedding", "no more")
    panic: float = _threshold(1 << 30, "octets", "panic", "no more")


class QueueMemoryLevels(Levels):
    """How full a collector's memory is of batches that storage has not yet (see collector.memory_octets).

    A TCP sender that is faster than storage keeps it full, and waits. By default that is no reason to worry.
    """

    warning: float = _threshold(NEVER, "percent", "warning", "as full")
    shedding: float = _threshold(NEVER, "percent", "shedding", "as full")
    panic: float = _threshold(NEVER, "percent", "panic", "as full")


class QueueDiskLevels(Levels):
    """How full a collector's disk queue is: it fills while storage is away."""

    warning: float = _threshold(10.0, "percent", "warning", "as full")
    shedding: float = _threshold(80.0, "percent", "shedding", "as full")
    panic: float = _threshold(95.0, "percent", "panic", "as full")


class JournalLevels(Levels):
    """Journal files that wait for their place in the archive."""

    warning: float = _threshold(16, "files", "warning", "as many")
    shedding: float = _threshold(128, "files", "shedding", "as many")
    panic: float = _threshold(NEVER, "files", "panic", "as many")


class JournalAgeLevels(Levels):
    """Age of the oldest message in no archive file. Up to storage.journal.age is as it should be."""

    warning: float = _threshold(10_800, "seconds", "warning", "as old")
    shedding: float = _threshold(NEVER, "seconds", "shedding", "as old")
    panic: float = _threshold(NEVER, "seconds", "panic", "as old")


class BlockedLevels(Levels):
    """How long storage could not write, for want of room or a disk that fails. Collectors keep what comes."""

    warning: float = _threshold(1, "seconds", "warning", "as long")
    shedding: float = _threshold(NEVER, "seconds", "shedding", "as long")
    panic: float = _threshold(NEVER, "seconds", "panic", "as long")


class IndexLagLevels(BaseModel):
    """How long the oldest segment has waited to be indexed. It is searched all the same, only slower."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warning: float = _threshold(3600, "seconds", "warning", "as long")

    @property
    def limits(self) -> tuple[float, float, float]:
        """The thresholds: shedding would keep the indexer from its work for good."""
        return self.warning, NEVER, NEVER


class SilenceLevels(Levels):
    """How long a role has not run, or has said nothing. It is started anew after hang_seconds in any case."""

    warning: float = _threshold(15, "seconds", "warning", "as long")
    shedding: float = _threshold(NEVER, "seconds", "shedding", "as long")
    panic: float = _threshold(NEVER, "seconds", "panic", "as long")


class MonitorSettings(BaseModel):
    """The monitor: looks at everything each second, and moves the appliance between its states.

    The states are ok, warning (collectors hand over early, storage seals early), shedding (TCP, TLS and RELP
    are not read, so that senders wait; indexing pauses) and panic (new connections are refused; of UDP the
    least severe messages are dropped and counted). The worst of all measures counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    calm_seconds: float = Field(
        default=10.0,
        ge=0,
        le=3600,
        json_schema_extra={"unit": "seconds"},
        description="How long a measure has to be better before its state is left.",
    )
    calm_percent: float = Field(
        default=10.0,
        ge=0,
        le=90,
        json_schema_extra={"unit": "percent"},
        description="By how much a measure must be better than a state's threshold before that is left.",
    )
    hang_seconds: float = Field(
        default=60.0,
        ge=5,
        le=86_400,
        json_schema_extra={"unit": "seconds"},
        description=(
            "A role that has said nothing for so long hangs: it is killed and started anew. Below the "
            "WatchdogSec of systemd's unit."
        ),
    )
    process_memory: ProcessMemoryLevels = Field(default_factory=ProcessMemoryLevels)
    memory_available: MemoryAvailableLevels = Field(default_factory=MemoryAvailableLevels)
    disk_free_percent: DiskPercentLevels = Field(default_factory=DiskPercentLevels)
    disk_free_octets: DiskOctetsLevels = Field(default_factory=DiskOctetsLevels)
    queue_memory: QueueMemoryLevels = Field(default_factory=QueueMemoryLevels)
    queue_disk: QueueDiskLevels = Field(default_factory=QueueDiskLevels)
    storage_blocked: BlockedLevels = Field(default_factory=BlockedLevels)
    journals_waiting: JournalLevels = Field(default_factory=JournalLevels)
    journal_age: JournalAgeLevels = Field(default_factory=JournalAgeLevels)
    index_lag: IndexLagLevels = Field(default_factory=IndexLagLevels)
    role_silent: SilenceLevels = Field(default_factory=SilenceLevels)
