"""What a role is to the supervisor: a command line, and what it is given at each of its starts."""

from collections.abc import Callable
from dataclasses import dataclass

from supervisor.activation import Sockets


def no_sockets() -> Sockets:
    """Give no sockets."""
    return ()


@dataclass(frozen=True, slots=True)
class Role:
    """A process to keep running.

    ``command`` is its command line; the number of its lifeline is added as the last word.
    ``waits_for`` names the role that has to be ready before this one begins. ``sockets`` gives what is open,
    and given to it at each of its starts. ``works_aloud`` says that it reports each second from where its
    work is done, so that silence means that it hangs.
    """

    name: str
    command: tuple[str, ...]
    waits_for: str | None = None
    sockets: Callable[[], Sockets] = no_sockets
    works_aloud: bool = False

    @property
    def kind(self) -> str:
        """The role's name without the number that it has where there are several."""
        return self.name.partition("-")[0]


@dataclass(slots=True)
class Circumstances:
    """What a role is told at its start. One object for all, so that each start finds what holds then.

    Attributes:
        state: of the appliance.
        settings: what the roles are to use, as ``handed.hand`` gives it; None: they read the files.
    """

    state: str = "ok"
    settings: bytes | None = None
