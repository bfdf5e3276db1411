"""What the tests of the rule files share: the files as they are shipped, and the corpora's real messages."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from collector.rule_settings import SHIPPED
from collector.rules import load_file, shipped_folder
from parsers.pipeline import Arrival, parse_frames
from parsers.rules import RuleBase
from parsers.rules.choice import Choice, Chosen
from tests.shared import SHARED, corpus

NOW: Final = 1_795_262_400 * 10**9  # 2026-11-21T12:00:00Z
TAGS: Final = "event.tags"
_CORPORA: Final = ("beats_modules", "sc4s_vendors", "ossec_predecode", "loghub_structured")
_AT_ONCE: Final = 8_192


@cache
def rulebase(name: str) -> RuleBase:
    """Give a shipped rule file, which has no fault."""
    base, problems = load_file(shipped_folder() / f"{name}.rules")
    assert not problems
    return base


@cache
def choice(name: str) -> Choice:
    """Give the choice of one shipped rule file for its programs alone."""
    return Choice([Chosen(name, rulebase(name), SHIPPED[name].apps, SHIPPED[name].contains)])


def fields(name: str, message: str) -> dict[str, str]:
    """Give the fields of a message by a shipped file, as a column of records has them; several tags as one."""
    records = pa.RecordBatch.from_pydict(
        {"app_name": pa.array(["app"], pa.string()), "message": pa.array([message], pa.string())}
    )
    found: dict[str, list[str]] = {}
    for entries in Choice([Chosen(name, rulebase(name))]).entries(records):
        for key, value in zip(entries.names.to_pylist(), entries.values.to_pylist(), strict=True):
            found.setdefault(key, []).append(value)
    return {key: " ".join(values) for key, values in found.items()}


def assert_fields(name: str, message: str, expected: Mapping[str, str]) -> None:
    """Assert that a message has these fields, and no others; the tag is called ``tag`` here."""
    found = fields(name, message)
    assert {"tag" if key == TAGS else key: value for key, value in found.items()} == expected


@cache
def corpora() -> tuple[pa.RecordBatch, ...]:
    """Give the corpora's real messages as records, each different octets once."""
    folder = SHARED / "corpora" / "raw"
    frames = [
        line
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".gz"
        for line in _lines(path)
    ]
    frames += [_octets(case) for name in _CORPORA for case in corpus(name) if "input_b64" in case]
    different = list(dict.fromkeys(frames))
    return tuple(
        _records(different[start : start + _AT_ONCE]) for start in range(0, len(different), _AT_ONCE)
    )


def _lines(path: Path) -> list[bytes]:
    octets = path.read_bytes()
    return [] if b"\0" in octets else [line for line in octets.splitlines() if line]


def _octets(case: dict[str, Any]) -> bytes:
    return b64decode(case["input_b64"])


def _records(frames: Sequence[bytes]) -> pa.RecordBatch:
    arrivals = [Arrival(NOW, "192.0.2.1", len(frames))]
    return parse_frames(frames, arrivals, listener="corpora", transport="file")
