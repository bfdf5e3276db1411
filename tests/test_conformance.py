"""The tables of conformance are complete, and what they claim has a test."""

import re
from pathlib import Path
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).parents[1]
# Each package's table, and the clauses of the checklist that it has.
TABLES: Final = {
    "parsers": (
        r"(?:3164|5424|5674|5675|CEF|LEEF)-\d+|GELF-[126]|D-[1-7]"
        r"|timeQuality|origin|meta|snmp|alarm|ssign|ssign-cert|PCNNode|PCNTerm"
    ),
    "collector": r"(?:5425|5426|6587|6012|9662|RELP)-\d+|GELF-[345]|D-8",
}
STATUSES: Final = {"met", "partly", "not yet", "policy"}
NAMED: Final = re.compile(r"`([^`]+)::([^`]+)`")

each_table = pytest.mark.parametrize("package", TABLES)


def clauses(package: str) -> re.Pattern[str]:
    """What finds the clauses of a package's RFCs in a table."""
    return re.compile(rf"^\| ({TABLES[package]}) \|", re.MULTILINE)


def rows(package: str) -> list[tuple[str, ...]]:
    """The cells of every row: clause, section, what it asks, status, note, tests."""
    lines = (CHECKOUT / package / "CONFORMANCE.md").read_text("utf-8").splitlines()
    found = filter(clauses(package).match, lines)
    return [tuple(cell.strip() for cell in line[1:-1].split("|")) for line in found]


@each_table
def test_every_row_is_whole(package: str) -> None:
    """A row has six cells and a status of ours; what is there names its test, what is not says why."""
    for row in rows(package):
        assert len(row) == 6, row
        assert row[3] in STATUSES, row
        assert NAMED.search(row[5]) or row[3] == "not yet", row
        assert row[4] or row[3] in {"met", "policy"}, row


@each_table
def test_every_named_test_exists(package: str) -> None:
    """Whatever test the table names is a function of that file."""
    for file, function in NAMED.findall((CHECKOUT / package / "CONFORMANCE.md").read_text("utf-8")):
        source = (CHECKOUT / file).read_text("utf-8")
        assert re.search(rf"^ *def {function}\(", source, re.MULTILINE), (file, function)


@each_table
def test_no_clause_stands_there_twice(package: str) -> None:
    """One row a clause."""
    found = [row[0] for row in rows(package)]
    assert found
    assert len(found) == len(set(found))


@each_table
def test_every_clause_of_the_checklist_has_a_row(package: str, shared: Path) -> None:
    """The checklist's sections on these RFCs are covered whole, in their order."""
    checklist = (shared / "standards" / "checklist.md").read_text("utf-8")
    assert [row[0] for row in rows(package)] == clauses(package).findall(checklist)
