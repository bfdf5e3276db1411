"""Settings that the supervisor has accepted, handed to its roles in a file in memory.

A role could read the configuration's files itself. But these may have changed since the supervisor checked
them, and they may hold a mistake that a reload has refused: a role that dies then has to come back as it was.
So each role is given what was accepted, at its start as an inherited descriptor, which the environment names,
and at a reload with the order.

The octets are Python's own (pickle). They never leave the descriptors between our own processes.
"""

import os
import pickle
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

_VARIABLE: Final = "SYSLEDGER_SETTINGS"


def hand(sections: Mapping[str, Any]) -> bytes:
    """Give the octets for the sections of a configuration, by name."""
    return pickle.dumps(dict(sections), pickle.HIGHEST_PROTOCOL)


def receive(octets: bytes) -> dict[str, Any]:
    """Give the sections that ``hand`` was given."""
    found: dict[str, Any] = pickle.loads(octets)  # noqa: S301 - from our own supervisor, see above
    return found


def open_handed(octets: bytes) -> int:
    """Give a descriptor from which many processes may read ``octets``. To close it is the caller's."""
    descriptor = os.memfd_create("sysledger-settings", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(octets)
    return descriptor


def read_handed(descriptor: int) -> bytes:
    """Read what ``open_handed`` was given, whoever else has read it."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def tell_handed(descriptor: int | None) -> dict[str, str]:
    """Give what has to stand in the environment of a process that inherits ``descriptor``."""
    return {} if descriptor is None else {_VARIABLE: str(descriptor)}


def take_handed(environment: MutableMapping[str, str]) -> dict[str, Any] | None:
    """Give the sections that this process was handed; None when there are none.

    What says so is removed from the environment.

    Raises:
        OSError: when the descriptor is not there.
    """
    number = environment.pop(_VARIABLE, "")
    if not number.isdigit():
        return None
    octets = read_handed(int(number))
    os.close(int(number))
    return receive(octets)
