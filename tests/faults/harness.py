"""One round of a fault: an appliance, its senders, the fault while they send, and the judgement after it."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from storage.catalogue import Catalogue
from tests.faults.judge import STREAM, Archive, Verdict, judge_all, read
from tests.faults.numbered import Numbered
from tests.faults.rsyslog import Rsyslogd
from tests.faults.senders import FileSender, RelpSender, Sender, TcpSender, UdpSender
from tests.faults.site import Site, StuckError
from tests.faults.small_disk import SmallDisk

DRAIN_SECONDS: Final = 60.0  # without any progress
DRAIN_SECONDS_MOST: Final = 300.0
PAUSE: Final = 0.25
NUDGE_SECONDS: Final = 3.0  # without all being there, until rsyslogd is given more
NUDGES: Final = 10  # what is not there then will not be
NOT_THERE: Final = "No such command"
MISTAKE: Final = "this is a mistake in Sysledger"


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second of each sender; 0 leaves it out."""

    rsyslogd: float = 1500
    relp: float = 1500
    tcp: float = 2500
    udp: float = 1000


@dataclass(frozen=True, slots=True)
class Play:
    """A fault, and what it is played on.

    Args:
        fault: does it, for so many seconds, and gives how many times.
        rates: of the senders.
        settings: more settings of the appliance: whole tables of TOML.
        listeners: more settings of single listeners.
        collector: more settings of the collector.
        disk: octets of the small file system that the data folder is on; 0 for none.
        damages: whether it changes octets of journals, so that a gap is to be expected.
        prepare: is called before the appliance starts.
    """

    fault: "Fault"
    rates: Rates = Rates()
    settings: str = ""
    listeners: Mapping[str, str] = field(default_factory=dict)
    collector: str = ""
    disk: int = 0
    damages: bool = False
    prepare: Callable[[Site], None] | None = None


class Load:
    """The senders of a round.

    Args:
        site: where they send to.
        rates: how much.
        rsyslogd: path of the program; None leaves it out.
    """

    def __init__(self, site: Site, rates: Rates, rsyslogd: str | None) -> None:
        self.site = site
        self.rsyslogd = Rsyslogd(rsyslogd, site.folder / "rsyslog", site.ports["relp"]) if rsyslogd else None
        self.senders: dict[str, Sender] = {}
        self.stopped = False
        if self.rsyslogd is not None and rates.rsyslogd:
            self.senders["rsyslogd"] = FileSender(Numbered("rsyslogd"), self.rsyslogd.feed, rates.rsyslogd)
        for name, kind, rate in (
            ("relp", RelpSender, rates.relp),
            ("tcp", TcpSender, rates.tcp),
            ("udp", UdpSender, rates.udp),
        ):
            if rate:
                self.senders[name] = kind(Numbered(name), site.ports[name], rate)

    def start(self) -> None:
        """Begin to send."""
        if self.rsyslogd is not None:
            self.rsyslogd.start()
        for sender in self.senders.values():
            sender.start()

    def stop(self) -> None:
        """Send no more, and wait until what is acknowledged, or will be, is there."""
        if self.stopped:
            return
        self.stopped = True
        for sender in self.senders.values():
            sender.stopping.set()
        try:
            self._await_drained()
        finally:
            for sender in self.senders.values():
                sender.giving_up.set()
                sender.join(10)
        if errors := [sender.error for sender in self.senders.values() if sender.error]:
            raise errors[0]

    def _await_drained(self) -> None:
        begin = progress = nudged = time.monotonic()
        held, before, nudges = True, (-1, -1), 0
        while held and time.monotonic() - progress < DRAIN_SECONDS:
            time.sleep(PAUSE)
            archive = read(self.site.layout)
            waiting = any(sender.is_alive() for sender in self.senders.values())
            lost = sum(verdict.lost for verdict in self.judged(archive).values())
            held = waiting or lost > 0
            if held and nudges < NUDGES and time.monotonic() - nudged > NUDGE_SECONDS:
                nudged, nudges = time.monotonic(), nudges + 1
                self._nudge()
            if (lost, archive.rows) != before:
                before, progress = (lost, archive.rows), time.monotonic()
            if time.monotonic() - begin > DRAIN_SECONDS_MOST:
                raise StuckError(f"not drained after {DRAIN_SECONDS_MOST:g} s; {self.site.log()[-3000:]}")

    def _nudge(self) -> None:
        for sender in self.senders.values():
            if isinstance(sender, FileSender) and not sender.is_alive():
                sender.nudge()

    def judged(self, archive: Archive | None = None) -> dict[str, Verdict]:
        """Judge each sender by what is in the archive.

        Plain TCP promises nothing but where no connection broke: then all of it must be there.
        """
        numbers = {}
        for name, sender in self.senders.items():
            whole = isinstance(sender, TcpSender) and not sender.broken and not sender.is_alive()
            numbers[name] = (sender.given if whole else sender.acknowledged, sender.given)
        return judge_all((archive or read(self.site.layout)).records, numbers)


@dataclass(slots=True)
class Result:
    """What came of one round, or of several."""

    fault: str
    rounds: int = 0
    times: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    udp_missing: int = 0
    tcp_missing: int = 0
    damaged: int = 0  # lost with octets that were changed on disk
    verify: list[int] = field(default_factory=list)  # exit codes
    balance: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Result") -> None:
        """Add another round."""
        for one in fields(self):
            if one.name != "fault":
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    @property
    def is_good(self) -> bool:
        """Whether nothing acknowledged is lost, nothing double, and the books balance."""
        return not (self.verdict.double or self.notes or any(self.balance))


@dataclass(slots=True)
class Round:
    """What a fault is given: the appliance, its load, and chance.

    Attributes:
        notes: what was not as it should be.
        damaged: acknowledged messages that are lost with octets that the fault has changed.
    """

    site: Site
    load: Load
    draw: random.Random
    seconds: float
    disk: SmallDisk | None = None
    notes: list[str] = field(default_factory=list)
    damaged: int = 0

    def pause(self, least: float = 0.05, most: float = 1.0) -> None:
        """Let some time pass, as chance has it."""
        time.sleep(self.draw.uniform(least, most))

    def moments(self, least: float = 0.05, most: float = 1.0) -> Iterator[None]:
        """Give moments at random intervals, until the round's time is over."""
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            self.pause(least, most)
            yield


Fault = Callable[[Round], int]  # gives how many times it did it


def play(name: str, what: Play, folder: Path, *, seconds: float, seed: int, rsyslogd: str | None) -> Result:
    """Play one round in an empty folder and judge it."""
    with SmallDisk(folder, what.disk) if what.disk else nullcontext() as disk:
        site = Site(
            folder, disk.data if disk else None, what.settings, what.listeners, collector=what.collector
        )
        load = Load(site, what.rates, rsyslogd)
        round_ = Round(site, load, random.Random(seed), seconds, disk)
        result = Result(name, rounds=1)
        if what.prepare is not None:
            what.prepare(site)
        site.start()
        try:
            load.start()
            try:
                result.times = what.fault(round_)
            finally:
                load.stop()
        finally:
            if load.rsyslogd is not None:
                load.rsyslogd.stop()
            code = site.stop()
        if code:
            result.notes.append(f"the appliance ended with {code}")
        result.notes += round_.notes
        result.damaged = round_.damaged
        _judge(result, site, load, damages=what.damages)
        return result


def _judge(result: Result, site: Site, load: Load, *, damages: bool) -> None:
    archive = read(site.layout)
    verdicts = load.judged(archive)
    for name, verdict in verdicts.items():
        result.verdict += verdict
        result.notes += _of_sender(load.senders[name], verdict, damages=damages)
        if isinstance(load.senders[name], TcpSender):
            result.tcp_missing += verdict.missing
        elif isinstance(load.senders[name], UdpSender):
            result.udp_missing += verdict.missing
    if result.verdict.lost != result.damaged:
        result.notes.append(f"{result.verdict.lost} are lost, {result.damaged} of them with damaged octets")
    if not damages:
        result.notes += [f"damage: {each}" for each in archive.damages]
        if archive.gaps:
            result.notes.append(f"seq has {archive.gaps} gaps up to {archive.last_seq}")
    if MISTAKE in (log := site.log()):
        result.notes.append(f"a mistake of ours: {log[: log.index(MISTAKE)][-1500:]}")
    # A killed rsyslogd may send octets of its own torn queue file, line feeds among them.
    is_torn = any(isinstance(each, FileSender) and not each.answerable for each in load.senders.values())
    printed = _printed(site)
    if printed < archive.rows or (printed > archive.rows and not is_torn):
        result.notes.append(f"cat gives {printed} messages, and {archive.rows} are there")
    for words, codes in (("verify", result.verify), ("balance", result.balance)):
        _command(result, site, words, codes, damages=damages)


def _of_sender(sender: Sender, verdict: Verdict, *, damages: bool) -> list[str]:
    """Say what is not as it should be with a sender's messages."""
    notes = []
    if verdict.double or (verdict.lost and not damages):
        notes.append(f"{sender.name}: {verdict}")
    if verdict.resent and not isinstance(sender, RelpSender | FileSender):
        notes.append(f"{sender.name} never sends again, and {verdict.resent} came again")
    if isinstance(sender, RelpSender) and verdict.resent > sender.sent_again:
        notes.append(f"relp sent {sender.sent_again} again, and {verdict.resent} came again")
    return notes


def _command(result: Result, site: Site, word: str, codes: list[int], *, damages: bool) -> None:
    done = site.command(word)
    said = (done.stdout + done.stderr).decode(errors="replace")
    (site.folder / f"{word}.txt").write_text(said)
    if done.returncode == 2 and NOT_THERE in said:
        return
    codes.append(done.returncode)
    if done.returncode and not (word == "verify" and damages):
        result.notes.append(f"{word}: {said[-1500:]}")


def _printed(site: Site) -> int:
    """Count the messages that ``sysledger cat`` gives back."""
    days = Catalogue(site.layout).days(STREAM)
    return sum(site.command("cat", "--date", str(day)).stdout.count(b"\n") for day in days)


def shown(results: list[Result]) -> tuple[list[str], list[list[Any]]]:
    """Give the table: head and rows."""
    head = ["fault", "rounds", "times", "acknowledged", "found", "lost", "damaged", "double"]
    head += ["sent again by RELP", "TCP missing", "UDP missing", "verify", "balance"]
    rows = []
    for one in results:
        verdict = one.verdict
        figures = (one.rounds, one.times, verdict.acknowledged, verdict.found, verdict.lost)
        rest = (one.damaged, verdict.double, verdict.resent)
        cells = [f"{figure:,}" for figure in (*figures, *rest, one.tcp_missing, one.udp_missing)]
        rows.append([one.fault, *cells, _state(one.verify), _state(one.balance)])
    return head, rows


def _state(codes: list[int]) -> str:
    if not codes:
        return "not run"
    bad = [code for code in codes if code]
    return f"{len(bad)} of {len(codes)} bad, exit {sorted(set(bad))}" if bad else f"{len(codes)} good"
