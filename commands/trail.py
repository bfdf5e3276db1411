"""What is done on the command line is told to the trail, by the name of the system's user."""

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

from commands.words import tell
from storage.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from access.trail_message import Outcome
    from access.visitor import Visitor


@contextmanager
def from_the_console(layout: Layout) -> "Iterator[None]":
    """Let what is done within the block be told as the work of whoever runs this command.

    Where the appliance does not run, it waits until it does.

    Raises:
        EndpointError: when there is no folder for the trail's socket.
    """
    from access.visitor import visiting

    with telling_from(layout), visiting(console()):
        yield


@contextmanager
def telling_from(layout: Layout) -> "Iterator[None]":
    """Let what is done within the block be told, or wait until the appliance runs.

    Raises:
        EndpointError: when there is no folder for the trail's socket.
    """
    from access.trail import ToListener, telling
    from access.trail_waiting import OrWaiting
    from supervisor.endpoint import trail_socket

    with telling(OrWaiting(ToListener(trail_socket(layout.run)), layout.access)):
        yield


def record_if_can(action: str, target: str, outcome: "Outcome" = "done", **details: object) -> None:
    """Tell the trail, or warn that it cannot be told: of what whoever has the files can do without us.

    A copy of the archive may be read-only, and nobody keeps a trail there.
    """
    from access.trail import TrailError, record

    try:
        record(action, target, outcome, **details)
    except TrailError as error:
        tell(f"the trail of who did what is not told: {error}")


def console() -> "Visitor":
    """Give whoever runs this command: an administrator, who could read the files all the same."""
    from access.visitor import Visitor

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user that no file names
        name = "console"
    return Visitor(name, "administrator", means="console")
