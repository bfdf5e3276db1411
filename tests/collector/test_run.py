"""The collector's role as a whole: it fails fast, keeps streams apart, drains, and tells what it lost."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from collector.errors import CertificateError, ListenerError
from collector.run import run
from collector.settings import CollectorSettings, ListenerSettings
from tests.collector.running import LOOPBACK, collecting, listeners, play
from tests.collector.storage_double import endpoint_in, storage_at


def send_lines(port: int, lines: list[bytes]) -> None:
    """Send lines over one TCP connection."""
    with socket.create_connection((LOOPBACK, port)) as sender:
        sender.sendall(b"".join(line + b"\n" for line in lines))


async def start(settings: CollectorSettings, folder: Path, stop: asyncio.Event) -> None:
    """Run a collector that nobody hears of."""
    await run(
        settings,
        tls_folder=folder / "tls",
        endpoint=endpoint_in(folder),
        report=lambda _: None,
        ready=lambda: None,
        stop=stop,
    )


def test_address_in_use_fails_at_once(folder: Path) -> None:
    """A listener that cannot be opened ends the start, and what was open before it is closed."""

    async def scene() -> None:
        with socket.create_server((LOOPBACK, 0)) as taken, socket.create_server((LOOPBACK, 0)) as other:
            port = other.getsockname()[1]
            other.close()
            settings = CollectorSettings(
                listeners={
                    "first": ListenerSettings(transport="tcp", address=LOOPBACK, port=port),
                    "second": ListenerSettings(
                        transport="tcp", address=LOOPBACK, port=taken.getsockname()[1]
                    ),
                }
            )
            with pytest.raises(ListenerError, match=r"set collector\.listeners\.second\.port"):
                await start(settings, folder, asyncio.Event())
            socket.create_server((LOOPBACK, port)).close()

    play(scene)


def test_unusable_certificate_fails_at_once(folder: Path) -> None:
    """A certificate that cannot be read ends the start."""
    (folder / "c.pem").write_text("not a certificate")
    tls = ListenerSettings(
        transport="tls", address=LOOPBACK, port=0, certificate=folder / "c.pem", key=folder / "c.pem"
    )

    async def scene() -> None:
        with pytest.raises(CertificateError, match=r"collector\.listeners\.tls: .*c\.pem"):
            await start(CollectorSettings(listeners={"tls": tls}), folder, asyncio.Event())

    play(scene)


def test_listener_that_is_not_enabled_stays_closed(folder: Path) -> None:
    """enabled = false opens nothing."""

    async def scene() -> None:
        off = {"tcp": listeners()["tcp"], "udp": listeners(enabled=False)["udp"]}
        async with collecting(folder, listeners=off) as running:
            assert set(running.reports[0]["listeners"]) == {"tcp"}

    play(scene)


def test_streams_stay_apart(folder: Path) -> None:
    """Each listener's messages go to its own stream, in batches with numbers of their own."""

    async def scene() -> None:
        two = {
            name: ListenerSettings(transport="tcp", address=LOOPBACK, port=0, tenant="acme", stream=name)
            for name in ("web", "mail")
        }
        async with collecting(folder, listeners=two) as running:
            send_lines(running.port("web"), [b"<13>web"])
            send_lines(running.port("mail"), [b"<13>mail"])
            await running.storage.await_messages(2)
            headers = {(one.tenant, one.stream, one.number) for one in running.storage.headers}
            assert headers == {("acme", "web", 1), ("acme", "mail", 1)}
            assert running.storage.messages("mail") == [b"<13>mail"]
            assert len({one.collector for one in running.storage.headers}) == 1

    play(scene)


def test_stop_drains(folder: Path) -> None:
    """What was sent before the stop is stored and acknowledged when the role has ended."""
    lines = [b"<13>%d" % number for number in range(20_000)]

    async def scene() -> None:
        async with collecting(folder) as running:
            send_lines(running.port("tcp"), lines)
            await running.finish()
            assert running.storage.messages() == lines
            handoff = running.reports[-1]["handoff"]
            assert handoff["held_messages"] == 0
            assert handoff["acknowledged_messages"] == len(lines)

    play(scene)


def test_what_storage_never_took_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without storage the stop waits within its bound, and says and counts how many messages are lost."""

    async def scene() -> None:
        async with storage_at(folder) as storage:
            await storage.close()
            ready, stop = asyncio.Event(), asyncio.Event()
            reports: list[dict[str, object]] = []
            settings = CollectorSettings(listeners={"tcp": listeners()["tcp"]}, stop_seconds=0.2)
            task = asyncio.create_task(
                run(
                    settings,
                    tls_folder=folder,
                    endpoint=endpoint_in(folder),
                    report=lambda state: reports.append(dict(state)),
                    ready=ready.set,
                    stop=stop,
                )
            )
            await ready.wait()
            found = json.loads(json.dumps(reports[0]))
            send_lines(found["listeners"]["tcp"]["port"], [b"<13>a", b"<13>b"])
            stop.set()
            await task
            final = json.loads(json.dumps(reports[-1]))
            assert final["listeners"]["tcp"]["lost"] == {"not acknowledged when stopping": 2}

    play(scene)
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert any(message.startswith("2 messages were not acknowledged") for message in told)


def test_storage_may_be_replaced_under_load(folder: Path) -> None:
    """Workers die with batches that they did not acknowledge: nothing is lost, and nothing out of order."""
    lines = [b"<13>%06d %s" % (number, b"x" * 400) for number in range(20_000)]

    async def scene() -> None:
        ready, stop = asyncio.Event(), asyncio.Event()
        reports: list[dict[str, object]] = []
        settings = CollectorSettings(listeners={"tcp": listeners()["tcp"]}, flush_messages=1000)
        stored: dict[int, list[bytes]] = {}
        task = asyncio.create_task(
            run(
                settings,
                tls_folder=folder,
                endpoint=endpoint_in(folder),
                report=lambda state: reports.append(dict(state)),
                ready=ready.set,
                stop=stop,
            )
        )
        await ready.wait()
        port = json.loads(json.dumps(reports[0]))["listeners"]["tcp"]["port"]
        sending = asyncio.create_task(asyncio.to_thread(send_lines, port, lines))
        for worker in range(3):
            async with storage_at(folder, window=4) as storage:
                if worker == 2:
                    stop.set()
                    await task
                else:
                    storage.answering = False
                    await storage.until(lambda: len(storage.headers) >= 3)
                for header, records in zip(storage.headers, storage.records, strict=True):
                    stored[header.number] = records["raw"].to_pylist()
        await sending
        assert sorted(stored) == list(range(1, len(stored) + 1))
        assert [line for number in sorted(stored) for line in stored[number]] == lines

    play(scene)


def test_reports_are_json(folder: Path) -> None:
    """Every report can be written to the status file."""

    async def scene() -> None:
        async with collecting(folder) as running:
            send_lines(running.port("tcp"), [b"<13>a"])
            await running.storage.await_messages(1)
            await running.finish()
            final = json.loads(json.dumps(running.reports[-1]))
            assert final["listeners"]["tcp"]["messages"] == 1
            assert final["handoff"]["unacknowledged"] == 0
            assert final["paused"] is False

    play(scene)
