"""Sockets that a process finds open when it starts, by the protocol of systemd (sd_listen_fds(3)).

    LISTEN_FDS        how many there are; their descriptors count up from 3
    LISTEN_PID        the process that they are for; another one's are not ours
    LISTEN_FDNAMES    their names, with ":" between them

From the supervisor to its roles they go on under the same numbers. The process id of a role is not known
before it has started, so that they are told to it by SYSLEDGER_FDS (numbers) and SYSLEDGER_FDNAMES, both with
":" between them.
"""

import os
from collections.abc import MutableMapping, Sequence
from typing import Final

FIRST_DESCRIPTOR: Final = 3
_MOST: Final = 1_024
_UNNAMED: Final = "unknown"  # systemd's own word
_OURS: Final = ("SYSLEDGER_FDS", "SYSLEDGER_FDNAMES")
_SYSTEMD: Final = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")

Sockets = Sequence[tuple[str, int]]  # name and number of each descriptor


class ActivationError(Exception):
    """What stands in the environment about open sockets cannot be."""

    exit_code = os.EX_USAGE


def take_sockets(environment: MutableMapping[str, str], process: int) -> list[tuple[str, int]]:
    """Give the open sockets that ``process``, which is this one, was given.

    What says so is removed from the environment, and no program started from here inherits them unasked.

    Raises:
        ActivationError: when one of them is not open, or a number is none.
    """
    found = {name: environment.pop(name, "") for name in (*_OURS, *_SYSTEMD)}
    try:
        if found["SYSLEDGER_FDS"]:
            numbers = [int(number) for number in found["SYSLEDGER_FDS"].split(":")]
            names = found["SYSLEDGER_FDNAMES"]
        elif found["LISTEN_PID"] == str(process) and found["LISTEN_FDS"]:
            count = int(found["LISTEN_FDS"])
            numbers = list(range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + min(count, _MOST)))
            names = found["LISTEN_FDNAMES"]
        else:
            return []
        for number in numbers:
            os.set_inheritable(number, False)
    except (ValueError, OSError) as error:
        raise ActivationError(
            f"the sockets that the environment promises (LISTEN_FDS={found['LISTEN_FDS']!r}) are not there "
            f"({error}): start this from systemd, or without LISTEN_FDS"
        ) from error
    named = names.split(":") if names else []
    return list(zip([*named, *[_UNNAMED] * len(numbers)], numbers, strict=False))


def tell_sockets(sockets: Sockets) -> dict[str, str]:
    """Give what has to stand in the environment of a role that is given ``sockets``; see ``take_sockets``."""
    if not sockets:
        return {}
    numbers = ":".join(str(number) for _, number in sockets)
    return {"SYSLEDGER_FDS": numbers, "SYSLEDGER_FDNAMES": ":".join(name for name, _ in sockets)}
