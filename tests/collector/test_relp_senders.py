"""A real rsyslogd sends by RELP, plain and inside TLS: what it keeps, and what it lets go."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.collector.identities import Identities
from tests.collector.running import Running, collecting, collecting_alone, play
from tests.collector.storage_double import StorageDouble, endpoint_in, storage_at
from tests.collector.test_relp_connection import relp_listener, unacknowledged
from tests.machine import await_true

Tool = Callable[[str], str]
COUNT = 300

# Every message goes to a file, too, in the very octets that omrelp sends: the template ends in LF.
RSYSLOG = """
global(workDirectory="{folder}")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="omrelp" {library})
template(name="T" type="string"
         string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% - - - %msg%\\n")
input(type="imfile" file="{folder}/feed" tag="feeder")
*.* action(type="omfile" file="{folder}/copy" template="T" ioBufferSize="1")
*.* action(type="omrelp" target="localhost" port="{port}" template="T" {tls}
           queue.type="LinkedList" queue.size="10000" action.resumeInterval="1" action.resumeRetryCount="-1")
"""
TLS = (
    'tls="on" tls.caCert="{ca}" tls.myCert="{certificate}" tls.myPrivKey="{key}" tls.authMode="name" '
    'tls.permittedPeer="localhost"'
)


def events(first: int, last: int) -> str:
    """Lines for rsyslogd to send, in more than one window of 128."""
    return "".join(f"event {number}\n" for number in range(first, last))


@asynccontextmanager
async def rsyslogd(program: str, folder: Path, running: Running, tls: str = "") -> AsyncIterator[None]:
    """A real rsyslogd that sends what is in the file ``feed``; it ends with the block."""
    values: dict[str, Any] = {
        "folder": folder,
        "port": running.port("relp"),
        "tls": tls,
        "library": 'tls.tlslib="openssl"' if tls else "",
    }
    text = RSYSLOG
    for word, value in values.items():
        text = text.replace(f"{{{word}}}", str(value))
    (folder / "rsyslog.conf").write_text(text)
    command = [program, "-n", "-iNONE", "-f", str(folder / "rsyslog.conf")]
    with (folder / "stderr").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(*command, stderr=errors)
    try:
        yield
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()


async def await_copies(folder: Path, count: int) -> list[bytes]:
    """Wait until rsyslogd has written so many messages to its file, and give them."""
    copy = folder / "copy"

    def written() -> list[bytes]:
        return copy.read_bytes().splitlines(keepends=True) if copy.exists() else []

    await asyncio.to_thread(await_true, lambda: len(written()) >= count, f"{count} messages in {copy}")
    return written()


def numbers(messages: list[bytes]) -> set[int]:
    """The numbers of the events among these messages."""
    return {int(found[1]) for found in (re.search(rb"event (\d+)\n", one) for one in messages) if found}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_every_message_arrives_once(folder: Path, tool: Tool, identities: Identities, *, tls: bool) -> None:
    """rsyslogd's messages arrive once each, in order, in the octets that it writes itself."""
    ours, theirs = identities.issued("localhost"), identities.issued("rsyslog.example")
    settings, action = relp_listener(address="::"), ""
    if tls:
        settings = relp_listener(
            address="::",
            transport="relp-tls",
            certificate=ours.files.certificate,
            key=ours.files.key,
            client_certificate="required",
            client_ca=identities.ca,
            client_names=["*.example"],
        )
        action = TLS.format(ca=identities.ca, certificate=theirs.files.certificate, key=theirs.files.key)
    (folder / "feed").write_text(events(0, COUNT))

    async def scene() -> None:
        async with (
            collecting(folder, listeners=settings) as running,
            rsyslogd(tool("rsyslogd"), folder, running, action),
        ):
            sent = await await_copies(folder, COUNT)
            await running.storage.await_messages(len(sent))
            assert running.storage.messages("relp") == sent
            assert numbers(sent) == set(range(COUNT))
            if tls:
                expected = f"{theirs.fingerprint()} rsyslog.example"
                assert set(running.storage.column("tls_identity")) == {expected}
            await running.reported(lambda: running.listener("relp")["messages"] == len(sent))
            assert running.listener("relp")["relp"]["sessions"] == 1

    play(scene)


def test_without_storage_rsyslogd_keeps_its_queue(folder: Path, tool: Tool) -> None:
    """While storage is away rsyslogd sends no more than its window; then everything arrives, once."""
    (folder / "feed").write_text(events(0, COUNT))

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        async with (
            collecting_alone(folder, storage, listeners=relp_listener(address="::")) as running,
            rsyslogd(tool("rsyslogd"), folder, running),
        ):
            sent = await await_copies(folder, COUNT)
            await running.reported(lambda: unacknowledged(running) == 128)
            assert running.listener("relp")["messages"] == 128
            storage.answering = True
            await storage.answer()
            await storage.await_messages(len(sent))
            assert storage.messages("relp") == sent
            await running.finish()
        await storage.close()

    play(scene)


def test_collector_that_starts_anew_is_sent_everything_again(folder: Path, tool: Tool) -> None:
    """What a collector that ends has not answered, rsyslogd sends to the next one: none is lost."""
    (folder / "feed").write_text(events(0, COUNT))

    async def scene() -> None:
        storage = StorageDouble(endpoint_in(folder))
        storage.answering = False
        first = collecting_alone(folder, storage, stop_seconds=0.1, listeners=relp_listener(address="::"))
        async with first as running:
            port = running.port("relp")
            sending = rsyslogd(tool("rsyslogd"), folder, running)
            await sending.__aenter__()
            await running.reported(lambda: unacknowledged(running) == 128)
        await storage.close()
        try:
            again = relp_listener(address="::", port=port)
            async with storage_at(folder) as next_storage:
                async with collecting_alone(folder, next_storage, listeners=again):
                    sent = await await_copies(folder, COUNT)
                    # rsyslogd looks at its connection when it has something to send.
                    with (folder / "feed").open("a") as feed:
                        feed.write(events(COUNT, COUNT + 1))
                    await next_storage.until(lambda: COUNT in numbers(next_storage.messages()))
                assert numbers(next_storage.messages()) == set(range(COUNT + 1))
                assert set(sent) <= set(next_storage.messages())
        finally:
            await sending.__aexit__(None, None, None)

    play(scene)
