"""How the messages of one source are read: what its devices leave out, and no octet of theirs can tell."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, Literal

DateOrder = Literal["day_first", "month_first"]


@dataclass(frozen=True, slots=True)
class Source:
    """The reading of one source. The defaults know nothing of it.

    ``format`` is which dialects to try: auto tries all, rfc5424 that standard's, and rfc3164 that one's but
    no device's. ``timezone`` is that of times without one. ``charset`` is what octets are decoded by that are
    not UTF-8; "utf-8" shows them as U+FFFD, with the flag utf8_invalid. ``date_order`` tells 05/06 from
    06/05; None never guesses, and reads no time.
    """

    format: str = "auto"
    timezone: tzinfo = UTC
    charset: str = "utf-8"
    date_order: DateOrder | None = None


UNKNOWN_SOURCE: Final = Source()
