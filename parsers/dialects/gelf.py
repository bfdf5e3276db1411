"""GELF 1.1 (Graylog): a JSON object with ``short_message``, ``host`` and ``version``.

One of the last two may be missing, which is flagged, as is any other version. Its host, time and level are
the record's columns; the message is the JSON text as it came, so that nothing is lost. It has no facility:
user, as for whatever names none (RFC 3164 section 4.3.3). A level that is left out is 1, alert, by the
specification.
"""

from dataclasses import replace
from typing import Final

from parsers.dialects.beginning import BRACKET
from parsers.dialects.payload import payload
from parsers.grammar import production
from parsers.schema import Flag, Format
from parsers.stamps import epoch_stamp

_SPACE: Final = r"[ \t\r\n]{0,8}"
_COLON: Final = rf"{_SPACE}:{_SPACE}"
VALUES: Final = {
    "hostname": (rf'"host"{_COLON}"', r'[^"\\\x00-\x1f]+'),
    "timestamp": (rf'"timestamp"{_COLON}"?', r"[0-9]{9,10}(?:\.[0-9]{1,9})?"),
    "severity": (rf'"level"{_COLON}"?', r"[0-7](?![0-9.])"),
}

DIALECT: Final = replace(
    payload(
        "GELF",
        92,
        Format.GELF,
        rf'\{{(?={_SPACE}")(?=(?s:.*?)"short_message"{_COLON}")(?=(?s:.*?)"(?:version|host)"{_COLON}")',
        {**VALUES, "version": (rf'"version"{_COLON}"', '1[.]1(?=")')},
        look=BRACKET,
    ),
    holds=b'"short_message"',
    strict_stamp=production("TIMESTAMP", epoch_stamp(named=False)),
    always=(),
    absent={"version": Flag.HEADER_LENIENT, "hostname": Flag.HOSTNAME_MISSING},
)
