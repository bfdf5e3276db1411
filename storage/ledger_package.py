"""An export with proofs as somebody has it: the zip as it came, or the folder that was taken out of it.

Nothing is taken out of a zip to the disk. Names that would make two programs see two different things are
refused: one that is there twice, and one in another folder.
"""

import contextlib
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from storage.package import ENDINGS, MANIFEST, README, SUMS

CHECKPOINT: Final = "checkpoint.txt"
KEY: Final = "ledger-key.txt"
PROOFS: Final = "proofs.jsonl"
KNOWN: Final = (MANIFEST, README, SUMS, CHECKPOINT, KEY, PROOFS)
_FORMATS: Final = {f"messages.{ending}": how for how, ending in ENDINGS.items()}
_LARGEST_TEXT: Final = 16 << 20  # of what is read at once; a manifest names damage, a place a line
_MOST_NAMES: Final = 1_000
_PIECE: Final = 1 << 20
_DENSEST: Final = 64  # octets of a copy for one in the zip: Parquet is compressed already

UNREADABLE: Final = (OSError, EOFError, ValueError, BadZipFile, zlib.error, NotImplementedError, RuntimeError)


class PackageError(Exception):
    """What is to be checked is no export with proofs, or cannot be read."""


class Package:
    """The files of an export. A context manager.

    Attributes:
        names: of the files, sorted.

    Raises:
        PackageError: when it is no export with proofs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip: ZipFile | None = None
        self._folder = ""
        try:
            if path.is_dir():
                self.names = sorted(each.name for each in path.iterdir() if each.is_file())
            else:
                self._zip = ZipFile(path)
                self._folder, self.names = _inside(self._zip)
        except UNREADABLE as error:
            why = (error.strerror if isinstance(error, OSError) else "") or str(error)
            raise PackageError(
                f"{path} cannot be read: {why}: name the zip of an export that was made with proofs, "
                "its folder, or a message's proof (.json)"
            ) from error
        missing = {MANIFEST, SUMS, CHECKPOINT, KEY, PROOFS} - set(self.names)
        if missing or len(self._messages()) != 1:
            lacks = ", ".join(sorted(missing)) or "one file of messages"
            raise PackageError(
                f"{path} is no export with proofs, it lacks {lacks}: name the zip of an export that was "
                "made with proofs (sysledger export --proofs, or the box on the page), or its folder"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip is not None:
            self._zip.close()

    @property
    def messages(self) -> str:
        """The name of the file of the messages."""
        return self._messages()[0]

    @property
    def format(self) -> str:
        """What that file is: csv, json, raw or parquet."""
        return _FORMATS[self.messages]

    @property
    def others(self) -> list[str]:
        """Files that are no part of an export."""
        return [name for name in self.names if name not in KNOWN and name not in _FORMATS]

    def open(self, name: str) -> IO[bytes]:
        """Open a file; it can be sought in."""
        if self._zip is None:
            return (self._path / name).open("rb")
        return self._zip.open(self._folder + name)

    def most(self, name: str) -> int:
        """Give how many octets a file that is compressed in itself may have, by what it takes in the zip."""
        if self._zip is None:
            return (self._path / name).stat().st_size
        return _PIECE + _DENSEST * self._zip.getinfo(self._folder + name).compress_size

    def text(self, name: str) -> str:
        """Give a file of some lines.

        Raises:
            PackageError: when it is no text, or cannot be read.
        """
        with self._telling(name), self.open(name) as file:
            octets = file.read(_LARGEST_TEXT + 1)
            if len(octets) > _LARGEST_TEXT:
                raise ValueError("it is too long")
            return octets.decode()

    def sha256(self, name: str) -> str:
        """Give a file's checksum in hexadecimal digits.

        Raises:
            PackageError: when it cannot be read.
        """
        digest = hashlib.sha256()
        with self._telling(name), self.open(name) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()

    def _messages(self) -> list[str]:
        return [name for name in self.names if name in _FORMATS]

    @contextlib.contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        try:
            yield
        except UNREADABLE as error:
            raise PackageError(f"{name} cannot be read: {error}") from error


def _inside(archive: ZipFile) -> tuple[str, list[str]]:
    """Give the one folder of a zip, with its slash, and the names in it.

    Raises:
        ValueError: when the zip is not of that form.
    """
    if len(archive.namelist()) > _MOST_NAMES:
        raise ValueError(f"it has {len(archive.namelist())} files, and an export has eight")
    if any(each.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for each in archive.infolist()):
        raise ValueError("it is not compressed as an export is (deflate); it was put together anew")
    names = [name for name in archive.namelist() if not name.endswith("/")]
    folders = {name.rpartition("/")[0] for name in names}
    if len(folders) != 1 or len(set(names)) < len(names):
        raise ValueError(
            "its files are not each once in one folder, as in an export; it was put together anew"
        )
    (folder,) = folders
    prefix = f"{folder}/" if folder else ""
    return prefix, sorted(name.removeprefix(prefix) for name in names)
