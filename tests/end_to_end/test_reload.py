"""New settings while everything runs: taken without a loss, or refused as a whole."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.lock import holder
from supervisor.status import lock_path, read_report
from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, await_true, free_port

LOOPBACK = "127.0.0.1"
ROLES = ("collector", "storage", "indexer")  # that take new settings; others are started anew


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    """A whole appliance."""
    with running(tmp_path, {}) as started:
        yield started


def change(appliance: Appliance, before: str, after: str) -> None:
    """Change the configuration file."""
    file = appliance.folder / "sysledger.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def reload(appliance: Appliance) -> "subprocess.CompletedProcess[str]":
    """Run `sysledger reload`."""
    command = [sys.executable, "-m", "sysledger", "reload", *appliance.options]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=2 * DEADLINE)


def is_free(port: int) -> bool:
    """Whether nobody has a port, for UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def own_report(appliance: Appliance) -> dict[str, Any]:
    """What the supervisor reports."""
    return read_report(appliance.folder / "var" / "run", "supervisor")


def pids(appliance: Appliance) -> dict[str, int]:
    """The processes of the roles."""
    return {name: role["pid"] for name, role in own_report(appliance)["roles"].items()}


def test_listeners_come_and_go_and_connections_stay(appliance: Appliance) -> None:
    """A new listener receives, a moved one has left its port, and a connection that stays loses nothing."""
    new, moved = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    before = pids(appliance)
    with (
        socket.create_connection((LOOPBACK, appliance.ports["tcp"]), DEADLINE) as connection,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        connection.sendall(b"<13>before\n<13>half a ")
        appliance.await_count("syslog", 1)
        change(appliance, f"port = {appliance.ports['udp']}", f"port = {moved}")
        added = f'[collector.listeners.new]\ntransport = "udp"\nport = {new}\n'
        change(appliance, "[web]", f"{added}[web]")
        done = reload(appliance)
        assert done.returncode == 0, done.stderr
        assert "reload 1: the new configuration is in use" in done.stdout
        connection.sendall(b"message\n<13>after\n")
        sender.sendto(b"<13>new", (LOOPBACK, new))
        sender.sendto(b"<13>moved", (LOOPBACK, moved))
        appliance.await_count("syslog", 5)
    assert sorted(appliance.messages("syslog")) == [
        b"<13>after",
        b"<13>before",
        b"<13>half a message",
        b"<13>moved",
        b"<13>new",
    ]
    after = pids(appliance)
    assert [after[name] for name in ROLES] == [before[name] for name in ROLES]  # nobody was started anew
    await_true(lambda: is_free(appliance.ports["udp"]), "the port that was left")


def test_a_bad_configuration_is_refused_and_a_role_that_dies_comes_back_as_it_was(
    appliance: Appliance,
) -> None:
    """Every mistake is told, the exit code is EX_CONFIG, and the mistake meets no later start of a role."""
    tcp = appliance.ports["tcp"]
    change(appliance, f"port = {tcp}", 'port = "ssh"\nwindw = 3')
    refused = reload(appliance)
    assert refused.returncode == os.EX_CONFIG
    assert "collector.listeners.tcp.port" in refused.stderr
    assert "windw" in refused.stderr
    os.kill(appliance.process, signal.SIGHUP)  # as somebody does who has not checked
    await_true(lambda: "reload" in own_report(appliance), "the refusal")
    told = own_report(appliance)["reload"]
    assert (told["ok"], told["used"], told["number"]) == (False, False, 1)
    assert len(told["problems"]) == 2
    before = pids(appliance)
    os.kill(before["collector"], signal.SIGKILL)
    await_true(lambda: pids(appliance)["collector"] != before["collector"], "the collector to come back")
    with socket.create_connection((LOOPBACK, tcp), DEADLINE) as connection:
        connection.sendall(b"<13>here still\n")
    change(appliance, 'port = "ssh"\nwindw = 3', f"port = {tcp}")
    appliance.await_count("syslog", 1)
    assert "the new configuration is refused; everything stays as it is" in appliance.log()


def test_a_missing_certificate_or_a_taken_port_refuses_everything(appliance: Appliance) -> None:
    """What a start would fail on, a reload refuses, and the change beside it is not made either."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        added = f'[collector.listeners.new]\ntransport = "tcp"\naddress = "{LOOPBACK}"\nport = {port}\n'
        change(appliance, "[web]", f"{added}[web]")
        refused = reload(appliance)
    assert refused.returncode == os.EX_CONFIG
    assert "collector.listeners.new" in refused.stderr
    assert str(port) in refused.stderr
    assert own_report(appliance)["reload"]["used"] is False
    change(
        appliance, 'transport = "tcp"', 'transport = "tls"\ncertificate = "missing.pem"\nkey = "missing.key"'
    )
    refused = reload(appliance)
    assert refused.returncode == os.EX_CONFIG
    assert "missing.pem" in refused.stderr


def test_thresholds_and_roles_change_in_place(appliance: Appliance) -> None:
    """A threshold brings the state that it asks for, which is stored; pages whose port changes start anew."""
    before, port = pids(appliance), free_port()
    change(appliance, f"port = {appliance.web}", f"port = {port}")
    threshold = "[supervisor.monitor]\ncalm_seconds = 0\n[supervisor.monitor.process_memory]\nwarning = 1\n"
    change(appliance, "[web]", f"{threshold}[web]")
    assert reload(appliance).returncode == 0
    await_true(lambda: own_report(appliance)["state"] == "warning", "the state warning")
    assert "supervisor.monitor.process_memory" in own_report(appliance)["reasons"][0]
    await_true(lambda: pids(appliance)["web"] != before["web"], "the pages to be started anew")
    await_true(lambda: appliance.count("sysledger", '"the state is warning"') >= 1, "the message")
    change(appliance, "warning = 1\n", "")
    assert reload(appliance).returncode == 0
    await_true(lambda: own_report(appliance)["state"] == "ok", "the state ok")
    assert own_report(appliance)["transitions"] == 2


def test_a_role_comes_and_goes(appliance: Appliance) -> None:
    """What is switched on runs, what is switched off stops, and who cannot start is told of."""
    change(appliance, "[watch]", "[watch]\nenabled = false")
    assert reload(appliance).returncode == 0
    assert "watch" not in pids(appliance)
    change(appliance, "enabled = false\n", "")
    assert reload(appliance).returncode == 0
    assert pids(appliance)["watch"]
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        change(appliance, f"[web]\nport = {appliance.web}", f"[web]\nport = {port}")
        told = reload(appliance)
        assert told.returncode == os.EX_SOFTWARE
        assert "web did not start on the new settings" in told.stderr
    change(appliance, f"[web]\nport = {port}", f"[web]\nport = {appliance.web}")
    assert reload(appliance).returncode == 0
    assert own_report(appliance)["roles"]["web"]["starts"] >= 3


def test_reload_without_supervisor_says_so(tmp_path: Path) -> None:
    """There is nothing to reload where nothing runs."""
    command = [sys.executable, "-m", "sysledger", "reload", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == os.EX_UNAVAILABLE
    assert "nothing to reload" in done.stderr


def test_a_reload_that_is_asked_for_too_early_is_made_later(tmp_path: Path) -> None:
    """SIGHUP to an appliance that is only starting ends nothing: it reloads once everything is up."""
    lock = lock_path(tmp_path / "var" / "run", "supervisor")

    def ask() -> None:
        await_true(lambda: holder(lock), "its lock")
        os.kill(holder(lock) or 0, signal.SIGHUP)

    asker = threading.Thread(target=ask)
    asker.start()
    with running(tmp_path, {}) as appliance:
        asker.join()
        await_true(lambda: "the new configuration is in use" in appliance.log(), "the reload")
