"""What a tenant can be called: its name is a folder of the archive, for ever; its title is for people."""

import re
from typing import Final

TRAIL: Final = "trail"  # the appliance's own: the trail of who did what
DEFAULT: Final = "default"  # of listeners that say nothing else
NAME_PATTERN: Final = "[a-z0-9][a-z0-9_.-]{0,62}"
LONGEST_TITLE: Final = 100

_NAME: Final = re.compile(NAME_PATTERN)


class TenantError(ValueError):
    """What is asked of the tenants cannot be; the message says what to do."""


def checked_name(name: str) -> str:
    """Give ``name`` back when it can be a tenant's.

    Raises:
        TenantError: when it cannot.
    """
    if _NAME.fullmatch(name) is None:
        raise TenantError(
            f"{name!r} cannot name a tenant: use 1 to 63 of a-z, 0-9, '_', '.' and '-', "
            "a letter or digit first"
        )
    if name == TRAIL:
        raise TenantError(
            "trail is the appliance's own tenant, of who did what, and nobody changes it: use another name"
        )
    return name


def checked_title(title: str) -> str:
    """Give a title without spaces around it.

    Raises:
        TenantError: when it is empty, too long, or has characters that nobody sees.
    """
    told = title.strip()
    if not told or len(told) > LONGEST_TITLE:
        raise TenantError(f"a title has 1 to {LONGEST_TITLE} characters, this one {len(told)}: write another")
    if not told.isprintable():
        raise TenantError(f"{told!r} has characters that cannot be seen: write the title without them")
    return told
