"""What is wrong with a rulebase, and where."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parsers.rules.base import RuleBase


class RuleError(ValueError):
    """One fault of a rulebase: the file's name, line and column (both from 1), and the reason."""

    def __init__(self, name: str, line: int, column: int, reason: str) -> None:
        super().__init__(f"{name}:{line}:{column}: {reason}")
        self.name, self.line, self.column, self.reason = name, line, column, reason


class RuleErrors(ValueError):  # noqa: N818 - the plural says what it is
    """All faults of a rulebase: ``errors`` in the order of the files' lines.

    ``rest`` is the rulebase without the faulty statements, for whoever would rather go on with that,
    as liblognorm does.
    """

    def __init__(self, errors: tuple[RuleError, ...], rest: "RuleBase") -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors, self.rest = errors, rest


class FaultError(ValueError):
    """A fault at an offset of the text that is being read; becomes a RuleError where the file is known."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset, self.reason = offset, reason


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a rulebase: its name for people, and its text."""

    name: str
    text: str

    def line_of(self, offset: int) -> int:
        """Give the line, from 1, in which ``offset`` lies."""
        return self.text.count("\n", 0, offset) + 1

    def error(self, fault: FaultError) -> RuleError:
        """Give the RuleError of a fault in this file."""
        column = fault.offset - self.text.rfind("\n", 0, fault.offset)
        return RuleError(self.name, self.line_of(fault.offset), column, fault.reason)
