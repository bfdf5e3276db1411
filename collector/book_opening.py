"""Opening a process's book: what others left is folded first, and the sockets' counts go on from there."""

import logging
import secrets
import time
from pathlib import Path
from typing import Any

import durable
from collector.book_file import BookFile
from collector.book_sums import SUFFIX, began, boot_id, fold, locked
from collector.books import Book

log = logging.getLogger(__name__)


def open_book(folder: Path | None, process: str, collector: str) -> Book:
    """Give a new book of a process. One that cannot be kept in a file is kept in memory, which is told.

    Args:
        folder: of the books; without it, nobody else sees what is counted.
        process: the process's name, such as collector-1.
        collector: its id in the hand-off.
    """
    about: dict[str, Any] = {"process": process, "collector": collector, "boot": boot_id()}
    about |= {"run": secrets.token_hex(6), "started": time.time_ns()}
    if folder is None:
        return Book(BookFile(None, about))
    try:
        durable.make_folder(folder)
        with locked(folder):
            began(folder)
        drops = fold(folder)
        book = Book(BookFile(folder / f"{process}-{about['run']}{SUFFIX}", about))
        book.drops |= drops
    except OSError as error:
        log.error(  # noqa: TRY400 - the sentence says all
            "the books cannot be kept in %s: %s; messages go on, but `sysledger balance` will lack them: "
            "see to that folder and its disk, and restart the collector",
            folder,
            error,
        )
        return Book(BookFile(None, about))
    book.touch()
    return book
