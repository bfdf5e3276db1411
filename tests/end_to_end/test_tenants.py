"""Tenants of a whole appliance: made and changed while real senders send, and nothing is lost or mixed."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from storage.layout import Layout, StreamName
from storage.search import Request, Searcher
from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, await_true

LOOPBACK = "127.0.0.1"


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    """A whole appliance, of two collector processes, with a listener for branches."""
    with running(tmp_path, {"tcp": ["branch"]}, "[collector]\nprocesses = 2") as started:
        yield started


def count(appliance: Appliance, tenant: str, stream: str = "syslog", query: str = "") -> int:
    """How many messages of a tenant match."""
    request = Request(query=query, name=StreamName(tenant, stream))
    return Searcher(Layout(appliance.folder / "var")).count(request).count


def make_token(appliance: Appliance, tenant: str) -> str:
    """Make a token; give the SD-ELEMENT that is printed."""
    return appliance.printed("tenant", "token", tenant, "firewalls").splitlines()[0]


def on_the_page(appliance: Appliance, tenant: str, **fields: str) -> str:
    """Send a form of a tenant's page, as a browser without script does; give the page that it leads to."""
    address = f"http://{LOOPBACK}:{appliance.web}/tenants/{tenant}"
    with httpx.Client(follow_redirects=True, timeout=2 * DEADLINE) as browser:
        shown = re.search(r'name="csrf" value="([^"]+)"', browser.get(address).text)
        assert shown is not None
        answer = browser.post(address, data={"csrf": shown[1], **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


class Sender:
    """Sends numbered messages over one connection until it is told to stop."""

    def __init__(self, port: int, structured_data: str) -> None:
        self.sent = 0
        self._structured_data = structured_data
        self._connection = socket.create_connection((LOOPBACK, port), DEADLINE)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        while not self._stop.wait(0.0005):
            text = f"<13>1 2026-11-21T12:00:00Z fw app - - {self._structured_data} number {self.sent}\n"
            self._connection.sendall(text.encode())
            self.sent += 1

    def finish(self) -> int:
        """Stop; give how many were sent."""
        self._stop.set()
        self._thread.join(DEADLINE)
        self._connection.close()
        return self.sent


def test_rules_change_while_messages_flow(appliance: Appliance) -> None:
    """Every message is stored once, with one tenant, through four changes; and no token is on the disk."""
    port = appliance.ports["tcp"]
    appliance.run("tenant", "add", "acme", "--title", "Acme Ltd")
    element = make_token(appliance, "acme")
    senders = [Sender(port, element), Sender(port, "-"), Sender(port, '[tenant@32473 token="slt_wrong"]')]
    appliance.run("tenant", "add", "net")
    appliance.run("tenant", "assign", "net", "--network", "127.0.0.0/8")
    await_true(lambda: count(appliance, "net"), "messages of the network")
    appliance.run("tenant", "release", "net", "--network", "127.0.0.0/8")
    sent = [sender.finish() for sender in senders]
    await_true(
        lambda: count(appliance, "acme") + count(appliance, "net") + count(appliance, "default") == sum(sent),
        "all messages",
    )
    assert count(appliance, "acme") == sent[0]
    assert count(appliance, "net") > 0
    wrong = count(appliance, "net", query="flag:token_wrong") + count(
        appliance, "default", query="flag:token_wrong"
    )
    assert wrong == sent[2]
    assert count(appliance, "acme", query="flag:token_wrong") == 0
    numbers: Counter[str] = Counter()
    for tenant in ("net", "default"):
        shown = appliance.printed("search", "--tenant", tenant, "--limit", "0", "--output", "json")
        numbers.update(json.loads(line)["message"] for line in shown.splitlines())
    expected = Counter(f"number {number}" for number in range(sent[1]))
    expected.update(f"number {number}" for number in range(sent[2]))
    assert numbers == expected
    assert not secrets_on_disk(appliance, element.split('"')[1], "slt_wrong")
    assert "is refused" not in appliance.log()
    assert json.loads(appliance.run("balance", "--output", "json"))["balanced"]


def secrets_on_disk(appliance: Appliance, *secrets: str) -> list[Path]:
    """The files of data folder and log that hold one of them."""
    return [
        path
        for path in appliance.folder.rglob("*")
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets)
    ]


def test_logger_with_a_token_and_a_listener_of_its_own(
    appliance: Appliance, tool: Callable[[str], str]
) -> None:
    """A real sender's STRUCTURED-DATA; the listener is asked last; the octets came so, but for the token."""
    logger = tool("logger")
    appliance.run("tenant", "add", "acme")
    appliance.run("tenant", "add", "branches")
    on_the_page(appliance, "branches", do="assign", kind="listener", rule="branch")
    token = make_token(appliance, "acme").split('"')[1]
    for words in (
        ["--sd-id", "tenant@32473", "--sd-param", f'token="{token}"', "with a token"],
        ["--sd-id", "origin", "--sd-param", 'ip="192.0.2.7"', "without"],
    ):
        command = [logger, "--tcp", "--server", LOOPBACK, "--port", str(appliance.ports["branch"])]
        subprocess.run([*command, "--rfc5424=notq", "--octet-count", *words], check=True, timeout=DEADLINE)
    await_true(lambda: count(appliance, "acme", "branch") and count(appliance, "branches", "branch"), "both")
    raw = ("search", "--stream", "branch", "--output", "raw", "--tenant")
    octets = appliance.run(*raw, "acme")
    assert b"with a token" in octets
    assert b"tenant@32473" not in octets
    assert b'[origin ip="192.0.2.7"]' in appliance.run(*raw, "branches")
    listed = json.loads(appliance.run("tenant", "list", "--output", "json"))
    assert [(one["name"], one["octets_today"] > 0) for one in listed] == [("acme", True), ("branches", True)]
    assert "sha256" not in json.dumps(listed)
    assert token not in appliance.log()


def test_mistakes_are_told_with_what_to_do(tmp_path: Path) -> None:
    """Without an appliance that runs; every mistake ends the command, and changes nothing."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "sysledger", "tenant", *words, "--data", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)

    assert run("add", "acme").returncode == 0
    before = (tmp_path / "tenants.json").read_bytes()
    for words, told in (
        (("add", "Acme"), "cannot name a tenant"),
        (("rename", "nobody", "x"), "has no tenant 'nobody', but acme"),
        (("set", "acme", "--quota", "much"), "500 MiB"),
        (("set", "acme"), "nothing to set"),
        (("assign", "acme"), "--network"),
        (("assign", "acme", "--network", "10.0.0.1/8"), "10.0.0.0/8"),
        (("token", "acme", "x", "--revoke"), "no token 'x'"),
    ):
        refused = run(*words)
        assert refused.returncode == 64, words
        assert told in refused.stderr, refused.stderr
    assert (tmp_path / "tenants.json").read_bytes() == before
    done = run("set", "acme", "--quota", "5G", "--days", "365")
    assert "from the next start on" in done.stdout
    assert json.loads(run("list", "--output", "json").stdout)[0]["quota"] == 5 << 30
    (tmp_path / "tenants.json").write_text("{")
    damaged = run("list")
    assert damaged.returncode == 78
    assert "Restore it from a backup" in damaged.stderr
