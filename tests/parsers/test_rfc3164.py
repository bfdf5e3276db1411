"""RFC 3164 as it is written: HEADER and TAG to the letter, and what everybody writes behind TAG."""

from typing import Final

import pytest

from parsers.compile import compile_grammar
from parsers.rfc3164 import SYSLOG_MSG

PATTERN: Final = compile_grammar(SYSLOG_MSG)


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
            (b"mymachine", b"su", None, b": ", b"'su root' failed"),
        ),
        (b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", (b"10.0.0.99", b"Use", None, b" ", b"the BFG!")),
        (b"<0>Oct 22 10:52:01 h.example sched[0]: All", (b"h.example", b"sched", b"0", b": ", b"All")),
        (b"<0>Oct 22 10:52:01 h sshd(pam_unix)[12]: x", (b"h", b"sshd(pam_unix)", b"12", b": ", b"x")),
        (b"<0>Oct 22 10:52:01 h postfix/smtpd[12]:x", (b"h", b"postfix/smtpd", b"12", b":", b"x")),
        (b"<0>Oct 22 10:52:01 2001:db8::1 a:  b", (b"2001:db8::1", b"a", None, b": ", b" b")),
        (b"<0>Oct 22 10:52:01 fe80::1%eth0 a b", (b"fe80::1%eth0", b"a", None, b" ", b"b")),
        (b"<0>Oct 22 10:52:01 h a[1] b", (b"h", b"a", b"1", b" ", b"b")),
        (b"<0>Oct 22 10:52:01 h a[x y]: b", (b"h", b"a", None, b"", b"[x y]: b")),
        (b"<0>Oct 22 10:52:01 h a:", (b"h", b"a", None, b":", b"")),
        (b"<187>Aug 24 05:34:00 DB 87 x", (b"DB", b"87", None, b" ", b"x")),
    ],
)
def test_tag_ends_where_all_senders_end_it(message: bytes, parts: tuple[bytes | None, ...]) -> None:
    """HOSTNAME, TAG, PID, what separates them from the text, and the text."""
    match = PATTERN.fullmatch(message)
    assert match is not None
    assert match.group("hostname", "app_name", "proc_id", "separator", "message") == parts


@pytest.mark.parametrize(
    "message",
    [
        b"Oct 11 22:14:15 h su: x",
        b"<192>Oct 11 22:14:15 h su: x",
        b"<34> Oct 11 22:14:15 h su: x",
        b"<34>oct 11 22:14:15 h su: x",
        b"<34>Oct 01 22:14:15 h su: x",
        b"<34>Oct 1 22:14:15 h su: x",
        b"<34>Oct 32 22:14:15 h su: x",
        b"<34>Oct 11 24:14:15 h su: x",
        b"<34>Oct 11 22:14:60 h su: x",
        b"<34>Oct 11 22:14:15  h su: x",
        b"<34>Oct 11 22:14:15 h  su: x",
        b"<34>Oct 11 22:14:15 su: x",
        b"<34>Oct 11 22:14:15 2009 h su: x",
        b"<165>Aug 24 05:34:00 CST 1987 h su: x",  # section 5.4, example 3: HOSTNAME to the letter is CST
        b"<34>Oct 11 22:14:15 h_1 su: x",
        b"<34>Oct 11 22:14:15 h " + b"a" * 33 + b": x",
        b"<34>Oct 11 22:14:15 h /usr/sbin/cron: x",
        b"<34>Oct 11 22:14:15 h",
    ],
)
def test_what_section_4_does_not_describe_does_not_match(message: bytes) -> None:
    """What departs from section 4.1 is for the lenient grammars, with a flag."""
    assert PATTERN.fullmatch(message) is None
