"""Explanations of how a message was read."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parsers import rfc3164, rfc5424
from parsers.clauses import LENIENCIES, RFC3164_RULES, RFC5424_RULES
from parsers.explain import Explanation, as_text, explain
from parsers.schema import Flag
from parsers.source import Source
from tests.shared import corpus, vectors

RECEIVED_AT: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
MESSAGES: Final = (
    b'<165>1 2003-10-11T22:14:15.003Z host app 1 ID47 [a@1 b="1" c="\\"2\\""][d@1] \xef\xbb\xbftext\n',
    b"<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed",
    b"\xef\xbb\xbf<34> *Mar  1 2008 18:48:50.483 UTC: host  tag: x",
    b'<14>1 2003-10-11 22:14:15 h a - - [x b=2 c="] "] m',
    b"<165>1 2007-02-15T09:17:15.719Z mib2d[1484]: SNMP_TRAP_LINK_UP",
    b"<30>dnsmasq[1]: x\r\n",
    b"<13>abc\n",
)


def explained(message: bytes, form: str = "auto") -> Explanation:
    """Explain a message received at noon."""
    return explain(message, received_at=RECEIVED_AT, source=Source(form))


def damaged() -> st.SearchStrategy[bytes]:
    """A readable message with some of its octets taken out and others put in."""
    pieces = st.tuples(
        st.sampled_from(MESSAGES), st.integers(0, 90), st.integers(0, 90), st.binary(max_size=6)
    )
    return pieces.map(lambda piece: piece[0][: piece[1]] + piece[3] + piece[0][piece[2] :])


def assert_covered(explanation: Explanation) -> None:
    """Every octet stands in one range and no other, in order, and the ranges' octets are the message's."""
    assert b"".join(one.octets for one in explanation.ranges) == explanation.message
    end = 0
    for one in explanation.ranges:
        assert one.start == end < one.end
        assert one.octets == explanation.message[one.start : one.end]
        assert one.production
        assert one.clause
        end = one.end
    assert end == len(explanation.message)


@given(st.binary(max_size=60) | damaged())
@example(b"")
def test_ranges_cover_every_octet_exactly_once(message: bytes) -> None:
    """Of any message, read strictly, leniently or not at all, every octet is explained exactly once."""
    assert_covered(explained(message))


@pytest.mark.usefixtures("shared")
def test_ranges_cover_the_vectors_and_real_messages() -> None:
    """The vectors and a corpus of real senders are explained whole, by values that the record has, too."""
    messages = [bytes.fromhex(vector["hex"]) for vector in vectors().values()]
    messages += [b64decode(case["input_b64"]) for case in corpus("captured_clients")]
    for message in messages:
        explanation = explained(message)
        assert_covered(explanation)
        assert_values_are_the_records(explanation)


def assert_values_are_the_records(explanation: Explanation) -> None:
    """What the ranges say was read is what stands in the record's columns."""
    record = explanation.record
    columns = {"HOSTNAME": "hostname", "APP-NAME": "app_name", "TAG": "app_name", "PROCID": "proc_id"}
    columns |= {"PID": "proc_id", "MSGID": "msg_id", "MSG": "message", "TIMESTAMP": "timestamp"}
    for one in explanation.ranges:
        if one.production in columns:
            assert one.value == record[columns[one.production]], (one, record)


def test_a_message_to_the_letter_has_nothing_to_excuse() -> None:
    """A conforming message has no leniencies and no mismatches, and every part under its RFC's name."""
    explanation = explained(MESSAGES[0])
    assert explanation.format == "rfc5424"
    assert not explanation.leniencies
    assert not explanation.mismatches
    shown = [(one.production, one.value) for one in explanation.ranges if one.value is not None]
    assert shown == [
        ("PRI", "facility 20 (local4), severity 5 (notice)"),
        ("VERSION", "1"),
        ("TIMESTAMP", "2003-10-11T22:14:15.003000Z"),
        ("HOSTNAME", "host"),
        ("APP-NAME", "app"),
        ("PROCID", "1"),
        ("MSGID", "ID47"),
        ("SD-ID", "a@1"),
        ("PARAM-NAME", "b"),
        ("PARAM-VALUE", "1"),
        ("PARAM-NAME", "c"),
        ("PARAM-VALUE", '"2"'),
        ("SD-ID", "d@1"),
        ("MSG", "text"),
    ]


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            b"<34>1 2003-10-11 22:14:15 h a - - - x",
            'octet 17: expected "T" between FULL-DATE and FULL-TIME (RFC 5424 section 6.2.3), found " "',
        ),
        (
            b"<34>1 2003-10-11T22:14:15.000000+A h a - - - x",
            'octet 34: expected TIME-HOUR (RFC 5424 section 6.2.3), found "A"',
        ),
        (
            b"<34>1 2003-10-11T25:14:15Z h a - - - x",
            'octet 18: expected TIME-HOUR (RFC 5424 section 6.2.3), found "2"',
        ),
        (
            b"<34>1 - - " + b"a" * 49 + b" - - -",
            'octet 59: expected SP between APP-NAME and PROCID (RFC 5424 section 6.2.5), found "a"',
        ),
        (
            b"<34>1 - h\xc3\xb6st - - - -",
            "octet 10: expected SP between HOSTNAME and APP-NAME (RFC 5424 section 6.2.4), found octet c3",
        ),
        (
            b'<34>1 - - - - - [a b="x]"] m',
            'octet 24: expected \'"\' after PARAM-VALUE (RFC 5424 section 6.3.3), found "]"',
        ),
        (
            b'<34>1 - - - - - [a@1 "c"]',
            "octet 22: expected SD-PARAM (RFC 5424 section 6.3.3), found '\"'",
        ),
        (
            b"<34>2 - - - - - -",
            'octet 5: expected VERSION between PRI and SP (RFC 5424 section 6.2.2), found "2"',
        ),
    ],
)
def test_a_mismatch_says_what_was_expected_where_and_by_which_clause(message: bytes, sentence: str) -> None:
    """Where a message departs from RFC 5424, one sentence says what should have stood there."""
    mismatches = explained(message, "rfc5424").mismatches
    assert [mismatch.sentence for mismatch in mismatches] == [sentence]
    assert mismatches[0].definitions


def test_what_follows_no_standard_is_held_against_each() -> None:
    """An unparsed message is told where it departs from RFC 5424, and where from RFC 3164."""
    explanation = explained(b"\0\1\2 no message")
    assert explanation.format == "unparsed"
    assert {mismatch.standard for mismatch in explanation.mismatches} == {"rfc5424", "rfc3164"}
    assert [one.flag for one in explanation.leniencies] == explanation.record["flags"]


def test_an_inferred_year_is_a_leniency_and_no_mismatch() -> None:
    """RFC 3164 to the letter: what it leaves open is said, and nothing departs from it."""
    explanation = explained(b"<34>Oct 11 22:14:15 mymachine su: x")
    assert {one.flag for one in explanation.leniencies} == {"year_inferred", "timezone_assumed"}
    assert explanation.mismatches == ()


def test_every_flag_has_its_sentence_and_clause() -> None:
    """No leniency is without a plain sentence and the clause that it departs from."""
    assert set(LENIENCIES) == set(Flag)
    assert all(sentence.endswith(".") and clause for sentence, clause in LENIENCIES.values())


def test_every_production_of_the_strict_grammars_has_its_clause() -> None:
    """Whatever production a strict grammar names stands in the clauses of its RFC."""
    for grammar, rules in ((rfc5424.SYSLOG_MSG, RFC5424_RULES), (rfc3164.SYSLOG_MSG, RFC3164_RULES)):
        elements = list(grammar.visit_all())  # type: ignore[no-untyped-call]  # by pyparsing
        named = {element.customName for element in elements if element.customName}
        assert {name for name in named if name.isupper()} - {"SD-NAME"} <= rules.keys()


def test_the_text_of_an_explanation_cannot_steer_a_terminal() -> None:
    """Control characters of a message are shown escaped."""
    text = as_text(explained(b"<34>1 - - - - - - \x1b[2J\x07 caf\xc3\xa9\r"))
    assert "\\x1b[2J\\x07 café" in text
    assert all(letter.isprintable() for letter in text.replace("\n", ""))


def test_the_text_of_an_explanation_has_all_of_it() -> None:
    """The text names the format, each range, each leniency and each mismatch with its clause."""
    text = as_text(explained(b"<34>1 2003-10-11 22:14:15 h a - - - x"))
    assert text.startswith("format: rfc5424\n")
    assert re.search(r"^5-5 +VERSION +RFC 5424 section 6\.2\.2 ", text, re.MULTILINE)
    assert "timestamp_lenient: The time is not written as the standard says" in text
    assert 'against RFC 5424:\n  octet 17: expected "T"' in text
