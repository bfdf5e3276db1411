"""The registry's file: data/tenants.json, read by every role and written as a whole.

Trust: whoever can write it decides whose messages are whose, and who is suspended. It holds no secret: of
tokens it has digests, and they are too random to be guessed.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

import durable
from tenants.registry import Registry

_LOCK_NAME: Final = ".tenants.lock"

Result = TypeVar("Result")


class RegistryError(Exception):
    """The registry cannot be read; the message says what to do.

    Nobody guesses then: messages would come to the wrong tenant, and tokens be stored.
    """

    exit_code = os.EX_CONFIG


def read_registry(path: Path) -> Registry:
    """Read the registry; without a file there are no tenants.

    Raises:
        RegistryError: when it cannot be read, or is none of this release.
    """
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return Registry()
    except OSError as error:
        raise RegistryError(f"{path} cannot be read ({error.strerror}): see to its owner and mode") from error
    try:
        return decoded(octets)
    except RegistryError as error:
        raise RegistryError(
            f"{path} is {error}. Restore it from a backup; without it nobody knows whose messages are whose"
        ) from error


def encoded(registry: Registry) -> bytes:
    """Give a registry as its file has it."""
    return registry.model_dump_json(indent=1).encode() + b"\n"


def decoded(octets: bytes) -> Registry:
    """Read what ``encoded`` gave.

    Raises:
        RegistryError: when it is something else; the message is the end of a sentence.
    """
    try:
        return Registry.model_validate_json(octets)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise RegistryError(f"damaged, or of another release: {where}: {first['msg']}") from error


class RegistryFile:
    """The registry for those who ask often: read again only when the file has changed.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[object, Registry] | None = None

    def get(self) -> Registry:
        """Give the registry as it is now.

        Raises:
            RegistryError: as ``read_registry``.
        """
        sign = _sign(self._path)
        known = self._read
        if known is None or known[0] != sign:
            known = self._read = (sign, read_registry(self._path))
        return known[1]


def edit(path: Path, change: Callable[[Registry], tuple[Registry, Result]]) -> Result:
    """Change the registry; no two changes are made at the same time. Durable when this returns.

    Args:
        path: of the file.
        change: gives the new registry, and whatever the caller wants to know.

    Raises:
        RegistryError: when it cannot be read.
        TenantError: of ``change``; nothing has changed then.
        OSError: when it cannot be written.
    """
    with _locked(path.parent / _LOCK_NAME):
        before = read_registry(path)
        after, result = change(before)
        if after != before:
            durable.write_file(path, encoded(after))
    return result


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sign(path: Path) -> object:
    """Give what tells one content of the file from another: each is a file of its own."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
