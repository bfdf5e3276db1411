"""Lines of a file as messages: what `sysledger parse` does."""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final

import pyarrow as pa

from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import slimmed
from parsers.render import JsonRecord, records_to_json
from parsers.source import Source

LINES_AT_ONCE: Final = 1024  # bounds what `sysledger parse` holds of an endless input

Read = Callable[[Sequence[bytes], Sequence[Arrival]], pa.RecordBatch]


def parse_lines(
    lines: Iterable[bytes],
    *,
    base64: bool,
    received_at: int,
    read: Read,
    peer: str = "",
) -> Iterator[JsonRecord]:
    """Parse one message a line and give its JSON record, as `sysledger parse` does.

    Args:
        lines: each with or without the LF that ends it, which is not part of the message.
        base64: whether each line is the message in base64.
        received_at: nanoseconds since the epoch, taken as every message's time of receipt.
        read: makes records of frames and their arrivals; see ``reading``.
        peer: taken as every message's sender.

    Raises:
        ValueError: for a line that is not base64, with its number.
    """
    messages = _messages(lines, base64=base64)
    while frames := list(islice(messages, LINES_AT_ONCE)):
        arrivals = [Arrival(received_at=received_at, peer=peer, count=len(frames))]
        yield from records_to_json(slimmed(read(frames, arrivals)))


def reading(source: Source) -> Read:
    """Give what reads frames as those of one source."""
    return partial(parse_frames, listener="parse", transport="file", source=source)


def _messages(lines: Iterable[bytes], *, base64: bool) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        message = line.removesuffix(b"\n")
        try:
            yield b64decode(message.strip(), validate=True) if base64 else message
        except ValueError as error:
            raise ValueError(
                f"line {number} is not base64 ({error}): leave --base64 out, or mend it"
            ) from error
