"""The operator's pages over a real appliance: what they show is what its commands print."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from functools import partial
from html import unescape
from os import kill

import httpx
import pytest

from collector.certificate import fingerprints
from tests.end_to_end.appliance import Appliance, running
from tests.machine import await_true

SETTINGS = """
[watch]
canary_seconds = 0
keep_seconds = 1
[storage.journal]
age = 1
[storage.retention]
days = 30
"""
MESSAGES = 50
PAGES = ("/overview", "/sources", "/listeners", "/archive", "/retention", "/balance")


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """An appliance that has received messages of two hosts, and archived them."""
    with running(
        tmp_path_factory.mktemp("operator"), {"tcp": ["lines"], "tls": ["secure"]}, SETTINGS
    ) as found:
        with socket.create_connection(("127.0.0.1", found.ports["lines"])) as sender:
            for number in range(MESSAGES):
                host = ("web-1", "web-2")[number % 2]
                sender.sendall(b"<38>1 - %s sshd 7 - - Failed password %d\n" % (host.encode(), number))
        found.await_count("lines", MESSAGES)
        yield found


@pytest.fixture(scope="module")
def client(appliance: Appliance) -> Iterator[httpx.Client]:
    """A client of its pages."""
    with httpx.Client(base_url=f"http://127.0.0.1:{appliance.web}", timeout=30) as found:
        yield found


def text(client: httpx.Client, address: str) -> str:
    """Give what a reader sees of a page, blanks put together."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def test_every_page_is_there(client: httpx.Client) -> None:
    """All pages answer, each with the age of its figures."""
    aged = re.compile(r"As of 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, [\w ]+ ago\.")
    for page in PAGES:  # the watch writes its first inventory after a while
        await_true(partial(lambda one: aged.search(text(client, one)), page), page)


def test_the_overview_is_live(appliance: Appliance, client: httpx.Client) -> None:
    """State, processes and figures come from the supervisor; the processes are those that run."""
    await_true(lambda: "Sysledger is running, state ok" in text(client, "/overview"), "ok")
    shown = text(client, "/overview")
    assert "does not answer" not in shown
    for name, role in appliance.status()["roles"].items():
        assert f"{name} runs {role['pid']}" in shown
    assert re.search(r"Coming in [\d.,]+/(s|min)", shown)


def test_sources_are_those_of_the_command(appliance: Appliance, client: httpx.Client) -> None:
    """Both hosts with their counts; the page of one has its messages, explained, and none of the other."""

    def counted() -> bool:
        told = json.loads(appliance.run("sources", "web-*", "--output", "json"))
        return bool(sum(one["messages"] for one in told["sources"]) == MESSAGES)

    await_true(counted, "the watch counts them")
    await_true(lambda: text(client, "/sources?q=web-1").count(" 25 ") == 1, "the page has them")
    one = text(client, "/sources/one?tenant=default&peer=127.0.0.1&host=web-1")
    assert "Failed password 48" in one
    assert "Failed password 49" not in one
    assert "RFC 5424 section 6" in one


def test_listeners_and_certificates(appliance: Appliance, client: httpx.Client) -> None:
    """Where it listens, what came, and when the appliance's own certificate ends."""
    shown = text(client, "/listeners")
    assert f"lines open tcp 127.0.0.1:{appliance.ports['lines']} default/lines {MESSAGES}" in shown
    assert re.search(r"shown to senders (\w+, )*secure \d\d\d\d-", shown)
    assert fingerprints(appliance.folder / "var" / "tls" / "certificate.pem")[0] in shown


def test_the_archive_holds_what_was_sent(client: httpx.Client) -> None:
    """The stream's messages, whether still in the journal or archived; a day on the stream's page."""
    await_true(lambda: f"default/lines whole {MESSAGES} 1 " in text(client, "/archive"), "archived")
    assert f"{MESSAGES} " in text(client, "/archive/default/lines")
    assert "default/lines 30 days the setting for all" in text(client, "/retention")


def test_the_books_balance(appliance: Appliance, client: httpx.Client) -> None:
    """The page has the verdict and the numbers of `sysledger balance`."""
    assert json.loads(appliance.run("balance", "--output", "json"))["balanced"]
    shown = text(client, "/balance")
    assert "The books balance" in shown
    assert re.search(rf"lines {MESSAGES} 0 0 {MESSAGES} 0 0", shown)
    assert "127.0.0.1" in text(client, "/balance?by=source")


def test_the_supervisor_is_stopped(appliance: Appliance, client: httpx.Client) -> None:
    """While the supervisor hangs the pages answer, and the overview says whose figures it has."""
    kill(appliance.process, signal.SIGSTOP)
    try:
        await_true(lambda: "The supervisor does not answer" in text(client, "/overview"), "it is told")
        assert "lines open" in text(client, "/listeners")
    finally:
        kill(appliance.process, signal.SIGCONT)
    await_true(lambda: "does not answer" not in text(client, "/overview"), "it answers again")
