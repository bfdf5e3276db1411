"""Rule files: reading them, telling what is wrong with them, and putting what they read into the fields.

A faulty statement costs itself, a file that cannot be read its own rules, and neither the start.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from collector.reader import Rules
from collector.rule_settings import RuleSettings
from collector.settings import CollectorSettings
from parsers.fields import with_entries
from parsers.rules import RuleErrors, load
from parsers.rules.base import RuleBase
from parsers.rules.choice import Choice, Chosen

log = logging.getLogger(__name__)

_HERE: Final = Path(__file__).resolve().parent
_INSTALLED: Final = _HERE / "rule_files"  # where pyproject.toml puts conf/rules
_IN_CHECKOUT: Final = _HERE.parent / "conf" / "rules"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule file that has been read: its name and settings in the configuration, and its rules."""

    name: str
    settings: RuleSettings
    base: RuleBase


def shipped_folder() -> Path:
    """Give the folder of the rule files that come with Sysledger, installed or in a checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _IN_CHECKOUT


def file_of(name: str, settings: RuleSettings, folder: Path) -> Path:
    """Give the file of a table ``collector.rules.NAME``; ``folder`` is the configuration file's."""
    return shipped_folder() / f"{name}.rules" if settings.file is None else folder / settings.file


def load_file(file: Path) -> tuple[RuleBase, list[str]]:
    """Read a rule file: its rules without the faulty statements, and what is wrong with them.

    Each problem begins with file:line:column. Files that it includes are looked for beside it.

    Raises:
        OSError: when the file cannot be read.
        UnicodeDecodeError: when it is not UTF-8.
    """
    text = file.read_text("utf-8-sig")
    try:
        return load(text, str(file), lambda other: (file.parent / other).read_text("utf-8-sig")), []
    except RuleErrors as errors:
        return errors.rest, list(map(str, errors.errors))


def load_rules(settings: CollectorSettings, folder: Path) -> tuple[list[Loaded], list[str]]:
    """Read the rule files that are in use: the user's own first, and what is wrong with any.

    Args:
        settings: which files there are.
        folder: where relative paths start: the folder of the configuration file.
    """
    loaded: list[Loaded] = []
    problems: list[str] = []
    used = {name: one for name, one in settings.rules.items() if _used(settings, one)}
    for name, one in sorted(used.items(), key=lambda item: item[1].file is None):
        file = file_of(name, one, folder)
        try:
            base, found = load_file(file)
        except OSError as error:
            problems.append(f"{file}: cannot be read: {error.strerror}; see collector.rules.{name}.file")
            continue
        except UnicodeDecodeError as error:
            problems.append(f"{file}: octet {error.start} is not UTF-8: save the file as UTF-8")
            continue
        problems += found
        loaded.append(Loaded(name, one, base))
    return loaded, problems


def _used(settings: CollectorSettings, one: RuleSettings) -> bool:
    return one.enabled and (settings.shipped_rules or one.file is not None)


def choice_for(loaded: Sequence[Loaded], stream: str) -> Choice:
    """Choose the rules of one stream's messages."""
    return Choice(
        [
            Chosen(one.name, one.base, one.settings.apps, one.settings.contains)
            for one in loaded
            if not one.settings.streams or stream in one.settings.streams
        ]
    )


def rules_for(loaded: Sequence[Loaded], stream: str) -> Rules | None:
    """Give what puts the fields into the records of one stream; None when no rules are for it."""
    choice = choice_for(loaded, stream)

    def extract(records: pa.RecordBatch) -> pa.RecordBatch:
        return with_entries(records, choice.entries(records))

    return extract if choice.several else None


def load_and_tell(settings: CollectorSettings, folder: Path) -> list[Loaded]:
    """Read the rule files that are in use, ready for batches, and log what is wrong with any."""
    loaded, problems = load_rules(settings, folder)
    for one in loaded:
        _ = one.base.selector  # made here, not while messages wait
    for problem in problems:
        log.error("rules: %s; `sysledger rules check` tells it again once you have mended it", problem)
    return loaded
