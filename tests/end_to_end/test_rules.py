"""Rules end to end: what a real sender logs is found by what rule files read out of it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.appliance import Appliance, running

Tool = Callable[[str], str]

SETTINGS = """
[collector.rules.paint]
file = "rules/paint.rules"
apps = ["paint*"]
[collector.rules.everywhere]
file = "rules/everywhere.rules"
streams = ["second"]
[collector.rules.sudo]
enabled = false
"""
PAINT = "version=2\nrule=coat:%colour:word% on %wall:rest%\nrule=:%broken:nosuch%\n"
EVERYWHERE = "version=2\nrule=:%everything:rest%\n"


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Give an appliance with rule files of its own beside the shipped ones, one with a fault."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules").mkdir()
    (folder / "rules" / "paint.rules").write_text(PAINT)
    (folder / "rules" / "everywhere.rules").write_text(EVERYWHERE)
    with running(folder, {"udp": ["first", "second"]}, SETTINGS) as appliance:
        yield appliance


def log(tool: Tool, appliance: Appliance, stream: str, tag: str, text: str) -> None:
    """Send a message with logger(1)."""
    port = str(appliance.ports[stream])
    command = [
        tool("logger"),
        "--server",
        "127.0.0.1",
        "--port",
        port,
        "--udp",
        "--rfc3164",
        "--tag",
        tag,
        "--",
        text,
    ]
    subprocess.run(command, check=True, timeout=10)


def test_a_login_is_found_by_its_fields(appliance: Appliance, tool: Tool) -> None:
    """A real logger's message of sshd is found by address, port, user and outcome, and by no others."""
    log(tool, appliance, "first", "sshd[1]", "Failed password for root from 203.0.113.5 port 22 ssh2")
    log(tool, appliance, "first", "sshd[1]", "Accepted password for ada from 203.0.113.5 port 23 ssh2")
    log(tool, appliance, "first", "sudo", "ada : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls")
    appliance.await_count("first", 3)
    assert appliance.count("first", "src:203.0.113.5 user:root") == 1
    assert appliance.count("first", "src:203.0.113.5") == 2
    assert appliance.count("first", "src_port:23 outcome:success event.tags:login") == 1
    assert appliance.count("first", "src:203.0.113.50") == 0
    assert appliance.count("first", "target_user:root") == 0  # sudo's rules are off
    (line,) = appliance.run("search", "user:ada", "--stream", "first", "--output", "json").splitlines()
    assert json.loads(line)["fields"]["src"] == "203.0.113.5"
    assert json.loads(line)["message"] == "Accepted password for ada from 203.0.113.5 port 23 ssh2"


def test_own_files_are_chosen_by_program_and_stream(appliance: Appliance, tool: Tool) -> None:
    """A file of one's own is for its programs, or for all messages of its streams; it comes before ours."""
    log(tool, appliance, "second", "painter", "red on the north wall")
    log(tool, appliance, "second", "sshd", "Failed password for root from 203.0.113.5 port 22 ssh2")
    appliance.await_count("second", 2)
    assert appliance.count("second", 'colour:red wall:"north wall"') == 1
    assert appliance.count("second", "everything:password") == 1
    assert appliance.count("second", "src:203.0.113.5") == 0


def test_a_fault_is_told_and_costs_itself(appliance: Appliance) -> None:
    """The log tells a faulty statement with line and column, check-config as well, and the service runs."""
    place = f"{appliance.folder / 'rules' / 'paint.rules'}:3:8: nosuch"
    assert place in appliance.log()
    config = ("--config", str(appliance.folder / "sysledger.toml"))
    command = [sys.executable, "-m", "sysledger"]
    checked = subprocess.run([*command, "check-config", *config], capture_output=True, check=False)
    assert checked.returncode == 0
    assert place in checked.stderr.decode()
    checked = subprocess.run([*command, "rules", "check", *config], capture_output=True, check=False)
    assert checked.returncode == 65
    assert checked.stderr.decode().startswith(place)


def test_rules_are_tried_on_the_archive(appliance: Appliance, tool: Tool) -> None:
    """`rules test` without a file counts the stored messages of each rule, and shows what falls through."""
    log(tool, appliance, "first", "paint", "blue on wood")
    log(tool, appliance, "first", "paint", "nothing")
    appliance.await_count("first", 2)
    options = ("--stream", "first", "--query", "app:paint", "--output", "json")
    told = json.loads(appliance.run("rules", "test", *options))
    assert (told["messages"], told["matched"], told["unmatched"]) == (2, 1, 1)
    assert [(Path(rule["file"]).name, rule["line"], rule["count"]) for rule in told["rules"]] == [
        ("paint.rules", 2, 1)
    ]
    assert [(one["message"], one["count"]) for one in told["fallen"]] == [("nothing", 1)]


def command(*words: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run one command of `sysledger rules` in ``folder``."""
    line = [sys.executable, "-P", "-m", "sysledger", "rules", *words]
    return subprocess.run(line, cwd=folder, capture_output=True, check=False, timeout=60)


def test_rules_are_tried_on_a_file(tmp_path: Path) -> None:
    """`rules test FILE` reads syslog lines as the collector does; control characters are told."""
    (tmp_path / "lines").write_bytes(
        b"<38>Nov 20 10:00:00 host sshd[1]: Failed password for root from 203.0.113.5 port 22 ssh2\n"
        b"<38>Nov 20 10:00:00 host sshd[1]: \x1b[31mred\n"
        b"<38>Nov 20 10:00:00 host cron[1]: nothing\n"
        b"<38>Nov 20 10:00:00 host spinner[1]: nothing\n"
    )
    told = command("test", "lines", folder=tmp_path)
    assert told.returncode == 0
    text = told.stdout.decode()
    assert "sshd.rules:" in text
    assert "4 messages: 1 match a rule (25.0 %), 2 match none, for 1 there are no rules" in text
    assert "␛[31mred" in text
    assert "\x1b[31mred" not in text
    assert "without rules: spinner 1" in text
    some = command("test", "lines", "--app", "cron*", "--output", "json", folder=tmp_path)
    assert json.loads(some.stdout)["messages"] == 1


def test_one_rule_file_is_tried_and_checked(tmp_path: Path) -> None:
    """`--rules` tries one file alone, on texts without a header as well; `check` tells each of its faults."""
    (tmp_path / "paint.rules").write_text(PAINT)
    (tmp_path / "lines").write_text("blue on wood\nnothing\n")
    told = command("test", "lines", "--bare", "--rules", "paint.rules", "--output", "json", folder=tmp_path)
    assert (json.loads(told.stdout)["matched"], json.loads(told.stdout)["unmatched"]) == (1, 1)
    assert b"paint.rules:3:8: nosuch" in told.stderr
    checked = command("check", "paint.rules", folder=tmp_path)
    assert checked.returncode == 65
    assert checked.stderr.startswith(b"paint.rules:3:8: nosuch: is no type")
    assert checked.stdout == b"1 file with 1 rule, 1 fault\n"
    assert command("check", folder=tmp_path).returncode == 0
    assert b"missing.rules" in command("check", "missing.rules", folder=tmp_path).stderr
