"""key=value behind PRI, or alone: two pairs at least, so that a text with a "=" in it is still a text.

    time="2022-10-09T21:31:43Z" level=info msg="API listen on [::]:2376"

What programs write as logfmt has the time among the pairs: it is read where it is one of RFC 3339.
"""

from typing import Final

from parsers.dialects.payload import KEY, payload
from parsers.schema import Format

_KEY: Final = "[A-Za-z_][0-9A-Za-z_.-]{0,63}="
_VALUE: Final = r"""(?:"[^"]{0,256}"|'[^']{0,256}'|[^\x00-\x20"'=,;|]{0,256}+)"""

DIALECT: Final = payload(
    "key=value without HEADER",
    95,
    Format.KEYVALUE,
    rf"{_KEY}{_VALUE}[ ,;|\t]{{1,3}}{_KEY}",
    {"timestamp": (f'{KEY}(?:time|timestamp|ts)="?', r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.Z+-]{8,24}")},
)
