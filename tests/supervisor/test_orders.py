"""Orders to a real role over its lifeline: states, new settings with new sockets; and a role that hangs."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from supervisor.child import Child
from supervisor.handed import hand, open_handed, receive, take_handed, tell_handed
from supervisor.lifeline import Lines, encode, send
from supervisor.role import Circumstances, Role
from supervisor.status import read_report
from tests.machine import DEADLINE, await_true

# A role that reports what it was ordered.
PROGRAM = """
import asyncio, os, socket, sys, time
from pathlib import Path
from supervisor.handed import receive, take_handed
from supervisor.lifeline import Lifeline
from supervisor.roles import serve

run, name, *_, line = sys.argv[1:]
given = take_handed(os.environ)
told = {"states": [], "settings": None if given is None else given["web"], "sockets": {}}

async def role(report, ready, stop, obey):
    def hear(state):
        told["states"].append(state)
        report(told)

    async def change(settings, sockets):
        if settings == "bad":
            raise ValueError("bad settings: write good ones")
        for name, number in sockets:
            with socket.socket(fileno=number) as opened:
                told["sockets"][name] = opened.getsockname()[1]
        told["settings"] = settings
        report(told)

    if name == "deaf":
        obey()
    else:
        obey(state=hear, reload=change)
    report(told)
    ready()
    if name == "hangs":
        time.sleep(3600)
    await stop.wait()

def load(octets):
    return receive(octets)["web"] if octets is not None else "from the files"

serve(name, role, Path(run), Lifeline(int(line)) if line != "alone" else None, load)
"""


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The role's program."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return file


@pytest.fixture
def sockets() -> Iterator[list[tuple[str, int]]]:
    """More sockets than one message of the kernel takes descriptors."""
    with ExitStack() as opened:
        found = []
        for number in range(450):
            one = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            one.bind(("127.0.0.1", 0))
            found.append((f"udp-{number}", one.fileno()))
        yield found


def command(program: Path, name: str) -> tuple[str, ...]:
    """The command line of a role."""
    return (sys.executable, str(program), str(program.parent), name)


def told(program: Path, name: str) -> dict[str, object]:
    """What the role reports."""
    return read_report(program.parent, name)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition while the event loop works."""
    await asyncio.to_thread(await_true, condition, what)


def test_states_are_heard(program: Path) -> None:
    """The state that holds at the start when it is not ok, then each that follows, once each."""

    async def play() -> None:
        child = Child(Role("web", command(program, "web")), Circumstances(state="warning"))
        await child.start(DEADLINE)
        assert child.obeys == {"state", "reload"}
        for state in ("shedding", "shedding", "panic", "ok"):
            child.tell_state(state)
        heard = ["warning", "shedding", "panic", "ok"]
        await until(lambda: told(program, "web").get("states") == heard, "the states")
        assert await child.stop(DEADLINE) == 0

    asyncio.run(play())


def test_new_settings_and_sockets_arrive_whole(program: Path, sockets: list[tuple[str, int]]) -> None:
    """A role has its settings from its start; a reload brings others with the sockets that it has not yet."""
    ports = {}
    for name, number in sockets:
        with socket.socket(fileno=os.dup(number)) as opened:
            ports[name] = opened.getsockname()[1]

    async def play() -> None:
        held = sockets[:1]
        role = Role("web", command(program, "web"), sockets=lambda: held)
        child = Child(role, Circumstances(settings=hand({"web": "first"})))
        await child.start(DEADLINE)
        assert told(program, "web")["settings"] == "first"
        held += sockets[1:]
        assert await child.reload(1, hand({"web": "second"}), DEADLINE) is None
        found = told(program, "web")
        assert found["settings"] == "second"
        assert found["sockets"] == {name: port for name, port in ports.items() if name != sockets[0][0]}
        # What it has is not sent again.
        assert await child.reload(2, hand({"web": ["third"] * 100_000}), DEADLINE) is None
        assert told(program, "web")["settings"] == ["third"] * 100_000
        await child.stop(DEADLINE)

    asyncio.run(play())


def test_a_refusal_is_told_and_changes_nothing(program: Path) -> None:
    """The role's own sentence comes back, and the role is as it was."""

    async def play() -> None:
        child = Child(Role("web", command(program, "web")), Circumstances(settings=hand({"web": "first"})))
        await child.start(DEADLINE)
        problem = await child.reload(3, hand({"web": "bad"}), DEADLINE)
        assert problem is not None
        assert "bad settings: write good ones" in problem
        assert told(program, "web")["settings"] == "first"
        assert await child.reload(4, hand({"web": "good"}), DEADLINE) is None
        await child.stop(DEADLINE)
        assert await child.reload(5, hand({"web": "good"}), DEADLINE) == "it does not run"

    asyncio.run(play())


def test_a_role_without_an_ear_is_known(program: Path) -> None:
    """It takes no orders, and says so when it gets one all the same."""

    async def play() -> None:
        child = Child(Role("deaf", command(program, "deaf")))
        await child.start(DEADLINE)
        assert child.obeys == frozenset()
        child.tell_state("panic")
        problem = await child.reload(1, hand({"web": "second"}), DEADLINE)
        assert problem is not None
        assert "at its next start only" in problem
        await child.stop(DEADLINE)

    asyncio.run(play())


def test_silence_is_measured_and_a_hanging_role_says_where(
    program: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A role whose event loop hangs falls silent; before it is killed it writes where it hangs."""

    async def play() -> None:
        alive = Child(Role("web", command(program, "web")))
        child = Child(Role("hangs", command(program, "hangs")))
        await asyncio.gather(alive.start(DEADLINE), child.start(DEADLINE))
        assert child.pid is not None
        await until(lambda: (child.silence(time.monotonic()) or 0) > 2, "silence")
        assert (alive.silence(time.monotonic()) or 0) < 2
        await child.dump_and_kill()
        assert await child.ended() == -signal.SIGKILL
        assert child.silence(time.monotonic()) is None
        assert (child.away(time.monotonic()) or -1) >= 0
        await alive.stop(DEADLINE)

    asyncio.run(play())
    assert " in role\n" in capfd.readouterr().err


def test_a_role_alone_reloads_by_signal(program: Path) -> None:
    """SIGHUP to a role without a supervisor has it read the configuration's files again."""

    async def play() -> None:
        process = await asyncio.create_subprocess_exec(*command(program, "web"), "alone")
        await until(lambda: "settings" in told(program, "web"), "the role")
        process.send_signal(signal.SIGHUP)
        await until(lambda: told(program, "web")["settings"] == "from the files", "the reload")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0

    asyncio.run(play())


def test_lines_may_be_cut_anywhere() -> None:
    """Documents come whole however the octets come; what is no document is left out."""
    octets = encode({"order": "state", "state": "ok"}) + b"none\n[1]\n   " + encode({"alive": 0.5})
    for size in range(1, len(octets) + 1):
        lines = Lines()
        found = [one for at in range(0, len(octets), size) for one in lines.feed(octets[at : at + size])]
        assert found == [{"order": "state", "state": "ok"}, {"alive": 0.5}]


def test_a_full_line_is_no_wait() -> None:
    """Who does not read keeps nobody from his work; what was taken is whole."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sent = 0
        while send(ours, {"alive": sent}):
            sent += 1
        lines, found = Lines(), 0
        while found < sent:
            found += len(lines.feed(theirs.recv(65_536)))
        assert send(ours, {"alive": sent})


def test_settings_are_handed_over_by_descriptor() -> None:
    """Any number of readers, each from the beginning; the environment is left as it was."""
    descriptor = open_handed(hand({"web": 1, "data": Path("var")}))
    try:
        for _ in range(2):
            environment = {"HOME": "/", **tell_handed(os.dup(descriptor))}
            assert take_handed(environment) == {"web": 1, "data": Path("var")}
            assert environment == {"HOME": "/"}
    finally:
        os.close(descriptor)
    assert take_handed({}) is None
    assert tell_handed(None) == {}
    assert receive(hand({})) == {}
