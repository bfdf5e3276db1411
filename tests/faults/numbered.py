"""Messages that carry their sender's name and a number, made by the thousand without a loop over them.

HOSTNAME is the sender's name, PROCID the number in twelve digits, and the text ends in " end": a message that
was cut anywhere is not taken for another.
"""

import random
from typing import Final

DIGITS: Final = 12
END: Final = " end"
_PLACE: Final = b"@" * DIGITS
_WORDS: Final = (
    "session",
    "opened",
    "user",
    "denied",
    "port",
    "closed",
    "link",
    "packet",
    "query",
    "timeout",
)


class Numbered:
    """The messages of one sender, in chunks that follow each other without a gap.

    A chunk is made by one replacement: all but its last digits are the same in a whole chunk.

    Args:
        sender: name of the sender, which becomes HOSTNAME.
        chunk: how many messages a chunk has: a power of ten.
        seed: of the texts.
        words: of each text: six make messages of some 130 octets.
    """

    def __init__(self, sender: str, chunk: int = 100, seed: int = 1, words: int = 6) -> None:
        self.sender, self.chunk, self._words = sender, chunk, words
        self._low = len(str(chunk)) - 1
        draw = random.Random(seed)
        self._template = b"".join(self._line(number, draw) for number in range(chunk))
        self._place = _PLACE[: DIGITS - self._low]

    def _line(self, number: int, draw: random.Random) -> bytes:
        text = " ".join(draw.choices(_WORDS, k=self._words))
        address = f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}"
        high, low = "@" * (DIGITS - self._low), f"{number:0{self._low}d}"
        return (
            f"<{draw.randrange(192)}>1 - {self.sender} faults {high}{low} - - "
            f"{text} from {address} id {draw.getrandbits(64):016x}{END}\n"
        ).encode()

    def lines(self, number: int) -> bytes:
        """Give chunk ``number``, from 0: its messages, each ended by LF."""
        return self._template.replace(self._place, b"%0*d" % (len(self._place), number))

    def messages(self, number: int) -> list[bytes]:
        """Give the messages of chunk ``number`` one by one, without LF."""
        return self.lines(number).split(b"\n")[:-1]
