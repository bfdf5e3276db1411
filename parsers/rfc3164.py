r"""RFC 3164 as it is written: its section 4.1 as a pyparsing grammar.

The RFC is prose without ABNF and says of TAG only that what is not alphanumeric ends it; by the letter
``postfix/smtpd[7]:`` is TAG ``postfix`` with a CONTENT that begins ``/smtpd[7]:``. Read is what all senders
mean by it: TAG goes to SP, colon or bracket, and CONTENT may begin with ``[PID]``, a colon, a space.

The results names are the record's columns (TAG is app_name, PID proc_id) and, for what stood between
them, ``separator`` and ``trailer``. What this grammar does not match goes to parsers/rfc3164_lenient.py.
"""

import re
from typing import Final

from pyparsing import Combine, Opt, Regex, StringEnd, alphanums

from parsers.grammar import SP, production
from parsers.rfc5424 import MSG_TEXT, MSG_TRAILER, PRI

# Mmm: "Jan" to "Dec", with the first letter upper case
MONTH: Final = production("MONTH", Regex("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec", re.ASCII))
# dd: under 10, a space and the digit
DAY: Final = production("DAY", Regex(" [1-9]|[12][0-9]|3[01]", re.ASCII))
# hh:mm:ss: 00-23, 00-59, 00-59
TIME: Final = production("TIME", Regex("(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]", re.ASCII))
# TIMESTAMP = Mmm SP dd SP hh:mm:ss
TIMESTAMP: Final = production("TIMESTAMP", Combine(MONTH + SP + DAY + SP + TIME)("timestamp"))

# HOSTNAME: a host name, an IPv4 or an IPv6 address, without SP. The RFC forbids the domain name, but
# everybody sends it and nothing is lost by reading it. Four digits of our time are a year (section 5.1).
HOSTNAME: Final = production(
    "HOSTNAME",
    Regex(
        rf"(?!(?:19|20)[0-9]{{2}} )[{alphanums}](?:[{alphanums}.-]*[{alphanums}])?(?= |\Z)"
        r"|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f.:]*(?:%[0-9A-Za-z._-]+)?(?= |\Z)",
        re.ASCII,
    )("hostname"),
)

# TAG: alphanumeric, at most 32, ended by what is not
TAG: Final = production(
    "TAG",
    Regex(rf"(?=[{alphanums}]{{1,32}}(?![{alphanums}]))[{alphanums}][!-9;-Z\\^-~]*", re.ASCII)("app_name"),
)
# PID: by convention, in brackets (section 5.3)
PID: Final = production("PID", "[" + Regex(r"[!-Z\\^-~]+(?=\])", re.ASCII)("proc_id") + "]")
# SEPARATOR: what stands between them and the text proper
SEPARATOR: Final = production("SEPARATOR", Regex(":? ?", re.ASCII)("separator"))

# HEADER = PRI TIMESTAMP SP HOSTNAME SP
HEADER: Final = production("HEADER", PRI + TIMESTAMP + SP + HOSTNAME + SP)
# MSG = TAG CONTENT
MSG: Final = production("MSG", TAG + Opt(PID) + SEPARATOR + MSG_TEXT + Opt(MSG_TRAILER))

SYSLOG_MSG: Final = production("SYSLOG-MSG", HEADER + MSG + StringEnd()).parse_with_tabs()
