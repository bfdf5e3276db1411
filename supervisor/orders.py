"""What a role is ordered by the supervisor, and its answers.

A role's main that takes orders has a keyword ``obey`` and calls it once, early:

    obey(state=hear, reload=change)

``hear(name)`` is called in the role's event loop whenever the state of the appliance changes, with "ok",
"warning", "shedding" or "panic"; and at once, when the state is not ok.

``await change(settings, sockets)`` is called there, too, with the role's new settings and, for a collector,
with the listening sockets that are new, by listener's name and descriptor. The sockets are the callee's from
then on. It is all or nothing: it returns when the role is on the new settings, or raises, with a sentence for
whoever reads the log, and the role is as it was.

A role that leaves one of them out has no ear for it; one without ``reload`` is started anew when its settings
have changed.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from supervisor.handed import read_handed

HearState = Callable[[str], None]
Reload = Callable[[Any, Sequence[tuple[str, int]]], Awaitable[None]]
Load = Callable[
    [bytes | None], Any
]  # a role's settings: as handed over, or else from the configuration's files
Say = Callable[[dict[str, Any]], None]

OK: Final = "ok"

log = logging.getLogger(__name__)


class Obey(Protocol):
    """Through which a role's main says which orders it takes."""

    def __call__(self, *, state: HearState | None = None, reload: Reload | None = None) -> None:
        """Take these for orders; to be called once."""
        ...


class Orders:
    """The orders of one role. All methods are called in its event loop.

    Args:
        load: gives the role's settings anew.
        say: tells the supervisor something.
        explain: gives the sentence for an error.
    """

    def __init__(self, load: Load | None, say: Say, explain: Callable[[BaseException], str]) -> None:
        self._load = load
        self._say = say
        self._explain = explain
        self._state = OK
        self._hear: HearState | None = None
        self._reload: Reload | None = None
        self._one_at_a_time = asyncio.Lock()
        self._at_work: set[asyncio.Task[None]] = set()

    def obey(self, *, state: HearState | None = None, reload: Reload | None = None) -> None:
        """Remember what to call, and tell the supervisor; see ``Obey``."""
        self._hear, self._reload = state, reload if self._load is not None else None
        ears = {"state": self._hear, "reload": self._reload}
        self._say({"obeys": [name for name, ear in ears.items() if ear is not None]})
        if self._state != OK:
            self._tell_state()

    def take(self, order: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Do what is ordered; an order of a later release is nothing to us."""
        if "state" in order and order["state"] != self._state:
            self._state = order["state"]
            self._tell_state()
        if order.get("order") == "reload":
            self._begin(self._ordered(order, descriptors))

    def reload_alone(self) -> None:
        """Reload from the configuration's files, for a role without a supervisor."""
        self._begin(self._alone())

    def _tell_state(self) -> None:
        if self._hear is None:
            return
        try:
            self._hear(self._state)
        except Exception:
            log.exception("the state %s was not obeyed; please report this with the lines above", self._state)

    def _begin(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _ordered(self, order: dict[str, Any], descriptors: Sequence[int]) -> None:
        names = order["sockets"]
        if len(descriptors) != len(names) + 1:
            problem: str | None = "the settings did not come with the order: reload once more"
        else:
            handed, *sockets = descriptors
            octets = read_handed(handed)
            os.close(handed)
            problem = await self._reloaded(octets, list(zip(names, sockets, strict=True)))
        self._say({"answer": order["number"], "problem": problem})

    async def _alone(self) -> None:
        problem = await self._reloaded(None, [])
        if problem is None:
            log.info("the configuration was read anew")
        else:
            log.error("%s; everything stays as it is", problem)

    async def _reloaded(self, octets: bytes | None, sockets: list[tuple[str, int]]) -> str | None:
        """Reload; give what was wrong, or None."""
        if self._load is None or self._reload is None:
            for _, descriptor in sockets:
                os.close(descriptor)
            return "this role takes new settings at its next start only: start it anew"
        async with self._one_at_a_time:
            try:
                await self._reload(self._load(octets), sockets)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told to who ordered
                return self._explain(error)
        return None
