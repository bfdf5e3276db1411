"""An archive for the auditor's question: every failed administrator login on the payment servers in March.

    python -m tests.benchmarks.march FOLDER [--messages 5000000]

Real messages, received evenly from the last week of February to the first of April 2026, and among them the
logins: of administrators and of others, failed and accepted, on payment servers and elsewhere, in March and
beside it. The answer is known, and printed. FOLDER gets ``var``, the data folder.
"""

import argparse
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from collector.rules import load_rules, rules_for
from collector.settings import CollectorSettings
from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.handoff import check_batch
from storage.indexer import Indexer
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import IndexSettings, StorageSettings
from tests.benchmarks.archive import BATCH, _seal
from tests.benchmarks.messages import message_set

FIRST: Final = datetime(2026, 2, 22, tzinfo=UTC)
LAST: Final = datetime(2026, 4, 8, tzinfo=UTC)
MARCH: Final = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
LOGINS: Final = 4_000
SERVERS: Final = ("pay-1", "pay-2", "pay-3", "pay-db", "web-1", "web-2", "mail", "files")
USERS: Final = ("root", "administrator", "admin", "alice", "bob", "backup", "www-data")
ADMINISTRATORS: Final = frozenset({"root", "administrator", "admin"})


def main() -> None:
    """Build it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=5_000_000)
    arguments = parser.parse_args()
    layout = Layout(arguments.folder / "var")
    layout.data.mkdir(parents=True)
    wanted = _store(layout, arguments.messages)
    indexer = Indexer(IndexSettings(), layout)
    indexer.once()
    indexer.once()
    print(f"{arguments.messages:,} messages; {wanted} of them are what the question asks for")


def _store(layout: Layout, count: int) -> int:
    settings, stream, chance = StorageSettings(), StreamName(), random.Random(6)
    start = int(FIRST.timestamp()) * 10**9
    step = int((LAST - FIRST).total_seconds()) * 10**9 // count
    places = dict(zip(sorted(chance.sample(range(count), LOGINS)), range(LOGINS), strict=True))
    journal = Journal(layout, stream, settings.journal, start / 10**9)
    fields = rules_for(load_rules(CollectorSettings(), Path())[0], stream.stream)
    assert fields is not None, "the shipped rule files read the fields of sshd"
    wanted = [0]
    messages, stored, number = _messages(count, places, chance, wanted), 0, 0
    while frames := list(islice(messages, BATCH)):
        number += 1
        received = start + stored * step
        arrivals = [Arrival(received + place * step, "192.0.2.1", 1) for place in range(len(frames))]
        records = fields(parse_frames(frames, arrivals, listener="tcp", transport="tcp"))
        header = BatchHeader(
            stream.tenant, stream.stream, "march", number, len(frames), sum(map(len, frames))
        )
        batch = Batch(header, check_batch(header, header.encode(), encode_records(records)))
        journal.append([batch], received / 10**9)
        stored += len(frames)
        if journal.is_full(received / 10**9):
            _seal(layout, journal, received / 10**9, settings)
    _seal(layout, journal, LAST.timestamp() - 1, settings)
    journal.close()
    return wanted[0]


def _messages(
    count: int, places: dict[int, int], chance: random.Random, wanted: list[int]
) -> Iterator[bytes]:
    for number, message in enumerate(message_set("real", count)):
        if number not in places:
            yield message
            continue
        when = FIRST + (LAST - FIRST) * (number / count)
        login, is_wanted = _login(when, chance)
        wanted[0] += is_wanted
        yield login


def _login(when: datetime, chance: random.Random) -> tuple[bytes, bool]:
    """Give a login as sshd tells it, and whether it is one of those that are asked for."""
    server, user, failed = chance.choice(SERVERS), chance.choice(USERS), chance.random() < 0.5
    told = (when - timedelta(milliseconds=200)).strftime("%b %e %H:%M:%S")
    what = "Failed" if failed else "Accepted"
    place = f"203.0.113.{chance.randrange(256)} port {chance.randrange(1024, 65536)}"
    text = f"{what} password for {user} from {place} ssh2"
    octets = f"<86>{told} {server} sshd[{chance.randrange(300, 30000)}]: {text}".encode()
    in_march = MARCH[0] <= when < MARCH[1]
    return octets, failed and in_march and server.startswith("pay-") and user in ADMINISTRATORS


if __name__ == "__main__":
    main()
