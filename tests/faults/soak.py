"""Half of what it can take, for long: memory stays flat, nothing is lost, and the books balance.

    python -m tests.faults.soak [--minutes 30] [--rate N] [--calibrate 30] [--every 10] [--folder F]

Without --rate the most that the appliance takes is measured first, for --calibrate seconds on a data folder
of its own: numbered messages by TCP as fast as they are read, counted when they are journalled. Then half of
that is sent for --minutes over four TCP connections, beside 1,000 datagrams a second, 500 messages a second
by RELP, and 500 through rsyslogd. Every --every seconds it looks at each process' memory (resident, and what
of it is its own: anonymous) and open files, at queues, lag and disk.

At the end everything is read: each sender's messages must be there, in order, each once. Exits with 1 when
one is missing or double, when `sysledger verify` or `sysledger balance` find a fault, when the appliance
could not keep up, or when a process grew: the median of its own memory in the last third above that of the
first by more than a tenth and 16 MiB. The first tenth of the time does not count.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from storage.catalogue import Catalogue
from tests.benchmarks.measure import machine, median, octets_below, print_table, program
from tests.faults.columns import Tally, tally
from tests.faults.harness import Load, Rates
from tests.faults.judge import STREAM
from tests.faults.numbered import Numbered
from tests.faults.senders import TcpSender, UdpSender
from tests.faults.site import Site

CONNECTIONS: Final = 4
CHUNK: Final = 10_000  # different texts
BESIDE: Final = Rates(rsyslogd=500, relp=500, tcp=0, udp=1000)
UNBOUNDED: Final = 1e12
GROWTH: Final = 0.1
GROWTH_OCTETS: Final = 16 << 20
WARM: Final = 0.1  # of the time
DRAIN_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at one moment."""

    at: float  # seconds since the beginning
    resident: dict[str, int]  # octets, by role
    own: dict[str, int]
    files: dict[str, int]
    held: int  # octets that the collector holds
    queued: int  # octets in its disk queue
    behind: int  # messages given by TCP that are not journalled
    journals: int  # that wait for their place in the archive
    lag: float  # seconds that the indexer is behind
    disk: int  # octets of the data folder


class Soak:
    """The appliance and its senders, and what was seen of them."""

    def __init__(self, folder: Path, rate: float, beside: Rates = BESIDE) -> None:
        self.site = Site(folder, settings="", journal="", memory=96 << 20)  # as it is by default
        self.load = Load(self.site, beside, program("rsyslogd") if beside.rsyslogd else None)
        for number in range(CONNECTIONS):
            numbered = Numbered(f"tcp{number}", CHUNK, seed=number)
            sender = TcpSender(numbered, self.site.ports["tcp"], rate / CONNECTIONS)
            self.load.senders[sender.name] = sender
        self._catalogue = Catalogue(self.site.layout)
        self.samples: list[Sample] = []
        self._began = 0.0

    def start(self) -> None:
        """Start the appliance, then the senders."""
        self.site.start()
        self.load.start()
        self._began = time.monotonic()

    def given(self) -> int:
        """How many messages were given away so far."""
        return sum(sender.given for sender in self.load.senders.values())

    def journalled(self) -> int:
        """How many messages are durable."""
        return self._catalogue.last_seq(STREAM)

    def look(self) -> Sample:
        """Take a sample."""
        pids = self.site.processes()
        status = {role: _status(pid) for role, pid in pids.items()}
        handoff = self.site.report("collector").get("handoff", {})
        indexer = self.site.report("indexer")
        sample = Sample(
            at=time.monotonic() - self._began,
            resident={role: found.get("VmRSS", 0) for role, found in status.items()},
            own={role: found.get("RssAnon", 0) for role, found in status.items()},
            files={role: len(list(Path(f"/proc/{pid}/fd").iterdir())) for role, pid in pids.items()},
            held=handoff.get("held_octets", 0),
            queued=handoff.get("queue", {}).get("octets", 0),
            behind=max(0, self.given() - self.journalled()),
            journals=self.site.report("storage").get("journals_waiting", 0),
            lag=indexer.get("lag_seconds") or 0.0,
            disk=octets_below(self.site.data),
        )
        self.samples.append(sample)
        return sample

    def stop(self) -> dict[str, Tally]:
        """Stop the senders and, when all is journalled, the appliance; give what is there of each sender."""
        for sender in self.load.senders.values():
            sender.stopping.set()
        udp = sum(one.given for one in self.load.senders.values() if isinstance(one, UdpSender))
        self.site.wait(
            lambda: self.journalled() >= self.given() - udp, "everything journalled", DRAIN_SECONDS
        )
        self.close()
        return tally(self.site.layout, list(self.load.senders))

    def close(self) -> None:
        """Stop everything that runs, whatever state it is in. A second time does nothing."""
        for sender in self.load.senders.values():
            sender.stopping.set()
            sender.giving_up.set()
        for sender in self.load.senders.values():
            if sender.is_alive():
                sender.join(60)
        if self.load.rsyslogd is not None:
            self.load.rsyslogd.stop()
        self.site.stop()


def _status(pid: int) -> dict[str, int]:
    """Give a process' figures of memory in octets, by the kernel's names."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines if line.endswith(" kB")}


def most(folder: Path, seconds: float) -> float:
    """Measure how many messages a second are journalled while as many are sent as are read."""
    with closing(Soak(folder, UNBOUNDED, Rates(0, 0, 0, 0))) as soak:
        soak.start()
        time.sleep(seconds / 4)
        first, begin = soak.journalled(), time.monotonic()
        time.sleep(seconds * 3 / 4)
        rate = (soak.journalled() - first) / (time.monotonic() - begin)
        soak.stop()
    return rate


@dataclass(slots=True)
class Findings:
    """What is not as it should be."""

    sentences: list[str] = field(default_factory=list)

    def judge_memory(self, samples: Sequence[Sample]) -> list[list[Any]]:
        """Compare each role's own memory in the first and the last third; give the rows of the table."""
        settled = [sample for sample in samples if sample.at >= WARM * samples[-1].at]
        third = max(1, len(settled) // 3)
        rows = []
        for role in sorted(settled[0].own):
            own = [sample.own.get(role, 0) for sample in settled]
            first, last = median(own[:third]), median(own[-third:])
            grew = last - first
            if grew > max(GROWTH * first, GROWTH_OCTETS):
                self.sentences.append(f"{role} grew from {_mb(first)} to {_mb(last)} MB")
            peak = max(sample.resident.get(role, 0) for sample in samples)
            files = [sample.files.get(role, 0) for sample in settled]
            rows.append([role, _mb(first), _mb(last), f"{grew / 1e6:+.0f}", _mb(peak), files[0], files[-1]])
        return rows

    def judge_messages(self, soak: Soak, found: dict[str, Tally]) -> list[list[Any]]:
        """Compare what was given with what is there; give the rows of the table."""
        rows = []
        for name, sender in soak.load.senders.items():
            there = found[name]
            is_whole = there.is_range(sender.given)
            if isinstance(sender, UdpSender):
                is_whole = not there.disorder
            if not is_whole:
                self.sentences.append(f"{name}: {sender.given:,} given, and there is {there}")
            lost, double = sender.given - there.different, there.rows - there.different
            rows.append([name, f"{sender.given:,}", f"{there.rows:,}", f"{lost:,}", f"{double:,}"])
        return rows

    def command(self, soak: Soak, word: str) -> None:
        """Run verify or balance."""
        done = soak.site.command(word, seconds=3600)
        said = done.stdout.decode(errors="replace")
        if done.returncode:
            said += done.stderr.decode(errors="replace")[-3000:]
        print(f"\nsysledger {word}: exit {done.returncode}\n{said}")
        if done.returncode:
            self.sentences.append(f"{word} ends with {done.returncode}")


def _mb(octets: float) -> str:
    return f"{octets / 1e6:.0f}"


def main() -> None:
    """Run the soak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, help="messages a second by TCP; half of the most without it")
    parser.add_argument("--calibrate", type=float, default=30, help="seconds")
    parser.add_argument("--every", type=float, default=10, help="seconds between two looks")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="soak-", dir=arguments.folder))
    rate = arguments.rate or _half(place / "most", arguments.calibrate)
    (place / "soak").mkdir()
    findings = Findings()
    with closing(Soak(place / "soak", rate)) as soak:
        soak.start()
        while (sample := soak.look()).at < 60 * arguments.minutes:
            print(_told(sample), file=sys.stderr, flush=True)
            time.sleep(arguments.every)
        given = soak.given()
        found = soak.stop()
    print(machine())
    print(f"{arguments.minutes:g} minutes, {rate:,.0f} messages a second asked by TCP, {given:,} given\n")
    print_table(["sender", "given", "there", "lost", "double"], findings.judge_messages(soak, found))
    print()
    head = ["process", "own MB, first third", "last third", "grew", "resident, most", "files, first", "last"]
    print_table(head, findings.judge_memory(soak.samples))
    print()
    _print_samples(soak.samples)
    for word in ("verify", "balance"):
        findings.command(soak, word)
    if sample.at and given < 0.9 * rate * sample.at:
        findings.sentences.append(f"only {given / sample.at:,.0f} messages a second were taken")
    print("\n".join(findings.sentences) or "nothing lost, nothing double, memory flat, books balanced")
    if not findings.sentences and not arguments.keep:
        shutil.rmtree(place)
    sys.exit(bool(findings.sentences))


def _half(folder: Path, seconds: float) -> float:
    folder.mkdir()
    found = most(folder, seconds)
    print(f"the most in {seconds:g} s: {found:,.0f} messages a second", file=sys.stderr, flush=True)
    shutil.rmtree(folder)
    return found / 2


def _print_samples(samples: Sequence[Sample]) -> None:
    """Print ten of the samples, evenly spread."""
    roles = sorted(samples[0].resident)
    head = ["s", *(f"{role} MB" for role in roles), "held MB", "queue MB", "behind", "journals", "lag s"]
    step = max(1, len(samples) // 10)
    rows = [
        [
            f"{one.at:.0f}",
            *(_mb(one.resident.get(role, 0)) for role in roles),
            *(_mb(one.held), _mb(one.queued), f"{one.behind:,}", one.journals, f"{one.lag:.1f}"),
            f"{one.disk / 1e6:,.0f}",
        ]
        for one in samples[::step]
    ]
    print_table([*head, "disk MB"], rows)


def _told(sample: Sample) -> str:
    own = " ".join(f"{role} {_mb(octets)}" for role, octets in sorted(sample.own.items()))
    return (
        f"{sample.at:.0f} s: {own}; behind {sample.behind:,}, lag {sample.lag:.1f} s, disk {_mb(sample.disk)}"
    )


if __name__ == "__main__":
    main()
