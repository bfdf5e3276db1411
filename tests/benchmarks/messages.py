"""The message sets of the benchmarks. The same seed gives the same octets, but for the real set's dates.

``synthetic`` is the hard case: RFC 5424, 178 octets a message on average, hosts, programs, addresses, ports
and ids at random, so that neither compression nor an index gets anything for free.

``real`` is what real programs wrote, the log lines of ../shared/corpora/raw (loghub and the logs of some
thirty systems), as their hosts would have sent them now: a line with a BSD header keeps its host and program
and is sent in RFC 3164; of the others, which come from files without one, every second goes in RFC 5424. The
65,000 lines are shuffled, and repeated with fresh times and other hosts.
"""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from tests.shared import ABSENT, SHARED

_PROGRAMS = ("sshd", "sudo", "nginx", "postfix/smtpd", "kernel", "cron", "named", "dhcpd", "haproxy", "app")
_TEXTS = (
    "Failed password for {user} from {address} port {port} ssh2 session {identifier}",
    "Accepted publickey for {user} from {address} port {port} ssh2: RSA SHA256:{identifier}",
    "connection from {address}:{port} closed by {user} after {number} octets, id {identifier}",
    "GET /api/v1/items/{number}?user={user} HTTP/1.1 200 {port} from {address} request {identifier}",
)
_MONTHS: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_BSD: Final = re.compile(rf"(?:{_MONTHS})  ?\d{{1,2}} \d\d:\d\d:\d\d (\S+) (\S.*)")
_LONGEST: Final = 2000  # octets: what senders cut at is 1024 or 2048


def synthetic(count: int, seed: int = 1) -> Iterator[bytes]:
    """Give ``count`` messages, without any framing and without LF inside."""
    draw = random.Random(seed)
    time = datetime(2026, 11, 20, tzinfo=UTC)
    for _ in range(count):
        time += timedelta(microseconds=draw.randrange(100))
        text = draw.choice(_TEXTS).format(
            user=f"user{draw.randrange(500)}",
            address=f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}",
            port=draw.randrange(1024, 65536),
            number=draw.randrange(1_000_000),
            identifier=f"{draw.getrandbits(64):016x}",
        )
        host = f"host{draw.randrange(1000):04d}.example.net"
        header = f"<{draw.randrange(192)}>1 {time:%Y-%m-%dT%H:%M:%S.%f}Z {host}"
        yield (
            f"{header} {draw.choice(_PROGRAMS)} {draw.randrange(1, 32768)} ID{draw.randrange(100)} - {text}"
        ).encode()


def real(count: int, seed: int = 1) -> Iterator[bytes]:
    """Give ``count`` messages, without any framing and without LF or NUL inside.

    Raises:
        SystemExit: where the corpora are not beside the checkout.
    """
    lines, draw = list(_lines()), random.Random(seed)
    time = datetime.now(UTC) - timedelta(hours=1)
    while count > 0:
        draw.shuffle(lines)
        for stem, host, text in lines[:count]:
            time += timedelta(microseconds=draw.randrange(2000))
            yield _sent(draw, time, stem, host, text)
        count -= len(lines)


def message_set(name: str, count: int) -> Iterator[bytes]:
    """Give ``count`` messages of the set ``synthetic`` or ``real``."""
    return {"synthetic": synthetic, "real": real}[name](count)


@cache
def _lines() -> tuple[tuple[str, str | None, str], ...]:
    """Read the corpora: the program that wrote a line, its host or None, and the line without BSD header."""
    if not SHARED.is_dir():
        raise SystemExit(f"{ABSENT}: use --set synthetic")
    found = []
    for path in sorted((SHARED / "corpora" / "raw").rglob("*")):
        if not path.is_file():
            continue
        stem = re.sub(r"[^A-Za-z]+", "", path.name.split(".")[0].removesuffix("_2k")) or "log"
        for line in path.read_bytes().decode("utf-8", "replace").splitlines():
            text = line.replace("\0", "")[:_LONGEST].strip()
            header = _BSD.fullmatch(text)
            if header is not None:
                found.append((stem, header[1], header[2]))
            elif text:
                found.append((stem, None, text))
    return tuple(found)


def _sent(draw: random.Random, time: datetime, stem: str, host: str | None, text: str) -> bytes:
    prival = 8 * draw.choice((0, 1, 3, 4, 10, 16, 17, 23)) + draw.choice((3, 4, 5, 6, 6, 6, 6, 7))
    if host is None:
        host = f"{stem.lower()}{draw.randrange(20):02d}"
        if draw.getrandbits(1):
            stamp = f"{time:%Y-%m-%dT%H:%M:%S.%f}+00:00"
            return f"<{prival}>1 {stamp} {host} {stem} {draw.randrange(300, 900)} - - {text}".encode()
        text = f"{stem}[{draw.randrange(300, 900)}]: {text}"
    return f"<{prival}>{time:%b} {time.day:2d} {time:%H:%M:%S} {host} {text}".encode()
