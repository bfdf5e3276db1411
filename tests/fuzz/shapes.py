"""Hostile messages of any size: a real one, in which one piece is repeated until it is large enough.

Whatever a pattern is quadratic in, it must first get there, and then find more and more of the same: so each
piece of each real message has its turn, and behind the repetition the message either goes on or breaks off.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(rb"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]")
# What is put between two tokens of a message besides what stands there already.
DELIMITERS: Final = (
    b" ", b"a", b"1", b"a ", b"1 ", b"A-1 ", b": ", b":", b"a: ", b"[", b"]", b"[a", b'[a b="', b'"', b'\\"',
    b"\\", b"=", b"a=", b"a=b ", b'a="', b"|", b"\t", b"#011", b"{", b'{"a":', b"[1,", b"<", b"<1>", b"%",
    b"%A-1-B: ", b".", b"1.", b"-", b"- ", b",", b"/", b"@", b"*", b"\0", b"\n", b"\r", b"\xff",
    b"\xef\xbb\xbf",
    b"2026-11-20T12:00:00Z ", b"Nov 20 12:00:00 ", b"12:",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A message with one piece repeated."""

    before: bytes
    piece: bytes
    after: bytes

    def of(self, octets: int) -> bytes:
        """Give it in about that size."""
        room = octets - len(self.before) - len(self.after)
        return self.before + self.piece * max(1, room // len(self.piece)) + self.after


def shapes_of(message: bytes, places: int = 40) -> Iterator[Shape]:
    """Give every shape of a message: of its first tokens each, in pairs and in threes, and each delimiter.

    Args:
        message: a real one.
        places: how many of its tokens are looked at.
    """
    tokens = [(found.start(), found.end()) for found in _TOKEN.finditer(message)]
    for number, (start, end) in enumerate(tokens[:places]):
        ends = [end for _, end in tokens[number : number + 3]]
        pieces = {message[start:until] for until in ends}.union(DELIMITERS)
        for piece in sorted(pieces):
            yield Shape(message[:start], piece, message[start:])
            yield Shape(message[:start], piece, b"")
