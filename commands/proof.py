"""`sysledger verify` and `sysledger balance`: whether all is there, once, as it came."""

import json
import os
import sys
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from commands.arguments import day_of, open_layout, open_stream
from commands.settings import load_settings
from commands.words import tell
from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT, Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from supervisor.balance_sides import Statement


STATEMENT_TRIES: Final = 3
STATEMENT_PAUSE: Final = 0.5  # seconds


def verify(
    config: options.Config = None,
    data: options.Data = None,
    day: options.OfDay = None,
    tenant: options.OfTenant = None,
    stream: options.OfStream = None,
    quick: options.Quick = False,
    repair: options.Repair = False,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Read all of journal, archive, index and ledgers; name what is damaged, missing, double or changed.

    With the service running or not. It ends with exit code 65 when there is any fault.
    """
    from storage import ledger_verify, verify_told
    from storage import verify as verifying
    from supervisor.advance import Advance

    name = None
    if tenant is not None or stream is not None:
        layout, name = open_stream(config, data, tenant or DEFAULT_TENANT, stream or DEFAULT_STREAM)
    else:
        layout = open_layout(load_settings(config, data))
    wanted = verifying.Wanted(name, None if day is None else day_of(day), quick)
    advance = Advance("verified", verifying.octets_to_read(layout, wanted), tell)
    verified = verifying.verify(layout, wanted, advance.more)
    of_ledgers = ledger_verify.Wanted(day=wanted.day, quick=quick)
    if name is not None:
        of_ledgers = replace(of_ledgers, tenant=name.tenant, stream=name.stream)
    hashed = Advance("hashed", ledger_verify.records_to_read(layout, of_ledgers), tell, ("records", 1))
    ledgers = ledger_verify.verify_ledgers(layout, of_ledgers, hashed.more)
    refused = verifying.refused(layout)
    if output == StateOutput.JSON:
        print(json.dumps(verify_told.document(verified, ledgers, refused)))
    else:
        from supervisor.terminal import console, table

        console().print(table(verify_told.COLUMNS, verify_told.rows(verified)))
        console().print(table(verify_told.LEDGER_COLUMNS, verify_told.ledger_rows(ledgers)))
        of_streams = [each for one in verified for each in one.findings]
        of_tenants = [each for one in ledgers for each in one.findings]
        for sentence in verify_told.sentences(of_streams + of_tenants + refused):
            print(sentence)
    if repair:
        for made, day_made in verifying.repair(layout, verified):
            tell(f"made the index of {made.tenant}/{made.stream} {day_made} anew: verify once more")
    if any(one.faults for one in verified) or any(one.faults for one in ledgers):
        sys.exit(os.EX_DATAERR)


def balance(
    config: options.Config = None,
    data: options.Data = None,
    day: options.BookDay = None,
    sources: options.BySource = False,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Draw up the books: what became of every message, with the service running or not."""
    settings = load_settings(config, data)
    layout = open_layout(settings)
    is_here = not settings.collector.storage.endpoints
    made = balanced_books(layout, None if day is None else day_of(day), storage_is_here=is_here)
    if output == StateOutput.JSON:
        print(json.dumps(made.document(sources=sources)))
    else:
        from supervisor.balance_shown import as_tables
        from supervisor.terminal import console

        screen = console()
        for part in as_tables(made, sources=sources):
            screen.print(part)
    if made.unexplained:
        sys.exit(os.EX_DATAERR)


def balanced_books(layout: Layout, day: date | None, *, storage_is_here: bool) -> "Statement":
    """Draw up the statement; anew while it does not balance and the service runs, which moves meanwhile."""
    from time import sleep

    from collector.book_damage import damaged_books
    from collector.book_queue import queue_damage, queued_batches
    from collector.book_sums import books_of, seen_drops
    from storage.accounts import accounts
    from supervisor.balance import statement
    from supervisor.balance_sides import Books, Stored
    from supervisor.kernel_udp import read_kernel_udp, told

    for attempt in range(STATEMENT_TRIES + 1):
        before = books_of(layout.books, day)
        queued = queued_batches(layout.queue)
        stored = None
        if storage_is_here and layout.streams():
            found = accounts(layout, day)
            stored = Stored(
                found.journal.by_source(),
                found.archived.by_source(),
                found.indexed.by_source(),
                found.expired.by_source(),
                found.last_numbers,
                found.missing,
                found.damaged,
            )
        after = books_of(layout.books, day)
        books = None
        if before is not None and after is not None:
            books = Books(
                after.sums,
                [asdict(end) for end in after.ends],
                after.collectors,
                before.handed_over(),
                queued,
                queue_damage(layout.queue),
                damaged_books(layout.books),
            )
        made = statement(books, stored)
        if books is not None:
            made.notes += told(read_kernel_udp(), seen_drops(layout.books))
        if not made.unexplained or after is None or not after.running or attempt == STATEMENT_TRIES:
            return made
        sleep(STATEMENT_PAUSE)
    raise AssertionError("unreachable: the last try returns")
