"""`sysledger rules`: the faults of rule files, and what they match."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from commands.arguments import applied_settings, moment_of, open_stream, receipt_of
from commands.settings import configuration_folder, load_settings
from commands.words import number_of, tell
from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from parsers.rules.choice import Choice


def rules_check(files: options.RuleFiles = None, config: options.Config = None) -> None:
    """Tell every fault of rule files, with line and column. The rest of a faulty file is used even so."""
    from collector.rules import load_file, load_rules

    if files:
        several = [load_file(file) for file in files]
        problems, count = [problem for _, found in several for problem in found], len(files)
        rules = sum(len(base.rules) for base, _ in several)
    else:
        loaded, problems = load_rules(load_settings(config, None).collector, configuration_folder(config))
        count, rules = len(loaded), sum(len(one.base.rules) for one in loaded)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{number_of(count, 'file')} with {number_of(rules, 'rule')}, {number_of(len(problems), 'fault')}")
    if problems:
        sys.exit(os.EX_DATAERR)


def rules_test(
    file: options.Samples = None,
    rules: options.RuleFile = None,
    app_name: options.App = None,
    bare: options.Bare = False,
    config: options.Config = None,
    data: options.Data = None,
    start: options.From = "",
    end: options.To = "",
    query: options.Searched = "",
    tenant: options.Tenant = DEFAULT_TENANT,
    stream: options.Stream = DEFAULT_STREAM,
    limit: options.Newest = 10_000,
    examples: options.Examples = 10,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Try rules on sample messages or on the archive: how many match which rule, and what falls through."""
    from parsers.rules.trial import Trial, of_app
    from web.visible import plain

    choice = choice_of(config, stream) if rules is None else _choice_of_file(rules)
    trial = Trial(choice)
    if file is None:
        batches = _archived(config, data, start, end, query, tenant, stream, limit)
    else:
        batches = _samples(file, config, app_name if bare else None, bare=bare)
    for records in batches:
        trial.add(records if app_name is None else of_app(records, app_name))
    if output == StateOutput.JSON:
        print(json.dumps(trial.document(examples)))
        return
    from supervisor.terminal import console, table

    screen = console()
    if trial.matched:
        screen.print(table(("rule", "tags", "messages", "of all"), trial.rows()))
    for line in trial.sentences(examples):
        screen.print(plain(line))


def choice_of(config: Path | None, stream: str) -> "Choice":
    """Give the configured rules of a stream, and tell what is wrong with them."""
    from collector.rules import choice_for, load_rules

    loaded, problems = load_rules(load_settings(config, None).collector, configuration_folder(config))
    for problem in problems:
        tell(problem)
    return choice_for(loaded, stream)


def _choice_of_file(file: Path) -> "Choice":
    from collector.rules import load_file
    from parsers.rules.choice import Choice, Chosen

    base, problems = load_file(file)
    for problem in problems:
        tell(problem)
    return Choice([Chosen(file.stem, base)])


def _samples(
    file: Path, config: Path | None, app_name: str | None, *, bare: bool
) -> "Iterator[pa.RecordBatch]":
    """Give the messages of a file, as the collector would read them."""
    from collector.reader import Reader
    from parsers.pipeline import Arrival
    from parsers.rules.trial import bare_records, sample_records

    reader = Reader("test", "file", applied_settings(config, None, "", None, None).sources)
    now = receipt_of("now")
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
        if bare:
            yield from bare_records(lines, app_name)
            return
        yield from sample_records(
            lines, lambda frames: reader.read(frames, [Arrival(now, "", len(frames))], {})
        )


def _archived(
    config: Path | None,
    data: Path | None,
    start: str,
    end: str,
    query: str,
    tenant: str,
    stream: str,
    limit: int,
) -> "Iterator[pa.RecordBatch]":
    """Give messages of the archive, newest first."""
    from storage.search import Request, Searcher

    layout, name = open_stream(config, data, tenant, stream)
    begun, ended = moment_of(start, "--from"), moment_of(end, "--to", end=True)
    asked = Request(query=query, name=name, start=begun, end=ended, limit=limit or None)
    for records in Searcher(layout).stream(asked):
        yield from records.combine_chunks().to_batches()
