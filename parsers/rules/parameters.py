"""The parameters of one placeholder, read and checked; what a type does not know is refused."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from parsers.rules.errors import FaultError
from parsers.rules.placeholders import Placeholder, unescape

DEFAULT_PRIORITY: Final = 30_000
LOWEST_PRIORITY: Final = 65_535


class Parameters:
    """The parameters of ``placeholder``; a classic form's extradata is the one called ``extradata``."""

    def __init__(self, placeholder: Placeholder, version: int) -> None:
        self.placeholder, self.version = placeholder, version  # the rulebase's version, 1 or 2
        self._values: Mapping[str, Any] = placeholder.parameters
        if placeholder.extradata is not None:
            self._values = {"extradata": unescape(placeholder.extradata).decode("utf-8", "replace")}

    def fault(self, reason: str) -> FaultError:
        """Give the error that says what is wrong with this placeholder."""
        return FaultError(self.placeholder.offset, f"{self.placeholder.kind}: {reason}")

    def only(self, known: Collection[str]) -> None:
        """Refuse parameters other than ``known`` (and priority).

        Raises:
            FaultError: naming the unknown and the known ones.
        """
        unknown = [name for name in self._values if name not in known and name != "priority"]
        if unknown == ["extradata"] and not self._values["extradata"]:
            return
        if unknown:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise self.fault(f"does not know the parameter {unknown[0]!r}: {takes}")

    def has(self, name: str) -> bool:
        """Whether the parameter is given."""
        return name in self._values

    def value(self, name: str) -> Any:
        """Give a parameter as it was written; None when it is missing."""
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Give a text that is not empty; ``default``, or an error, where it is missing."""
        text = self._values.get(name, default)
        if not isinstance(text, str) or not text:
            raise self.fault(f"needs {name}: a text that is not empty")
        return text

    def number(self, name: str, default: int | None = None) -> int | None:
        """Give a whole number, which may be written as a text."""
        value = self._values.get(name, default)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MAXIMUM_DIGITS:
            return int(value)
        raise self.fault(f"{name} must be a whole number, not {value!r}")

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Give one of several words."""
        value = self._values.get(name, default)
        if value not in choices:
            raise self.fault(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    def flag(self, name: str) -> bool:
        """Give a boolean, which may be written as a text; false when it is missing."""
        value = self._values.get(name, False)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self.fault(f"{name} must be true or false, not {value!r}")
        return value

    def priority(self) -> int:
        """Give the priority, from 0 (first) to 65535 (last)."""
        priority = self.number("priority", DEFAULT_PRIORITY)
        if priority is None or not 0 <= priority <= LOWEST_PRIORITY:
            raise self.fault(f"priority must be from 0 to {LOWEST_PRIORITY}")
        return priority


MAXIMUM_DIGITS: Final = 18
