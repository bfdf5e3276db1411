"""A gigabyte at once, by TCP, where all of it must be there, and by UDP, where every loss must be counted."""

from typing import Final

from tests.faults.harness import Play, Rates, Round
from tests.faults.numbered import Numbered
from tests.faults.senders import Sender, TcpSender, UdpSender

OCTETS: Final = 1 << 30
WORDS: Final = 120  # some 900 octets a message
CONNECTIONS: Final = 4
PATIENCE: Final = 300.0
_UNHURRIED: Final = 1e12  # messages a second: as fast as it goes


def tcp_burst(round_: Round, octets: int = OCTETS) -> int:
    """Send a gigabyte over four connections."""
    return _burst(round_, TcpSender, "tcp", CONNECTIONS, octets)


def udp_burst(round_: Round, octets: int = OCTETS) -> int:
    """Send a gigabyte of datagrams: those that are not there must be those that the kernel has counted."""
    times = _burst(round_, UdpSender, "udp", 1, octets)
    round_.load.stop()
    round_.site.stop()
    missing = sum(
        verdict.missing
        for name, verdict in round_.load.judged().items()
        if isinstance(round_.load.senders[name], UdpSender)
    )
    lost = round_.site.report("collector")["listeners"]["udp"]["lost"]
    if missing != sum(lost.values()):
        round_.notes.append(f"{missing} datagrams are missing, and counted are {lost}")
    return times


def _burst(round_: Round, kind: type[Sender], listener: str, senders: int, octets: int) -> int:
    port, started = round_.site.ports[listener], []
    for number in range(senders):
        numbered = Numbered(f"burst{number}", chunk=1000, seed=number, words=WORDS)
        limit = octets // senders // len(numbered.lines(0)) * 1000
        started.append(kind(numbered, port, _UNHURRIED, limit))
    for sender in started:
        round_.load.senders[sender.name] = sender
        sender.start()
    for sender in started:
        sender.join(PATIENCE)
    return 1


RATES: Final = Rates(rsyslogd=500, relp=500, tcp=500, udp=0)
FAULTS: Final[dict[str, Play]] = {
    "1 GB burst by TCP": Play(tcp_burst, RATES),
    "1 GB burst by UDP": Play(udp_burst, RATES),
}
