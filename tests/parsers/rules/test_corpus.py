"""The corpus liblognorm_rules, case by case: a rulebase, a text, and what liblognorm makes of it.

A case that expects an error has no rule that matches, and says what is left behind the furthest place.
liblognorm goes on with the good rules of a rulebase that has bad ones; so do we for these cases.
"""

import tomllib
from base64 import b64decode
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from parsers.rules import RuleBase, RuleErrors, load
from parsers.rules.base import flattened
from tests.shared import Case, corpus, parameters

DEVIATIONS: Final[dict[str, str]] = {
    entry["source"]: entry["reason"]
    for entry in tomllib.loads(Path(__file__).with_name("deviations.toml").read_text("utf-8"))["deviation"]
}


def cases() -> list[tuple[str, Case]]:
    """Every case after its source."""
    return [(case["source"], case) for case in corpus("liblognorm_rules")]


def base_of(case: Case) -> RuleBase:
    """The case's rules, without those that are faulty."""
    try:
        return load("\n".join(case["rules"]) + "\n")
    except RuleErrors as errors:
        return errors.rest


def agrees(expected: Any, found: Any) -> bool:
    """Whether all that is expected was found; the corpus leaves out members that it does not assert."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(name in found and agrees(value, found[name]) for name, value in expected.items())
    return type(expected) is type(found) and bool(expected == found)


def deviation(source: str) -> str | None:
    """The reason why a case may differ, if there is one."""
    return next((reason for pattern, reason in DEVIATIONS.items() if fnmatchcase(source, pattern)), None)


@pytest.mark.parametrize("case", parameters(cases()))
def test_agrees_with_the_corpus_or_the_deviation_has_a_reason(case: Case) -> None:
    """A rulebase gives what liblognorm gives, or deviations.toml says why not."""
    base, text = base_of(case), b64decode(case["input_b64"]).decode()
    found = base.match(text)
    if case["expect"].get("error"):
        right = found is None and base.unparsed(text) == case["expect"]["unparsed"]
    else:
        right = agrees(case["expect"]["fields"], found)
    assert right == (deviation(case["source"]) is None), found


@pytest.mark.parametrize("case", parameters(cases()))
def test_a_column_gives_the_same(case: Case) -> None:
    """The compiled patterns give for a column what the walk gives for the text alone."""
    base, text = base_of(case), b64decode(case["input_b64"]).decode()
    entries = base.entries(pa.array([None, text, text + " ", text]))
    for row, one in ((1, text), (2, text + " "), (3, text)):
        found = [
            (name, value)
            for number, name, value in zip(
                *(column.to_pylist() for column in (entries.rows, entries.names, entries.values)), strict=True
            )
            if number == row
        ]
        assert sorted(found) == sorted(flattened(base.match(one) or {}))
    assert 0 not in entries.rows.to_pylist()


@pytest.mark.usefixtures("shared")
def test_every_deviation_names_a_case_and_they_are_few() -> None:
    """No entry is about a case that does not exist, and less than one case in twenty is excused."""
    sources = [source for source, _ in cases()]
    assert all(any(fnmatchcase(source, pattern) for source in sources) for pattern in DEVIATIONS)
    assert sum(deviation(source) is not None for source in sources) < len(sources) / 20
