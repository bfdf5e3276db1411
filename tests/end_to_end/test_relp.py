"""RELP between a real rsyslogd and a whole appliance whose processes are killed: nothing is lost."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.end_to_end.appliance import Appliance, running
from tests.end_to_end.test_auditor import collector, role
from tests.machine import DEADLINE, await_true

Tool = Callable[[str], str]
COUNT = 300
RSYSLOG = """
global(workDirectory="{folder}")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="omrelp")
input(type="imfile" file="{folder}/feed" tag="feeder")
template(name="T" type="string"
         string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% - - - %msg%")
*.* action(type="omrelp" target="127.0.0.1" port="{port}" template="T"
           queue.type="LinkedList" queue.size="10000" action.resumeInterval="1" action.resumeRetryCount="-1")
"""


@contextmanager
def rsyslogd(program: str, folder: Path, port: int) -> Iterator[Path]:
    """A real rsyslogd; give the file whose lines it sends."""
    feed = folder / "feed"
    feed.touch()
    text = RSYSLOG.replace("{folder}", str(folder)).replace("{port}", str(port))
    (folder / "rsyslog.conf").write_text(text)
    command = [program, "-n", "-iNONE", "-f", str(folder / "rsyslog.conf")]
    with (folder / "stderr").open("wb") as errors, subprocess.Popen(command, stderr=errors) as process:
        try:
            yield feed
        finally:
            process.terminate()
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()


def session(appliance: Appliance) -> dict[str, Any]:
    """What the listener says of its RELP sessions; nothing while the collector starts."""
    listener = collector(appliance)["listeners"].get("relp-killed", {})
    state: dict[str, Any] = listener.get("relp", {"unacknowledged": 0})
    return state


def test_killed_between_receiving_and_acknowledging(tmp_path: Path, tool: Tool) -> None:
    """Storage stopped, collector killed with 128 messages unanswered: rsyslogd sends them again."""
    with (
        running(tmp_path, {"relp": ["relp-killed"]}, "[collector]\nspill_seconds = 600.0") as appliance,
        rsyslogd(tool("rsyslogd"), tmp_path, appliance.ports["relp-killed"]) as feed,
    ):
        storage, victim = role(appliance, "storage"), role(appliance, "collector")
        os.kill(storage, signal.SIGSTOP)
        try:
            feed.write_text("".join(f"event {number};\n" for number in range(COUNT)))
            await_true(lambda: session(appliance)["unacknowledged"] == 128, "a window full of messages")
            os.kill(victim, signal.SIGKILL)
            await_true(lambda: role(appliance, "collector") != victim, "a new collector")
        finally:
            os.kill(storage, signal.SIGCONT)
        with feed.open("a") as more:  # rsyslogd looks at its connection when it has something to send
            more.write("event last;\n")
        await_true(lambda: appliance.count("relp-killed", '"event last"') == 1, "the last event")
    found = appliance.messages("relp-killed")
    events = [one[1] for one in (re.search(rb" event (\w+);", message) for message in found) if one]
    assert set(events) == {b"%d" % number for number in range(COUNT)} | {b"last"}


def test_killed_with_messages_in_its_disk_queue(tmp_path: Path, tool: Tool) -> None:
    """Storage stopped, everything answered from the disk queue, collector killed: all is stored once."""
    with (
        running(tmp_path, {"relp": ["relp-killed"]}) as appliance,
        rsyslogd(tool("rsyslogd"), tmp_path, appliance.ports["relp-killed"]) as feed,
    ):
        storage, victim = role(appliance, "storage"), role(appliance, "collector")
        os.kill(storage, signal.SIGSTOP)
        try:
            feed.write_text("".join(f"event {number};\n" for number in range(COUNT)))
            await_true(lambda: collector(appliance)["handoff"]["queue"]["messages"] >= COUNT, "all queued")
            await_true(lambda: session(appliance)["unacknowledged"] == 0, "everything answered")
            os.kill(victim, signal.SIGKILL)
            await_true(lambda: role(appliance, "collector") != victim, "a new collector")
        finally:
            os.kill(storage, signal.SIGCONT)
        await_true(lambda: appliance.count("relp-killed", "event") >= COUNT, "all events")
        await_true(lambda: collector(appliance)["handoff"]["queue"]["files"] == 0, "the queue is empty")
    found = appliance.messages("relp-killed")
    events = [one[1] for one in (re.search(rb" event (\w+);", message) for message in found) if one]
    assert sorted(events) == sorted(b"%d" % number for number in range(COUNT))
