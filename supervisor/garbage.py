"""Python's collector of cyclic garbage: told to look seldom, and not at what the start has made.

By default it looks through the youngest objects at every 700 new ones. To import a role's modules and to make
its grammars takes 175,000, none of which is garbage: that cost a third of the start. The rows of a batch of
messages are some ten thousand at a time, none of them in a cycle either.
"""

import gc
from typing import Final

_YOUNGEST: Final = 100_000  # objects; of garbage so many are some ten megabytes
_OLDER: Final = 20  # looks at the youngest before there is one at the older


def collect_seldom() -> None:
    """Look for garbage at every hundred thousand new objects; to be called before much is imported."""
    gc.set_threshold(_YOUNGEST, _OLDER, _OLDER)


def keep_what_is_there() -> None:
    """Never look again at the objects that there are now: modules, grammars, settings."""
    gc.freeze()
