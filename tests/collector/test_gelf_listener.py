"""The GELF listeners over real sockets: what storage gets of datagrams, chunks and streams, and counts."""

import asyncio
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from collector.gelf_chunks import BAD_CHUNK, INCOMPLETE
from collector.gelf_datagrams import GelfDatagrams
from collector.settings import ListenerSettings
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tests.collector.running import LOOPBACK, collecting, play
from tests.collector.test_gelf_chunks import chunk
from tests.collector.test_udp import send
from tests.shared import Case, parameters, vectors

ONE = b'{"version":"1.1","host":"h","short_message":"one","_a":1}'
TWO = b'{"version":"1.1","host":"h","short_message":"two"}'
CHUNKS = [chunk(number, 3, part) for number, part in enumerate([ONE[:20], ONE[20:40], ONE[40:]])]
VECTORS = {name: case for name, case in vectors("gelf").items() if "CHUNK" not in name and name != "GELF-TCP"}


def gelf(transport: str, **settings: Any) -> dict[str, ListenerSettings]:
    """One listener of GELF on loopback."""
    given = {"transport": transport, "port": 0, "address": LOOPBACK, **settings}
    return {"gelf": ListenerSettings.model_validate(given)}


def read(*datagrams: bytes, maximum_octets: int = 65_536) -> tuple[list[bytes], dict[int, tuple[Flag, ...]]]:
    """Read datagrams of one peer; give the frames and their flags."""
    found = GelfDatagrams(maximum_octets).read(datagrams, [Arrival(0, "x", len(datagrams))], {}, 0.0)
    assert sum(run.count for run in found.arrivals) == len(found.frames)
    return list(found.frames), found.flags


@pytest.mark.parametrize("vector", parameters(VECTORS))
def test_vector(vector: Case) -> None:
    """Every vector in one datagram is one object, inflated where it was compressed."""
    (frame,), flags = read(bytes.fromhex(vector["hex"]))
    assert isinstance(json.loads(frame), dict)
    assert not flags
    if vector["id"] in {"GELF-ZLIB", "GELF-GZIP"}:
        assert json.loads(frame) == json.loads(bytes.fromhex(VECTORS["GELF-PLAIN"]["hex"]))


def test_everything_in_one_drain() -> None:
    """Objects as they are, compressed, and in chunks, among each other, keep their order of completion."""
    whole = zlib.compress(TWO)
    halves = [chunk(0, 2, whole[:20], b"twotwotw"), chunk(1, 2, whole[20:], b"twotwotw")]
    frames, flags = read(CHUNKS[2], ONE, halves[0], CHUNKS[0], gzip.compress(ONE), halves[1], CHUNKS[1], TWO)
    assert frames == [ONE, ONE, TWO, ONE, TWO]
    assert not flags


def test_flags_stay_with_their_message() -> None:
    """What inflates to more than the limit, or is longer than it, is cut and flagged; the others are not."""
    long = b'{"short_message":"' + b"x" * 5000 + b'"}'
    frames, flags = read(ONE, zlib.compress(long), zlib.compress(TWO)[:-5], long, maximum_octets=2048)
    assert frames[:2] == [ONE, long[:2048]]
    assert TWO.startswith(frames[2])
    assert frames[3] == long[:2048]
    assert flags == {1: (Flag.TRUNCATED,), 2: (Flag.TRUNCATED,), 3: (Flag.TRUNCATED,)}


def test_octets_that_only_look_compressed_are_kept() -> None:
    """What cannot be inflated is a message like any other."""
    assert read(b"x\x9cno zlib", b"\x1f\x8b\x08no gzip", b"text") == (
        [b"x\x9cno zlib", b"\x1f\x8b\x08no gzip", b"text"],
        {},
    )


def test_datagrams_are_read_as_gelf(folder: Path) -> None:
    """Objects of every kind of datagram arrive, are read as GELF, and what is lost is counted."""

    async def scene() -> None:
        async with collecting(folder, listeners=gelf("gelf-udp")) as running:
            send(running.port("gelf"), ONE, zlib.compress(TWO), *CHUNKS, *CHUNKS[:2], chunk(0, 200))
            await running.storage.await_messages(3)
            assert running.storage.messages() == [ONE, TWO, ONE]
            assert set(running.storage.column("format")) == {"gelf"}
            assert running.storage.column("hostname") == ["h", "h", "h"]
            assert set(running.storage.column("transport")) == {"gelf-udp"}
            assert set(running.storage.column("peer")) == {LOOPBACK}
            await running.reported(lambda: running.listener("gelf")["gelf"]["incomplete"] == 1)
            await running.finish()
            state = running.listener("gelf")
            assert state["lost"] == {BAD_CHUNK: 1, INCOMPLETE: 1}
            assert state["compressed_datagrams"] == 1
            assert state["messages"] == 3

    play(scene)


def test_incomplete_messages_are_counted_without_another_datagram(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When their time is over, incomplete messages are counted as lost, though nothing more comes."""
    monkeypatch.setattr("collector.gelf_chunks.SECONDS", 0.1)

    async def scene() -> None:
        async with collecting(folder, listeners=gelf("gelf-udp")) as running:
            send(running.port("gelf"), CHUNKS[0])
            await running.reported(lambda: running.listener("gelf")["lost"] == {INCOMPLETE: 1})
            assert running.listener("gelf")["gelf"] == {"incomplete": 0, "duplicate_chunks": 0}

    play(scene)


def test_syslog_at_the_port_of_gelf(folder: Path) -> None:
    """Plain syslog at the port of GELF is a wrong guest: counted, and told."""

    async def scene() -> None:
        async with collecting(folder, listeners=gelf("gelf-udp")) as running:
            send(running.port("gelf"), b"<13>1 - h a - - - x", ONE)
            await running.storage.await_messages(1)
            await running.finish()
            assert running.storage.messages() == [ONE]
            assert running.listener("gelf")["guests"] == {"syslog": 1}

    play(scene)


@pytest.mark.parametrize("end", [b"\0", b"\n"], ids=["NUL", "LF"])
def test_stream_is_read_as_gelf(folder: Path, end: bytes) -> None:
    """GELF over TCP, ended by NUL or LF; one that nothing ends comes when its sender is silent."""

    async def scene() -> None:
        async with collecting(folder, listeners=gelf("gelf-tcp")) as running:
            _, writer = await asyncio.open_connection(LOOPBACK, running.port("gelf"))
            writer.write(ONE + end + TWO + end + ONE)
            await running.storage.await_messages(3)
            assert running.storage.messages() == [ONE, TWO, ONE]
            assert set(running.storage.column("format")) == {"gelf"}
            assert set(running.storage.column("transport")) == {"gelf-tcp"}
            writer.close()

    play(scene)
