"""Version 1's types around other types, and rulebases in rulebases."""

import pytest

from parsers.rules import load
from parsers.rules.classic import DEEPEST

CHILD = "rule=:%ip:ipv4% %tail:rest%\nrule=:%net:ipv4%/%mask:number% %tail:rest%\n"


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("%a:interpret:int:word%", "-5", {"a": -5}),
        ("%a:interpret:int:word%", "x", None),
        ("%a:interpret:int:json%", "{}", None),
        ("%a:interpret:base16int:word%", "0xfF", {"a": 255}),
        ("%a:interpret:base16int:word%", "g", None),
        ("%a:interpret:float:word%", "2.10", {"a": 2.1}),
        ("%a:interpret:float:word%", "nan", None),
        ("%a:interpret:bool:word%", "Yes", {"a": True}),
        ("%a:interpret:boolean:word%", "maybe", None),
        ("%a:tokenized:, :ipv4%", "1.2.3.4, 5.6.7.8", {"a": ["1.2.3.4", "5.6.7.8"]}),
        ("%a:tokenized:,:number%%b:rest%", "1,2,x", {"a": ["1", "2"], "b": ",x"}),
        ("%a:tokenized:, :tokenized: \\x3a :number%", "1 : 2, 3", {"a": [["1", "2"], ["3"]]}),
        ("%a:tokenized:,:number%", "x", None),
        ("%a:suffixed:,:b,kb:number%", "5kb", {"a": {"value": "5", "suffix": "kb"}}),
        ("%a:suffixed:,:m,mb:number%", "5mb", {"a": {"value": "5", "suffix": "mb"}}),
        ("%a:suffixed:,:m:number%", "5", None),
        ("%a:suffixed:,:m:number%", "m", None),
        ("%a:named_suffixed:n:u:;:\\x25;b:interpret:int:number%", "5%", {"a": {"n": 5, "u": "%"}}),
    ],
)
def test_types_around_types(rule: str, text: str, expected: object) -> None:
    """Each does to the inner type's value what its name says."""
    assert load(f"rule=:{rule}\n").match(text) == expected


@pytest.mark.parametrize(("tail", "child"), [("", CHILD), (":left", CHILD.replace("tail", "left"))])
def test_descent_matches_another_rulebase_and_gives_the_tail_back(tail: str, child: str) -> None:
    """The inner rules' last field is where the outer rule goes on."""
    outer = f"rule=:blocked on %device:word% %net:descent:./child.rulebase{tail}%at %time:date-rfc5424%\n"
    base = load(outer, read={"./child.rulebase": child}.__getitem__)
    assert base.match("blocked on gw-1 10.20.30.40 at 2014-12-08T08:53:33.05+05:30") == {
        "device": "gw-1",
        "net": {"ip": "10.20.30.40"},
        "time": "2014-12-08T08:53:33.05+05:30",
    }
    found = base.match("blocked on gw-1 10.20.0.0/16 at 2014-12-08T08:53:33.05+05:30")
    assert found is not None
    assert found["net"] == {"net": "10.20.0.0", "mask": "16"}


def test_recursion_has_an_end() -> None:
    """A rule that begins with itself never matches that way, and there is a greatest depth."""
    base = load("rule=:%next:recursive%\nrule=:%w:number% %next:recursive%\nrule=:%w:number%\n")
    assert base.match("1 2") == {"w": "1", "next": {"w": "2"}}
    assert base.match("1 " * (DEEPEST + 2) + "1") is None
    assert base.match("1 " * 100_000) is None
