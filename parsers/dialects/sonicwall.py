"""SonicWall: key=value behind PRI; the header is in the pairs.

<166>id=firewall sn=C0EFE33057B0 time="2021-10-01 10:00:00 UTC" fw=192.0.2.1 pri=6 …
"""

from typing import Final

from parsers.dialects.payload import KEY, NAME, payload
from parsers.schema import Format

DIALECT: Final = payload(
    "SonicWall",
    94,
    Format.KEYVALUE,
    r"[ ]{0,2}id=[^\x00-\x20]{1,64}+ +sn=",
    {
        "timestamp": (f'{KEY}time="', r"[0-9]{4}-[^\x00-\x1f\"]{6,30}"),
        "hostname": (f'{KEY}fw="?', NAME),
    },
)
