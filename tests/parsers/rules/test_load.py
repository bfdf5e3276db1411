"""Statements of a rulebase, and what is said about faulty ones."""

import pytest

from parsers.rules import RuleErrors, load

FILES = {
    "types.rb": "version=2\ntype=@ip:%..:ipv4%\ntype=@ip:%..:ipv6%\n",
    "bad.rb": "\nrule=:%a:nonsense%\n",
    "self.rb": "include=self.rb\n",
}

REPEAT = """rule=:%{"type": "repeat", "parser": {"type": "word"}, "while": {"type": "word"},
    "option.permitMismatchInParser": 3}%"""
EITHER = '%{"type":"alternative","parser":[{"type":"word"},{"type":"rest"}]}%'


def read(name: str) -> str:
    """Give a file of FILES, as a reader of real files would."""
    try:
        return FILES[name]
    except KeyError:
        raise FileNotFoundError(name) from None


def faults(text: str) -> list[tuple[str, int, int, str]]:
    """The faults of a rulebase."""
    with pytest.raises(RuleErrors) as caught:
        load(text, "x.rules", read)
    return [(error.name, error.line, error.column, error.reason) for error in caught.value.errors]


def test_rules_tell_line_tags_source_and_fields() -> None:
    """Each rule knows where it stands and what it gives; nested names have dots."""
    base = load(
        "version=2\n# comment\n\ntype=@peer:%ip:ipv4%/%port:number%\n"
        "rule=net, in:from %src:@peer%\nrule=:%\n  a:word\n  %!\n",
        "x.rules",
    )
    first, second = base.rules
    assert (first.name, first.line, first.tags, first.fields) == (
        "x.rules",
        5,
        ("net", "in"),
        ("src.ip", "src.port"),
    )
    assert (second.line, second.source, second.fields) == (6, "rule=:%\n  a:word\n  %!", ("a",))


def test_tags_and_annotations_come_with_the_fields() -> None:
    """A rule's tags are event.tags; what annotates one of them is a field, a field of the text goes first."""
    base = load(
        'annotate=in:+action="login",+user="nobody" # comment\n'
        "rule=in,x:%user:word% in\nrule=y:%user:word% out\n"
    )
    assert base.match("bob in") == {"user": "bob", "action": "login", "event.tags": ["in", "x"]}
    assert base.match("bob out") == {"user": "bob", "event.tags": ["y"]}


def test_a_prefix_stands_before_the_rules_that_follow_until_it_changes() -> None:
    """prefix= sets it, extendprefix= adds to it, an empty one takes it away."""
    base = load("rule=:0\nprefix=%h:word% \nrule=:a\nextendprefix=b\nrule=:c\nprefix=\nrule=:d\n")
    assert [base.match(text) for text in ("0", "x a", "x bc", "d", "a", "x c")] == [
        {}, {"h": "x"}, {"h": "x"}, {}, None, None,
    ]  # fmt: skip


def test_includes_stand_where_they_are_named() -> None:
    """The statements of the other file are used from there on."""
    base = load("include=types.rb\nrule=:from %src:@ip%\n", "x.rules", read)
    assert base.match("from ::1") == {"src": "::1"}


def test_all_faults_are_told_at_once_and_the_rest_is_a_rulebase() -> None:
    """Each fault has its file, line and column; the good rules can be used all the same."""
    with pytest.raises(RuleErrors) as caught:
        load(
            "rule=:%a:wrod%\nrule=:good %a:word%\nnonsense\nrule=:%b:word unmatched\n\nrule=:%c:char-to%\n",
            "x.rules",
        )
    told = [(error.line, error.column) for error in caught.value.errors]
    assert told == [(1, 8), (3, 1), (4, 15), (6, 8)]
    assert str(caught.value).startswith("x.rules:1:8: wrod: is no type; the types are alpha")
    assert caught.value.rest.match("good x") == {"a": "x"}


def test_faults_of_included_files_carry_their_names() -> None:
    """A fault is told where it stands, not where the file is named."""
    assert [fault[:3] for fault in faults("include=bad.rb\n")] == [("bad.rb", 2, 8)]
    assert [fault[:3] for fault in faults("rule=:%a:descent:bad.rb%\n")] == [("bad.rb", 2, 8)]


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("rule=:", 7, "empty"),
        ("rule=no colon", 6, "tags may be missing"),
        ("type=x:%a:word%", 6, "begins with @"),
        ("type=@x:", 9, "empty"),
        ("rule=:%a:@x%", 8, "not defined"),
        ("version=3", 1, "unknown"),
        ("annotate=x", 10, "expected annotate"),
        ('annotate=x:-a="b"', 12, "only +"),
        ("include=missing.rb", 9, "cannot be read"),
        ("include=self.rb", 9, "name itself"),
        ("rule=:%a:regex:[a-z]+%", 8, "any time"),
        ('rule=:%a:word{"x": 1}%', 8, "takes none"),
        ('rule=:%a:number{"maxvalue": 1}%', 8, "it takes format, maxval"),
        ('rule=:%a:number{"maxval": "x"}%', 8, "whole number"),
        ('rule=:%a:number{"priority": 70000}%', 8, "65535"),
        ('rule=:%a:number{"format": "x"}%', 8, "one of string, number"),
        ('rule=:%a:date-rfc3164{"format": "timestamp-unix"}%', 8, "no year"),
        ('rule=:%a:string{"matching.permitted": [{"class": "x"}]}%', 8, "digit"),
        ('rule=:%a:string{"matching.permitted": 3}%', 8, "array"),
        ('rule=:%a:string{"matching.permitted": "é"}%', 8, "ASCII"),
        ('rule=:%a:string{"quoting.char.end": "ab"}%', 8, "one ASCII"),
        ('rule=:%{"type": "repeat", "parser": {"type": "word"}}%', 8, '"while"'),
        ('rule=:%{"type": "repeat", "parser": 3, "while": 3}%', 8, "object"),
        (REPEAT, 8, "true or false"),
        ('rule=:%{"type": "alternative"}%', 8, "array of the alternatives"),
        ("rule=:%a:interpret:int%", 8, "interpret:kind:type"),
        ("rule=:%a:interpret:in:word%", 8, "kinds int"),
        ("rule=:%a:descent%", 8, "descent:file"),
        ("rule=:" + EITHER * 9, 544, "combinations"),
        ("rule=:" + "%a:word%:" * 200, 1806, "parts"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_its_reason(text: str, column: int, says: str) -> None:
    """Line, column, and a reason that says what to do."""
    told = faults(text + "\n")
    assert len(told) >= 1
    assert told[-1][2] == column
    assert says in told[-1][3]


def test_a_type_made_of_itself_is_refused() -> None:
    """Such a type has no end, directly or through another."""
    told = faults("type=@a:%x:word%\ntype=@b:%y:@a%\ntype=@a:%z:@b%\n")
    assert [(line, column) for _, line, column, _ in told] == [(3, 9)]


def test_a_version_that_comes_late_is_refused() -> None:
    """Version 2 is said before all else, or the statements before it were read as version 1."""
    assert [fault[1:3] for fault in faults("rule=:a\nversion=2\n")] == [(2, 1)]


def test_without_a_reader_nothing_is_included() -> None:
    """A rulebase cannot reach for files unless the caller lets it."""
    with pytest.raises(RuleErrors, match="cannot be read from here"):
        load("include=/etc/passwd\n")


def test_rules_behind_a_faulty_prefix_are_left_out_quietly() -> None:
    """One fault is told, not one more for each rule that needs the prefix."""
    with pytest.raises(RuleErrors) as caught:
        load("prefix=%a:wrod%\nrule=:x\nprefix=\nrule=:y\n")
    assert len(caught.value.errors) == 1
    assert [rule.source for rule in caught.value.rest.rules] == ["rule=:y"]
