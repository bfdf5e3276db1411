"""Types made of types: type=@name, alternative, repeat, and priorities between branches."""

import pyarrow as pa
import pytest

from parsers.rules import load
from parsers.rules.components import MOST_REPEATS

NUMBERS = """%{"name": "n", "type": "repeat", "parser": {"type": "number", "name": "."},
    "while": {"type": "literal", "text": ", "}, "option.permitMismatchInParser": PERMIT}%"""
FLAGS = """%flags:repeat{"option.permitMismatchInParser": true, "parser": {"type": "word", "name": "."},
    "while": {"type": "literal", "text": " "}}%"""


@pytest.mark.parametrize(
    ("definitions", "rule", "text", "expected"),
    [
        (["@a:%x:word%"], "%v:@a%", "w", {"v": {"x": "w"}}),
        (["@a:%x:word%"], "%.:@a%", "w", {"x": "w"}),
        (["@a:%x:word%"], "%-:@a%", "w", {}),
        (["@a:%..:word%"], "%v:@a%", "w", {"v": "w"}),
        (["@a:%..:word%"], "%.:@a%", "w", {".": "w"}),
        (["@a:%..:word% %y:word%"], "%v:@a%", "w z", {"v": {"..": "w", "y": "z"}}),
        (["@a:%..:cisco-interface-spec%"], "%v:@a%", "1.2.3.4/5", {"v": {"ip": "1.2.3.4", "port": "5"}}),
        (["@a:%..:json%"], "%v:@a%", "[1]", {"v": [1]}),
        (["@a:%.:json%"], "%v:@a%", '{"a": 1}', {"v": {"a": 1}}),
        (["@a:%..:json%"], "%.:@a%", "[1]", {".": [1]}),
        (["@a:fix"], "%v:@a%", "fix", {"v": {}}),
        (['@a:%..:number{"maxval": 9}%', "@a:%w:word%"], "%v:@a%", "10", {"v": {"w": "10"}}),
        (["@a:%x:word%", "@b:%..:@a%"], "%v:@b%", "w", {"v": {"x": "w"}}),
        # a type's first alternative that matches counts, even if the rule then does not go on
        (["@a:%x:number%", "@a:%x:number%.%y:number%"], "%v:@a%.5", "1.5", None),
        # two of one name: of plain values the first stays, of objects too, and as a whole
        (["@a:%x:number%", "@a:-%y:alpha%"], "%v:@a% %v:@a%", "1 -a", {"v": {"x": "1"}}),
        (["@a:%x:number%", "@a:-%y:alpha%"], "%.:@a% %x:word% %y:word%", "-a b c", {"y": "a", "x": "b"}),
    ],
)
def test_types_of_ones_own(
    definitions: list[str], rule: str, text: str, expected: dict[str, object] | None
) -> None:
    """A type is an object of its names, or the value that it calls "..", and matches but one way."""
    lines = [f"type={definition}" for definition in definitions]
    base = load("\n".join(["version=2", *lines, f"rule=:{rule}", ""]))
    assert base.match(text) == expected


@pytest.mark.parametrize(
    ("permit", "text", "expected"),
    [
        ("false", "1, 2, 3", {"n": ["1", "2", "3"], "r": ""}),
        ("false", "1; 2", {"n": ["1"], "r": "; 2"}),
        ("false", "1, x", None),
        ("true", "1, x", {"n": ["1"], "r": ", x"}),
        ('"true"', "1, 2, ", {"n": ["1", "2"], "r": ", "}),
        ("true", "x", None),
    ],
)
def test_repeat(permit: str, text: str, expected: object) -> None:
    """A repeat ends where "while" does not match; what stands behind it must, unless that is permitted."""
    base = load(f"version=2\nrule=:{NUMBERS.replace('PERMIT', permit)}%r:rest%\n")
    assert base.match(text) == expected


def test_repeat_as_in_the_corpus() -> None:
    """Cisco's flags with one SP between them and two behind them."""
    base = load(f"version=2\nrule=:flags {FLAGS}\\x20 on interface %interface:word%\n")
    found = base.match("flags RST XST  on interface outside")
    assert found == {"flags": ["RST", "XST"], "interface": "outside"}


def test_repeat_has_an_end() -> None:
    """Nothing consumed ends it, and so does the greatest number of items."""
    nothing = '{"type": "char-sep", "extradata": ","}'
    empty = f'%n:repeat{{"parser": {nothing}, "while": {nothing}}}%'
    assert load(f"version=2\nrule=:{empty},\n").match(",") == {"n": [{}]}
    base = load(f"version=2\nrule=:{NUMBERS.replace('PERMIT', 'true')}%r:rest%\n")
    found = base.match(", ".join(["1"] * (MOST_REPEATS + 5)))
    assert found is not None
    assert len(found["n"]) == MOST_REPEATS


def test_alternatives_go_back_when_the_rule_does_not_go_on() -> None:
    """Unlike a type, an alternative is several rules in one."""
    rule = """%{"type": "alternative", "parser": [{"type": "number", "name": "x"},
        [{"type": "number", "name": "x"}, {"type": "literal", "text": "."},
         {"type": "number", "name": "y"}]]}%.5"""
    assert load(f"version=2\nrule=:{rule}\n").match("1.2.5") == {"x": "1", "y": "2"}


def test_the_more_specific_branch_goes_first_unless_priorities_say_otherwise() -> None:
    """Literals before numbers before words before the rest, in whatever order the rules stand."""
    rules = ["%a:rest%", "%b:word%", "%c:number%", "7", "%e:word% x"]
    for order in (rules, rules[::-1]):
        base = load("version=2\n" + "".join(f"rule=:{rule}\n" for rule in order))
        assert [base.match(text) for text in ("7", "8", "a", "a b", "a x")] == [
            {}, {"c": "8"}, {"b": "a"}, {"a": "a b"}, {"e": "a"},
        ]  # fmt: skip
    base = load('version=2\nrule=:7\nrule=:%{"type": "rest", "name": "a", "priority": 5}%\n')
    assert base.match("7") == {"a": "7"}


def test_which_rule_and_what_is_left() -> None:
    """For each text the rule, also where only a walk can tell; and how far the others came."""
    rules = ['n %a:number{"maxval": 9}%', "n %b:word%", "j %c:json%", "n %a:number% m"]
    base = load("version=2\n" + "".join(f"rule=:{rule}\n" for rule in rules))
    found = base.which(["n 5", "n 50", "n x", "j {}", "j {", "n 5 x", "n 5 m"])
    assert [rule and rule.line for rule in found] == [2, 3, 3, 4, None, None, 5]
    assert [base.unparsed(text) for text in ("n 5", "n 5 x", "j {", "?")] == ["", " x", "{", "?"]


def test_many_rules_that_branch_off_each_other() -> None:
    """Rules that nest deeper than patterns can are matched all the same."""
    lines = [f"rule=:{'%-:word% ' * count}end" for count in range(1, 110)]
    base = load("version=2\n" + "\n".join(lines) + "\n")
    entries = base.entries(pa.array(["w " * 109 + "end", "w end", "w"]))
    assert len(entries.rows) == 0
    assert [rule and rule.line for rule in base.which(["w " * 109 + "end", "w end", "w"])] == [110, 2, None]
