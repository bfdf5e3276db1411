"""Configuration: files merged over the settings models' defaults, and every error at once.

Later wins, table by table: the models' defaults, ``--config FILE``, ``conf.d/*.toml`` beside that file in
order of name, the command line's options. A problem is a trail, a fact and a hint:

    collector.listeners.udp.port: 99999 is more than 65535; use 0 to 65535 (file conf.d/office.toml)
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from supervisor import schema as describe
from supervisor.schema import Part

Settings = TypeVar("Settings", bound=BaseModel)
Table = dict[str, Any]
Trail = tuple[Part, ...]

COMMAND_LINE: Final = "command line"
_LIMIT_FACTS: Final = {
    "less_than_equal": ("is more than", "le"),
    "less_than": ("is not less than", "lt"),
    "greater_than_equal": ("is less than", "ge"),
    "greater_than": ("is not more than", "gt"),
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the configuration, where, and what to do about it."""

    trail: str
    fact: str
    hint: str
    file: str

    def __str__(self) -> str:
        """Give the line that a person reads."""
        told = f"{self.trail}: {self.fact}" if self.trail else self.fact
        hinted = f"{told}; {self.hint}" if self.hint else told
        if self.file == COMMAND_LINE:
            return f"{hinted} (command line)"
        return f"{hinted} (file {self.file})" if self.file else hinted


class ConfigError(Exception):
    """The configuration cannot be used. ``problems`` holds every reason."""

    exit_code = os.EX_CONFIG

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Merged:
    """Several documents in one, and which file each value came from."""

    values: Table = field(default_factory=dict)
    origins: dict[Trail, str] = field(default_factory=dict)

    def add(self, document: Mapping[str, Any], origin: str) -> None:
        """Lay ``document`` over what is there."""
        self.values = self._over(self.values, document, (), origin)

    def _over(self, below: Mapping[str, Any], above: Mapping[str, Any], trail: Trail, origin: str) -> Table:
        table = dict(below)
        for key, value in above.items():
            here = (*trail, key)
            self.origins[here] = origin
            if isinstance(value, Mapping):
                under = table.get(key)
                table[key] = self._over(under if isinstance(under, Mapping) else {}, value, here, origin)
            else:
                table[key] = value
        return table

    def origin(self, trail: Trail) -> str:
        """The file that ``trail``, or the nearest table around it, was last set by."""
        while trail and trail not in self.origins:
            trail = trail[:-1]
        return self.origins.get(trail, "")


def load(schema: type[Settings], file: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the configuration and check it against ``schema``.

    Args:
        schema: the model of all settings; its instance without arguments is the default.
        file: ``--config``; None for the defaults alone.
        overrides: what the command line sets, in the shape of the document.

    Raises:
        ConfigError: with every problem of every file.
    """
    documents, problems = read_documents(file) if file is not None else ([], [])
    merged = Merged()
    merged.add(schema().model_dump(exclude_none=True), "")
    for document, origin in [*documents, (overrides or {}, COMMAND_LINE)]:
        merged.add(document, origin)
    try:
        settings = schema.model_validate(merged.values)
    except ValidationError as error:
        found = [_problem(schema, merged, detail) for detail in error.errors(include_url=False)]
        raise ConfigError([*problems, *found]) from None
    if problems:
        raise ConfigError(problems)
    return settings


def read_documents(file: Path) -> tuple[list[tuple[Table, str]], list[Problem]]:
    """Read ``file`` and the ``conf.d/*.toml`` beside it: the documents, and what is wrong with the others."""
    documents: list[tuple[Table, str]] = []
    problems: list[Problem] = []
    folder = file.parent / "conf.d"
    try:
        parts = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        parts = []
    except OSError as error:
        parts = []
        problems.append(
            Problem("", f"cannot read the folder: {error.strerror}", "see to its owner and mode", str(folder))
        )
    for path in [file, *parts]:
        try:
            documents.append((tomllib.loads(path.read_bytes().decode("utf-8-sig")), str(path)))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problems.append(_unreadable(path, error))
    return documents, problems


def _unreadable(path: Path, error: Exception) -> Problem:
    match error:
        case FileNotFoundError():
            fact, hint = (
                "there is no such file",
                "name another with --config, or leave it out for the defaults",
            )
        case OSError():
            fact, hint = f"cannot be read: {error.strerror}", "see to the file's owner and mode"
        case UnicodeDecodeError():
            fact, hint = f"octet {error.start} is not UTF-8", "save the file as UTF-8"
        case _:
            fact, hint = f"not TOML: {error}", "mend that line; texts stand in quotes, tables in [brackets]"
    return Problem("", fact, hint, str(path))


def _problem(schema: type[BaseModel], merged: Merged, detail: ErrorDetails) -> Problem:
    """Turn one of pydantic's errors into trail, fact and hint."""
    known = _known_part(merged.values, detail["loc"])
    field_info = describe.field_at(schema, known)
    origin = merged.origin(known)
    if detail["type"] == "extra_forbidden":
        return Problem(dotted(known), "unknown setting", _nearest(schema, known), origin)
    if detail["type"] == "missing":
        missing = (*known, detail["loc"][len(known)]) if len(detail["loc"]) > len(known) else known
        wanted = describe.field_at(schema, missing)
        hint = f"set it to {_expected(wanted)}" if wanted is not None else "set it"
        return Problem(dotted(missing), "is not set", hint, origin)
    secret = field_info is not None and describe.is_secret(field_info)
    hint = f"use {_expected(field_info)}" if field_info is not None else ""
    if detail["type"] in {"value_error", "assertion_error"}:
        # A model's own check says in its sentence what to do.
        return Problem(dotted(known), str(detail["ctx"]["error"]), "", origin)
    return Problem(dotted(known), _fact(detail, field_info, secret=secret), hint, origin)


def _fact(detail: ErrorDetails, field: FieldInfo | None, *, secret: bool) -> str:
    shown = "the value (not shown)" if secret else _shown(detail["input"])
    sort = detail["type"]
    if limit := _LIMIT_FACTS.get(sort):
        words, name = limit
        return f"{shown} {words} {detail['ctx'][name]:.15g}"
    if sort in {"literal_error", "enum"}:
        return f"{shown} is not known here"
    if field is not None and sort.endswith(("_parsing", "_type", "_from_float")):
        return f"{shown} is not {describe.kind(field)}"
    if secret:
        return f"{shown} does not fit"
    return f"{shown} does not fit: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - one line on a terminal


def _expected(field_info: FieldInfo) -> str:
    phrase = describe.kind(field_info)
    if limits := describe.bounds(field_info):
        return limits if limits[:1].isdigit() else f"{phrase}, {limits}"
    return phrase


def _known_part(values: Mapping[str, Any], location: Sequence[Part]) -> Trail:
    """The part of pydantic's location that is in the document; the rest names union members and the like."""
    here: Any = values
    trail: list[Part] = []
    for part in location:
        if isinstance(here, Mapping) and part in here:
            here = here[str(part)]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            break
        trail.append(part)
    return tuple(trail)


def _nearest(schema: type[BaseModel], trail: Trail) -> str:
    table = describe.table_at(schema, trail[:-1])
    known = list(table.model_fields) if table is not None else []
    near = get_close_matches(str(trail[-1]), known, 1)
    listed = f"known here: {', '.join(known)}"
    return f"did you mean {near[0]}? {listed}" if near else listed


def dotted(trail: Sequence[Part]) -> str:
    """Write a trail as TOML does, with list places in brackets."""
    text = ""
    for part in trail:
        text += f"[{part}]" if isinstance(part, int) else f".{describe.key(part)}"
    return text.removeprefix(".")
