"""The synthetic message set of the benchmarks: the hard case, everything in it drawn at random.

178 octets a message on average, RFC 5424, hosts, programs, addresses, ports and ids at random, so that
neither compression nor an index gets anything for free. The same seed gives the same octets.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_PROGRAMS = ("sshd", "sudo", "nginx", "postfix/smtpd", "kernel", "cron", "named", "dhcpd", "haproxy", "app")
_TEXTS = (
    "Failed password for {user} from {address} port {port} ssh2 session {identifier}",
    "Accepted publickey for {user} from {address} port {port} ssh2: RSA SHA256:{identifier}",
    "connection from {address}:{port} closed by {user} after {number} octets, id {identifier}",
    "GET /api/v1/items/{number}?user={user} HTTP/1.1 200 {port} from {address} request {identifier}",
)


def messages(count: int, seed: int = 1) -> Iterator[bytes]:
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
