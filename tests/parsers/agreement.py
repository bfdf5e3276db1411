"""How far we agree with the corpora of trust L: a report for people, no test.

    python -m tests.parsers.agreement [--show N] FILE…     e.g. peer_consensus beats_rfc3164

Peers disagree among themselves there, so that a rate is not to be driven to 100 %: it shows where to look.
"""

import argparse
import re
import sys
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any, Final

from parsers.render import parse_lines
from tests.shared import corpus

FIELDS: Final = ("facility", "severity", "hostname", "app_name", "proc_id", "msg_id", "message")
MODES: Final = ("auto", "rfc3164", "rfc5424")
NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


def record_of(case: dict[str, Any]) -> dict[str, Any]:
    """Give the JSON record of a case's message, received at the case's own time."""
    now = case.get("context", {}).get("now")
    received = datetime.fromisoformat(now) if isinstance(now, str) else NOON
    (record,) = parse_lines(
        [b64encode(b64decode(case["input_b64"]))],
        base64=True,
        format=case["mode"],
        received_at=int(received.timestamp()) * 10**9,
        timezone=UTC,
    )
    return record


def wrong(record: dict[str, Any], expect: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields that differ: ours and theirs."""
    if expect.get("error"):
        flagged = record["flags"] or record["format"] == "unparsed"
        return {} if flagged else {"error": (record["format"], "rejected")}
    without_pri = "pri_assumed" in record["flags"]  # theirs are absent then, ours are 13's
    found: dict[str, tuple[Any, Any]] = {
        name: (record[name], expect[name])
        for name in FIELDS
        if name in expect
        and told(record[name]) != told(expect[name])
        and not (without_pri and name in {"facility", "severity"} and expect[name] is None)
    }
    stamp = expect.get("timestamp")
    if stamp and not same_time(record["timestamp"], stamp):
        found["timestamp"] = (record["timestamp"], stamp)
    return found


def told(value: Any) -> Any:
    """A value for comparing: rsyslog's bench keeps the SP before MSG, and "-" is its word for none."""
    text = value.removeprefix(" ") if isinstance(value, str) else value
    return None if text in {"", "-"} else text


def same_time(ours: str | None, theirs: str) -> bool:
    """Whether two stamps are one instant; without year or zone on the wire, the same wall-clock text."""
    if ours is None:
        return False
    try:
        instant = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", theirs.replace("--", ours[:5], 1)))
    except ValueError:
        return False
    mine = datetime.fromisoformat(ours if "." in theirs else ours[:19] + "Z")
    return mine.replace(tzinfo=instant.tzinfo) == instant if instant.tzinfo is None else mine == instant


def write(line: str) -> None:
    """Write a line of the report."""
    sys.stdout.write(f"{line}\n")


def report(file: str, show: int) -> None:
    """Print a corpus' rate, the rate of each field, and the first cases of each kind of difference."""
    cases = [case for case in corpus(file) if case.get("mode") in MODES]
    kinds: Counter[str] = Counter()
    shown: defaultdict[str, list[str]] = defaultdict(list)
    agreed = 0
    for case in cases:
        record = record_of(case)
        differing = wrong(record, case["expect"])
        agreed += not differing
        for name, (ours, theirs) in differing.items():
            kinds[name] += 1
            if len(shown[name]) < show:
                start = b64decode(case["input_b64"])[:110]
                shown[name].append(f"{start!r}\n        ours {ours!r:.90}\n        theirs {theirs!r:.90}")
    write(f"{file}: {agreed} of {len(cases)} agree ({100 * agreed / len(cases):.1f} %)")
    for name, count in kinds.most_common():
        write(f"  {name}: {count} differ")
        for example in shown[name]:
            write(f"    {example}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--show", type=int, default=3)
    arguments.add_argument("files", nargs="+")
    chosen = arguments.parse_args()
    for one in chosen.files:
        report(one, chosen.show)
