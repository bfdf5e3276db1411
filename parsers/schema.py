"""The record: what Sysledger keeps about one message, as Arrow columns.

A record exists in two shapes. In a *batch* (collector to storage) ``raw`` holds the octets of every message
and there is no ``seq`` yet. In the *archive* storage has given each record its ``seq``, and ``raw`` is null
wherever the other columns give the octets back (see parsers/rebuild.py). The journal is between the two: it
has batches, with ``raw`` as in the archive.
"""

from enum import StrEnum
from typing import Final

import pyarrow as pa

DICTIONARY: Final = pa.dictionary(pa.int32(), pa.string())
RECEIVED_AT: Final = pa.timestamp("ns", tz="UTC")
TIMESTAMP: Final = pa.timestamp("us", tz="UTC")
FLAGS: Final = pa.list_(pa.dictionary(pa.int8(), pa.string()))


class Format(StrEnum):
    """How a header was read, or where there is none, the text: the values of the column ``format``."""

    RFC5424 = "rfc5424"
    RFC3164 = "rfc3164"
    CEF = "cef"  # this and what follows: no header but PRI, or none at all
    LEEF = "leef"
    GELF = "gelf"
    JSON = "json"
    KEYVALUE = "keyvalue"
    UNPARSED = "unparsed"


class Flag(StrEnum):
    """Every leniency a receiver can have used: the values of the column ``flags``.

    A message without flags conforms to its standard to the letter, so that "strict conformance" is a
    query and not a mode. (RFC 3164 leaves year and zone open, so that its messages have those two flags.)
    """

    PRI_ASSUMED = "pri_assumed"  # no valid PRI: 13 was assumed (RFC 3164 section 4.3.3)
    VERSION_UNKNOWN = "version_unknown"  # RFC 5424's layout under another VERSION
    TIMESTAMP_LENIENT = "timestamp_lenient"  # readable, but not as the standard writes it
    TIMESTAMP_INVALID = "timestamp_invalid"  # a time stood there that names no instant
    YEAR_INFERRED = "year_inferred"  # RFC 3164 has no year: the last at most a day past receipt
    TIMEZONE_ASSUMED = "timezone_assumed"  # no zone on the wire: the source's setting was taken
    HOSTNAME_MISSING = "hostname_missing"  # RFC 3164 without HOSTNAME
    HEADER_LENIENT = "header_lenient"  # a field too long, foreign or missing; on all that is unparsed
    SD_MALFORMED = "sd_malformed"  # STRUCTURED-DATA that RFC 5424 section 6.3 does not allow
    UTF8_INVALID = "utf8_invalid"  # octets that are not UTF-8, shown as U+FFFD
    FRAMING_ERROR = "framing_error"  # the frame's end was guessed or resynchronised
    TRUNCATED = "truncated"  # its end is missing: over the limit, or the stream ended in it
    INFLATED = "inflated"  # it came compressed, which rsyslog can do and no standard of syslog knows
    TOKEN_WRONG = "token_wrong"  # noqa: S105 - a token of no tenant, or where none counts, was taken out


# Columns in the order in which they stand in every batch and every archive file.
BATCH_SCHEMA: Final = pa.schema(
    [
        pa.field("received_at", RECEIVED_AT, nullable=False),
        pa.field("timestamp", TIMESTAMP),
        pa.field("timestamp_form", DICTIONARY),
        pa.field("facility", pa.int8(), nullable=False),
        pa.field("severity", pa.int8(), nullable=False),
        pa.field("hostname", pa.string()),
        pa.field("app_name", pa.string()),
        pa.field("proc_id", pa.string()),
        pa.field("msg_id", pa.string()),
        pa.field("structured_data", pa.string()),
        pa.field("message", pa.string()),
        pa.field("message_form", DICTIONARY),
        pa.field("format", DICTIONARY, nullable=False),
        pa.field("flags", FLAGS, nullable=False),
        pa.field("peer", DICTIONARY, nullable=False),
        pa.field("listener", DICTIONARY, nullable=False),
        pa.field("transport", DICTIONARY, nullable=False),
        pa.field("tls_identity", DICTIONARY),
        pa.field("fields", pa.map_(pa.string(), pa.string())),
        pa.field("raw", pa.binary()),
    ]
)
ARCHIVE_SCHEMA: Final = pa.schema([pa.field("seq", pa.int64(), nullable=False), *BATCH_SCHEMA])

SCHEMA_VERSION: Final = 1
