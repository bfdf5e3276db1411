"""relay/sender.py and relay/links.py: to real servers, through failures, and after a restart."""

import asyncio
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from cryptography.hazmat.primitives import serialization

import relay.sender
from collector.authority import authority_files, issue, make_authority, read_authority
from collector.certificate import CertificateFiles
from relay.cursor import Cursor
from relay.links import framed
from relay.sender import Sender
from relay.settings import DestinationSettings
from storage.archive import seal
from storage.catalogue import Catalogue
from storage.layout import Layout, StreamName
from tests.machine import DEADLINE, accepts, await_true, free_port

Append = Callable[..., None]
Tool = Callable[[str], str]

MESSAGES = [b"<13>1 2026-11-20T12:00:00Z h app - - - number %d" % number for number in range(300)]

RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
module(load="imrelp" {tls})
module(load="imptcp")
global(workDirectory="{folder}")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imrelp" port="{relp}" {input})
input(type="imptcp" port="{tcp}" SupportOctetCountedFraming="on")
action(type="omfile" file="{folder}/received" template="raw")
"""


@contextmanager
def rsyslogd(tool: Tool, folder: Path, ports: Mapping[str, int], **tls: str) -> Iterator[Path]:
    """A real rsyslogd that writes what it receives to a file."""
    text = RSYSLOG
    values = {"folder": folder, **ports, "tls": "", "input": "", **tls}
    for word, value in values.items():
        text = text.replace(f"{{{word}}}", str(value))
    (folder / "rsyslog.conf").write_text(text)
    command = [tool("rsyslogd"), "-n", f"-i{folder}/pid", "-f", str(folder / "rsyslog.conf")]
    with subprocess.Popen(command) as process:
        try:
            await_true(lambda: all(map(accepts, ports.values())), "rsyslogd listens")
            yield folder / "received"
        finally:
            process.terminate()
            process.wait(DEADLINE)


def free_ports() -> dict[str, int]:
    """Ports for rsyslogd."""
    return {"relp": free_port(), "tcp": free_port()}


def lines(path: Path) -> list[bytes]:
    """The messages that rsyslogd has written."""
    return path.read_bytes().splitlines() if path.exists() else []


@contextmanager
def sending(layout: Layout, port: int, **settings: object) -> Iterator[Sender]:
    """A sender at work in a thread of its own, until the end of the block."""
    values = {"host": "127.0.0.1", "port": port, "start": "first", "retry_seconds": 0.5, **settings}
    sender = Sender("there", DestinationSettings.model_validate(values), layout, Catalogue(layout))
    sender.begin()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    with Worker(loop, sender.run(stop)) as worker:
        try:
            yield sender
        finally:
            loop.call_soon_threadsafe(stop.set)
            worker.join(DEADLINE)


@pytest.mark.parametrize("protocol", ["relp", "tcp"])
def test_messages_arrive_once_and_go_on_after_a_restart(
    layout: Layout, append: Append, tool: Tool, tmp_path: Path, protocol: str
) -> None:
    """A real rsyslogd has every message once, in order; the next start goes on where this one ended."""
    ports = free_ports()
    with rsyslogd(tool, tmp_path, ports) as received:
        append(MESSAGES[:100])
        with sending(layout, ports[protocol], protocol=protocol):
            append(MESSAGES[100:200])
            await_true(lambda: len(lines(received)) >= 200, "the first messages")
        append(MESSAGES[200:])
        with sending(layout, ports[protocol], protocol=protocol) as sender:
            await_true(lambda: len(lines(received)) >= 300, "the others")
            await_true(lambda: sender.state()["behind"] == 0, "the cursor")
        assert lines(received) == MESSAGES


@pytest.mark.parametrize("protocol", ["relp", "tcp"])
def test_messages_wait_for_a_server_that_is_away(
    layout: Layout, append: Append, tool: Tool, tmp_path: Path, protocol: str
) -> None:
    """Nothing is lost while nobody listens, and the reason is in the status."""
    ports = free_ports()
    append(MESSAGES)
    with sending(layout, ports[protocol], protocol=protocol) as sender:
        await_true(lambda: sender.state()["error"], "the failure in the status")
        assert sender.state()["behind"] == len(MESSAGES)
        with rsyslogd(tool, tmp_path, ports) as received:
            await_true(lambda: len(lines(received)) >= len(MESSAGES), "all messages")
            await_true(lambda: sender.state()["behind"] == 0, "the cursor")
            assert lines(received) == MESSAGES


def test_a_new_destination_begins_now_unless_told(layout: Layout, append: Append) -> None:
    """start = "now" leaves out what is there already."""
    append(MESSAGES[:7])
    sender = Sender("there", DestinationSettings(host="127.0.0.1", port=1), layout, Catalogue(layout))
    sender.begin()
    assert sender.state()["delivered_seq"] == 7
    assert sender.state()["behind"] == 0


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_is_only_for_the_right_certificate(
    layout: Layout, append: Append, tool: Tool, tmp_path: Path, *, trusted: bool
) -> None:
    """By fingerprint: the right server gets the messages, any other gets nothing."""
    key, certificate, port = tmp_path / "key.pem", tmp_path / "certificate.pem", free_port()
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=there"]
    command = [tool("openssl"), *words, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    words = ["x509", "-in", str(certificate), "-noout", "-fingerprint", "-sha256"]
    printed = subprocess.run([tool("openssl"), *words], check=True, capture_output=True, timeout=60).stdout
    digits = printed.decode().strip().partition("=")[2] if trusted else ":".join(["00"] * 32)
    append(MESSAGES)
    words = [
        "s_server",
        "-quiet",
        "-accept",
        f"127.0.0.1:{port}",
        "-key",
        str(key),
        "-cert",
        str(certificate),
    ]
    with (
        (tmp_path / "received").open("wb") as received,
        subprocess.Popen([tool("openssl"), *words], stdout=received, stdin=subprocess.PIPE) as server,
    ):
        try:
            await_true(lambda: accepts(port), "s_server listens")
            with sending(layout, port, protocol="tls", fingerprint=f"sha-256:{digits}") as sender:
                if trusted:
                    await_true(lambda: sender.state()["behind"] == 0, "all messages")
                else:
                    await_true(lambda: "set fingerprint to that" in sender.state()["error"], "the refusal")
        finally:
            server.terminate()
            server.wait(DEADLINE)
    counted = b"".join(b"%d %b" % (len(message), message) for message in MESSAGES)
    assert (tmp_path / "received").read_bytes() == (counted if trusted else b"")


def issued(folder: Path, *names: str) -> CertificateFiles:
    """A key and certificate of a small authority in ``folder``."""
    now = datetime.now(UTC)
    if not authority_files(folder).key.exists():
        make_authority(folder, "Test authority", now, force=False)
    return issue(read_authority(folder), names, folder, now=now, days=2, force=False)


@pytest.mark.parametrize("authorised", ["anon", "certvalid"])
def test_relp_over_tls(layout: Layout, append: Append, tool: Tool, tmp_path: Path, authorised: str) -> None:
    """A real rsyslogd with a certificate of our authority has every message once, and may ask for ours."""
    there, ours = issued(tmp_path, "localhost", "127.0.0.1"), issued(tmp_path, "here.example")
    ca, ports = authority_files(tmp_path).certificate, free_ports()
    words = f'tls="on" tls.cacert="{ca}" tls.mycert="{there.certificate}" tls.myprivkey="{there.key}"'
    asked, proof = "", {}
    if authorised == "certvalid":
        asked, proof = 'tls.authmode="certvalid"', {"certificate": ours.certificate, "key": ours.key}
    append(MESSAGES)
    with (
        rsyslogd(tool, tmp_path, ports, tls='tls.tlslib="openssl"', input=f"{words} {asked}") as received,
        sending(layout, ports["relp"], protocol="relp-tls", ca=ca, **proof) as sender,
    ):
        await_true(lambda: len(lines(received)) >= len(MESSAGES), "all messages")
        await_true(lambda: sender.state()["behind"] == 0, "the cursor")
        assert lines(received) == MESSAGES


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "its certificate is not accepted: .*; set ca to the file of its authority"),
        ({"server_name": "other.example"}, "its certificate is not accepted"),
        ({"ca": "missing.pem"}, r"ca .*missing.pem cannot be used \(No such file or directory\)"),
        ({"ca": "nothing.pem"}, r"ca .*nothing.pem cannot be used \(no certificate"),
        ({"certificate": "locked.pem", "key": "locked.key"}, "cannot be used .*: name PEM files with"),
    ],
)
def test_why_tls_fails_is_told(
    layout: Layout, append: Append, tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    """A certificate that nobody vouches for, one of another name, and files of no use: what to do."""
    there = issued(tmp_path, "127.0.0.1")
    (tmp_path / "nothing.pem").write_text("nothing\n")
    key = serialization.load_pem_private_key(there.key.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    (tmp_path / "locked.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    (tmp_path / "locked.pem").write_bytes(there.certificate.read_bytes())
    files = {name: value if "." not in value or name == "server_name" else str(tmp_path / value)
             for name, value in settings.items()}  # fmt: skip
    if "server_name" in settings:
        files["ca"] = str(authority_files(tmp_path).certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(there.certificate, there.key)
    append(MESSAGES[:1])
    with (
        Taker(context) as taker,
        sending(layout, taker.port, protocol="tls", **files) as sender,
    ):
        await_true(lambda: re.search(told, sender.state()["error"]), told)
    assert taker.received == b""


@pytest.mark.parametrize(
    ("protocol", "answer", "told"),
    [
        (
            "relp",
            b"HTTP/1.1 400 Bad Request\r\nServer: nobody\r\nConnection: close\r\n\r\n",
            "speaks no RELP",
        ),
        ("relp", b"1 rsp 11 500 no room\n", "it refused the session: 500 no room"),
        ("relp", b"", "it gave no answer for 0.2 seconds"),
        ("relp-tls", b"1 rsp 6 200 OK\n", "it speaks no TLS; see to port and protocol"),
    ],
)
def test_why_a_server_is_of_no_use_is_told(
    layout: Layout, append: Append, protocol: str, answer: bytes, told: str
) -> None:
    """Another protocol, a refusal and silence have a sentence each."""
    append(MESSAGES[:1])
    settings = {"protocol": protocol, "answer_seconds": 0.2}
    with Taker(answer=answer) as taker, sending(layout, taker.port, **settings) as sender:
        await_true(lambda: told in sender.state()["error"], told)
        assert not sender.state()["delivered_seq"]


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("nobody.invalid", "nobody.invalid cannot be looked up"),
        ("127.0.0.1", "127.0.0.1 port [0-9]+: Connection refused"),
        ("::1", "::1 port [0-9]+: "),
    ],
)
def test_why_nobody_answers_is_told(layout: Layout, append: Append, host: str, told: str) -> None:
    """A name that does not exist, and a port where nobody listens."""
    append(MESSAGES[:1])
    with sending(layout, free_port(), host=host) as sender:
        await_true(lambda: re.search(told, sender.state()["error"]), told)
        assert sender.state()["address"].startswith("relp [::1]:" if host == "::1" else f"relp {host}:")


@pytest.mark.parametrize("protocol", ["relp", "tcp", "tls"])
def test_a_server_that_takes_nothing_does_not_keep_us_from_stopping(
    layout: Layout, append: Append, tmp_path: Path, protocol: str
) -> None:
    """We end although answers are owed, keep the cursor, and send again what was not answered."""
    there, context = issued(tmp_path, "127.0.0.1"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(there.certificate, there.key)
    trusted = {"ca": authority_files(tmp_path).certificate} if protocol == "tls" else {}
    large = [b"<13>1 - h app - - - %d %b" % (number, b"x" * 60_000) for number in range(300)]
    append(large)
    settings = {"protocol": protocol, "answer_seconds": 3_600, **trusted}
    with (
        Taker(context if protocol == "tls" else None, answer=b"1 rsp 6 200 OK\n", reads=False) as taker,
        sending(layout, taker.port, **settings) as sender,
    ):
        await_true(lambda: sender.state()["connected"], "the connection")
    assert sender.state()["delivered_seq"] < len(large)
    again = Sender("there", sender.settings, layout, Catalogue(layout))
    again.begin()
    assert again.state()["delivered_seq"] == sender.state()["delivered_seq"]


@pytest.mark.parametrize("protocol", ["relp", "tcp"])
def test_a_server_that_falls_silent_is_left_for_a_new_connection(
    layout: Layout, append: Append, protocol: str
) -> None:
    """After answer_seconds of silence the connection is given up, whatever lies in its buffers."""
    append([b"<13>1 - h app - - - %d %b" % (number, b"x" * 60_000) for number in range(300)])
    settings = {"protocol": protocol, "answer_seconds": 0.3}
    with (
        Taker(answer=b"1 rsp 6 200 OK\n", reads=False) as taker,
        sending(layout, taker.port, **settings) as sender,
    ):
        await_true(lambda: sender.state()["connections"] >= 3, "the third connection")


@pytest.mark.parametrize("protocol", ["relp", "tcp"])
def test_the_end_of_an_idle_connection_is_noticed(layout: Layout, protocol: str) -> None:
    """A server that closes while there is nothing to send is connected anew at once."""
    with (
        Taker(answer=b"1 rsp 6 200 OK\n") as taker,
        sending(layout, taker.port, protocol=protocol) as sender,
    ):
        await_true(lambda: sender.state()["connected"], "the connection")
        taker.hang_up()
        await_true(lambda: sender.state()["connections"] >= 2, "the second connection")


def test_a_stream_that_does_not_exist_yet(layout: Layout, append: Append) -> None:
    """A new destination waits for its stream, and sends it from its first message on."""
    with Taker() as taker, sending(layout, taker.port, protocol="tcp", start="now") as sender:
        await_true(lambda: sender.state()["connected"], "the connection")
        append(MESSAGES[:3])
        await_true(lambda: sender.state()["delivered_seq"] == 3, "the messages")
    assert taker.received == framed(MESSAGES[:3], octet_counting=True)


def test_a_stream_that_lost_its_end_goes_on(
    layout: Layout, append: Append, caplog: pytest.LogCaptureFixture
) -> None:
    """After a restore the cursor is beyond the stream: what comes from then on is sent, not waited for."""
    Cursor(layout.relay / "there.json", StreamName()).write(1_000)
    append(MESSAGES[:3])
    with Taker() as taker, sending(layout, taker.port, protocol="tcp") as sender:
        append(MESSAGES[3:5])
        await_true(lambda: sender.state()["delivered_seq"] == 5, "the messages")
    assert taker.received == framed(MESSAGES[3:5], octet_counting=True)
    assert "its cursor is at message 1000 and default/syslog ends at 3" in caplog.text


def test_what_expired_before_the_start_is_not_missing(layout: Layout, append: Append) -> None:
    """start = "first" is the oldest message that is kept, whatever its seq."""
    append(MESSAGES[:3], first=5_000_000)
    with Taker() as taker, sending(layout, taker.port, protocol="tcp") as sender:
        await_true(lambda: sender.state()["behind"] == 0 and sender.state()["messages"], "the messages")
        assert sender.state()["missing"] == 0


def test_what_expires_meanwhile_is_told(
    layout: Layout, append: Append, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages that are gone before they could go are counted, and the others go on."""
    append(MESSAGES[:3])
    Cursor(layout.relay / "there.json", StreamName()).write(1)
    shutil.rmtree(layout.journal(StreamName()))
    append(MESSAGES[:2], first=11)
    with Taker() as taker, sending(layout, taker.port, protocol="tcp") as sender:
        await_true(lambda: sender.state()["delivered_seq"] == 12, "the others")
        assert sender.state()["missing"] == 9
    assert taker.received == framed(MESSAGES[:2], octet_counting=True)
    assert "9 messages before 12 have expired or are damaged" in caplog.text


def test_a_file_that_cannot_be_opened_just_now_loses_nothing(
    layout: Layout, append: Append, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap is looked at several times before its messages count as missing."""
    monkeypatch.setattr(relay.sender, "_LOOKS_AT_A_GAP", 1_000_000)
    append(MESSAGES[:3])
    (journal,) = layout.journal(StreamName()).iterdir()
    seal(layout, StreamName(), journal, 1)
    archive = layout.archive(StreamName())
    away = archive.with_suffix(".away")
    Cursor(layout.relay / "there.json", StreamName()).write(0)
    archive.rename(away)
    append(MESSAGES[3:5], first=4)
    with Taker() as taker, sending(layout, taker.port, protocol="tcp") as sender:
        await_true(lambda: sender.state()["connected"], "the connection")
        away.rename(archive)
        await_true(lambda: sender.state()["delivered_seq"] == 5, "all messages")
    assert taker.received == framed(MESSAGES[:5], octet_counting=True)


def test_messages_that_no_relp_server_takes_stay_here(
    layout: Layout, append: Append, tool: Tool, tmp_path: Path
) -> None:
    """A message over 131072 octets is counted and told, and those around it go on."""
    ports = free_ports()
    append([MESSAGES[0], b"<13>1 - h app - - - " + b"x" * 131_072, MESSAGES[1]])
    with (
        rsyslogd(tool, tmp_path, ports) as received,
        sending(layout, ports["relp"]) as sender,
    ):
        await_true(lambda: sender.state()["behind"] == 0, "the cursor")
        assert sender.state()["too_long"] == 1
        await_true(lambda: lines(received) == MESSAGES[:2], "the others")


class Taker:
    """A server in a thread, for TCP or TLS: gives each connection the same answer, and reads, or not."""

    def __init__(
        self, context: ssl.SSLContext | None = None, *, answer: bytes = b"", reads: bool = True
    ) -> None:
        self.received = b""
        self._context, self._answer, self._reads = context, answer, reads
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def hang_up(self) -> None:
        """End all connections."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):  # the end
            while True:
                connection, _ = self._listening.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=[connection]))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, suppress(OSError):
            connection = plain
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_side=True)
                self._connections.append(connection)
            with connection:
                connection.sendall(self._answer)
                while self._reads and (octets := connection.recv(65_536)):
                    self.received += octets
                if not self._reads:
                    self._ended.wait(DEADLINE)


class Worker:
    """A coroutine at work in a thread; what it raises is raised at the end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[object, object, None]) -> None:
        self._loop = loop
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._work)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self._error = error
        finally:
            self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def join(self, seconds: float) -> None:
        """Wait for the end."""
        self._thread.join(seconds)

    def __exit__(self, *_: object) -> None:
        if self._error is not None:
            raise self._error
        assert not self._thread.is_alive()
