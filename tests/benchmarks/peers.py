"""The C collectors beside ours: a real rsyslogd and a real syslog-ng, each writing one file.

Both parse what they receive and write it as RFC 5424 text. Their queues wait instead of dropping, and they
are ended only when all senders have seen their connections closed, so that nothing is missing and the CPU
seconds are of the whole work. Neither of them syncs, or acknowledges.
"""

import gzip
import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.benchmarks.measure import cpu_seconds, peak_octets, program, release, wait_until
from tests.machine import accepts, free_port

QUEUE: Final = 'queue.size="200000" queue.dequeueBatchSize="1024" queue.timeoutShutdown="120000"'
RSYSLOG: Final = """
module(load="imptcp")
main_queue({queue})
template(name="line" type="list") {{
    constant(value="<") property(name="pri") constant(value=">1 ")
    property(name="timestamp" dateFormat="rfc3339") constant(value=" ")
    property(name="hostname") constant(value=" ") property(name="app-name") constant(value=" ")
    property(name="procid") constant(value=" ") property(name="msgid") constant(value=" ")
    property(name="structured-data") constant(value=" ") property(name="msg") constant(value="\\n")
}}
ruleset(name="out") {{
    action(type="omfile" file="{file}" template="line" flushOnTXEnd="off" ioBufferSize="256k" {options})
}}
{input}
"""
RSYSLOG_TCP: Final = 'input(type="imptcp" address="127.0.0.1" port="{port}" ruleset="out")'
SYSLOG_NG: Final = """
@version: 3.38
options {{ stats-freq(0); flush-lines(1000); frac-digits(6); }};
source in {{
    network(ip("127.0.0.1") port({port}) transport("tcp") max-connections(100) log-iw-size(100000)
        flags(syslog-protocol));
}};
destination out {{ file("{file}" flags(syslog-protocol) log-fifo-size(200000)); }};
log {{ source(in); destination(out); flags(flow-control); }};
"""


class Peer:
    """A collector that runs while the context lasts; afterwards ``cpu`` and ``peak`` are known.

    Args:
        folder: for its configuration and its file.
        name: what tables call it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.port = free_port()
        self.file = folder / "messages"
        self.cpu = 0.0
        self.peak = 0
        self.seconds = 0.0  # from ``began`` until everything was written and it had ended
        self.began = 0.0

    def command(self) -> list[str]:
        """Write the configuration, and give the command that runs in the foreground."""
        raise NotImplementedError

    def is_up(self) -> bool:
        """Whether it can be sent to."""
        return accepts(self.port)

    def __enter__(self) -> Self:
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._is_up, f"start of {self.name}", 30)
        self._before = cpu_seconds([self._process.pid])
        self.began = time.monotonic()
        return self

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise SystemExit(f"{self.name} does not start: {(self.folder / 'log').read_text()[-2000:]}")
        return self.is_up()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.peak = peak_octets(self._process.pid)
        self._process.send_signal(signal.SIGTERM)
        _, code, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(code)
        self.seconds = time.monotonic() - self.began
        self.cpu = used.ru_utime + used.ru_stime - self._before

    def octets(self) -> int:
        """Give the size of its file."""
        return self.file.stat().st_size

    def lines(self) -> int:
        """Count the messages in its file."""
        with gzip.open(self.file) if self._is_gzip() else self.file.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))

    def _is_gzip(self) -> bool:
        with self.file.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"

    def release(self) -> str:
        """Give its version."""
        raise NotImplementedError


class Rsyslogd(Peer):
    """rsyslogd; with ``level`` its file is gzipped with that zipLevel.

    ``inputs`` are modules and inputs instead of the plain TCP one, with {port} for its port.
    """

    def __init__(
        self, folder: Path, name: str = "rsyslogd", level: int = 0, inputs: str = RSYSLOG_TCP
    ) -> None:
        super().__init__(folder, name)
        self._options = f'zipLevel="{level}"' if level else ""
        self._inputs = inputs

    def command(self) -> list[str]:
        """Write the configuration, and give the command."""
        configuration = self.folder / "rsyslog.conf"
        text = RSYSLOG.format(
            queue=QUEUE, file=self.file, options=self._options, input=self._inputs.format(port=self.port)
        )
        configuration.write_text(text)
        return [program("rsyslogd"), "-n", "-iNONE", "-f", str(configuration)]

    def release(self) -> str:
        """Give its version."""
        return " ".join(release("rsyslogd", "-v").split()[:2])


class SyslogNg(Peer):
    """syslog-ng writing plain text: this release cannot gzip a file."""

    def __init__(self, folder: Path, name: str = "syslog-ng", source: str = SYSLOG_NG) -> None:
        super().__init__(folder, name)
        self._source = source

    def command(self) -> list[str]:
        """Write the configuration, and give the command."""
        configuration = self.folder / "syslog-ng.conf"
        configuration.write_text(self._source.format(port=self.port, file=self.file))
        places = {"-R": "persist", "-p": "pid", "-c": "control"}
        files = [word for option, name in places.items() for word in (option, str(self.folder / name))]
        return [program("syslog-ng"), "-F", "--no-caps", "-f", str(configuration), *files]

    def release(self) -> str:
        """Give its version."""
        return release("syslog-ng", "--version")
