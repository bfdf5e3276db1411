"""The supervisor's end of a lifeline: what a role's silence is, and what an ended line answers."""

import asyncio
import socket
import time

import pytest

from supervisor.lifeline import encode
from supervisor.role_line import RoleLine


def test_the_age_of_the_last_report_counts_for_who_works_aloud() -> None:
    """An event loop that turns does not hide that the work behind it stands still."""

    async def play() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            line = RoleLine(ours)
            theirs.sendall(encode({"alive": 70.5}) + encode({"ready": True, "port": 514}))
            assert await line.ready == {"port": 514}
            now = time.monotonic()
            assert line.silence(now, works_aloud=True) >= 70.5
            assert line.silence(now, works_aloud=False) < 70
            line.close()
            line.close()

    asyncio.run(play())


def test_a_line_that_ends_answers_everything() -> None:
    """Who waits for a role that has ended waits no longer; an answer that comes late harms nobody."""

    async def play() -> None:
        ours, theirs = socket.socketpair()
        with socket.socket() as some:
            line = RoleLine(ours)
            with pytest.raises(TimeoutError):
                await line.reload(1, [], [some.fileno()], 0.01)
            theirs.sendall(encode({"answer": 1, "problem": None}) + b'{"answer": 7, "problem": null}\n')
            waiting = asyncio.create_task(line.reload(2, [], [some.fileno()], 60))
            await asyncio.sleep(0)
            theirs.close()
            assert await waiting == "it ended meanwhile"
            assert await line.ready is None
            assert await line.reload(3, [], [some.fileno()], 60) == "it reads no orders"

    asyncio.run(play())
