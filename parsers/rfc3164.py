r"""RFC 3164 as it is written: its section 4.1 as a pyparsing grammar.

The RFC is prose without ABNF and says of TAG only that what is not alphanumeric ends it; by the letter
``postfix/smtpd[7]:`` is TAG ``postfix`` with a CONTENT that begins ``/smtpd[7]:``. Read is what all senders
mean by it: TAG goes to SP, colon or bracket, and CONTENT may begin with ``[PID]``, a colon, a space. Which
words are none, parsers/bsd_words.py says.

The results names are the record's columns (TAG is app_name, PID proc_id) and, for what stood between
them, ``separator`` and ``trailer``. What this grammar does not match goes to parsers/rfc3164_lenient.py.
"""

import re
from typing import Final

from pyparsing import Combine, Opt, ParserElement, Regex, StringEnd, alphanums

from parsers.bsd_words import ANY_WORD, NO_HOSTNAME, NO_TAG
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
# everybody sends it and nothing is lost by reading it. Four digits of our time are a year (section 5.1), also
# with the name of a zone before them (section 5.4, example 3), and AM and PM are halves of a day.
HOSTNAME: Final = production(
    "HOSTNAME",
    Regex(
        rf"(?!(?:[A-Z]{{2,5}} )?(?:19|20)[0-9]{{2}} |[AP]M )"
        rf"[{alphanums}](?:[{alphanums}.-]*[{alphanums}])?(?= |\Z)"
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


def _syslog_msg(no_hostname: ParserElement, no_tag: ParserElement) -> ParserElement:
    """Give the grammar of a message whose HOSTNAME and TAG are not the words named."""
    # HEADER = PRI TIMESTAMP SP HOSTNAME SP
    header = production("HEADER", PRI + TIMESTAMP + SP + no_hostname + HOSTNAME + SP)
    # MSG = TAG CONTENT
    msg = production("MSG", no_tag + TAG + Opt(PID) + SEPARATOR + MSG_TEXT + Opt(MSG_TRAILER))
    return production("SYSLOG-MSG", header + msg + StringEnd()).parse_with_tabs()


SYSLOG_MSG: Final = _syslog_msg(NO_HOSTNAME, NO_TAG)
# By the RFC's rules alone, which know no devices: any word is a TAG.
PLAIN: Final = _syslog_msg(ANY_WORD, ANY_WORD)
