"""A reload while messages stream: every message once, and no connection ends that does not have to."""

import asyncio
import socket
import ssl
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from collector.certificate import CertificateFiles
from collector.errors import CertificateError, ListenerError
from collector.settings import CollectorSettings, ListenerSettings
from tests.collector.conftest import Certificates
from tests.collector.relp_streams import session_of, syslog
from tests.collector.running import LOOPBACK, Running, collecting, collecting_alone, listeners, play
from tests.collector.storage_double import storage_at
from tests.collector.test_held import copies, held
from tests.collector.test_run import send_lines
from tests.collector.test_udp import send

RELOADS = 20


def descriptors_open() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def wanted(**settings: Any) -> dict[str, ListenerSettings]:
    """A listener of each transport on loopback, all of one stream."""
    return {
        name: ListenerSettings.model_validate({"transport": name, "port": 0, "address": LOOPBACK, **settings})
        for name in ("udp", "tcp", "tls", "relp")
    }


class Streaming:
    """Senders of every transport that go on until they are told to stop. Each has one connection."""

    def __init__(self, running: Running, trusted: Path) -> None:
        self.sent: list[bytes] = []
        self.ended: list[str] = []  # connections that the collector has closed
        self._running = running
        self._trusted = trusted
        self._stop = asyncio.Event()

    async def send(self) -> None:
        """Send by all transports at once."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._datagrams())
            group.create_task(self._lines("tcp", None))
            context = ssl.create_default_context(cafile=str(self._trusted))
            context.check_hostname = False
            group.create_task(self._lines("tls", context))
            group.create_task(self._session())

    def stop(self) -> None:
        """Have them stop."""
        self._stop.set()

    def _next(self, name: str) -> bytes:
        message = b"<13>%s %d" % (name.encode(), len(self.sent))
        self.sent.append(message)
        return message

    async def _datagrams(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not self._stop.is_set():
                for _ in range(5):
                    sender.sendto(self._next("udp"), (LOOPBACK, self._running.port("udp")))
                await asyncio.sleep(0.01)

    async def _lines(self, name: str, context: ssl.SSLContext | None) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._running.port(name), ssl=context)
        while not self._stop.is_set():
            writer.write(b"".join(self._next(name) + b"\n" for _ in range(5)))
            await writer.drain()
            await asyncio.sleep(0.01)
            if reader.at_eof():
                self.ended.append(name)
        writer.close()

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, self._running.port("relp"))
        writer.write(session_of())
        number = 1
        await reader.readuntil(b"200 OK")
        while not self._stop.is_set():
            number += 1
            message = self._next("relp")
            writer.write(b"%d syslog %d %s\n" % (number, len(message), message))
            await reader.readuntil(b"%d rsp 6 200 OK\n" % number)
        writer.close()


def test_every_message_once(
    folder: Path, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """Over twenty reloads each message of TCP, TLS, UDP and RELP is stored once; connections live."""
    own = {"certificate": certificates.server.certificate, "key": certificates.server.key}

    def settings(number: int) -> dict[str, Any]:
        """Whatever can change in place does."""
        found: dict[str, Any] = wanted(
            sender_networks=("127.0.0.0/8",) if number % 2 else (),
            timezone="UTC" if number % 3 else "Europe/Vienna",
            maximum_octets=4096 + number,
            maximum_connections=100 + number,
            receive_buffer=4_194_304 + number,
            stream=("a", "b")[number % 2],
            source_rate=1e6 + number,
        )
        found["tls"] = ListenerSettings.model_validate(
            {**found["tls"].model_dump(), **own, "idle_seconds": (None, 30.0 + number)[number % 2]}
        )
        if number % 2:
            found["more"] = ListenerSettings(transport="tcp", address=LOOPBACK, port=0)
        return {
            "listeners": found,
            "flush_milliseconds": 1 + number,
            "memory_octets": 100_000_000 + number,
            "shipped_rules": bool(number % 2),
            "sources": {"local": {"networks": ["127.0.0.0/8"], "charset": "iso-8859-1"}}
            if number % 2
            else {},
        }

    async def scene() -> None:
        async with storage_at(folder) as storage:
            with held(CollectorSettings(**settings(0))) as sockets:
                async with collecting_alone(folder, storage, given=copies(sockets), **settings(0)) as running:
                    streaming = Streaming(running, certificates.server.certificate)
                    sending = asyncio.create_task(streaming.send())
                    for number in range(1, RELOADS + 1):
                        stored = len(storage.messages())
                        sockets.prepare(CollectorSettings(**settings(number)))
                        await running.reload(copies(sockets), **settings(number))
                        sockets.commit()
                        await storage.await_messages(stored + 20)
                    streaming.stop()
                    await sending
                    await running.finish()
                    assert Counter(storage.messages()) == Counter(streaming.sent)
                    assert streaming.ended == []
                    for name in ("tcp", "tls", "relp"):
                        assert running.listener(name)["connections_accepted"] == 1
                    assert {header.stream for header in storage.headers} == {"a", "b"}
                    assert running.reports[-1]["listeners"]["relp"]["relp"]["broken_sessions"] == 0

    play(scene)
    assert "lost" not in caplog.text


def test_listeners_come_and_go(folder: Path) -> None:
    """A new listener receives; one that is left out takes what is on its way, asks to leave, and closes."""

    async def scene() -> None:
        both = {
            name: ListenerSettings(transport="tcp", address=LOOPBACK, port=0) for name in ("old", "stays")
        }
        async with collecting(folder, listeners=both) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("old"))
            writer.write(b"<13>before\n<13>cut ")
            await running.storage.await_messages(1)
            after = {
                "stays": both["stays"],
                "new": ListenerSettings(transport="udp", address=LOOPBACK, port=0),
            }
            await running.reload(listeners=after)
            writer.write(b"here\n")
            await running.reported(lambda: set(running.reports[-1]["listeners"]) == set(after))
            send(running.listener("new")["port"], b"<13>datagram")
            assert await reader.read() == b""  # it is asked to leave
            writer.write(b"<13>heard it late\n")
            writer.close()
            await running.storage.await_messages(4)
            assert Counter(running.storage.messages()) == Counter(
                [b"<13>before", b"<13>cut here", b"<13>datagram", b"<13>heard it late"]
            )
            with pytest.raises(ConnectionRefusedError):
                send_lines(running.port("old"), [b"<13>too late"])

    play(scene)


def test_another_transport_at_the_same_port(folder: Path) -> None:
    """A port may change what is spoken there: the socket stays, and who comes next speaks the new."""

    async def scene() -> None:
        wanted_before = {"any": ListenerSettings(transport="udp", address=LOOPBACK, port=0)}
        with held(CollectorSettings(listeners=wanted_before)) as sockets:
            async with (
                storage_at(folder) as storage,
                collecting_alone(folder, storage, given=copies(sockets), listeners=wanted_before) as running,
            ):
                place = running.port("any")
                send(place, b"<13>syslog")
                await storage.await_messages(1)
                for transport, octets in (
                    ("gelf-udp", b'{"version":"1.1","host":"h","short_message":"m"}'),
                    ("udp", b"<13>b"),
                ):
                    after = {
                        "any": ListenerSettings.model_validate(
                            {**wanted_before["any"].model_dump(), "transport": transport}
                        )
                    }
                    stored = len(storage.messages())
                    await running.reload(listeners=after)
                    send(place, octets)
                    await storage.await_messages(stored + 1)
                    assert storage.messages()[-1] == octets
                assert storage.column("transport")[-2:] == ["gelf-udp", "udp"]

    play(scene)


@pytest.mark.parametrize("fault", ["port", "certificate"])
def test_all_or_nothing(folder: Path, fault: str) -> None:
    """A reload that cannot be had raises what is wrong, and everything goes on as it was."""

    async def scene() -> None:
        before = {"tcp": listeners()["tcp"], "udp": listeners()["udp"]}
        with socket.create_server((LOOPBACK, 0)) as taken:
            bad = {
                "port": ListenerSettings(transport="tcp", address=LOOPBACK, port=taken.getsockname()[1]),
                "certificate": ListenerSettings(
                    transport="tls", address=LOOPBACK, port=0, certificate=folder / "no", key=folder / "no"
                ),
            }[fault]
            new = ListenerSettings(transport="udp", address=LOOPBACK, port=0)
            async with collecting(folder, listeners=before) as running:
                reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
                writer.write(b"<13>here\n")
                await running.storage.await_messages(1)
                descriptors = descriptors_open()
                for _ in range(3):
                    with pytest.raises(ListenerError if fault == "port" else CertificateError, match="bad"):
                        await running.reload(listeners={"new": new, "udp": before["udp"], "bad": bad})
                assert descriptors_open() == descriptors
                writer.write(b"<13>still here\n")
                send(running.port("udp"), b"<13>here too")
                await running.storage.await_messages(3)
                assert set(running.reports[-1]["listeners"]) == {"tcp", "udp"}
                assert not reader.at_eof()
                writer.close()

    play(scene)


def test_new_handshakes_are_shown_the_new_certificate(folder: Path, certificates: Certificates) -> None:
    """A certificate changes in place: open connections stay, and the next one is shown the new one."""

    def tls(files: CertificateFiles) -> dict[str, ListenerSettings]:
        return {
            "tls": ListenerSettings(
                transport="tls", address=LOOPBACK, port=0, certificate=files.certificate, key=files.key
            )
        }

    def shown(port: int) -> bytes:
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((LOOPBACK, port)))

    def der(files: CertificateFiles) -> bytes:
        text = files.certificate.read_text()
        return ssl.PEM_cert_to_DER_cert(text[: text.index("-----END CERTIFICATE-----") + 26])

    async def scene() -> None:
        async with collecting(folder, listeners=tls(certificates.server)) as running:
            context = ssl.create_default_context(cafile=str(certificates.server.certificate))
            context.check_hostname = False
            _, writer = await asyncio.open_connection(LOOPBACK, running.port("tls"), ssl=context)
            writer.write(b"<13>before\n")
            await running.storage.await_messages(1)
            assert await asyncio.to_thread(shown, running.port("tls")) == der(certificates.server)
            await running.reload(listeners=tls(certificates.client))
            assert await asyncio.to_thread(shown, running.port("tls")) == der(certificates.client)
            writer.write(b"<13>after\n")
            await running.storage.await_messages(2)
            writer.close()

    play(scene)


def test_who_may_send_no_more(folder: Path) -> None:
    """Connections of senders that are admitted no more are closed; what they had sent is stored."""

    async def scene() -> None:
        async with collecting(folder, listeners={"tcp": listeners()["tcp"]}) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(b"<13>before\n")
            await running.storage.await_messages(1)
            await running.reload(listeners={"tcp": listeners(sender_networks=("192.0.2.0/24",))["tcp"]})
            assert await reader.read() == b""
            writer.close()
            await running.reported(
                lambda: running.listener("tcp")["refused"] == {"not in sender_networks": 1}
            )

    play(scene)


def test_what_was_gathered_goes_where_it_belongs(folder: Path) -> None:
    """Messages that came before a reload are read and kept by the settings under which they came."""

    async def scene() -> None:
        def settings(stream: str) -> dict[str, Any]:
            return {"listeners": {"udp": listeners(stream=stream)["udp"]}, "flush_milliseconds": 1000}

        async with collecting(folder, **settings("first")) as running:
            send(running.port("udp"), b"<13>a")
            await running.reported(lambda: running.listener("udp")["messages"] == 1)
            await running.reload(**settings("second"))
            send(running.port("udp"), b"<13>b")
            await running.storage.await_messages(2)
            assert running.storage.messages("first") == [b"<13>a"]
            assert running.storage.messages("second") == [b"<13>b"]

    play(scene)


def test_rules_are_read_again(folder: Path) -> None:
    """Rule files count as they stand at the reload."""
    rules = folder / "own.rules"
    rules.write_text("version=2\nrule=:user %who:word% came\n")

    async def scene() -> None:
        async with collecting(
            folder, listeners={"udp": listeners()["udp"]}, rules={"own": {"file": rules, "apps": ["*"]}}
        ) as running:
            text = b"<13>Oct 11 22:14:15 h app: user joe left"
            send(running.port("udp"), text)
            await running.storage.await_messages(1)
            rules.write_text("version=2\nrule=:user %who:word% left\n")
            await running.reload(
                listeners={"udp": listeners()["udp"]}, rules={"own": {"file": rules, "apps": ["*"]}}
            )
            send(running.port("udp"), text)
            await running.storage.await_messages(2)
            assert [dict(fields or ()) for fields in running.storage.column("fields")] == [{}, {"who": "joe"}]

    play(scene)


def test_parting_ends_with_the_collector(folder: Path) -> None:
    """A stop right after a reload loses nothing of a listener that was parting."""

    async def scene() -> None:
        async with collecting(folder, listeners={"tcp": listeners()["tcp"]}) as running:
            port = running.port("tcp")
            await asyncio.to_thread(send_lines, port, [b"<13>%d" % number for number in range(1000)])
            await running.reload(listeners={})
            await asyncio.to_thread(send_lines, port, [b"<13>late"])
            await running.finish()
            assert len(running.storage.messages()) == 1001

    play(scene)


def test_a_session_of_relp_ends_in_order(folder: Path) -> None:
    """When its listener goes, a session of RELP is told so, and whatever was answered is stored once."""
    answered: list[bytes] = []

    async def scene() -> None:
        relp = {"relp": ListenerSettings(transport="relp", address=LOOPBACK, port=0)}
        async with collecting(folder, listeners=relp) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("relp"))
            writer.write(session_of())
            await reader.readuntil(b"commands=syslog\n")
            await running.reload(listeners={})
            for number in range(2, 100_000):
                message = b"<13>%d" % number
                writer.write(syslog(number, message))
                said = await reader.readline()
                if not said.endswith(b"rsp 6 200 OK\n"):
                    break
                answered.append(message)
                await asyncio.sleep(0.005)
            assert said == b"0 serverclose 0\n"
            with suppress(ConnectionResetError):  # its last message was not read any more
                assert await reader.read() == b""
            writer.close()
            assert running.storage.messages() == answered
            assert len(answered) > 100  # it was served for as long as the supervisor may hold the socket

    play(scene)
