"""The listeners of one process, as the hand-off makes them wait."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collector.gate import Gate
from collector.receivers import Receivers
from collector.settings import CollectorSettings


@pytest.mark.parametrize("transport", ["udp", "gelf-udp", "dtls", "unix", "tcp", "relp"])
def test_memory_that_empties_after_the_end_wakes_nobody(tmp_path: Path, transport: str) -> None:
    """When memory that was full becomes empty after the listeners were closed, nobody reads again."""
    place: dict[str, Any] = {"path": str(tmp_path / "log")} if transport == "unix" else {"port": 0}
    listener = {"transport": transport, "address": "127.0.0.1", **place}
    settings = CollectorSettings.model_validate({"listeners": {"one": listener}})

    async def play() -> None:
        receivers = Receivers(settings, tmp_path / "tls", lambda *_, **__: None)
        receivers.open({})
        await receivers.start([])
        receivers.balance(Gate(full=True, fullness=1.0))
        await receivers.close()
        receivers.balance(Gate(fullness=0.1))
        await receivers.close()

    asyncio.run(play())
