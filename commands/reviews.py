"""`sysledger findings` and `sysledger reviews`: what was stated, whether it still holds, and what waits."""

import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from commands.arguments import moment_of, open_layout
from commands.settings import load_settings
from commands.words import end_with_the_pipe, fail, number_of, tell
from storage.layout import Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reviews.findings import Finding
    from reviews.making import Means
    from reviews.results import Result
    from reviews.store import Store

_GOES_ON: Final = {None: "none kept", True: "goes on", False: "NOT"}
_RECORD_DAYS: Final = 31  # that a record covers when nobody says otherwise


def findings_list(
    open_only: options.OpenOnly = False,
    overdue: options.OverdueOnly = False,
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Show the findings: statements, and matters with their owners.

    With --overdue only those that are open past their day; it then ends with exit code 65 when there are any.
    """
    from reviews import told

    end_with_the_pipe()
    today = datetime.now(UTC).date()
    with _store(config, data) as (store, _):
        found = list(store.findings.newest("open" if open_only or overdue else None))
        found = [finding for finding in found if finding.is_overdue(today) or not overdue]
        results = store.results.several([finding.result for finding in found])
        documents = [told.finding_document(finding, results[finding.result]) for finding in found]
    _print(documents, told.FINDING_COLUMNS, map(told.finding_row, documents), output)
    if overdue and documents:
        sys.exit(os.EX_DATAERR)


def findings_verify(
    numbers: options.FindingNumbers = None,
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Make findings' results once more, and compare number, digest and ledger with what was stated.

    With the service running or not. It ends with exit code 65 when one is not the same, or cannot be made.
    """
    with _store(config, data) as (store, layout):
        checked = [_verified(store, layout, finding) for finding in _chosen(store, numbers)]
    columns = ("number", "title", "then", "now", "same", "ledger", "why")
    rows = (
        (
            str(one["number"]), one["title"], f"{one['then']:,}", f"{one['now']:,}",
            "yes" if one["same"] else "NO", _GOES_ON[one["ledger_goes_on"]], " ".join(one["said"]),
        )
        for one in checked
    )  # fmt: skip
    _print(checked, columns, rows, output)
    if not all(one["same"] for one in checked):
        sys.exit(os.EX_DATAERR)


def reviews_list(
    missed: options.MissedOnly = False,
    reviewer: options.ReviewerOnly = None,
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Show the reviews that wait for somebody's sign-off.

    With --missed only those that are overdue; it then ends with exit code 65 when there are any.
    """
    from reviews import told

    end_with_the_pipe()
    now = datetime.now(UTC)
    with _store(config, data) as (store, _):
        waiting = list(store.queue.newest(unsigned=True))
        if missed:
            waiting = [review for review in waiting if review.state(now) == "missed"]
        if reviewer is not None:
            waiting = [review for review in waiting if review.reviewer == reviewer]
        results = store.results.several([review.result for review in waiting])
        documents = [told.review_document(review, results[review.result], now) for review in waiting]
    _print(documents, told.REVIEW_COLUMNS, map(told.review_row, documents), output)
    if missed and documents:
        sys.exit(os.EX_DATAERR)


def reviews_record(
    since: options.RecordFrom = "",
    until: options.RecordTo = "",
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Show all reviews of a range of days: who signed them off, when, and what they said.

    The page /reviews/record prints the same on paper, with the changes of each saved search.
    """
    from reviews import told
    from reviews.periods import gaps

    end_with_the_pipe()
    now = datetime.now(UTC)
    end = moment_of(until, "--to", end=True) or now
    start = moment_of(since, "--from") or end - timedelta(days=_RECORD_DAYS)
    if start >= end:
        raise typer.BadParameter(f"{since!r} is not before --to: swap them", param_hint="--from")
    with _store(config, data) as (store, _):
        several = store.queue.ending(start, end)
        results = store.results.several([review.result for review in several])
        documents = [told.review_document(review, results[review.result], now) for review in several]
    _print(documents, told.RECORD_COLUMNS, map(told.record_row, documents), output)
    for search in dict.fromkeys(review.search for review in several):
        for gap in gaps([review.period for review in several if review.search == search]):
            tell(f"saved search {search}: no review covers {_minute(gap.start)} to {_minute(gap.end)}")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"


def _chosen(store: "Store", numbers: "Sequence[int] | None") -> "list[Finding]":
    if not numbers:
        return list(store.findings.newest())
    try:
        return [store.findings.get(number) for number in numbers]
    except LookupError as error:
        fail(f"there is no finding {error}: `sysledger findings list` has those there are", os.EX_USAGE)


def _verified(store: "Store", layout: Layout, finding: "Finding") -> dict[str, Any]:
    """Check one finding, tell the trail, and give what came of it."""
    from commands.trail import console, from_the_console, record_if_can
    from reviews import making
    from reviews.evidence import difference

    tell(f"finding {finding.number}: reading what it was made of")
    visitor, means = console(), _means(store, layout)
    result = making.make(means, finding.result)
    if result.evidence is None:
        return _outcome(finding, result, 0, (result.failure,), goes_on=None)
    _, found = making.check(means, finding.result, visitor)
    said = difference(result.evidence, found)
    target = f"{result.asked.name.tenant}/{result.asked.name.stream}"
    with from_the_console(layout):
        record_if_can("finding.check", target, finding=finding.number, same=not said)
    goes_on = not found.ledger if result.evidence.checkpoint else None
    return _outcome(finding, result, found.count, said, goes_on=goes_on)


def _outcome(
    finding: "Finding", result: "Result", now: int, said: "Sequence[str]", *, goes_on: bool | None
) -> dict[str, Any]:
    """Give what came of checking a finding; ``goes_on`` is None where no checkpoint was kept with it."""
    then = 0 if result.evidence is None else result.evidence.count
    told = {"number": finding.number, "title": finding.title, "then": then, "now": now}
    return {**told, "same": not said, "ledger_goes_on": goes_on, "said": list(said)}


def _means(store: "Store", layout: Layout) -> "Means":
    from access.sight import Sights
    from access.visitor import CONSOLE
    from reviews.ledgers import Ledgers
    from reviews.making import Means

    # Results of accounts are made by the pages, which know them; here they are only made once more.
    sights = Sights(layout)
    ledgers = Ledgers(layout, sights)
    return Means(store, {CONSOLE.name: CONSOLE}.get, sights.searcher, sees=sights.sees, ledgers=ledgers)


@contextmanager
def _store(config: Path | None, data: Path | None) -> "Iterator[tuple[Store, Layout]]":
    from access.database import DatabaseError
    from reviews.store import FILE, Store

    layout = open_layout(load_settings(config, data))
    if not (layout.reviews / FILE).exists():
        tell("nothing was ever saved here: save searches and findings on the pages")
        sys.exit(os.EX_OK)
    try:
        store = Store(layout.reviews)
    except DatabaseError as error:
        fail(str(error), os.EX_NOPERM)
    try:
        yield store, layout
    finally:
        store.close()


def _print(
    documents: "Sequence[dict[str, Any]]",
    columns: "Sequence[str]",
    rows: "Iterable[Sequence[str]]",
    output: StateOutput,
) -> None:
    if output == StateOutput.JSON:
        print(json.dumps(documents))
        return
    from supervisor.terminal import console, table
    from web.visible import plain

    if documents:
        console().print(table(columns, [[plain(cell) for cell in row] for row in rows]))
    tell(number_of(len(documents), "line"))
