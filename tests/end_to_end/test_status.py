"""The status listener of a real appliance: complete, and there while everything else is saturated."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from supervisor.status import URL
from tests.end_to_end.appliance import Appliance, running
from tests.faults.small_disk import SmallDisk, missing
from tests.machine import DEADLINE, await_true

ROOT = Path(__file__).parent.parent.parent
PATHS = ("/healthz", "/readyz", "/status.json", "/metrics")
ANSWER_SECONDS = 10.0  # a bound, against hanging; what it takes is some milliseconds
# Nothing runs or happens in these tests that would give a figure to these.
NOT_HERE = (
    "indexer_lag",
    "relay_",
    "canary_",
    "watch_",
    "queue_",
    "reload",
    "handoff_messages_lost_by",
    "listener_messages_lost_by",
    "listener_messages_flagged",
    "listener_connections_refused",
    "listener_guests",
)


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """An appliance with two listeners of ours."""
    with running(tmp_path_factory.mktemp("status"), {"udp": ["flood"], "tcp": ["lines"]}) as found:
        yield found


def place(appliance: Appliance) -> tuple[str, int]:
    """Where the status listener is, as the supervisor reported it."""
    report = json.loads((appliance.folder / "var" / "run" / "supervisor.json").read_text())
    host, _, port = str(report[URL]).removeprefix("http://").rstrip("/").rpartition(":")
    return host, int(port)


def ask(where: tuple[str, int], path: str) -> tuple[int, str]:
    """Ask as a program does."""
    with closing(HTTPConnection(*where, timeout=ANSWER_SECONDS)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def roles(where: tuple[str, int]) -> dict[str, Any]:
    """The roles by /status.json."""
    found: dict[str, Any] = json.loads(ask(where, "/status.json")[1])["roles"]
    return found


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """The processes do nothing meanwhile."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_the_banner_and_the_report_say_where(appliance: Appliance) -> None:
    """The bound port stands in the banner and in the supervisor's report."""
    host, port = place(appliance)
    assert f"  Status   http://{host}:{port}/readyz" in appliance.banner


def test_an_appliance_that_runs_is_ready(appliance: Appliance) -> None:
    """Every role works, messages are accepted: healthy, ready, and the state is ok."""
    where = place(appliance)
    await_true(lambda: ask(where, "/readyz") == (200, "ready\n"), "ready")
    assert ask(where, "/healthz") == (200, "ok\n")
    document = json.loads(ask(where, "/status.json")[1])
    assert document["ready"] is True
    assert document["state"]["state"] == "ok"
    assert document["roles"]["collector"]["listeners"]["flood"]["port"] == appliance.ports["flood"]


def test_the_metrics_are_those_of_the_page(appliance: Appliance) -> None:
    """A running appliance exposes what METRICS.md documents, with its types and labels, and nothing else."""
    page = (ROOT / "supervisor" / "METRICS.md").read_text()
    documented = {
        name: (kind, set(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in re.findall(
            r"^\| `(\w+)` \| (\w+) \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE
        )
    }
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"<13>1 - h a - - - one", ("127.0.0.1", appliance.ports["flood"]))
    where = place(appliance)
    await_true(
        lambda: 'sysledger_stream_messages_total{stream="default/flood"} 1.0' in ask(where, "/metrics")[1],
        "it",
    )
    await_true(lambda: 'entry="handed over"' in ask(where, "/metrics")[1], "the books")
    text = ask(where, "/metrics")[1]
    assert dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)) == {
        name: kind for name, (kind, _) in documented.items()
    }
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            assert labels.setdefault(sample.name, set(sample.labels)) == set(sample.labels)
    assert labels == {name: documented[name][1] for name in labels}
    without = {name.removeprefix("sysledger_") for name in documented.keys() - labels.keys()}
    assert {name for name in without if not name.startswith(NOT_HERE)} == set()


def test_it_answers_while_every_role_is_stopped(appliance: Appliance) -> None:
    """With all roles stopped (SIGSTOP) every path answers; after a while /readyz names who is silent."""
    where = place(appliance)
    pids = [role["pid"] for name, role in roles(where).items() if name != "supervisor"]
    with stopped(pids):
        for _ in range(10):
            assert [ask(where, path)[0] for path in ("/healthz", "/status.json", "/metrics")] == [
                200,
                200,
                200,
            ]
        await_true(lambda: "\n- collector (process" in ask(where, "/readyz")[1], "silence is noticed")
        assert ask(where, "/readyz")[0] == 503
        shown = appliance.printed("status")
        assert "NOT READY: collector (process" in shown
    await_true(lambda: ask(where, "/readyz")[0] == 200, "ready again")


def test_it_answers_while_the_collector_is_at_full_load(appliance: Appliance) -> None:
    """While more datagrams come than can be taken, every path answers, and the figures go on."""
    where = place(appliance)
    done = threading.Event()

    def flood() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not done.is_set():
                for _ in range(500):
                    sender.sendto(b"<13>1 - h a - - - flood", ("127.0.0.1", appliance.ports["flood"]))

    def messages() -> int:
        return int(roles(where)["collector"]["listeners"]["flood"]["messages"])

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        await_true(lambda: messages() > 0, "the flood arrives")
        before = messages()
        for _ in range(20):
            assert [ask(where, path)[0] for path in ("/healthz", "/status.json", "/metrics")] == [
                200,
                200,
                200,
            ]
        await_true(lambda: messages() > before, "the figures go on")
    finally:
        done.set()
        thread.join(DEADLINE)


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_it_answers_while_the_disk_is_full(tmp_path: Path) -> None:
    """On a full disk every path answers, the roles' figures are there, and the reason stands in the state."""
    with SmallDisk(tmp_path, 64 << 20) as disk:
        folder = tmp_path / "here"
        folder.mkdir()
        (folder / "var").symlink_to(disk.data)
        disk.data.mkdir()
        settings = "[storage]\nkeep_free = 1048576\n[collector]\nqueue_free_octets = 1048576"
        with running(folder, {"udp": ["lines"]}, settings) as appliance:
            where = place(appliance)
            disk.fill()
            for _ in range(3):
                assert [ask(where, path)[0] for path in ("/healthz", "/status.json", "/metrics")] == [
                    200,
                    200,
                    200,
                ]
            await_true(lambda: "are free on the disk" in ask(where, "/status.json")[1], "the reason")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<13>1 - h a - - - full", ("127.0.0.1", appliance.ports["lines"]))
            await_true(
                lambda: roles(where)["collector"]["listeners"]["lines"]["messages"] == 1,
                "a report on a full disk",
            )
            shown = appliance.printed("status")
            assert "state PANIC" in shown
            assert "are free on the disk of the data folder" in shown
            disk.free()
            await_true(lambda: appliance.count("lines") == 1, "the message is stored")


def test_status_reads_the_listener(appliance: Appliance) -> None:
    """The command says the state first, and knows rates; for programs it says that this is live."""
    await_true(lambda: ask(place(appliance), "/readyz")[0] == 200, "ready")
    shown = appliance.printed("status").splitlines()
    assert shown[0].startswith("Sysledger is running, state ok since ")
    assert any(line.split()[:2] == ["flood", "udp"] for line in shown)
    document = appliance.status()
    assert document["live"] is True
    assert document["state"]["state"] == "ok"
    assert document["streams"]


def test_status_falls_back_to_the_files(tmp_path: Path) -> None:
    """Without a status listener the command reads what the roles wrote, and says so."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "status.toml").write_text("[supervisor.status]\nenabled = false\n")
    with running(tmp_path, {}) as appliance:
        assert "Status   http" not in appliance.banner
        document = appliance.status()
        assert document["live"] is False
        assert document["roles"]["collector"]["running"] is True
        shown = appliance.printed("status")
        assert "Sysledger is running" in shown
        assert "The status listener does not answer" in shown


def test_watch_ends_with_an_interrupt(appliance: Appliance) -> None:
    """The live table is drawn anew until Ctrl-C, which ends it well."""
    command = [sys.executable, "-m", "sysledger", "status", "--watch", *appliance.options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = 0
        for line in process.stdout:
            seen += line.startswith("Sysledger is running")
            if seen == 2:
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, errors) == (0, "")


def test_a_port_in_use_ends_the_start(tmp_path: Path) -> None:
    """A status port that another program has is told with its setting, and nothing is left running."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        listeners = [
            f"[collector.listeners.{name}]\nport = 0"
            for name in ("udp", "tcp", "tls", "dtls", "relp", "self")
        ]
        lines = [*listeners, "[supervisor.status]", f"port = {port}", "[web]", "port = 0"]
        (tmp_path / "sysledger.toml").write_text("\n".join(lines))
        command = [sys.executable, "-m", "sysledger", "run", "--config", "sysledger.toml"]
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert finished.returncode == os.EX_UNAVAILABLE, finished.stderr.decode()
    assert b"supervisor.status.port" in finished.stderr
    assert b"Traceback" not in finished.stderr
