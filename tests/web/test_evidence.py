"""A result on a page: what it says holds, and its command gives the digest."""

import hashlib
import os
import re
import shlex
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from access.visitor import Limits
from reviews import making
from reviews.evidence import Evidence
from reviews.results import Check, Result
from reviews.store import Store
from storage.layout import Layout, StreamName
from storage.results import Request
from tests.web.reviewed import DAY, NEXT, means_of
from web.evidence import command, moment, said, shown

Keep = Callable[..., None]
NOON = int((DAY + timedelta(hours=12)).timestamp()) * 10**9
FOUND = Evidence(1, 3, "ab" * 32, DAY, DAY, {"files": 2, "rows_scanned": 3, "news": 7}, (), 0)
ASKED = Request("failed", start=DAY, end=NEXT)
RESULT = Result(1, ASKED, "anna", DAY, Limits(), NEXT, FOUND, "")


@pytest.mark.parametrize("query", ["failed", "'; echo x #\" \\$(id)", "-accepted", '"failed  password"', ""])
def test_the_command_gives_the_digest(layout: Layout, store: Keep, query: str) -> None:
    """What the page says to type gives the digest, whatever the query holds."""
    name = StreamName("shop", "web")
    frames = [b"<35>1 - w - - - - failed  password \xff\x00", b"<38>1 - w - - - - accepted", b"failed\nx"]
    store(frames, name=name, received_at=NOON)
    kept = Store(layout.reviews)
    try:
        number = kept.results.ask(replace(ASKED, query=query, name=name), "console", Limits(), DAY)
    finally:
        result = making.make(means_of(layout, kept), number)
        kept.close()
    if result.evidence is None:
        assert "query cannot be read" in result.failure
        return
    words = shlex.split(command(result).removesuffix(" | sha256sum"))
    assert words[:2] == ["sysledger", "search"]
    line = [sys.executable, "-m", "sysledger", "search", "--data", str(layout.data), *words[2:]]
    done = subprocess.run(
        line, capture_output=True, check=True, timeout=60, env={**os.environ, "COLUMNS": "80"}
    )
    assert hashlib.sha256(done.stdout).hexdigest() == result.evidence.digest


def test_times_are_as_exact_as_they_have_to_be() -> None:
    """A whole minute is written as one; a range that ends at a microsecond says so."""
    assert said(DAY) == "2020-03-10 00:00"
    assert said(DAY + timedelta(seconds=5)) == "2020-03-10 00:00:05"
    assert said(DAY + timedelta(microseconds=5)) == "2020-03-10 00:00:00.000005"
    assert moment(DAY + timedelta(microseconds=5)) == "2020-03-10 00:00:00"


@pytest.mark.parametrize(
    ("changes", "limits", "statement"),
    [
        ({}, Limits(), "these are all"),
        ({"count": 0}, Limits(), "stored of this range was searched: no such message"),
        ({"count": 0, "total": 0}, Limits(), "No message at all is stored"),
        ({"damages": 2, "damaged": ("a", "b")}, Limits(), "no proof that there were no others"),
        ({"count": 0, "damages": 2}, Limits(), "no proof"),
        ({"count": 0, "total": 0}, Limits(masked=("user",)), "within the limits named here"),
    ],
)
def test_a_statement_claims_no_more_than_it_may(
    changes: dict[str, object], limits: Limits, statement: str
) -> None:
    """Whole, empty, damaged and limited results say each what they are worth."""
    found = shown(replace(RESULT, evidence=replace(FOUND, **changes), limits=limits), [])  # type: ignore[arg-type]
    assert statement in found.statement
    assert found.is_whole is (not changes.get("damages"))
    assert bool(found.within) is (limits != Limits())
    assert bool(found.command) is (limits == Limits())


def test_what_is_not_made_says_nothing() -> None:
    """Neither number nor digest stands there before it is known; why it failed does."""
    found = shown(replace(RESULT, evidence=None, made_at=None, limits=None, failure="no disk"), [])
    assert (found.headline, found.total, found.digest, found.command, found.made) == ("", "", "", "", "")
    assert found.failure == "no disk"
    assert not found.figures
    assert not found.checks


def test_every_figure_of_the_scope_is_told() -> None:
    """Those that have words, and those of a newer release under their own name."""
    figures = shown(RESULT, []).figures
    assert [(number, label) for number, label, _ in figures] == [
        ("2", "Files of them"), ("3", "Messages looked at"), ("7", "news"),
    ]  # fmt: skip


def test_the_root_is_written_as_on_the_page_ledger() -> None:
    """Who compares a finding with the page Ledger sees the same digits, and a time that reads as one."""
    note = f"vm/sysledger/shop\n1\n{b64encode(bytes(32)).decode()}\ntime 2020-03-10T00:00:00Z\n\n"
    made = shown(replace(RESULT, evidence=replace(FOUND, checkpoint=note)), [])
    assert made.ledger == f"vm/sysledger/shop, 1 leaf, root {'00' * 32}, signed 2020-03-10T00:00:00Z"
    odd = shown(replace(RESULT, evidence=replace(FOUND, checkpoint="vm\n2\n?\n")), [])
    assert "2 leaves, root ?" in odd.ledger


def test_checks_come_newest_first() -> None:
    """Each says who, when, and whether it was the same."""
    checks = [Check("anna", DAY, FOUND), Check("rita", NEXT, replace(FOUND, count=2, digest="cd", total=4))]
    rita, anna = shown(RESULT, checks).checks
    assert (anna.by, anna.is_same, anna.said) == ("anna", True, ())
    assert (rita.by, rita.is_same) == ("rita", False)
    assert re.match("1 matched then, 2 match now", rita.said[0])


@pytest.mark.parametrize(
    ("days", "asked", "said_of_it"),
    [
        (1, ASKED, ""),
        (1, replace(ASKED, end=DAY + timedelta(days=3)), "On 2 of the 3 UTC days"),
        (2, replace(ASKED, end=DAY + timedelta(days=1, hours=6)), ""),
        (1, replace(ASKED, end=DAY + timedelta(days=1, hours=6)), "On 1 of the 2 UTC days"),
        (1, replace(ASKED, start=None), ""),
        (0, replace(ASKED, end=DAY + timedelta(days=3), time="device"), ""),
    ],
)
def test_days_without_any_message_are_told(days: int, asked: Request, said_of_it: str) -> None:
    """Nothing found on a day of which nothing is stored proves little: such days are counted."""
    evidence = replace(FOUND, figures={"days": days})
    assert shown(replace(RESULT, asked=asked, evidence=evidence), []).silent.startswith(said_of_it)
    assert bool(shown(replace(RESULT, asked=asked, evidence=evidence), []).silent) is bool(said_of_it)
