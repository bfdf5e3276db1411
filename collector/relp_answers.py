"""What a RELP server owes its sender: an answer to each command, in the order of the commands."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from collector.relp_frames import LAST_TXNR
from parsers.schema import Flag

_OK: Final = b"%d rsp 6 200 OK\n"
# A session's bound. librelp sends 128 commands ahead by default; whoever sends more ahead has to wait.
_MOST_OWED: Final = 16_384
_MOST_OWED_OCTETS: Final = 8_388_608


@dataclass(slots=True, eq=False)
class Run:
    """Messages of consecutive commands ``syslog``; they are answered together.

    Attributes:
        txnr: the number of the first command.
        commands: how many there are. Empty messages are answered, and stand in none of the following.
        messages: to be stored.
        flags: of messages, by their number among them.
        octets: of all messages.
        stored: whether storage has them.
    """

    txnr: int
    commands: int = 0
    messages: list[bytes] = field(default_factory=list)
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    octets: int = 0
    stored: bool = False

    def add(self, messages: list[bytes], *flags: Flag) -> None:
        """Append messages, a command each. ``flags`` are those of a single one."""
        if flags:
            self.flags[len(self.messages)] = flags
        self.commands += len(messages)
        self.messages += filter(None, messages)
        self.octets += sum(map(len, messages))

    def numbers(self) -> Iterable[int]:
        """The numbers of its commands, in order."""
        end = self.txnr + self.commands
        return chain(range(self.txnr, min(end, LAST_TXNR + 1)), range(1, end - LAST_TXNR))


@dataclass(slots=True)
class Answers:
    """The answers of one session: owed ones wait for those before them, ``outgoing`` are to be sent.

    ``unacknowledged`` and ``unacknowledged_octets`` count the messages that are not answered.
    """

    outgoing: list[bytes] = field(default_factory=list)
    unacknowledged: int = 0
    unacknowledged_octets: int = 0
    _owed: deque[Run | bytes] = field(default_factory=deque)

    @property
    def idle(self) -> bool:
        """Whether nothing is owed."""
        return not self._owed

    @property
    def crowded(self) -> bool:
        """Whether so much is owed that nothing more should be read."""
        return (
            len(self._owed) + self.unacknowledged > _MOST_OWED
            or self.unacknowledged_octets > _MOST_OWED_OCTETS
        )

    def owe(self, answer: Run | bytes) -> None:
        """Put an answer after all others."""
        self._owed.append(answer)

    def owes_last(self, run: Run) -> bool:
        """Whether no other command came after a run, so that a message may join it."""
        return bool(self._owed) and self._owed[-1] is run

    def add(self, run: Run, messages: list[bytes], *flags: Flag) -> None:
        """Append messages to a run that is owed; see ``Run.add``."""
        before = run.octets
        run.add(messages, *flags)
        self.unacknowledged += len(messages)
        self.unacknowledged_octets += run.octets - before

    def settle(self) -> None:
        """Say everything whose turn it is."""
        owed = self._owed
        while owed:
            first = owed[0]
            if isinstance(first, bytes):
                self.outgoing.append(first)
            elif first.stored or not first.messages:
                self.outgoing.append(b"".join(map(_OK.__mod__, first.numbers())))
                self.unacknowledged -= first.commands
                self.unacknowledged_octets -= first.octets
            else:
                return
            owed.popleft()

    def forget(self) -> None:
        """Owe nothing any more: what is not answered, the sender sends again."""
        self._owed.clear()


def response(txnr: int, data: bytes) -> bytes:
    """Give the frame that answers a command."""
    return b"%d rsp %d %b\n" % (txnr, len(data), data)
