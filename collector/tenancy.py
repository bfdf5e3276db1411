"""What one listener received, parted by the tenants that it belongs to (see ``tenants.assignment``).

Where there are no tenants nothing of this is ever called. Else a batch is looked at as a whole: one search
through its octets says whether any message may carry a token, and each run of messages from one sender is
looked up once. Only a batch of several tenants is taken apart.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from collector.parting import part_of
from collector.settings import ListenerSettings
from parsers.columns import run_column
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tenants.assignment import Assignment
from tenants.rules import takes_rules
from tenants.tokens import SIGNS, take_out

_REMEMBERED: Final = 4096  # senders, and tokens
_TOLD_AGAIN: Final = 3600.0  # seconds: a sender of wrong tokens is told of once in so long
_TOLD_MOST: Final = 1_000  # senders that are remembered for that

log = logging.getLogger(__name__)

Flags = Mapping[int, tuple[Flag, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """Messages of one tenant, in the order in which they came."""

    tenant: str
    frames: Sequence[bytes]
    arrivals: Sequence[Arrival]
    flags: Flags

    @property
    def wrong(self) -> int:
        """How many of them had a token of no tenant."""
        return sum(Flag.TOKEN_WRONG in several for several in self.flags.values())


class Tenancy:
    """Whose the messages of one listener are.

    Args:
        assignment: the rules.
        listener: the listener's name.
        settings: the listener's, whose tenant has what no rule gives to another.
    """

    def __init__(self, assignment: Assignment, listener: str, settings: ListenerSettings) -> None:
        self._assignment = assignment
        self._listener = listener
        self._own = settings.tenant
        self._of_sender = lru_cache(_REMEMBERED)(self._sender)
        self._of_token = lru_cache(_REMEMBERED)(assignment.of_token)
        self._signs = SIGNS if assignment.has_tokens else SIGNS[:2]
        self._told: dict[str, float] = {}

    def parts(self, frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags) -> list[Part]:
        """Give the messages by tenant, tokens taken out of them.

        Args:
            frames: a message each.
            arrivals: how they arrived, in runs.
            flags: those that framing has set, by number in ``frames``.
        """
        tenants = [self._of_sender(run.peer, run.tls_identity) for run in arrivals]
        carriers = _carriers(frames, self._signs)
        if not carriers and tenants.count(tenants[0]) == len(tenants):
            return [Part(tenants[0], frames, arrivals, flags)]
        names = run_column(tenants, [run.count for run in arrivals], pa.string())
        if carriers:
            frames, flags, names = self._without_tokens(frames, arrivals, flags, names, carriers)
        return _apart(frames, arrivals, flags, names)

    def _sender(self, peer: str, identity: str | None) -> str:
        return self._assignment.of_sender(self._listener, peer, identity) or self._own

    def _without_tokens(
        self,
        frames: Sequence[bytes],
        arrivals: Sequence[Arrival],
        flags: Flags,
        names: pa.Array,
        carriers: Sequence[int],
    ) -> tuple[list[bytes], Flags, pa.Array]:
        """Take the tokens out, and have right ones say whose their message is."""
        clean, marked = list(frames), dict(flags)
        told: dict[int, str] = {}
        wrong: list[int] = []
        for number in carriers:
            if (taken := take_out(clean[number], self._of_token)) is None:
                continue
            clean[number] = taken.octets
            tenant = next(filter(None, map(self._of_token, taken.tokens)), None)
            if tenant is not None:
                told[number] = tenant
            else:
                marked[number] = (*marked.get(number, ()), Flag.TOKEN_WRONG)
                wrong.append(number)
        if wrong:
            self._tell(arrivals, wrong)
        if told:
            mask = pc.is_in(pa.array(range(len(clean)), pa.int64()), pa.array(list(told), pa.int64()))
            names = pc.replace_with_mask(names, mask, pa.array(list(told.values()), pa.string()))
        return clean, marked, names

    def _tell(self, arrivals: Sequence[Arrival], wrong: Sequence[int]) -> None:
        """Tell who sends tokens that say nothing, and of no token more than that."""
        counts = [run.count for run in arrivals]
        peers = run_column([run.peer for run in arrivals], counts, pa.string()).take(pa.array(wrong))
        now = time.monotonic()
        for peer in pc.unique(peers).to_pylist():
            if now - self._told.get(peer, -_TOLD_AGAIN) < _TOLD_AGAIN or len(self._told) >= _TOLD_MOST:
                continue
            self._told[peer] = now
            log.warning(
                "listener %s: %s sends a token of no tenant, or where none counts; it is taken out, the "
                "messages have the flag token_wrong and go where they would without it: give the sender one "
                "of `sysledger tenant token`, for STRUCTURED-DATA or the JSON member _tenant_token (for "
                "an hour it is only counted)",
                self._listener,
                peer,
            )


def _carriers(frames: Sequence[bytes], signs: Sequence[bytes]) -> list[int]:
    """Give the numbers of the messages that may have a token."""
    joined = b"".join(frames)  # a fifth of what the columns cost, and nearly always without any sign
    column = pa.array(frames, pa.binary()) if (there := [one for one in signs if one in joined]) else None
    found = {
        number
        for sign in there
        for number in pc.indices_nonzero(pc.match_substring(column, sign)).to_pylist()
    }
    return sorted(found)


def _apart(frames: Sequence[bytes], arrivals: Sequence[Arrival], flags: Flags, names: pa.Array) -> list[Part]:
    tenants = pc.unique(names).to_pylist()
    if len(tenants) == 1:
        return [Part(tenants[0], frames, arrivals, flags)]
    return [Part(name, *part_of(frames, arrivals, flags, pc.equal(names, name))) for name in tenants]


def tenancy_of(assignment: Assignment, listener: str, settings: ListenerSettings) -> Tenancy | None:
    """Give whose a listener's messages are; None when all are its own setting's, without a look at them."""
    if not assignment.exists or not takes_rules(listener, settings.tenant):
        return None
    return Tenancy(assignment, listener, settings)
