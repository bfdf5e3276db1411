"""Puts a process's hand-off together: its state, its socket, its disk queue, and the queues it takes."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from collector.handoff import Handoff
from collector.handoff_link import HandoffLink
from collector.queue_folder import QueueLimits
from collector.settings import CollectorSettings
from collector.storage_endpoint import StorageEndpoint, endpoints_of
from curve import KeyPair, own_keys


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """The folder of a process's disk queue, and whether this is the first of the collector processes."""

    folder: Path
    first: bool = True


@dataclass(frozen=True, slots=True)
class StoragePlace:
    """Where storage is, in the order in which it is used, and this machine's keys where it is elsewhere."""

    endpoints: list[StorageEndpoint]
    keys: KeyPair | None = None


def storage_place(settings: CollectorSettings, endpoint: str, tls_folder: Path) -> StoragePlace:
    """Give where storage is.

    Args:
        settings: may name storage on other machines.
        endpoint: this machine's, which is used otherwise.
        tls_folder: where this machine's keys are, or are made.

    Raises:
        EndpointError: when storage is on the network and its key is not known.
        KeysError: when this machine's keys cannot be used.
        OSError: when they cannot be read or made.
    """
    remote = endpoints_of(settings.storage.endpoints, settings.storage.keys)
    return StoragePlace(remote, own_keys(tls_folder)) if remote else StoragePlace([StorageEndpoint(endpoint)])


def make_handoff(
    settings: CollectorSettings,
    place: StoragePlace,
    changed: Callable[[], None],
    queue: QueuePlace | None = None,
) -> tuple[Handoff, HandoffLink]:
    """Make a process's hand-off.

    Args:
        settings: its bounds.
        place: where storage is.
        changed: called after every event.
        queue: where the disk queue lies, if there is one.
    """
    spill_seconds = settings.spill_seconds if queue is not None else None
    handoff = Handoff(uuid.uuid4().hex, settings.memory_octets, settings.answer_seconds, spill_seconds)
    link = HandoffLink(handoff, place.endpoints, changed, place.keys)
    if queue is not None:
        limits = QueueLimits(settings.queue_octets, settings.queue_free_octets)
        link.use_queue(queue.folder, limits, lambda: orphans(queue, settings.processes))
    return handoff, link


def change_handoff(
    settings: CollectorSettings,
    place: StoragePlace,
    handoff: Handoff,
    link: HandoffLink,
    queue: QueuePlace | None = None,
) -> None:
    """Bring a hand-off to other settings. What it holds goes where the new ones say."""
    link.use_endpoints(place.endpoints, place.keys)
    handoff.memory_octets = settings.memory_octets
    handoff.answer_seconds = settings.answer_seconds
    if queue is not None:
        handoff.spill_seconds = settings.spill_seconds
        limits = QueueLimits(settings.queue_octets, settings.queue_free_octets)
        link.change_queue(limits, lambda: orphans(queue, settings.processes))


def orphans(queue: QueuePlace, processes: int) -> list[Path]:
    """Give the folders of processes that the configuration no longer has: the first process takes them."""
    if not queue.first:
        return []
    role = queue.folder.name.partition("-")[0]
    names = {f"{role}-{number}" for number in range(1, processes + 1)} if processes > 1 else {role}
    try:
        there = sorted(queue.folder.parent.iterdir())
    except OSError:
        return []
    return [path for path in there if path.is_dir() and path.name not in {*names, queue.folder.name}]
