"""Which of the books' files cannot be read: what they counted is in no statement, so that none is whole.

A day's file that is found damaged when a book is to be folded into it is kept beside it, as DATE.damaged.
"""

from contextlib import suppress
from pathlib import Path

from collector.book_file import BookError, read_book
from collector.book_sums import DAMAGED, SUFFIX, is_whole


def damaged_books(folder: Path) -> list[str]:
    """Give the damaged files of a folder of books, by path.

    Raises:
        OSError: when one is there and the disk does not give it.
    """
    days = folder / "days"
    found = [path for path in sorted(folder.glob(f"*{SUFFIX}")) if not _is_book(path)]
    found += [path for path in sorted(days.glob("????-??-??.json")) if not _is_whole(path)]
    return [str(path) for path in [*found, *sorted(days.glob(f"*{DAMAGED}"))]]


def _is_book(path: Path) -> bool:
    try:
        with suppress(FileNotFoundError):  # folded meanwhile
            read_book(path)
    except BookError:
        return False
    return True


def _is_whole(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return is_whole(path.read_bytes())
    return True
