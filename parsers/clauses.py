"""Where each production stands in its RFC, and where each leniency departs from it; for people to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from parsers.schema import Flag

RFC5424: Final = "RFC 5424 section "
RFC3164: Final = "RFC 3164 section "


@dataclass(frozen=True, slots=True)
class Rule:
    """A production's clause and its definition: ABNF from RFC 5424, words from RFC 3164, which has none."""

    clause: str
    definition: str
    whole: bool = True  # explained as one range, not in its parts


# RFC 5424 section 6, in its order.
RFC5424_RULES: Final[Mapping[str, Rule]] = {
    "SYSLOG-MSG": Rule(RFC5424 + "6", "SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]", whole=False),
    "HEADER": Rule(
        RFC5424 + "6.2",
        "HEADER = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID",
        whole=False,
    ),
    "PRI": Rule(RFC5424 + "6.2.1", 'PRI = "<" PRIVAL ">"; PRIVAL = 1*3DIGIT ; range 0 .. 191'),
    "PRIVAL": Rule(RFC5424 + "6.2.1", "PRIVAL = 1*3DIGIT ; range 0 .. 191, no leading zeros"),
    "VERSION": Rule(RFC5424 + "6.2.2", "VERSION = NONZERO-DIGIT 0*2DIGIT ; 1 for RFC 5424"),
    "TIMESTAMP": Rule(RFC5424 + "6.2.3", 'TIMESTAMP = NILVALUE / FULL-DATE "T" FULL-TIME'),
    "FULL-DATE": Rule(RFC5424 + "6.2.3", 'FULL-DATE = DATE-FULLYEAR "-" DATE-MONTH "-" DATE-MDAY'),
    "DATE-FULLYEAR": Rule(RFC5424 + "6.2.3", "DATE-FULLYEAR = 4DIGIT"),
    "DATE-MONTH": Rule(RFC5424 + "6.2.3", "DATE-MONTH = 2DIGIT ; 01-12"),
    "DATE-MDAY": Rule(RFC5424 + "6.2.3", "DATE-MDAY = 2DIGIT ; 01-28, 01-29, 01-30, 01-31 by month and year"),
    "FULL-TIME": Rule(RFC5424 + "6.2.3", "FULL-TIME = PARTIAL-TIME TIME-OFFSET"),
    "PARTIAL-TIME": Rule(
        RFC5424 + "6.2.3", 'PARTIAL-TIME = TIME-HOUR ":" TIME-MINUTE ":" TIME-SECOND [TIME-SECFRAC]'
    ),
    "TIME-HOUR": Rule(RFC5424 + "6.2.3", "TIME-HOUR = 2DIGIT ; 00-23"),
    "TIME-MINUTE": Rule(RFC5424 + "6.2.3", "TIME-MINUTE = 2DIGIT ; 00-59"),
    "TIME-SECOND": Rule(RFC5424 + "6.2.3", "TIME-SECOND = 2DIGIT ; 00-59, no leap second"),
    "TIME-SECFRAC": Rule(RFC5424 + "6.2.3", 'TIME-SECFRAC = "." 1*6DIGIT'),
    "TIME-OFFSET": Rule(RFC5424 + "6.2.3", 'TIME-OFFSET = "Z" / TIME-NUMOFFSET'),
    "TIME-NUMOFFSET": Rule(RFC5424 + "6.2.3", 'TIME-NUMOFFSET = ("+" / "-") TIME-HOUR ":" TIME-MINUTE'),
    "HOSTNAME": Rule(RFC5424 + "6.2.4", "HOSTNAME = NILVALUE / 1*255PRINTUSASCII"),
    "APP-NAME": Rule(RFC5424 + "6.2.5", "APP-NAME = NILVALUE / 1*48PRINTUSASCII"),
    "PROCID": Rule(RFC5424 + "6.2.6", "PROCID = NILVALUE / 1*128PRINTUSASCII"),
    "MSGID": Rule(RFC5424 + "6.2.7", "MSGID = NILVALUE / 1*32PRINTUSASCII"),
    "STRUCTURED-DATA": Rule(RFC5424 + "6.3", "STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT", whole=False),
    "SD-ELEMENT": Rule(RFC5424 + "6.3.1", 'SD-ELEMENT = "[" SD-ID *(SP SD-PARAM) "]"', whole=False),
    "SD-ID": Rule(RFC5424 + "6.3.2", """SD-ID = 1*32PRINTUSASCII ; except '=', SP, ']', '"'"""),
    "SD-PARAM": Rule(RFC5424 + "6.3.3", """SD-PARAM = PARAM-NAME "=" '"' PARAM-VALUE '"'""", whole=False),
    "PARAM-NAME": Rule(RFC5424 + "6.3.3", """PARAM-NAME = 1*32PRINTUSASCII ; except '=', SP, ']', '"'"""),
    "PARAM-VALUE": Rule(
        RFC5424 + "6.3.3", """PARAM-VALUE = UTF-8-STRING ; characters '"', '\\' and ']' MUST be escaped"""
    ),
    "MSG": Rule(RFC5424 + "6.4", "MSG = MSG-ANY / MSG-UTF8", whole=False),
    "BOM": Rule(RFC5424 + "6.4", "BOM = %xEF.BB.BF"),
    "TRAILER": Rule(RFC5424 + "6.4", "TRAILER: octets LF, CR and NUL at the very end, kept out of the text"),
    "LEADING": Rule(RFC5424 + "6", "nothing may stand before PRI"),
    "NILVALUE": Rule(RFC5424 + "6", 'NILVALUE = "-"'),
    "SP": Rule(RFC5424 + "6", "SP = %d32"),
}

# RFC 3164 section 4.1, in its order, then what senders put between its parts.
RFC3164_RULES: Final[Mapping[str, Rule]] = {
    "SYSLOG-MSG": Rule(RFC3164 + "4.1", "the packet is PRI, HEADER and MSG", whole=False),
    "PRI": Rule(RFC3164 + "4.1.1", 'PRI is "<", the Priority value and ">"; 0 to 191, no leading zeros'),
    "PRIVAL": Rule(RFC3164 + "4.1.1", "the Priority value is 0 to 191, without leading zeros"),
    "HEADER": Rule(RFC3164 + "4.1.2", "the HEADER is TIMESTAMP SP HOSTNAME SP", whole=False),
    "TIMESTAMP": Rule(RFC3164 + "4.1.2", 'TIMESTAMP is "Mmm dd hh:mm:ss"'),
    "MONTH": Rule(RFC3164 + "4.1.2", "Mmm is Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov or Dec"),
    "DAY": Rule(RFC3164 + "4.1.2", "dd is 1 to 31, with a space before a single digit"),
    "TIME": Rule(RFC3164 + "4.1.2", "hh is 00 to 23, mm and ss are 00 to 59"),
    "HOSTNAME": Rule(RFC3164 + "4.1.2", "HOSTNAME is a host name, an IPv4 or an IPv6 address, without SP"),
    "MSG": Rule(RFC3164 + "4.1.3", "MSG is TAG and CONTENT", whole=False),
    "TAG": Rule(RFC3164 + "4.1.3", "TAG is up to 32 alphanumeric characters, ended by any other"),
    "PID": Rule(RFC3164 + "5.3", 'the process id follows TAG as "[PID]", by convention'),
    "SEPARATOR": Rule(RFC3164 + "4.1.3", "CONTENT begins with what ends TAG: by convention a colon and SP"),
    "TRAILER": Rule(RFC3164 + "4.1.3", "LF, CR and NUL at the very end are kept out of the text"),
    "SP": Rule(RFC3164 + "4.1.2", "a single space character"),
    "LEADING": Rule(RFC3164 + "4.1.1", "nothing may stand before PRI"),
    "AFTER-PRI": Rule(RFC3164 + "4.1.2", "TIMESTAMP follows PRI immediately"),
    "CLOCK-MARK": Rule(
        RFC3164 + "4.1.2", 'Cisco: "*" is a clock that is not set, "." one without its source'
    ),
    "AFTER-TIME": Rule(RFC3164 + "4.1.2", "a single SP follows TIMESTAMP"),
    "AFTER-HOSTNAME": Rule(RFC3164 + "4.1.2", "a single SP follows HOSTNAME"),
}

# What follows neither: RFC 3164 section 4.3.3 makes it all MSG, behind PRI where there is one.
UNPARSED_RULES: Final[Mapping[str, Rule]] = {
    "PRI": RFC3164_RULES["PRI"],
    "MSG": Rule(RFC3164 + "4.3.3", "all of it is MSG", whole=False),
    "LEADING": RFC3164_RULES["LEADING"],
    "AFTER-PRI": RFC3164_RULES["AFTER-PRI"],
    "TRAILER": RFC3164_RULES["TRAILER"],
}

# What each flag says happened, and the clause that it departs from or that leaves it open.
LENIENCIES: Final[Mapping[Flag, tuple[str, str]]] = {
    Flag.PRI_ASSUMED: (
        "There is no valid PRI: 13 (facility user, severity notice) was assumed.",
        RFC3164 + "4.3.3",
    ),
    Flag.VERSION_UNKNOWN: (
        "The VERSION is not 1; the rest has RFC 5424's layout and was read by it.",
        RFC5424 + "6.2.2",
    ),
    Flag.TIMESTAMP_LENIENT: (
        "The time is not written as the standard says, but can be read.",
        f"{RFC5424}6.2.3, {RFC3164}4.1.2",
    ),
    Flag.TIMESTAMP_INVALID: (
        "What stands in the time's place names no instant: the record has no time of the originator.",
        f"{RFC5424}6.2.3, {RFC3164}4.1.2",
    ),
    Flag.YEAR_INFERRED: (
        "The time has no year: the last one that is not over a day past receipt was taken.",
        RFC3164 + "4.1.2",
    ),
    Flag.TIMEZONE_ASSUMED: (
        "The time names no zone: the source's setting was taken.",
        RFC3164 + "4.1.2",
    ),
    Flag.HOSTNAME_MISSING: ("There is no HOSTNAME.", RFC3164 + "4.1.2"),
    Flag.HEADER_LENIENT: (
        "A header field is too long, missing, or has octets in it that may not stand there.",
        f"{RFC5424}6.2, {RFC3164}4.1",
    ),
    Flag.SD_MALFORMED: (
        "The STRUCTURED-DATA is not as the standard says, or has an SD-ID twice; it is kept as it came.",
        RFC5424 + "6.3",
    ),
    Flag.UTF8_INVALID: (
        "Some octets are not UTF-8: they are shown as U+FFFD, and kept as they came.",
        RFC5424 + "6.4",
    ),
    Flag.FRAMING_ERROR: ("Where the message ends in its stream was guessed.", "RFC 6587 section 3.4"),
    Flag.TRUNCATED: (
        "The end is missing: the message was longer than the limit, or its connection ended within it.",
        RFC5424 + "6.1",
    ),
    Flag.INFLATED: ("It came compressed, which rsyslog can do and no standard of syslog knows.", "rsyslog"),
    Flag.TOKEN_WRONG: (
        "It had a token of no tenant, or one where none counts, which was taken out.",
        RFC5424 + "6.3",
    ),
}
