"""New settings for roles that are real processes: all or nothing, and no way back once the first has them."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.handed import hand
from supervisor.processes import Supervisor
from supervisor.reloading import Accepted, RefusedError, Reloading
from supervisor.role import Role
from supervisor.settings import SupervisorSettings
from supervisor.status import read_report
from tests.machine import DEADLINE

# A role that refuses settings which name it, and cannot start on those that name it twice.
PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from supervisor.handed import receive, take_handed
from supervisor.lifeline import Lifeline
from supervisor.roles import serve

class RefusedError(Exception):
    pass

RefusedError.__module__ = "collector.test"
run, name, _, line = sys.argv[1:]
given = take_handed(os.environ)["text"]

async def role(report, ready, stop, obey):
    async def change(settings, sockets):
        if f"{name}?" in settings.split():
            await asyncio.sleep(3600)
        if name in settings.split():
            raise RefusedError(f"{settings!r} is not for me: write something else")
        report({"text": settings})
    if given.split().count(name) > 1:
        sys.exit(69)
    obey(reload=change if name != "web" else None)
    report({"text": given})
    ready()
    await stop.wait()

serve(name, role, Path(run), Lifeline(int(line)), lambda octets: receive(octets)["text"])
"""
NAMES = ("collector", "storage", "web")


class Held:
    """Sockets of nobody, that remember what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def of(self, _number: int) -> list[tuple[str, int]]:
        """Give none."""
        return []

    def prepare(self, settings: Any) -> None:
        """Refuse a certain text."""
        self.asked.append("prepare")
        if settings == "taken":
            raise OSError("port 514 is taken: stop who has it")

    def commit(self) -> None:
        """Remember."""
        self.asked.append("commit")

    def abandon(self) -> None:
        """Remember."""
        self.asked.append("abandon")

    def retire(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def accepted(text: str, web: str = "") -> Accepted:
    """A configuration that is a text."""
    return Accepted(
        SupervisorSettings(restart_seconds=0.01), text, hand({"text": text}), {"web": web}, notes=("a note",)
    )


class Play:
    """A supervisor over such roles, and its reloads."""

    def __init__(self, folder: Path) -> None:
        program = folder / "program.py"
        program.write_text(PROGRAM)
        self.run = folder / "run"
        self.run.mkdir()
        command = (sys.executable, str(program), str(self.run))
        self.names = list(NAMES)
        self.roles = {name: Role(name, (*command, name, "--lifeline")) for name in (*NAMES, "relay")}
        self.next = accepted("second")
        self.held = Held()
        first = accepted("first")
        self.supervisor = Supervisor(
            self.listed(first),
            (),
            first.supervisor,
            lambda _: None,
            lambda _: None,
            stopping=lambda: None,
            settings_of_roles=first.handed,
        )
        self.reloading = Reloading(self.supervisor, first, self.read, self.listed, self.held, lambda _: None)

    def listed(self, _accepted: Accepted) -> list[Role]:
        """The roles that there are now."""
        return [self.roles[name] for name in self.names]

    def read(self) -> Accepted:
        """Give the next configuration."""
        if self.next.collector == "bad":
            raise RefusedError(["web.port: is bad; use 1", "data: is bad, too; use 2"])
        return self.next

    async def reload(self, following: Accepted) -> dict[str, Any]:
        """Reload; give what is reported of it."""
        self.next = following
        await self.reloading.reload(1)
        found: dict[str, Any] = self.supervisor.facts["reload"]
        return found

    def texts(self) -> list[str]:
        """What the roles work by."""
        return [read_report(self.run, name)["text"] for name in self.names]

    def starts(self) -> list[int]:
        """How often each was started."""
        return [self.supervisor.children[name].starts for name in self.names]


def played(folder: Path, scene: Callable[[Play], Awaitable[None]]) -> None:
    """Play a scene while everything runs."""

    async def play() -> None:
        found = Play(folder)
        done = asyncio.Event()

        async def beside() -> None:
            try:
                await scene(found)
            finally:
                done.set()
                found.supervisor._asked.set()  # noqa: SLF001 - as a signal would, which pytest keeps to itself

        scenes: list[asyncio.Task[None]] = []

        async def begin() -> None:
            scenes.append(asyncio.create_task(beside()))
            await done.wait()

        found.supervisor.beside.append(begin)
        assert await asyncio.wait_for(found.supervisor.run(), 2 * DEADLINE) == 0
        await scenes[0]

    asyncio.run(play())


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def test_what_is_accepted_reaches_everybody(tmp_path: Path) -> None:
    """Who takes orders goes on with the new settings; others are started anew when theirs have changed."""

    async def scene(play: Play) -> None:
        told = await play.reload(accepted("second"))
        assert (told["ok"], told["used"], told["problems"], told["notes"]) == (True, True, [], ["a note"])
        assert play.texts() == ["second", "second", "first"]  # nothing of the pages' own has changed
        assert play.starts() == [1, 1, 1]
        assert play.held.asked == ["prepare", "commit"]
        await play.reload(accepted("third", web="other"))
        assert play.texts() == ["third", "third", "third"]
        assert play.starts() == [1, 1, 2]

    played(tmp_path, scene)


def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    """By the check with every problem, by a socket that cannot be had, or by the first role that is asked."""

    async def scene(play: Play) -> None:
        before = play.supervisor.circumstances.settings
        for text, problems in (
            ("bad", ["web.port: is bad; use 1", "data: is bad, too; use 2"]),
            ("taken", ["port 514 is taken: stop who has it"]),
            ("collector no", ["collector: 'collector no' is not for me: write something else"]),
        ):
            told = await play.reload(accepted(text, web="other"))
            assert (told["ok"], told["used"], told["problems"]) == (False, False, problems)
            assert play.held.asked[-1] == "abandon"
        assert "commit" not in play.held.asked
        assert play.texts() == ["first", "first", "first"]
        assert play.starts() == [1, 1, 1]
        assert play.supervisor.circumstances.settings == before
        assert play.supervisor.facts["reload"]["number"] == 3

    played(tmp_path, scene)


def test_who_refuses_after_others_is_started_anew(tmp_path: Path) -> None:
    """Once a role is on the new settings there is no way back; the problem is told all the same."""

    async def scene(play: Play) -> None:
        told = await play.reload(accepted("not for storage"))
        assert (told["ok"], told["used"]) == (False, True)
        (problem,) = told["problems"]
        assert problem.startswith("storage: 'not for storage' is not for me")
        assert problem.endswith("; it is started anew")
        assert play.texts() == ["not for storage", "not for storage", "first"]
        assert play.starts() == [1, 2, 1]

    played(tmp_path, scene)


def test_roles_come_and_go_and_who_cannot_start_is_told_of(tmp_path: Path) -> None:
    """The roles of the new configuration run after the reload, and no others."""

    async def scene(play: Play) -> None:
        play.names = ["collector", "storage", "relay"]
        assert (await play.reload(accepted("second")))["ok"]
        assert list(play.supervisor.children) == ["collector", "storage", "relay"]
        assert play.texts() == ["second", "second", "second"]
        play.names = ["collector", "storage", "web"]
        told = await play.reload(accepted("web web"))
        assert told["used"]
        assert told["problems"] == [
            "web did not start on the new settings and is tried again: the log has its reasons"
        ]
        await play.reload(accepted("well", web="other"))
        web = play.supervisor.children["web"]
        assert await web.settled(DEADLINE)

    played(tmp_path, scene)


def test_who_does_not_answer_is_started_anew_on_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reload that is refused for want of an answer leaves no role that takes the settings later on."""
    monkeypatch.setattr("supervisor.reloading.ANSWER_SECONDS", 0.2)

    async def scene(play: Play) -> None:
        told = await play.reload(accepted("collector?"))
        assert (told["ok"], told["used"]) == (False, False)
        assert told["problems"] == [
            "collector: it did not answer within 0.2 s; it is started anew, on the settings that stay"
        ]
        assert await play.supervisor.children["collector"].settled(DEADLINE)
        assert play.texts() == ["first", "first", "first"]
        assert play.starts() == [2, 1, 1]

    played(tmp_path, scene)


def test_a_role_that_cannot_start_does_not_keep_new_settings_out(tmp_path: Path) -> None:
    """Settings that mend what keeps a role from starting are taken, and it starts on them."""

    async def scene(play: Play) -> None:
        collector = play.supervisor.children["collector"]
        play.supervisor.circumstances.settings = hand({"text": "collector collector"})
        await collector.kill()
        told = await play.reload(accepted("second"))
        assert (told["ok"], told["used"], told["problems"]) == (True, True, [])
        assert play.texts() == ["second", "second", "first"]

    played(tmp_path, scene)


def test_a_role_that_is_starting_begins_anew_on_the_new_settings(tmp_path: Path) -> None:
    """A reload breaks off a start by the old settings, and waits for the one by the new settings."""

    async def scene(play: Play) -> None:
        collector = play.supervisor.children["collector"]
        await collector.kill()
        while not collector.running:  # noqa: ASYNC110 - nobody tells of a process that has begun
            await asyncio.sleep(0.001)
        told = await play.reload(accepted("second"))
        assert (told["ok"], told["used"], told["problems"]) == (True, True, [])
        assert play.texts() == ["second", "second", "first"]
        assert play.starts() == [3, 1, 1]

    played(tmp_path, scene)


def test_a_role_that_dies_during_a_reload_is_on_the_new_settings_after_it(tmp_path: Path) -> None:
    """Who had taken the order, and is started by the old settings while others take it, is started anew."""

    async def scene(play: Play) -> None:
        collector, storage = (play.supervisor.children[name] for name in ("collector", "storage"))
        reload = storage.reload

        async def late(number: int, settings: bytes, seconds: float) -> str | None:
            """Take the order only when the collector is back from its death."""
            await collector.kill()
            collector._settled.clear()  # noqa: SLF001 - what its keeper does next is awaited
            assert await collector.settled(DEADLINE)
            return await reload(number, settings, seconds)

        storage.reload = late  # type: ignore[method-assign] # a fault, put in at the right moment
        assert (await play.reload(accepted("second")))["ok"]
        assert play.texts() == ["second", "second", "first"]

    played(tmp_path, scene)
