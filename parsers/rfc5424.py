"""RFC 5424 to the letter: its section 6 as a pyparsing grammar, each production below its ABNF.

pyparsing chooses the first alternative that matches and never goes back, so NILVALUE, which ABNF lets a
longer word begin with, says here that it ends its field. Lengths need no such care: a word that is too
long is cut at its limit, and then the SP that must follow is not there.

The results names are the record's columns, and two names for how MSG stood there: ``bom`` and
``trailer``. NILVALUE carries no name, so that its column is null. What this grammar does not match goes
to parsers/rfc5424_lenient.py.
"""

import re
from typing import Final

from pyparsing import Combine, FollowedBy, Literal, OneOrMore, Opt, Regex, StringEnd, Word, ZeroOrMore

from parsers.grammar import DIGIT, PRINTUSASCII, SP, TRAILER_OCTETS, production

# NILVALUE = "-" ; a hyphen alone
NILVALUE: Final = production("NILVALUE", Literal("-") + FollowedBy(SP | StringEnd()))

# PRIVAL = 1*3DIGIT ; range 0 .. 191
PRIVAL: Final = production("PRIVAL", Regex("1[0-8][0-9]|19[01]|[1-9][0-9]|[0-9]", re.ASCII))
# PRI = "<" PRIVAL ">"
PRI: Final = production("PRI", "<" + PRIVAL("pri") + ">")
# VERSION = NONZERO-DIGIT 0*2DIGIT ; this document's is 1 (section 9.1)
VERSION: Final = production("VERSION", Literal("1"))

# DATE-FULLYEAR = 4DIGIT
DATE_FULLYEAR: Final = production("DATE-FULLYEAR", Word(DIGIT, exact=4))
# DATE-MONTH = 2DIGIT ; 01-12
DATE_MONTH: Final = production("DATE-MONTH", Regex("0[1-9]|1[0-2]", re.ASCII))
# DATE-MDAY = 2DIGIT ; 01-28, 01-29, 01-30, 01-31 based on month/year
DATE_MDAY: Final = production("DATE-MDAY", Regex("0[1-9]|[12][0-9]|3[01]", re.ASCII))
# FULL-DATE = DATE-FULLYEAR "-" DATE-MONTH "-" DATE-MDAY
FULL_DATE: Final = production("FULL-DATE", DATE_FULLYEAR + "-" + DATE_MONTH + "-" + DATE_MDAY)
# TIME-HOUR = 2DIGIT ; 00-23
TIME_HOUR: Final = production("TIME-HOUR", Regex("[01][0-9]|2[0-3]", re.ASCII))
# TIME-MINUTE = 2DIGIT ; 00-59
TIME_MINUTE: Final = production("TIME-MINUTE", Regex("[0-5][0-9]", re.ASCII))
# TIME-SECOND = 2DIGIT ; 00-59
TIME_SECOND: Final = production("TIME-SECOND", Regex("[0-5][0-9]", re.ASCII))
# TIME-SECFRAC = "." 1*6DIGIT
TIME_SECFRAC: Final = production("TIME-SECFRAC", "." + Word(DIGIT, max=6))
# TIME-NUMOFFSET = ("+" / "-") TIME-HOUR ":" TIME-MINUTE
TIME_NUMOFFSET: Final = production(
    "TIME-NUMOFFSET", (Literal("+") | Literal("-")) + TIME_HOUR + ":" + TIME_MINUTE
)
# TIME-OFFSET = "Z" / TIME-NUMOFFSET
TIME_OFFSET: Final = production("TIME-OFFSET", Literal("Z") | TIME_NUMOFFSET)
# PARTIAL-TIME = TIME-HOUR ":" TIME-MINUTE ":" TIME-SECOND [TIME-SECFRAC]
PARTIAL_TIME: Final = production(
    "PARTIAL-TIME", TIME_HOUR + ":" + TIME_MINUTE + ":" + TIME_SECOND + Opt(TIME_SECFRAC)
)
# FULL-TIME = PARTIAL-TIME TIME-OFFSET
FULL_TIME: Final = production("FULL-TIME", PARTIAL_TIME + TIME_OFFSET)
# TIMESTAMP = NILVALUE / FULL-DATE "T" FULL-TIME
TIMESTAMP: Final = production("TIMESTAMP", NILVALUE | Combine(FULL_DATE + "T" + FULL_TIME)("timestamp"))

# HOSTNAME = NILVALUE / 1*255PRINTUSASCII
HOSTNAME: Final = production("HOSTNAME", NILVALUE | Word(PRINTUSASCII, max=255)("hostname"))
# APP-NAME = NILVALUE / 1*48PRINTUSASCII
APP_NAME: Final = production("APP-NAME", NILVALUE | Word(PRINTUSASCII, max=48)("app_name"))
# PROCID = NILVALUE / 1*128PRINTUSASCII
PROCID: Final = production("PROCID", NILVALUE | Word(PRINTUSASCII, max=128)("proc_id"))
# MSGID = NILVALUE / 1*32PRINTUSASCII
MSGID: Final = production("MSGID", NILVALUE | Word(PRINTUSASCII, max=32)("msg_id"))
# HEADER = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
HEADER: Final = production(
    "HEADER",
    PRI + VERSION + SP + TIMESTAMP + SP + HOSTNAME + SP + APP_NAME + SP + PROCID + SP + MSGID,
)

# SD-NAME = 1*32PRINTUSASCII ; except '=', SP, ']', %d34 (")
SD_NAME: Final = production("SD-NAME", Word(PRINTUSASCII, max=32, exclude_chars='=]"'))
# SD-ID = SD-NAME
SD_ID: Final = production("SD-ID", SD_NAME.copy())
# PARAM-NAME = SD-NAME
PARAM_NAME: Final = production("PARAM-NAME", SD_NAME.copy())
# PARAM-VALUE = UTF-8-STRING ; characters '"', '\' and ']' MUST be escaped. A backslash before any other
# character is a backslash (section 6.3.3), so it takes the next octet along, whatever that is.
PARAM_VALUE: Final = production(
    "PARAM-VALUE", Regex(r'[^"\\\]]*+(?>(?:\\.[^"\\\]]*+)*)', re.ASCII | re.DOTALL)
)
# SD-PARAM = PARAM-NAME "=" %d34 PARAM-VALUE %d34
SD_PARAM: Final = production("SD-PARAM", PARAM_NAME + "=" + '"' + PARAM_VALUE + '"')
# SD-ELEMENT = "[" SD-ID *(SP SD-PARAM) "]"
SD_ELEMENT: Final = production("SD-ELEMENT", "[" + SD_ID + ZeroOrMore(SP + SD_PARAM) + "]")
# STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT
STRUCTURED_DATA: Final = production(
    "STRUCTURED-DATA", NILVALUE | Combine(OneOrMore(SD_ELEMENT))("structured_data")
)

# BOM = %xEF.BB.BF
BOM: Final = production("BOM", Literal("\xef\xbb\xbf"))
# MSG-ANY = *OCTET ; not starting with BOM. Octets LF, CR and NUL at its very end are MSG's too, but many
# a sender's TRAILER stands there, counted in: they are named apart, and the message's text goes without.
MSG_TEXT: Final = production("MSG", Regex(rf"(?:.*[^{TRAILER_OCTETS}])?", re.ASCII | re.DOTALL)("message"))
MSG_TRAILER: Final = production("TRAILER", Regex(f"[{TRAILER_OCTETS}]+", re.ASCII)("trailer"))
# MSG = MSG-ANY / MSG-UTF8 ; without a BOM, or with one
# MSG-UTF8 = BOM UTF-8-STRING
MSG: Final = production("MSG", Opt(BOM("bom")) + MSG_TEXT + Opt(MSG_TRAILER))

# SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]
SYSLOG_MSG: Final = production(
    "SYSLOG-MSG", HEADER + SP + STRUCTURED_DATA + Opt(SP + MSG) + StringEnd()
).parse_with_tabs()
