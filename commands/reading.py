"""`sysledger parse` and `sysledger explain`: what is read out of a message."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from commands.arguments import applied_settings, receipt_of
from commands.rules import choice_of
from commands.words import end_with_the_pipe, fail
from supervisor import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.applied import Applied


def parse(
    file: options.Lines = Path("-"),
    form: options.Format = None,
    base64: options.Base64 = False,
    received_at: options.ReceivedAt = "now",
    timezone: options.Timezone = None,
    config: options.Config = None,
    listener: options.Listener = None,
    peer: options.Peer = "",
) -> None:
    """Read messages, one a line, and print each as one JSON object a line.

    With --config, --listener or --peer each object says in "source" which settings applied.
    """
    from collector.reader import Reader
    from parsers.lines import parse_lines

    end_with_the_pipe()
    received, applied = receipt_of(received_at), applied_settings(config, listener, peer, form, timezone)
    reader = Reader("parse", "file", applied.sources)
    asked = config is not None or listener is not None or peer
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
        records = parse_lines(
            lines,
            base64=base64,
            received_at=received,
            read=lambda frames, arrivals: reader.read(frames, arrivals, {}),
            peer=peer,
        )
        try:
            for record in records:
                if asked:
                    record["source"] = applied.document(applied.sources.of(peer, record["hostname"]))
                print(json.dumps(record, ensure_ascii=False))
        except ValueError as error:
            fail(str(error), os.EX_DATAERR)


def explain(
    message: options.Message,
    form: options.Format = None,
    received_at: options.ReceivedAt = "now",
    timezone: options.Timezone = None,
    config: options.Config = None,
    listener: options.Listener = None,
    peer: options.Peer = "",
) -> None:
    """Show what each octet of a message was read as, by which settings, and what departs from a standard."""
    from parsers.explain import as_text
    from parsers.explain import explain as explained

    octets = sys.stdin.buffer.read().removesuffix(b"\n") if message == "-" else os.fsencode(message)
    received, applied = receipt_of(received_at), applied_settings(config, listener, peer, form, timezone)
    chosen = applied.sources.of_peer(peer)
    found = explained(octets, received_at=received, source=chosen.reading)
    by_host = applied.sources.of_host(found.record["hostname"])
    if by_host is not None:
        chosen = by_host
        found = explained(octets, received_at=received, source=chosen.reading)
    print(f"settings: {applied.sentence(chosen)}")
    print(as_text(found), end="")
    for line in _fields_told(octets, received, peer, applied, config):
        print(line)


def _fields_told(
    octets: bytes, received: int, peer: str, applied: "Applied", config: Path | None
) -> "Iterator[str]":
    """Tell a message's fields and the rule that gives them, safe for a terminal."""
    from collector.reader import Reader
    from parsers.pipeline import Arrival
    from parsers.rules.trial import fields_told
    from web.visible import plain

    reader = Reader("explain", "file", applied.sources)
    records = reader.read([octets], [Arrival(received, peer, 1)], {})
    return map(plain, fields_told(records, choice_of(config, applied.settings.stream)))
