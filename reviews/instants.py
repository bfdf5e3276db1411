"""Times and days as the reviews' file keeps them: text that sorts as time does, UTC, to the microsecond."""

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """Write a time that knows its zone, as ``2026-11-20T22:51:03.500000Z``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """Read what ``written`` gave."""
    return datetime.fromisoformat(text)


def maybe_written(at: datetime | None) -> str | None:
    """Write a time that may be none."""
    return None if at is None else written(at)


def maybe_read(text: str | None) -> datetime | None:
    """Read what ``maybe_written`` gave."""
    return None if text is None else read(text)
