"""The query language: what is read as what, and that nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.query import QueryError, parse

READ = [
    ("", "None:*"),
    ("  ", "None:*"),
    ("*", "None:*"),
    ("failed", "any:failed"),
    ("failed root", "(any:failed AND any:root)"),
    ("a AND b", "(any:a AND any:b)"),
    ("a and b", "(any:a AND any:and AND any:b)"),
    ("a OR b", "(any:a OR any:b)"),
    ("a b OR c AND NOT d", "((any:a AND any:b) OR (any:c AND NOT any:d))"),
    ("a (b OR c)", "(any:a AND (any:b OR any:c))"),
    ("-a +b", "(NOT any:a AND any:b)"),
    ("-(a OR b)", "NOT (any:a OR any:b)"),
    ("NOT NOT a", "any:a"),
    ('"failed password"', 'any:"failed password"'),
    (r'"say \"x\" \\"', r'any:"say "x" \"'),
    ('"one"', "any:one"),
    ("fail*", "any:fail*"),
    ("*.example.com", "any:*.example.com"),
    (r"a\*b", "any:a*b"),
    (r"foo\ bar", "any:foo bar"),
    ("/fail(ed|ure)/", 'any:r"fail(ed|ure)"'),
    (r"/a\/b c/", 'any:r"a/b c"'),
    ("msg:/^x/", 'msg:r"^x"'),
    ("/var/log", "any:/var/log"),
    ("/var/log/", "any:/var/log/"),
    ('"/var/"', "any:/var/"),
    ("10.0.3.7", "any:10.0.3.7"),
    ("10.0.3.7:443", "any:10.0.3.7:443"),
    ("fe80::1", "any:fe80::1"),
    ("dead:beef::1", "any:dead:beef::1"),
    ("2001:db8::/32", "any:2001:db8::/32"),
    ("aa:bb:cc:dd:ee:ff", "any:aa:bb:cc:dd:ee:ff"),
    ("aa:bb:cc:*", "any:aa:bb:cc:*"),
    ("12:30:45", "any:12:30:45"),
    ("http://example.com/x", "any:http://example.com/x"),
    (r"C:\Windows\System32", r"any:C:\Windows\System32"),
    ("bob@example.com", "any:bob@example.com"),
    ("sshd[123]:", "any:sshd[123]:"),
    ("user=root", "any:user=root"),
    ("a->b", "any:a->b"),
    ("--verbose", "any:--verbose"),
    ("host:fw-*", "host:fw-*"),
    ("hostname:a program:b", "(host:a AND app:b)"),
    ("host:(a OR b)", "(host:a OR host:b)"),
    ("host:(a OR msg:b)", "(host:a OR msg:b)"),
    ('app:"my app"', 'app:"my app"'),
    ("host:a:b:c", "host:a:b:c"),
    ("host:*", "host:*"),
    ('msg:""', "msg:"),
    ("src:10.0.3.7", "fields.src:10.0.3.7"),
    ("fields.src:10.0.3.7", "fields.src:10.0.3.7"),
    ("flag:none", "NOT flag:*"),
    ("flag:utf8_invalid", "flag:utf8_invalid"),
    ("severity<=err", "severity:[ TO 3]"),
    ("severity:<=error", "severity:[ TO 3]"),
    ("severity<err", "severity:[ TO 2]"),
    ("severity>warning", "severity:[5 TO ]"),
    ("severity:3", "severity:[3 TO 3]"),
    ("severity:(err OR crit)", "(severity:[3 TO 3] OR severity:[2 TO 2])"),
    ("facility:auth", "facility:[4 TO 4]"),
    ("seq:100..200", "seq:[100 TO 200]"),
    ("seq:100..", "seq:[100 TO ]"),
    ("seq:[100 TO 200}", "seq:[100 TO 199]"),
    ("seq:{100 TO *]", "seq:[101 TO ]"),
    ("seq:[0 TO 5]", "seq:[0 TO 5]"),
    ("received>=2026-11-01T10:00", "received:[1793527200000000000 TO ]"),
    ("received>=2026-11-01T11:00+01:00", "received:[1793527200000000000 TO ]"),
    ("received:2026-11-01", "received:[1793491200000000000 TO 1793577599999999999]"),
    ("received<=2026-11-01", "received:[ TO 1793577599999999999]"),
    ("received>2026-11-01", "received:[1793577600000000000 TO ]"),
    ("received<2026", "received:[ TO 1767225599999999999]"),
    ("received:2026-11-01T00:00:00.5Z", "received:[1793491200500000000 TO 1793491200599999999]"),
    ("received:9999-12", "received:[253399622400000000000 TO 253402300799999999999]"),
    ("time:2024", "time:[1704067200000000 TO 1735689599999999]"),
    ("time:2026-02", "time:[1769904000000000 TO 1772323199999999]"),
    ("time:2026-11-01..2026-11-02", "time:[1793491200000000 TO 1793663999999999]"),
]
REFUSED = [
    ('"open', 0, "closing"),
    ("a (b", 2, "add its )"),
    ("a b)", 3, "remove it"),
    ("a ()", 2, "write a condition"),
    ("a OR", 2, "in quotes"),
    ("OR a", 0, "in quotes"),
    ("a AND OR b", 2, "in quotes"),
    ("a AND AND b", 6, "in quotes"),
    ("NOT", 0, "in quotes"),
    ('""', 0, "between the quotes"),
    ('"a"b', 3, "blank"),
    ("uid=0(root)", 5, "in quotes"),
    ("x /(/", 2, "in quotes"),
    ("kernel: oops", 0, '"kernel:" in quotes'),
    ("x sevrity:err", 2, "severity:"),
    ("severity<=bad", 0, "severity<=err"),
    ("severity:e*", 0, "severity<=err"),
    ("severity:/e/", 0, "compare it"),
    ("seq:5..3", 0, "lower end first"),
    ("seq:x", 0, "seq:100..200"),
    ("received:yesterday", 0, "2026-11-01"),
    ("received:2026-13", 0, "2026-11-01"),
    ("host<=a", 0, "host:value"),
    ("host:[a TO b]", 0, "ranges"),
    ("flag:nonsense", 0, "utf8_invalid"),
    ("format:jsn", 0, "rfc5424"),
    ("(" * 60 + "a" + ")" * 60, 50, "nest"),
    ("a" * 5000, 4096, "at most"),
    ("*a" * 30, 0, "at most"),
    ('"' + "a " * 101 + '"', 0, "at most"),
    ("a " * 201, 0, "at most"),
    ("a \udcff", 2, "in UTF-8"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_query_is_read(text: str, expected: str) -> None:
    """Words, phrases, fields, comparisons and operators become the Whoosh queries that they stand for."""
    assert str(parse(text)) == expected


@pytest.mark.parametrize(("text", "position", "hint"), REFUSED)
def test_a_query_is_refused(text: str, position: int, hint: str) -> None:
    """What cannot be read is refused with its place and with what to write instead."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert hint in caught.value.hint


@given(st.text(st.sampled_from('ab *?:()"/\\<>=-+[]{}.,TOANDR1'), max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is typed gives a query or a QueryError with a place inside the text, never another error."""
    refused: list[QueryError] = []
    try:
        parse(text)
    except QueryError as error:
        refused.append(error)
    assert all(0 <= error.position <= len(text) and error.hint for error in refused)


@given(st.text(max_size=40))
def test_a_quoted_text_is_text(text: str) -> None:
    """Whatever stands in quotes, with quotes and backslashes escaped, is text and nothing else."""
    if text.strip():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        query = parse(f'"{escaped}"')
        words = query.words if hasattr(query, "words") else [query.text]
        assert words == text.split()
