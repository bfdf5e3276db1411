"""The octets of frames that have not ended, of all connections of a process together, and their bound.

Who has sent half a frame cannot be made to wait: its other half would have to be read first. So the frame
that grows while too much is held is taken as it is, flagged ``truncated``, and its rest is discarded.
"""

from typing import Final

SHORTEST_CUT: Final = (
    8_192  # octets; a frame that is shorter is never cut: RFC 5424 section 6.1 asks for 2048
)


class Unfinished:
    """Accounts for what connections hold. Pure.

    A frame is too much when all together hold more than ``bound``, and it alone more than an equal share
    of that among those that hold something. So no more than twice the bound is ever held, and SHORTEST_CUT a
    connection.
    """

    def __init__(self, bound: int) -> None:
        self.octets = 0
        self._bound = bound
        self._holders = 0

    def allow(self, bound: int) -> None:
        """Set another bound."""
        self._bound = bound

    def change(self, before: int, now: int) -> None:
        """Take in that a connection that held ``before`` octets holds ``now``."""
        self.octets += now - before
        self._holders += bool(now) - bool(before)

    def is_too_much(self, held: int) -> bool:
        """Whether a connection that holds ``held`` octets, and was sent more, may not go on."""
        if self.octets <= self._bound:
            return False
        return held > max(SHORTEST_CUT, self._bound // max(1, self._holders))
