"""A real rsyslogd between a file of numbered messages and the appliance: imfile, disk queue, omrelp."""

import json
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 60.0

# The line of the file is the message, octet for octet. Nothing is ever thrown away: not by a full queue, not
# by a time limit, and not with a worker that ends. What was sent and not answered is in the memory of the
# worker's session alone (tests/faults/judge.py): so there is one worker, and it stays. A disk-assisted queue
# has a second, which ends as soon as its part of the disk is empty.
CONFIGURATION: Final = """
global(workDirectory="{folder}")
module(load="imfile" mode="inotify")
module(load="omrelp")
module(load="impstats" interval="1" format="json" log.file="{folder}/stats" log.syslog="off")
main_queue(queue.type="LinkedList" queue.size="20000" queue.timeoutEnqueue="600000"
           queue.filename="main" queue.saveOnShutdown="on" queue.timeoutShutdown="1000")
template(name="T" type="string" string="%msg%")
input(type="imfile" file="{folder}/feed" tag="feeder" persistStateInterval="100"
      freshStartTail="off" addMetadata="off")
*.* action(name="forward" type="omrelp" target="127.0.0.1" port="{port}" template="T" timeout="15"
           queue.type="Disk" queue.size="100000" queue.filename="forward" queue.saveOnShutdown="on"
           queue.timeoutEnqueue="600000" queue.timeoutShutdown="1000" queue.workerThreads="1"
           queue.timeoutWorkerthreadShutdown="-1" action.resumeInterval="1" action.resumeRetryCount="-1")
"""


class Rsyslogd:
    """rsyslogd in a folder of its own, with what it has in its queues over restarts.

    Args:
        program: its path.
        folder: its working folder.
        port: of the appliance's RELP listener.
    """

    def __init__(self, program: str, folder: Path, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.feed = folder, folder / "feed"
        self.feed.touch()
        self._program = program
        text = CONFIGURATION.replace("{folder}", str(folder)).replace("{port}", str(port))
        (folder / "rsyslog.conf").write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [self._program, "-n", "-iNONE", "-f", str(self.folder / "rsyslog.conf")]
        with (self.folder / "stderr").open("ab") as errors:
            self._process = subprocess.Popen(command, stdout=errors, stderr=errors)

    def stop(self) -> None:
        """Ask it to stop: what its queues hold it writes to disk."""
        if self._process is None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
            return
        self.kill()

    def kill(self) -> None:
        """End it at once: what it holds in memory is lost by itself."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def queued(self) -> int:
        """Give how many messages wait in its queues, as it last told; -1 when it has not yet."""
        sizes: dict[str, int] = {}
        with suppress(FileNotFoundError):
            for line in (self.folder / "stats").read_text().splitlines()[-40:]:
                with suppress(ValueError):
                    found = json.loads(line[line.index("{") :])
                    if "size" in found:
                        sizes[found["name"]] = int(found["size"])
        return sum(sizes.values()) if sizes else -1
