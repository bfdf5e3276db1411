"""Sophos Firewall (XG, SFOS): key=value behind PRI; the header is in the pairs.

<30>device="SFW" date=2022-04-25 time=15:27:08 timezone="CDT" device_name="XG430" device_id=…
<30>device_name="SFW" timestamp="2024-04-25T15:27:08-0500" device_model="XG430" …
"""

from typing import Final

from parsers.dialects.payload import KEY, NAME, payload
from parsers.schema import Format

DIALECT: Final = payload(
    "Sophos Firewall",
    94,
    Format.KEYVALUE,
    'device(?:_name)?="',
    {
        "date": (f'{KEY}(?:date=|timestamp=)"?', r"[0-9]{4}-[0-9]{2}-[0-9]{2}[^\x00-\x20\"]*"),
        "time": (f'{KEY}time="?', "[0-9]{2}:[0-9]{2}:[0-9]{2}"),
        "zone": (f'{KEY}timezone="?', "[+-][0-9:]{4,6}|[A-Z]{1,5}"),
        "hostname": (f'{KEY}device_name="?', NAME),
    },
    stamp=("date", "time", "zone"),
)
