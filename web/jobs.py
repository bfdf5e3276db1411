"""Work that pages ask for and do not wait for to its end: shown while it grows, stopped on request.

A page of results may need a few blocks, or every block of years. So a page waits only so long. Work that
takes longer goes on in the background; the same question, asked again, finds how far it has come, and at last
its answer. Only so much goes on at a time, each account's in its turn (web/turns.py), and only so much is
remembered.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, Event, Thread
from time import monotonic
from typing import Final, Generic, Literal, TypeVar

from web.turns import TURN_SECONDS, Turns

REMEMBERED_SECONDS: Final = 600.0  # for an answer that no page waited for; nobody comes back later
UNATTENDED_SECONDS: Final = 300.0  # work that nobody asked about for so long stops
_BEGUN: Final = 8  # pieces of work a place: those that made way keep what they have in memory
_LOOK_SECONDS: Final = 0.1  # between two looks at how far work has come: each costs a little

T = TypeVar("T")
SoFar = Callable[[], T]
State = Literal["waiting", "running", "stopped", "done"]


@dataclass(frozen=True, slots=True)
class Progress(Generic[T]):
    """How far work has come.

    Attributes:
        state: ``waiting`` for its turn, ``running``, ``stopped`` by somebody, or ``done``.
        found: what is known by now; None when nothing is yet.
        asked_at: when the work began: what came later may not be in it.
        is_new: the question was not asked before, or was answered before; otherwise whoever asks is still
            waiting for the answer to the same question.
    """

    state: State
    found: T | None
    asked_at: datetime
    is_new: bool = True


class _Job(Generic[T]):
    """One piece of work, on its way, stopped or finished."""

    def __init__(self, work: Callable[[], Iterator[SoFar[T]]], account: str) -> None:
        self._work = work
        self.account = account
        self._began = self._looked = self._ended = self.attended = monotonic()
        self.asked_at = datetime.now(UTC)
        self.over = Event()
        self.stop = Event()
        self.found: T | None = None
        self.error: Exception | None = None
        self.has_begun = False
        self.is_whole = False
        self.is_taken = False  # somebody was given all that came of it

    def run(self, turns: Turns) -> None:
        try:
            self._run(turns)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that asks
            self.error = error
        self._ended = monotonic()
        self.over.set()

    def _run(self, turns: Turns) -> None:
        until = turns.take(self.account, self._gives_up)
        if until is None:
            return
        self._began, self.has_begun = monotonic(), True
        so_far: SoFar[T] | None = None
        try:
            for so_far in self._work():
                now = monotonic()
                if now - self._looked >= _LOOK_SECONDS:
                    self._looked, self.found = now, so_far()
                if until is not None and now >= until and turns.is_wanted(self.account):
                    self.found = so_far()
                    turns.leave(self.account)
                    until = turns.take(self.account, self._gives_up)
                if until is None or self._gives_up():
                    break
            else:
                self.is_whole = True
            if so_far is not None:
                self.found = so_far()
        finally:
            if until is not None:
                turns.leave(self.account)

    def _gives_up(self) -> bool:
        return self.stop.is_set() or monotonic() - self.attended > UNATTENDED_SECONDS

    @property
    def state(self) -> State:
        if not self.over.is_set():
            return "running" if self.has_begun else "waiting"
        return "done" if self.is_whole else "stopped"

    def is_stale(self, worth: float) -> bool:
        """Say whether it is forgotten: an answer is kept ``worth`` times as long as it took."""
        is_answer = self.is_whole or self.error is not None  # what was stopped stays, not to begin by itself
        took = self._ended - self._began
        kept = worth * took if self.is_taken and is_answer else REMEMBERED_SECONDS
        return self.over.is_set() and monotonic() - self._ended > kept


class Jobs(Generic[T]):
    """Pieces of work of one kind. Safe to use from several threads.

    Args:
        seconds: that a page waits.
        most: that go on at a time, and that an account may have under way; each keeps a core busy.
        worth: for how many times as long as it took an answer is given again.
        remembered: answers of an account at most; beyond them the oldest go.
        turn: seconds after which work makes way for another account's.
    """

    def __init__(
        self,
        seconds: float,
        most: int,
        *,
        worth: float = 10.0,
        remembered: int = 64,
        turn: float = TURN_SECONDS,
    ) -> None:
        self._turns = Turns(most, turn)
        self._seconds = seconds
        self._most = most
        self._worth = worth
        self._remembered = remembered
        self._jobs: dict[Hashable, _Job[T]] = {}
        self._underway: Counter[str] = Counter()  # by account
        self._changed = Condition()

    def ask(
        self,
        question: Hashable,
        work: Callable[[], Iterator[SoFar[T]]],
        *,
        again: bool = False,
        seconds: float | None = None,
        account: str = "",
    ) -> Progress[T]:
        """Give the answer to ``question``, or how far it has come when it takes longer than a page waits.

        Args:
            question: the same question asked again finds the same work.
            work: gives after each step what gives the answer as far as it is known by then; the last of them
                gives all of it.
            again: begin anew what was stopped.
            seconds: to wait, instead of what a page usually waits.
            account: whose work it is.

        Raises:
            Exception: what ``work`` raised.
        """
        seconds = self._seconds if seconds is None else seconds
        with self._changed:
            self._forget(question, again=again)
            if question not in self._jobs:
                self._changed.wait_for(lambda: question in self._jobs or self._is_free(account), seconds)
            known = self._jobs.get(question)
            job = known or self._begin(question, work, account)
        if job is None:
            return Progress("waiting", None, datetime.now(UTC))
        is_new = known is None or known.is_taken
        job.attended = monotonic()
        job.is_taken = job.over.wait(seconds)
        state = job.state
        if job.error is not None:
            raise job.error
        return Progress(state, job.found, job.asked_at, is_new)

    def stop(self, question: Hashable) -> None:
        """Stop the work on a question, if there is any, and wait until it has stopped."""
        with self._changed:
            job = self._jobs.get(question)
        if job is not None:
            job.stop.set()
            self._turns.look()
            job.over.wait(self._seconds)

    def _begin(
        self, question: Hashable, work: Callable[[], Iterator[SoFar[T]]], account: str
    ) -> _Job[T] | None:
        if not self._is_free(account):
            return None
        job = self._jobs[question] = _Job(work, account)
        self._underway[account] += 1
        # Not of a pool: the interpreter would wait for a pool's threads when the role stops.
        Thread(target=copy_context().run, args=(self._run, job), name="job", daemon=True).start()
        return job

    def _run(self, job: _Job[T]) -> None:
        job.run(self._turns)
        with self._changed:
            self._underway[job.account] -= 1
            self._underway += Counter()  # without those that have none
            self._changed.notify_all()

    def _is_free(self, account: str) -> bool:
        return self._underway[account] < self._most and self._underway.total() < _BEGUN * self._most

    def _forget(self, asked: Hashable, *, again: bool) -> None:
        kept = Counter(job.account for job in self._jobs.values())
        for question, job in list(self._jobs.items()):
            crowded = kept[job.account] > self._remembered
            anew = again and question == asked and job.state == "stopped"
            if job.is_stale(self._worth) or anew or (crowded and job.over.is_set()):
                del self._jobs[question]
                kept[job.account] -= 1
