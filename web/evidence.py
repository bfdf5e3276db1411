"""A result as pages show it: what was asked, what was found, what that covers, and how to check it."""

import shlex
from base64 import b64decode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from access import limits
from access.visitor import current
from reviews.evidence import Evidence, difference
from reviews.making import as_made
from reviews.results import Check, Result
from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT
from web import rows, times, words
from web.desk import Desk
from web.form import SearchForm

MESSAGES: Final = 50  # newest ones that are shown
_FIGURES: Final = (
    ("days", "Days with messages", "UTC days of receipt in the range"),
    ("files", "Files of them", ""),
    ("blocks", "Blocks in them", "a block holds some thousand messages"),
    ("skipped_by_time", "ruled out by their times", "their own statistics say that nothing matches"),
    ("skipped_by_index", "ruled out by the index", "none of their words is asked for"),
    ("scanned_indexed", "read, as the index said", ""),
    ("scanned_unindexed", "read without an index", ""),
    ("rows_scanned", "Messages looked at", "one after the other"),
    ("missing", "Messages in no file", "lost with a damaged or removed file; 0 where limits hide some"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of a result."""

    at: str
    by: str
    is_same: bool
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A result in words. What is not made yet has no headline.

    Attributes:
        query: as it was asked; empty for every message.
        stream: tenant and stream.
        range: of which time, from when to when.
        headline: how many matched.
        total: of how many.
        statement: what that means for who relies on it.
        silent: how many days of the range nothing at all is stored of; nothing when there is none.
        is_whole: whether nothing was unreadable.
        failure: why it could not be made.
        digest: SHA-256, or nothing.
        command: that gives the digest on the appliance; nothing when limits make it another.
        made: when, and by whom.
        within: the limits that it was made with, a line each.
        found: first and last receive time of a match, or nothing.
        figures: of the scope: number, what it counts, and a note.
        damaged: places that could not be read, and how many more there are.
        damages_left: how many of those are not named.
        search: the address of the search page that asks the same.
        checks: newest first.
        ledger: what the tenant's ledger was then, in words; nothing when that is not kept.
        checkpoint: the same as it was signed.
    """

    query: str
    stream: str
    range: str
    headline: str
    total: str
    statement: str
    silent: str
    is_whole: bool
    failure: str
    digest: str
    command: str
    made: str
    within: tuple[str, ...]
    found: str
    figures: tuple[tuple[str, str, str], ...]
    damaged: tuple[str, ...]
    damages_left: int
    search: str
    checks: tuple[Checked, ...]
    ledger: str = ""
    checkpoint: str = ""


def said(at: datetime) -> str:
    """Write a time for reading: to the minute, or to the microsecond when it is not a whole one."""
    utc = at.astimezone(UTC)
    if utc.microsecond:
        return f"{utc:%Y-%m-%d %H:%M:%S.%f}"
    return f"{utc:%Y-%m-%d %H:%M:%S}" if utc.second else f"{utc:%Y-%m-%d %H:%M}"


def moment(at: datetime) -> str:
    """Write when somebody did something, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def shown(result: Result, checks: list[Check]) -> Shown:
    """Put a result in words."""
    found, asked = result.evidence, result.asked
    form = _form(result)
    return Shown(
        query=asked.query,
        stream=f"{asked.name.tenant}/{asked.name.stream}",
        range=_range(result),
        headline=_headline(found),
        total="" if found is None else f"of {words.count(found.total, 'message')} in this range",
        statement="" if found is None else _statement(found, result),
        silent="" if found is None else _silent(found, result),
        is_whole=found is None or found.is_whole,
        failure=result.failure,
        digest="" if found is None else found.digest,
        command="" if found is None or limits.told(result.limits or limits.made({})) else command(result),
        made="" if result.made_at is None else f"{moment(result.made_at)} UTC, for {result.asked_by}",
        within=tuple(limits.told(result.limits)) if result.limits is not None else (),
        found="" if found is None or not found.count else _found(found),
        figures=() if found is None else _figures(found),
        damaged=() if found is None else found.damaged,
        damages_left=0 if found is None else found.damages - len(found.damaged),
        search=form.address(),
        checks=() if found is None else tuple(_checked(found, one) for one in reversed(checks)),
        ledger="" if found is None else _ledger(found.checkpoint),
        checkpoint="" if found is None else found.checkpoint,
    )


def _ledger(checkpoint: str) -> str:
    """Say what a checkpoint says; whoever relies on it checks its signature."""
    if not checkpoint:
        return ""
    origin, leaves, root, time, *_ = [*checkpoint.split("\n"), "", "", ""]
    of_leaves = "1 leaf" if leaves == "1" else f"{leaves} leaves"
    return f"{origin}, {of_leaves}, root {_hexadecimal(root)}, signed {time.removeprefix('time ')}"


def _hexadecimal(root: str) -> str:
    """Write a checkpoint's root as the page Ledger and `ledger check` do, so that people can compare them."""
    try:
        return b64decode(root, validate=True).hex()
    except ValueError:
        return root


def messages(served: Desk, result: Result) -> list[tuple[str, list[rows.Row]]]:
    """Give the newest messages of a result that is made, by day, within the limits it was made with."""
    if result.evidence is None or result.limits is None or not result.evidence.count:
        return []
    searcher = served.sights.searcher(as_made(current(), result.limits))
    records = searcher.page(replace(result.asked, limit=MESSAGES)).records
    return list(rows.by_day(rows.rows(records, result.asked.name, _form(result).context())))


def command(result: Result) -> str:
    """Give the command that prints the digest of a result, for a shell."""
    asked = result.asked
    options = ["--limit", "0", "--output", "raw"]
    if asked.name.tenant != DEFAULT_TENANT:
        options += ["--tenant", asked.name.tenant]
    if asked.name.stream != DEFAULT_STREAM:
        options += ["--stream", asked.name.stream]
    if asked.time != "received":
        options += ["--time", asked.time]
    for option, at in (("--from", asked.start), ("--to", asked.end)):
        options += [option, times.typed(at)] if at is not None else []
    return f"sysledger search {shlex.join([*options, '--', asked.query])} | sha256sum"


def _form(result: Result) -> SearchForm:
    asked = result.asked
    return SearchForm(
        query=asked.query,
        start="" if asked.start is None else times.typed(asked.start),
        end="" if asked.end is None else times.typed(asked.end),
        time=asked.time,
        name=asked.name,
    )


def _range(result: Result) -> str:
    asked = result.asked
    kind = "received" if asked.time == "received" else "with a device time"
    start = "the beginning" if asked.start is None else said(asked.start)
    end = "" if asked.end is None else said(asked.end)
    return f"{kind} from {start} to {end} UTC"


def _headline(found: Evidence | None) -> str:
    if found is None:
        return ""
    if not found.count:
        return "No message matches"
    return f"{words.count(found.count, 'message')} {'matches' if found.count == 1 else 'match'}"


def _statement(found: Evidence, result: Result) -> str:
    if not found.damages and found.missing:
        return (
            f"{words.count(found.missing, 'message')} of this range cannot be found in any file: this result "
            "is no proof that there were no others. sysledger verify says which are missing."
        )
    if not found.is_whole:
        return (
            f"{words.count(found.damages, 'place')} of the archive could not be read: messages may be "
            "missing from this result, and it is no proof that there were no others."
        )
    if result.limits is not None and limits.told(result.limits):
        return "Everything that may be seen within the limits named here was searched: these are all."
    if not found.total:
        return "No message at all is stored of this range. That may be because none was received, or kept."
    if not found.count:
        return "Everything that is stored of this range was searched: no such message is in it."
    return "Everything in this range was searched: these are all."


def _silent(found: Evidence, result: Result) -> str:
    asked = result.asked
    if asked.start is None or asked.end is None or asked.time != "received" or "days" not in found.figures:
        return ""
    first, last = (at.astimezone(UTC).date() for at in (asked.start, asked.end - timedelta(microseconds=1)))
    days = (last - first).days + 1
    silent = days - found.figures["days"]
    if silent <= 0 or not found.total:
        return ""
    return f"On {silent:,} of the {days:,} UTC days that this range touches, no message within it is stored."


def _found(found: Evidence) -> str:
    assert found.oldest is not None  # noqa: S101 - for the type checker: there are matches
    assert found.newest is not None  # noqa: S101 - the same
    return f"the first received {said(found.oldest)}, the last {said(found.newest)} UTC"


def _figures(found: Evidence) -> tuple[tuple[str, str, str], ...]:
    known = {name for name, _, _ in _FIGURES}
    named = [(name, label, note) for name, label, note in _FIGURES if name in found.figures]
    others = [(name, name.replace("_", " "), "") for name in found.figures if name not in known]
    return tuple((f"{found.figures[name]:,}", label, note) for name, label, note in [*named, *others])


def _checked(then: Evidence, one: Check) -> Checked:
    now = one.evidence if then.checkpoint else replace(one.evidence, ledger="")  # of a ledger not to be known
    differs = difference(then, now)
    return Checked(moment(one.at), one.by, not differs, differs)
