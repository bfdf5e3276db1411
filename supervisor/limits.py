"""What the system lets this process have."""

import resource
from contextlib import suppress


def allow_many_files() -> None:
    """Take as many open files as the system allows; a shell's limit is often 1024.

    A connection is one, a stream's journal two, and a search opens every journal that it reads.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
