"""Reading the index without running what somebody else has put into it.

Whoosh keeps parts of its files as Python pickles, and a pickle may name any function to be called when it is
loaded. Its own name a few harmless classes; nothing else is let in. So whoever can write to the index folder
can spoil searches, but not run code in the processes that search.
"""

import io
import pickle
from typing import Any, BinaryIO, Final

import whoosh.codec.whoosh3
import whoosh.columns
import whoosh.filedb.structfile
import whoosh.index

NAMED: Final = {
    ("whoosh.codec.whoosh3", "W3Segment"),  # in the table of contents
    ("storage.index_codec", "Codec"),  # that a segment was written with
    ("collections", "defaultdict"),  # in the index of terms
    ("builtins", "int"),
}


class ForeignPickleError(pickle.UnpicklingError):
    """A pickle in an index file names what none of ours does."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in NAMED:
            raise ForeignPickleError(f"a file of the index names {module}.{name}, which none of ours does")
        return super().find_class(module, name)


def load(file: BinaryIO) -> Any:
    """Read a pickle from a file.

    Raises:
        ForeignPickleError: when it names what none of ours does.
    """
    return _Unpickler(file).load()


def loads(octets: bytes) -> Any:
    """Read a pickle. Raises as ``load``."""
    return load(io.BytesIO(octets))


def install() -> None:
    """Put these in the place of the functions by which Whoosh reads pickles."""
    whoosh.codec.whoosh3.loads = loads
    whoosh.columns.loads = loads
    whoosh.filedb.structfile.load_pickle = load
    whoosh.index.toc_loaders.clear()  # for tables of contents of older releases, with loaders of their own
