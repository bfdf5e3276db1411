"""The trail of a whole appliance: what is done there is a message, and stays one."""

import getpass
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

from storage.layout import TRAIL
from tests.end_to_end.appliance import Appliance, running
from tests.machine import await_true

STREAM = ("--tenant", TRAIL.tenant, "--stream", TRAIL.stream)


def told(appliance: Appliance, query: str = "") -> list[dict[str, str]]:
    """Give what the trail was told, oldest first, by the names of its fields."""
    lines = appliance.run("search", query, *STREAM, "--limit", "0", "--output", "json").splitlines()
    records = [json.loads(line)["fields"] for line in reversed(lines)]
    return [{name.removeprefix("access."): value for name, value in one.items()} for one in records]


def test_what_is_done_is_told(appliance: Appliance, tool: Callable[[str], str], tmp_path: Path) -> None:
    """A search, a message and an export in the pages, and an export by command: each is in the trail.

    The export's zip is unpacked and checked by real programs, and its sums are those that the trail has.
    """
    tool("unzip")
    with socket.create_connection(("127.0.0.1", appliance.ports["followed"])) as sender:
        sender.sendall(b"".join(b"<38>1 - pay-1 sshd - - - trail of %d\n" % number for number in range(300)))
    appliance.await_count("followed", 300)
    before = len(told(appliance))
    with httpx.Client(base_url=f"http://127.0.0.1:{appliance.web}", timeout=60) as client:
        content = client.get("/export?format=json&zip=yes&stream=default/followed&q=trail").content
        assert client.get("/trail").status_code == 200
    (tmp_path / "export.zip").write_bytes(content)
    subprocess.run(["unzip", "-q", "export.zip"], cwd=tmp_path, check=True)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    assert len((folder / "messages.jsonl").read_bytes().splitlines()) == 300
    manifest = json.loads((folder / "manifest.json").read_bytes())
    command = (
        sys.executable,
        "-m",
        "sysledger",
        "export",
        "trail",
        "--stream",
        "followed",
        "--format",
        "raw",
    )
    again = [*command, "--file", str(tmp_path / "again.zip"), *appliance.options]
    subprocess.run(again, check=True, capture_output=True)
    await_true(lambda: len(told(appliance)) >= before + 5, "the trail has all of it")
    found = told(appliance)[before:]
    assert [(one["action"], one["target"], one["outcome"]) for one in found] == [
        ("export", "default/followed", "begun"),
        ("export", "default/followed", "done"),
        ("search", "trail/access", "done"),
        ("export", "default/followed", "begun"),
        ("export", "default/followed", "done"),
    ]
    assert found[1]["sha256"] == manifest["files"][0]["sha256"]
    assert found[1]["messages"] == found[4]["messages"] == "300"
    assert found[0]["from"] == "127.0.0.1"
    assert {one["means"] for one in found} == {"console"}


def test_nobody_else_writes_to_it(appliance: Appliance) -> None:
    """The socket is the appliance's user's alone, and senders that name the trail's tenant get no way in."""
    path = appliance.folder / "var" / "run" / "trail.sock"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116 - a socket's own mode
    assert "trail" not in appliance.banner
    assert "trail" in appliance.printed("status")


def test_what_is_done_while_it_stands_still_is_told_later(tmp_path: Path) -> None:
    """An export by command before the first start waits, and is in the trail once the appliance runs."""
    options = ("--data", str(tmp_path / "var"))
    (tmp_path / "var" / "archive" / "tenant=default" / "stream=syslog").mkdir(parents=True)
    command = [sys.executable, "-m", "sysledger", "export", "--file", str(tmp_path / "one.zip"), *options]
    subprocess.run(command, check=True, capture_output=True)
    waiting = tmp_path / "var" / "access" / "untold"
    assert len(list(waiting.iterdir())) == 2
    with running(tmp_path, {}) as appliance:
        exports = "access.action:export"
        await_true(lambda: len(told(appliance, exports)) == 2, "the trail is told what waited")
        assert [one["outcome"] for one in told(appliance, exports)] == ["begun", "done"]
        assert list(waiting.iterdir()) == []


def test_the_configuration_is_told(tmp_path: Path) -> None:
    """Start and reloads are told by the names of what changes; a refused one changes nothing, and is told."""
    with running(tmp_path, {}) as appliance:
        file = tmp_path / "sysledger.toml"
        before = file.read_text()
        mine = '\n[collector.listeners.mine]\ntransport = "udp"\nport = 0\n'
        file.write_text(before + mine)
        appliance.run("reload")
        file.write_text(before + mine + 'tenant = "trail"\n')
        os.kill(appliance.process, signal.SIGHUP)
        await_true(
            lambda: b"only the appliance itself writes to tenant" in file.with_name("log").read_bytes(),
            "refusal",
        )
        file.write_text(before + mine)
        with httpx.Client(base_url=f"http://127.0.0.1:{appliance.web}", timeout=60) as client:
            client.get("/trail")
        await_true(lambda: len(told(appliance)) == 5, "the trail was told of each")
        found = {(one["who"], one["action"], one["outcome"]): one for one in told(appliance)}
    user = getpass.getuser()
    assert set(found) == {
        ("appliance", "appliance.start", "done"),
        ("appliance", "settings.reload", "done"),
        (user, "settings.ask-reload", "done"),
        ("appliance", "settings.reload", "refused"),
        ("console", "search", "done"),
    }
    assert found["appliance", "settings.reload", "done"]["changed"] == "collector.listeners.mine"
    sums = [found["appliance", action, "done"]["sha256"] for action in ("appliance.start", "settings.reload")]
    assert sums[0] != sums[1]
