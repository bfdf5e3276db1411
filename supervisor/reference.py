"""The commented default configuration, made from the settings models.

Every setting stands there commented out with its default, below its description, unit and bounds: taking
the ``#`` away changes nothing, and what is left commented follows the defaults of the next release.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from supervisor import schema as describe

WIDTH: Final = 100
_HEADER: Final = """\
# Sysledger's settings, with their defaults. Made by `sysledger check-config --print-default`.
#
# Nothing here has to be set: `sysledger run` works without any file. To change a setting, take away the `#`
# before it and write your value, or better: put the setting into a file of your own in the folder conf.d
# beside this one (conf.d/*.toml, read in order of name, later ones win). What stays commented follows the
# defaults of each release. Afterwards: `sysledger check-config --config FILE` tells every mistake at once.
"""


def reference(schema: type[BaseModel]) -> str:
    """Give the text of the commented default file for ``schema``."""
    lines = [*_HEADER.splitlines(), *_table(schema, schema(), ())]
    return "\n".join(lines).rstrip() + "\n"


def _table(
    model: type[BaseModel], value: BaseModel, trail: Sequence[str], *, told: bool = False
) -> Iterator[str]:
    """The lines of one table: its settings first, then the tables below it, as TOML wants it.

    ``told``: the descriptions stand in an earlier table of the same kind and are left out.
    """
    if trail:
        yield ""
        yield from [] if told else _comment(_summary(model))
        yield f"[{_dotted(trail)}]"
    below = {name: field for name, field in model.model_fields.items() if _is_table(field)}
    for name, field in model.model_fields.items():
        if name not in below:
            yield from _setting(name, field, getattr(value, name), told=told)
    for name, field in below.items():
        yield from _tables(field, getattr(value, name), (*trail, name))


def _tables(field: FieldInfo, value: Any, trail: Sequence[str]) -> Iterator[str]:
    annotation: Any = describe.unwrap(field.annotation)
    if describe.is_model(annotation):
        if value is not None:
            yield from _table(annotation, value, trail)
        return
    entry = describe.entry_model(annotation)
    if field.description:
        yield ""
        yield from _comment(field.description)
    if entry is None:
        yield from _plain_table(value, trail)
        return
    if not value:
        yield from _example(entry, trail)
    for number, (name, item) in enumerate(value.items()):
        yield from _table(entry, item, (*trail, name), told=number > 0)


def _plain_table(value: Mapping[str, Any], trail: Sequence[str]) -> Iterator[str]:
    """A table of names and plain values, such as limits by name."""
    yield f"[{_dotted(trail)}]"
    for name, item in value.items():
        yield f"#{describe.key(str(name))} = {toml(item)}"


def _example(entry: type[BaseModel], trail: Sequence[str]) -> Iterator[str]:
    """What the entries look like where there is none by default. Indented: it stays a comment."""
    yield from _comment(
        f"There is none by default. Each has a name of yours and these settings: {_summary(entry)}"
    )
    yield f"#   [{_dotted(trail)}.NAME]"
    for name, field in entry.model_fields.items():
        yield from (f"#   {line}" for line in _description(field, WIDTH - 4))
        default = field.get_default(call_default_factory=True) if not field.is_required() else None
        shown = "..." if default is None else toml(_plain(default))
        yield f"#   {describe.key(name)} = {shown}"


def _setting(name: str, field: FieldInfo, value: Any, *, told: bool) -> Iterator[str]:
    if not told:
        yield ""
        yield from (f"# {line}" for line in _description(field, WIDTH - 2))
    if value is None:
        yield from [] if told else [f"# Not set by default: {describe.key(name)} = ..."]
    elif describe.is_secret(field):
        yield f"# A secret, not shown: {describe.key(name)} = ..."
    else:
        yield f"#{describe.key(name)} = {toml(_plain(value))}"


def _description(field: FieldInfo, width: int) -> list[str]:
    facts = [describe.kind(field), describe.bounds(field), describe.unit(field)]
    told = f"{(field.description or '').rstrip('.')} ({'; '.join(filter(None, facts))})."
    return textwrap.wrap(told, width, break_long_words=False, break_on_hyphens=False)


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split())


def _comment(text: str) -> list[str]:
    wrapped = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    return [f"# {line}" for line in wrapped]


def _is_table(field: FieldInfo) -> bool:
    annotation: Any = describe.unwrap(field.annotation)
    return describe.is_model(annotation) or describe.kind(field) == "a table"


def _dotted(trail: Sequence[str]) -> str:
    return ".".join(describe.key(part) for part in trail)


def _plain(value: Any) -> Any:
    """Give a value in the shape in which it is written: models as tables, paths and enumerations as text."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, (bool, int, float, str, datetime, date, time)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [_plain(item) for item in value]
    return str(value)


def toml(value: Any) -> str:
    """Write a value as TOML does. JSON's strings are TOML's basic strings, but for DEL."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{describe.key(name)} = {toml(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(toml(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
