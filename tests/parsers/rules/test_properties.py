"""Rules in general: engines agree, a column gives what one text gives, nothing raises, time is linear."""

import re
import sys
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyparsing import ParseException

from parsers.compile import compile_grammar
from parsers.grammar import production, to_text
from parsers.rules import RuleBase, RuleErrors, load
from parsers.rules.base import flattened
from parsers.rules.motifs import Captures
from parsers.rules.parameters import Parameters
from parsers.rules.placeholders import Placeholder, description
from parsers.rules.tree import Walk
from parsers.rules.types import TYPES

_REPEAT: Final = """%NAME:repeat{"parser": {"type": "number", "name": "."},
    "while": {"type": "literal", "text": ","}}%"""
_ALTERNATIVE: Final = """%{"type": "alternative", "parser":
    [{"type": "number", "name": "NAME"}, {"type": "word", "name": "o"}]}%"""
# A placeholder, and texts that it matches or nearly does.
PARTS: Final[dict[str, list[str]]] = {
    "%NAME:word%": ["a", "b,c", "é"],
    "%NAME:number%": ["1", "007", "x1"],
    '%NAME:number{"maxval": 10}%': ["1", "11"],
    '%NAME:number{"maxval": 10, "format": "number"}%': ["1", "11"],
    '%NAME:float{"format": "number"}%': ["1.50", "-.5"],
    "%NAME:hexnumber%": ["0x1f", "0xfg"],
    "%NAME:ipv4%": ["10.0.0.1", "10.0.0.256"],
    "%NAME:ipv6%": ["::1", "1::2::3"],
    "%NAME:mac48%": ["f0:f6:1c:5f:cc:a2"],
    "%NAME:date-rfc3164%": ["Oct 29 09:47:08", "Oct  9 9:47:08:"],
    "%NAME:date-rfc5424%": ["1985-04-12T19:20:50.52-04:00"],
    '%NAME:date-rfc5424{"format": "timestamp-unix"}%': ["2000-03-11T14:15:16Z", "2000-02-31T14:15:16Z"],
    "%NAME:char-to:é;%": ["a;", "àé", ";"],
    "%NAME:char-sep:,%": ["", "a", "a,"],
    "%NAME:string-to: - %": ["a - ", " - ", "a -"],
    "%NAME:quoted-string%": ['"a b"', '"'],
    "%NAME:op-quoted-string%": ['"a b"', "a", '"a'],
    "%NAME:string%": ['"a \\" ""b"', "a\\ b", '"'],
    '%NAME:string{"matching.permitted": "ab", "matching.mode": "lazy"}%': ["abc", "c"],
    "%NAME:alpha%": ["abc", "a1"],
    "%NAME:whitespace%": [" \t"],
    "%NAME:cisco-interface-spec%": ["in:1.2.3.4/5 (1.2.3.4/5)(u)", "1.2.3.4/5"],
    "%NAME:@type%": ["1-a", "x", "1"],
    "%NAME:@one%": ["5", "::1"],
    "%NAME:json%": ['{"a": {"b": [1, null, true]}} ', '{"NAME": "\\ud800"}', "{"],
    _REPEAT: ["1,2", "1,"],
    _ALTERNATIVE: ["1", "1x"],
    "%NAME:name-value-list%": ["a=b c='d'", "a"],
    "%NAME:checkpoint-lea%": ["a: b;"],
    "%NAME:v2-iptables%": ["IN= OUT=x DF"],
    "%NAME:cef%": ["CEF:0|a|b|c|d|e|f|a=b c=d"],
    "%NAME:interpret:int:word%": ["5", "x"],
    "%NAME:suffixed:,:kb,mb:number%": ["5kb", "5"],
    "%NAME:tokenized:,:word%": ["a,b"],
    "%NAME:rest%": ["", "a b"],
    "lit": ["lit", "li"],
    "%%": ["%"],
    " ": [" "],
}  # fmt: skip
TYPE_LINES: Final = (
    'version=2\ntype=@type:%x:number%-%y:alpha%\ntype=@type:%x:word%\ntype=@one:%..:number{"maxval": 9}%\n'
    "type=@one:%..:ipv6%\n"
)
NAMES: Final = st.sampled_from(["a", "b", "a", "-", ".", "..", "x"])


@st.composite
def rulebases(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Give a rulebase, and texts that its rules match, nearly match, or have never seen."""
    lines, texts = [], [draw(st.text(max_size=8))]
    for number in range(draw(st.integers(1, 5))):
        parts = draw(st.lists(st.sampled_from(list(PARTS)), min_size=1, max_size=5))
        names = [draw(NAMES) for _ in parts]
        rule = "".join(part.replace("NAME", name) for part, name in zip(parts, names, strict=True))
        lines.append(f"rule={'t,u' if number % 2 else ''}:{rule}")
        texts += ["".join(draw(st.sampled_from(PARTS[part])) for part in parts) for _ in range(2)]
    annotation = draw(st.sampled_from(["", 'annotate=t:+a="annotated"\n']))
    return TYPE_LINES + annotation + "\n".join(lines) + "\n", texts


def loaded(text: str) -> RuleBase:
    """Load a rulebase, or what of it can be."""
    try:
        return load(text)
    except RuleErrors as errors:
        return errors.rest


@given(rulebases())
def test_a_column_gives_what_each_text_gives(case: tuple[str, list[str]]) -> None:
    """The selector, the patterns and the walks of a column give the values of the walk of each text."""
    rulebase, texts = case
    base = loaded(rulebase)
    entries = base.entries(pa.array([*texts, None], pa.string()))
    rows, names, values = (column.to_pylist() for column in (entries.rows, entries.names, entries.values))
    for row, text in enumerate(texts):
        found = sorted((names[at], values[at]) for at in range(len(rows)) if rows[at] == row)
        assert found == sorted(flattened(base.match(text) or {})), (rulebase, text)
    assert [rule is None for rule in base.which(texts)] == [base.match(text) is None for text in texts]
    assert [base.rule_of(text) for text in texts] == base.which(texts)


@given(rulebases())
def test_both_engines_agree(case: tuple[str, list[str]]) -> None:
    """Each path's grammar, run by pyparsing, captures what its compiled pattern captures."""
    rulebase, texts = case
    for way in loaded(rulebase).selector.ways:
        if way.rule is None:
            continue
        grammar, captures = way.grammar
        for text in texts:
            octets = text.encode("utf-8", "replace")
            match = way.pattern.match(octets)
            try:
                results = grammar.parse_string(to_text(octets)).as_dict()
            except ParseException:
                assert match is None
                continue
            assert match is not None
            for number, group in enumerate(match.groups()):
                assert to_text(group or b"") == (results.get(f"f{number}", "") if group else "")
            assert len(captures) == len(match.groups())


@given(st.text(alphabet='ab1:%{}[]",\\\n\t#@=.-rule typfx', max_size=80), st.text(max_size=20))
def test_no_rulebase_and_no_text_raises_anything_but_rule_errors(rulebase: str, text: str) -> None:
    """Whatever is loaded loads or is refused; whatever is matched matches or does not."""
    for written in (rulebase, f"rule=:{rulebase}\n", f'version=2\nrule=:%x:word%%{{"type":{rulebase}'):
        base = loaded(written)
        base.match(text)
        base.unparsed(text)
        base.entries(pa.array([text.encode("utf-8", "replace").decode()]))


@given(st.binary(max_size=30))
def test_halves_of_characters_never_raise(octets: bytes) -> None:
    """A rule that cuts a character in two gives U+FFFD for the pieces."""
    base = load("rule=:%a:char-sep:,%\\xc3%b:rest%\n")
    text = "é" + octets.decode("utf-8", "replace")
    found = base.match(text)
    entries = base.entries(pa.array([text]))
    assert (
        found is None
        or dict(zip(entries.names.to_pylist(), entries.values.to_pylist(), strict=True)) == found
    )


# --- time ---

EXAMPLES: Final = {
    "char-to": {"extradata": "é;"},
    "char-sep": {"extradata": "é;"},
    "char-separated": {"extradata": ";"},
    "string-to": {"extradata": "abc"},
}


@pytest.mark.parametrize("kind", TYPES)
def test_no_motif_is_tried_twice(kind: str) -> None:
    """Every unbounded repetition in a type's pattern is possessive, or all of an atomic group."""
    motif = TYPES[kind].build(Parameters(Placeholder(0, kind, "x", EXAMPLES.get(kind, {})), 2))
    grammar = motif.grammar(Captures(), ()) or motif.beginning()
    assert grammar is not None
    pattern = compile_grammar(production(kind, grammar)).pattern.decode("latin-1")
    assert_linear(re._parser.parse(pattern))  # noqa: SLF001 - nobody else tells


def assert_linear(parsed: Any, *, alone_in_atomic: bool = False) -> None:
    """Walk a parsed expression: what may repeat without bound never gives back."""
    for operation, argument in parsed:
        name = str(operation)
        if name in {"MAX_REPEAT", "MIN_REPEAT"} and argument[1] > 1000:
            assert alone_in_atomic
            assert len(parsed) == 1
        for inner in inner_patterns(argument):
            assert_linear(inner, alone_in_atomic=name == "ATOMIC_GROUP")


def inner_patterns(argument: Any) -> list[Any]:
    """The expressions within an operation's argument."""
    if isinstance(argument, re._parser.SubPattern):  # noqa: SLF001
        return [argument]
    if isinstance(argument, list | tuple):
        return [inner for part in argument for inner in inner_patterns(part)]
    return []


HOSTILE: Final = {
    "%a:json%": '{"a":[',
    "%a:cef%": "CEF:0|a|b|c|d|e|f|a=b\\",
    "%a:checkpoint-lea%": "a: b; :",
    "%a:name-value-list%": "a=\"b' ",
    "%a:v2-iptables%": "A B= ",
    "%a:string%": '"\\"',
    '%a:repeat{"parser": {"type": "alpha"}, "while": {"type": "string-to", "extradata": "x"}}%x': "ay,",
    '%a:repeat{"parser": {"type": "alpha"}, "while": {"type": "literal", "text": ","}}%x': "ay,",
    "%a:tokenized:,:word%.": "a,",
    "%w:number% %next:recursive%": "1 ",
    "%a:char-to:;% %b:char-to:;% %c:string-to:ab% %d:rest%x": "; a",
    "%a:@t%x": "a b",
}  # fmt: skip


@pytest.mark.parametrize("rule", HOSTILE)
def test_work_grows_with_the_text_at_most(rule: str) -> None:
    """Four times the text are at most four times the lines of Python that run."""
    base = load(f"version=2\ntype=@t:%x:word% %y:word%\nrule=:{rule}\n")
    work = [lines_run(base, HOSTILE[rule] * count) for count in (500, 2000)]
    assert work[1] <= work[0] * 4.2 + 200


def lines_run(base: RuleBase, text: str) -> int:
    """Count the lines that matching a text runs."""
    count = 0

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        base.match(text)
    finally:
        sys.settrace(before)
    return count


def test_steps_do_not_depend_on_the_length() -> None:
    """The parts that a walk tries are the tree's, however long the text is."""
    base = load("".join(f"rule=:%a:char-to:;% {number} %b:word% %c:rest%x\n" for number in range(20)))
    steps = []
    for length in (10, 1000, 100_000):
        walk = Walk(b"y;" * length)
        walk.search(base.root, 0, whole=True)
        steps.append(walk.steps)
    assert steps[0] == steps[1] == steps[2] <= 100


def test_a_description_is_read_in_one_go() -> None:
    """A rule of many parts is read part by part, each once."""
    items, end = description("%a:word% x " * 10_000, 0)
    assert len(items) == 20_000
    assert end == 110_000
