r"""Words that stand where RFC 3164 has HOSTNAME or TAG, and are neither.

To the letter of section 4.1.3 any word can be a TAG, and other collectors take it for one: of
``fw1 date=2020-05-06 time=…`` they make the TAG ``date=2020-05-06``, of ``gw CEF:0|…`` the TAG ``CEF``, and
the text goes on without its beginning. What these devices mean is known, so it is read as they mean it: by
a dialect where there is more in front of the text, else as a message without HOSTNAME or TAG.

Both patterns are looked at from the word's first octet, in strict and lenient grammars alike, and are
linear: nothing in them repeats before something that can fail far behind.
"""

import re
from typing import Final

from pyparsing import Empty, NotAny, ParserElement, Regex

from parsers.grammar import production

# The severities as words, as syslog.conf has them, with and without the facility before them.
SEVERITY: Final = "(?:emerg(?:ency)?|alert|crit(?:ical)?|err(?:or)?|warn(?:ing)?|notice|info|debug)"
FACILITY: Final = (
    "(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|ntp|security|console|local[0-7])"
)
# Both with a dot between them, or with a colon as AIX has it (auth|security:info); or the severity alone.
PRIORITY: Final = rf"(?:(?:auth\|security|{FACILITY})[.:])?{SEVERITY}"
IPV4: Final = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"
MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
# Before a mnemonic, the part of the device that wrote it: %$ VDC-1 %$ (NX-OS), %STKUNIT1-M:CP (Dell)
PART: Final = r"(?:%\$ [^\x00-\x20%]{1,32} %\$ |%STKUNIT[0-9]{1,2}-[A-Z]:[A-Z0-9]{1,4} )"
# %SYS-5-CONFIG_I, where Cisco's and many other devices have their TAG
MNEMONIC: Final = rf"{PART}?%[0-9A-Za-z][0-9A-Za-z_-]{{0,60}}?-[0-7]-[0-9A-Za-z]"
# RP/0/RSP0/CPU0: and a time, as Cisco IOS XR begins
NODE: Final = "[0-9A-Z][0-9A-Za-z]{0,7}+(?:/[0-9A-Za-z]{1,8}+){2,3}"
NODE_AND_TIME: Final = rf"{NODE}:[*.]?(?:{MONTH} |[0-9]{{4}} )"
# A date and a time, which begin the text of many a program, or were the device's own before a relay's header
BSD_DATE: Final = rf"{MONTH} [ ]?[0-9]{{1,2}} [0-9]{{2}}:[0-9]{{2}}:"
DATE: Final = "(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]|[0-9]{1,4}/[0-9]{1,2}/[0-9]{2,4}[ :-])[0-9]{2}:"
# [node1:raid.rg.scrub.done:notice]:, what ONTAP has for TAG: node, perhaps a daemon, event and severity
EVENT_OF_A_NODE: Final = (
    r"\[[0-9A-Za-z_-]{1,64}(?:: ?| )(?:[0-9A-Za-z_.-]{1,64}: )?"
    rf"[0-9A-Za-z_]{{1,64}}\.[0-9A-Za-z_.]{{1,128}}+:{SEVERITY}\]:"
)
# 80B00AAA01234 (2024-01-20T14:03:45), WatchGuard's serial number and time
SERIAL_AND_TIME: Final = r"[0-9A-F]{13} \([0-9]{4}-[0-9]{2}-[0-9]{2}T"
# 1,2014/01/28 01:28:35,007200001056,TRAFFIC,…
PALO_ALTO: Final = "[0-9]{1,3},[0-9]{4}/"

# Google Chrome, Microsoft Word, BezelServices 255.10: a program of macOS, where its PID follows
WORDS_OF_A_PROGRAM: Final = (
    r"[A-Z][0-9A-Za-z_.()+-]{0,63}(?: [A-Z0-9(][0-9A-Za-z_.()+-]{0,63}){1,5}(?=\[[0-9]{1,10}\]:)"
)

_TAG: Final = r"[^\x00-\x20:\[]{1,128}(?:\[[^\x00-\x20\]]{1,64}\])?:"  # that is one for sure

# What stands after TIMESTAMP and is no HOSTNAME.
NO_HOSTNAME_PATTERN: Final = "|".join(
    [
        rf"{FACILITY}\.{SEVERITY} ",  # Cisco Meeting Server: user.info cms20 authp:
        "Message forwarded from ",  # AIX
        "last message repeated ",  # BSD
        BSD_DATE,
        PALO_ALTO,
    ]
)
# What stands after HOSTNAME and is no TAG, sorted by how it begins, for every message is looked at here.
_WITH_DIGITS: Final = "|".join(
    [
        PALO_ALTO,
        DATE,
        rf"[0-9]{{1,10}}: (?:[*.]?{MONTH} |[^ :]{{1,64}}+: |{MNEMONIC}|{NODE_AND_TIME})",  # relayed: Cisco's
        rf"[0-9]{{5}} {_TAG}",  # HPE ProCurve's number of the event
        SERIAL_AND_TIME,
    ]
)
_WITH_CAPITALS: Final = (
    f"{BSD_DATE}|{SERIAL_AND_TIME}|(?:CEF|LEEF): ?[0-9]|MSWinEventLog(?:\t|#011)|{WORDS_OF_A_PROGRAM}"
)
NO_TAG_PATTERN: Final = "|".join(
    [
        "[0-9A-Za-z_.-]{1,64}+(?:=| -: )",  # the first of the pairs of a key=value text; Vectra
        rf"(?=[a-z0-7.|:]{{3,24}}+ ){PRIORITY} {_TAG}",  # F5: notice tmsh[16322]:
        f"(?=[0-9])(?:{_WITH_DIGITS})",
        f"(?=[A-Z])(?:{_WITH_CAPITALS})",
        NODE_AND_TIME,
        EVENT_OF_A_NODE,
        r'["<]|\{[\s"}]|@cee: ?\{',  # a text in quotes, XML, JSON; or another header, put there by a relay
    ]
)
# An address behind HOSTNAME, and perhaps the TAG behind it (Infoblox).
ADDRESS_PATTERN: Final = rf"{IPV4} (?!- )"

# RFC 5424's fields behind HOSTNAME, although there was no VERSION: APP-NAME, and NILVALUE for PROCID or MSGID
NO_VERSION: Final = r"[^\x00-\x20:\[]{1,48} (?:- [!-~]{1,32}|[!-~]{1,128} -) [-\[]"

# What stands behind a word and its colon: the firewalls, NetApp, Avamar, Firepower Management Center.
_BEHIND_COLON: Final = r"%|[^\x00-\x20:]{1,255}+: [0-9a-f]{8}\.|<Code> |(?:\[[^\]]{1,64}\] )?[^@\[]{1,128}+@"
# A program's TAG, as nearly every message has it, and nothing of the above behind it: no device has such.
_PROGRAM: Final = rf"(?!svm_)[a-z][0-9a-z_-]{{0,40}}+(?:\[[0-9]{{1,10}}\])?: (?!{_BEHIND_COLON})"

# What stands after TIMESTAMP where a device's dialect may be the right one: a word of the above, or a shape
# that some dialect of parsers/dialects/ begins with. To be too careful here costs only time.
DEVICE_PATTERN: Final = "|".join(
    [
        NO_HOSTNAME_PATTERN,
        r"[(%:\[]",
        "svm_",  # NetScaler
        "#[0-9]{3}",  # Snare
        NO_TAG_PATTERN,
        # UniFi; a word behind HOSTNAME; Snare; what stands behind a colon
        (
            r"[^\x00-\x20:,#]{1,255}+(?:,"
            rf"| {{1,2}}(?:[(%:]|{NO_TAG_PATTERN}|{ADDRESS_PATTERN}|{NO_VERSION})|\tMSWin|#011MSWin"
            rf"|: ?(?:{_BEHIND_COLON}))"
        ),
    ]
)


def _not(name: str, pattern: str) -> ParserElement:
    return production(name, NotAny(Regex(pattern, re.ASCII)))


NO_HOSTNAME: Final = _not("HOSTNAME", NO_HOSTNAME_PATTERN)
NO_TAG: Final = _not("TAG", f"{NO_TAG_PATTERN}|{ADDRESS_PATTERN}")
NO_DEVICE: Final = _not("HOSTNAME", f"(?!{_PROGRAM})(?:{DEVICE_PATTERN})")
ANY_WORD: Final = Empty().leave_whitespace()  # where devices are not to be known
