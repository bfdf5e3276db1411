"""Stands before the system calls of durable.py, and fails those it is told to."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import durable

NAMES = ("open", "writev", "fsync", "fdatasync", "ftruncate", "close", "rename", "remove", "mkdir")
NEVER = -1


class Calls:
    """Notes each call; fails number ``first``, and all behind it with ``lasting``, with error ``number``."""

    def __init__(self, first: int = NEVER, number: int = 0, *, lasting: bool = False) -> None:
        self.made: list[str] = []
        self._first = first
        self._number = number
        self._lasting = lasting

    @property
    def has_failed(self) -> bool:
        """Say whether a call was made to fail."""
        return self._first != NEVER and len(self.made) > self._first

    def before(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Give what is called in place of a system call."""

        def call(*arguments: Any) -> Any:
            number = len(self.made)
            self.made.append(name)
            if number == self._first or (self._lasting and self.has_failed):
                if name == "close":
                    real(*arguments)  # a descriptor is gone whatever close says
                raise OSError(self._number, f"{name} was made to fail: {os.strerror(self._number)}")
            return real(*arguments)

        return call


@contextmanager
def failing(calls: Calls) -> Iterator[Calls]:
    """Have ``calls`` stand before durable.py's system calls."""
    stood: dict[str, Any] = {name: calls.before(name, getattr(durable, name)) for name in NAMES}
    with mock.patch.multiple(durable, **stood):
        yield calls
