"""Real senders against the listeners: logger(1), loggen, openssl s_client."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collector.conftest import Certificates
from tests.collector.running import LOOPBACK, Running, collecting, listeners, play

Tool = Callable[[str], str]
TAG = "sysledger-test"


async def execute(*command: str, feed: bytes = b"") -> bytes:
    """Run a program to its end, and give what it printed on both streams."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(feed), 30)
    assert process.returncode == 0, printed
    return printed


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("udp", ["-d"]),
        ("tcp", ["-T"]),
        ("tcp", ["-T", "--octet-count"]),
    ],
    ids=["UDP", "TCP with LF", "TCP with octet counting"],
)
@pytest.mark.parametrize("form", ["--rfc5424", "--rfc5424=notime,notq,nohost", "--rfc3164"])
def test_logger(folder: Path, tool: Tool, name: str, options: list[str], form: str) -> None:
    """logger(1) in its forms and transports: one record a message, with its tag and text."""
    logger = tool("logger")

    async def scene() -> None:
        async with collecting(folder) as running:
            for text in ("first", "second with ünicode"):
                port = str(running.port(name))
                await execute(logger, "-n", LOOPBACK, "-P", port, *options, form, "-t", TAG, text)
            await running.storage.await_messages(2)
            assert running.storage.column("app_name") == [TAG, TAG]
            assert running.storage.column("message") == ["first", "second with ünicode"]
            assert set(running.storage.column("format")) == {form[2:9]}

    play(scene)


LOGGEN = {
    "UDP": ("udp", ["--inet", "--dgram"]),
    "TCP with LF": ("tcp", ["--inet", "--stream", "--active-connections", "4"]),
    "TCP with octet counting": ("tcp", ["--inet", "--stream", "--syslog-proto"]),
    "TLS with octet counting": ("tls", ["--use-ssl", "--syslog-proto"]),
}


@pytest.mark.parametrize(("name", "options"), LOGGEN.values(), ids=LOGGEN.keys())
def test_loggen(folder: Path, tool: Tool, certificates: Certificates, name: str, options: list[str]) -> None:
    """syslog-ng's loggen: every sequence number of every thread arrives once, in order."""
    count = 500
    loggen = tool("loggen")

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            port = str(running.port(name))
            sizes = ["--rate", "5000", "--number", str(count), "--size", "300"]
            await execute(loggen, *options, *sizes, LOOPBACK, port)
            threads = 4 if "4" in options else 1
            await running.storage.await_messages(count * threads)
            found: dict[str, list[int]] = {}
            for text in running.storage.column("raw"):
                match = re.search(rb"seq: (\d+), thread: (\d+)", text)
                assert match is not None
                found.setdefault(match[2].decode(), []).append(int(match[1]))
            assert len(found) == threads
            assert all(numbers == list(range(count)) for numbers in found.values())

    play(scene)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl(folder: Path, tool: Tool, certificates: Certificates, version: str) -> None:
    """OpenSSL's client, with a certificate of its own, over both versions of TLS."""
    openssl = tool("openssl")
    settings = listeners(client_certificate="required", client_ca=certificates.client.certificate)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            command = s_client(openssl, running, certificates, version)
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
            )
            assert process.stdin is not None
            process.stdin.write(b"19 <13>1 - h a - - - x<13>line\n")
            await running.storage.await_messages(2)
            process.stdin.close()
            assert await asyncio.wait_for(process.wait(), 30) == 0
            assert running.storage.messages() == [b"<13>1 - h a - - - x", b"<13>line"]
            assert all(running.storage.column("tls_identity"))

    play(scene)


def s_client(openssl: str, running: Running, certificates: Certificates, version: str) -> list[str]:
    """The command of a sender that verifies us, and proves itself."""
    return [
        *(openssl, "s_client", version, "-connect", f"{LOOPBACK}:{running.port('tls')}"),
        *("-CAfile", str(certificates.server.certificate), "-verify_return_error"),
        *("-cert", str(certificates.client.certificate), "-key", str(certificates.client.key)),
        *("-quiet", "-no_ign_eof"),
    ]
