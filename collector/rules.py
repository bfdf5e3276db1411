"""Rule files: reading them, telling what is wrong with them, and putting what they read into the fields.

A faulty statement costs itself, a file that cannot be read its own rules, and neither the start.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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

_Read = tuple[RuleBase, list[str]]  # the rules of a file, and what is wrong with it

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


def _text_of(file: Path) -> str:
    return file.read_text("utf-8-sig")


def load_file(file: Path, read: Callable[[Path], str] = _text_of) -> tuple[RuleBase, list[str]]:
    """Read a rule file: its rules without the faulty statements, and what is wrong with them.

    Each problem begins with file:line:column. Files that it includes are looked for beside it.

    Raises:
        OSError: when the file cannot be read.
        UnicodeDecodeError: when it is not UTF-8.
    """
    text = read(file)
    try:
        return load(text, str(file), lambda other: read(file.parent / other)), []
    except RuleErrors as errors:
        return errors.rest, list(map(str, errors.errors))


def load_rules(
    settings: CollectorSettings, folder: Path, load_one: Callable[[Path], _Read] = load_file
) -> tuple[list[Loaded], list[str]]:
    """Read the rule files that are in use: the user's own first, and what is wrong with any.

    Args:
        settings: which files there are.
        folder: where relative paths start: the folder of the configuration file.
        load_one: reads a file; see ``load_file``.
    """
    loaded: list[Loaded] = []
    problems: list[str] = []
    used = {name: one for name, one in settings.rules.items() if _used(settings, one)}
    for name, one in sorted(used.items(), key=lambda item: item[1].file is None):
        file = file_of(name, one, folder)
        try:
            base, found = load_one(file)
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


class RuleFiles:
    """The rule files of a collector, read at its start and again at each reload.

    Args:
        folder: where relative paths start: the folder of the configuration file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, _Known] = {}

    def load_and_tell(self, settings: CollectorSettings) -> list[Loaded]:
        """Read the rule files that are in use, ready for batches, and log what is wrong with any.

        A file that has not changed since the last time is not compiled again, which takes longest.
        """
        loaded, problems = load_rules(settings, self._folder, self._load)
        for one in loaded:
            _ = one.base.selector  # made here, not while messages wait
        for problem in problems:
            log.error("rules: %s; `sysledger rules check` tells it again once you have mended it", problem)
        return loaded

    def _load(self, file: Path) -> _Read:
        known = self._known.get(file)
        if known is None or not known.is_current():
            known = _Known({})
            known.base, known.problems = load_file(file, known.read)
            self._known[file] = known
        return known.base, known.problems


@dataclass(slots=True)
class _Known:
    """A rule file that was read, with the texts of all files that it is made of."""

    texts: dict[Path, str]
    base: RuleBase = field(init=False)
    problems: list[str] = field(default_factory=list)

    def read(self, file: Path) -> str:
        """Read a file, and remember its text."""
        self.texts[file] = _text_of(file)
        return self.texts[file]

    def is_current(self) -> bool:
        """Whether all these files are as they were."""
        try:
            return all(_text_of(file) == text for file, text in self.texts.items())
        except (OSError, UnicodeDecodeError):
            return False
