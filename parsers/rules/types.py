"""From placeholders to motifs: every type by its name, and the paths of a match description."""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from parsers.rules import classic, plain, strings, structured
from parsers.rules.components import Component, Repeat
from parsers.rules.errors import FaultError
from parsers.rules.motifs import Motif, Text
from parsers.rules.parameters import Parameters
from parsers.rules.placeholders import Item, Literal, Placeholder, from_json, unescape
from parsers.rules.tree import Field, Node, Part

MOST_PATHS: Final = 256  # of one rule: each becomes a pattern
MOST_PARTS: Final = 250  # of one path: patterns nest that deep at worst
CUSTOM_PRIORITY: Final = 16  # "hopefully specific": between the dates and the words


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its own priority among those that the user gave the same, and what builds it."""

    priority: int
    build: Callable[[Parameters], Motif]


TYPES: Final[dict[str, Type]] = {
    **{kind: Type(priority, plain.simple(kind)) for kind, (priority, _) in plain.SIMPLE.items()},
    "number": Type(16, plain.number),
    "hexnumber": Type(16, plain.hexnumber),
    "float": Type(16, plain.float_),
    "date-rfc3164": Type(8, plain.rfc3164_date),
    "date-rfc5424": Type(8, plain.rfc5424_date),
    "char-to": Type(32, plain.char_to),
    "char-sep": Type(32, plain.char_sep),
    "char-separated": Type(32, plain.char_sep),
    "string-to": Type(32, plain.string_to),
    "string": Type(32, strings.string_),
    "quoted-string": Type(64, plain.quoted_string),
    "op-quoted-string": Type(64, plain.op_quoted_string),
    "json": Type(4, structured.json_),
    "cee-syslog": Type(4, structured.cee_syslog),
    "cef": Type(4, structured.cef),
    "checkpoint-lea": Type(4, structured.checkpoint_lea),
    "name-value-list": Type(8, structured.name_value_list),
    "v2-iptables": Type(4, structured.iptables),
    "iptables": Type(4, structured.iptables),
    "cisco-interface-spec": Type(4, structured.cisco_interface),
}


@dataclass(slots=True)
class Builder:
    """Makes motifs for one rulebase.

    ``types`` are its type=@name components, ``root`` its tree (for recursive), ``descend`` gives the tree of
    another file (for descent), and ``uses`` collects the names of the types that were asked for.
    """

    root: Node
    descend: Callable[[str, int], Node]
    types: dict[str, Component] = field(default_factory=dict)
    version: int = 1
    uses: set[str] = field(default_factory=set)

    def paths(self, items: Sequence[Item]) -> list[list[Part]]:
        """Give the paths of a match description: several where it has an alternative.

        Raises:
            FaultError: when a placeholder cannot be built, or the paths are too many or too long.
        """
        found: list[list[Part]] = [[]]
        for item in items:
            options = self._options(item)
            if len(found) * len(options) > MOST_PATHS:
                raise FaultError(
                    item.offset, f"more than {MOST_PATHS} combinations: make this alternative a type=@name:…"
                )
            found = [path + option for path, option in itertools.product(found, options)]
        joined = [_joined(path) for path in found]
        if any(len(path) > MOST_PARTS for path in joined):
            raise FaultError(items[-1].offset, f"more than {MOST_PARTS} parts: make some a type=@name:…")
        return joined

    def _options(self, item: Item) -> list[list[Part]]:
        if isinstance(item, Literal):
            return [[item.octets]]
        if item.kind == "alternative":
            return self._alternatives(item)
        if item.kind == "literal" and item.name is None and "priority" not in item.parameters:
            return [[self._text(Parameters(item, self.version))]]
        return [[self._field(item)]]

    def _alternatives(self, item: Placeholder) -> list[list[Part]]:
        parameters = Parameters(item, self.version)
        parameters.only(("parser",))
        several = parameters.value("parser")
        if not isinstance(several, list) or not several:
            raise parameters.fault('needs "parser": an array of the alternatives')
        return [path for one in several for path in self.paths(from_json(one, item.offset))]

    def _field(self, placeholder: Placeholder) -> Field:
        parameters = Parameters(placeholder, self.version)
        name = "." if placeholder.kind == "iptables" else placeholder.name  # its own names count, always
        own, motif = self._motif(parameters)
        given = [placeholder.kind, name, dict(placeholder.parameters), placeholder.extradata]
        return Field(motif, name, (parameters.priority(), own), json.dumps(given, sort_keys=True))

    def _motif(self, parameters: Parameters) -> tuple[int, Motif]:
        kind = parameters.placeholder.kind
        if kind.startswith("@"):
            parameters.only(())
            return CUSTOM_PRIORITY, self._custom(parameters)
        if kind in TYPES:
            return TYPES[kind].priority, TYPES[kind].build(parameters)
        if kind in COMBINING:
            return COMBINING[kind][0], COMBINING[kind][1](self, parameters)
        if kind == "regex":
            raise parameters.fault(
                "is refused, since an expression can take any time on a hostile message: "
                "write it with string, char-to or an alternative"
            )
        raise parameters.fault(f"is no type; the types are {', '.join(sorted([*TYPES, *COMBINING]))}")

    def _custom(self, parameters: Parameters) -> Component:
        name = parameters.placeholder.kind
        if name not in self.types:
            known = f"; there are {', '.join(sorted(self.types))}" if self.types else ""
            raise parameters.fault(f"is not defined: write type={name}:… above this line{known}")
        self.uses.add(name)
        return self.types[name]

    def _text(self, parameters: Parameters) -> bytes:
        parameters.only(("text", "extradata"))
        given = "text" if parameters.has("text") else "extradata"
        return parameters.text(given).encode("utf-8", "replace")

    def _named_text(self, parameters: Parameters) -> Motif:
        return Text(self._text(parameters))

    def _component(self, parameters: Parameters, name: str) -> Component:
        value = parameters.value(name)
        if value is None or value == []:
            raise parameters.fault(f'needs "{name}": a parser, or an array of parsers one after the other')
        component = Component()
        for path in self.paths(from_json(value, parameters.placeholder.offset)):
            component.add(path)
        return component

    def _repeat(self, parameters: Parameters) -> Motif:
        permit = "option.permitMismatchInParser"
        parameters.only(("parser", "while", permit))
        parser, between = (self._component(parameters, name) for name in ("parser", "while"))
        return Repeat(parser, between, permit=parameters.flag(permit))

    def _parts(self, parameters: Parameters, shape: str) -> list[str]:
        """Divide the extradata at its colons, into as many parts as ``shape`` has; the last keeps its own."""
        count = shape.count(":") + 1
        parts = (parameters.placeholder.extradata or "").split(":", count - 1)
        if len(parts) < count or not all(parts):
            raise parameters.fault(f"is written {parameters.placeholder.kind}:{shape}")
        return parts

    def _inner(self, parameters: Parameters, description: str) -> Motif:
        kind, colon, extradata = description.partition(":")
        inner = Placeholder(parameters.placeholder.offset, kind, None, {}, extradata if colon else None)
        return self._motif(Parameters(inner, self.version))[1]

    def _interpret(self, parameters: Parameters) -> Motif:
        kind, inner = self._parts(parameters, "kind:type")
        convert = classic.conversion(parameters, kind)
        return classic.Interpreted(self._inner(parameters, inner), convert)

    def _tokenized(self, parameters: Parameters) -> Motif:
        separator, inner = self._parts(parameters, "separator:type")
        return classic.Tokenized(self._inner(parameters, inner), unescape(separator))

    def _suffixed(self, parameters: Parameters) -> Motif:
        parts = self._parts(parameters, "separator:suffixes:type")
        return self._with_suffix(parameters, ("value", "suffix"), *parts)

    def _named_suffixed(self, parameters: Parameters) -> Motif:
        value, suffix, *parts = self._parts(parameters, "value-name:suffix-name:separator:suffixes:type")
        return self._with_suffix(parameters, (value, suffix), *parts)

    def _with_suffix(
        self, parameters: Parameters, names: tuple[str, str], separator: str, suffixes: str, inner: str
    ) -> Motif:
        listed = [suffix for suffix in unescape(suffixes).split(unescape(separator)) if suffix]
        return classic.Suffixed(self._inner(parameters, inner), names, listed)

    def _recursive(self, parameters: Parameters) -> Motif:
        tail = parameters.text("extradata") if parameters.value("extradata") else "tail"
        return classic.Rulebase(self.root, tail)

    def _descent(self, parameters: Parameters) -> Motif:
        file, _, tail = (parameters.placeholder.extradata or "").partition(":")
        if not file:
            raise parameters.fault("is written descent:file or descent:file:tail-name")
        name = unescape(file).decode("utf-8", "replace")
        return classic.Rulebase(self.descend(name, parameters.placeholder.offset), tail or "tail")


def _joined(path: Sequence[Part]) -> list[Part]:
    """Join literals that follow each other."""
    result: list[Part] = []
    for part in path:
        if isinstance(part, bytes) and result and isinstance(result[-1], bytes):
            result[-1] += part
        else:
            result.append(part)
    return result


COMBINING: Final[dict[str, tuple[int, Callable[[Builder, Parameters], Any]]]] = {
    "literal": (4, Builder._named_text),  # noqa: SLF001 - this table and the class are one thing
    "repeat": (4, Builder._repeat),  # noqa: SLF001
    "interpret": (32, Builder._interpret),  # noqa: SLF001
    "tokenized": (32, Builder._tokenized),  # noqa: SLF001
    "suffixed": (32, Builder._suffixed),  # noqa: SLF001
    "named_suffixed": (32, Builder._named_suffixed),  # noqa: SLF001
    "recursive": (64, Builder._recursive),  # noqa: SLF001
    "descent": (64, Builder._descent),  # noqa: SLF001
}
