"""Fortinet's FortiGate and its relatives: key=value behind PRI; the header is in the pairs.

<111>date=2015-08-11 time=19:19:43 devname=Nosey devid=FG800C3912801080 …
<185>date=2015-08-11 time=19:19:43 log_id=20000008 … timezone="(GMT+1:00)Berlin" type=attack …
"""

from typing import Final

from parsers.dialects.payload import KEY, NAME, payload
from parsers.schema import Format

DIALECT: Final = payload(
    "Fortinet",
    94,
    Format.KEYVALUE,
    r"""(?:date|devname|logver|itime|time(?=="?[0-9]{2}:))=(?:"[^"]{0,128}"|[^\x00-\x20=,]{1,128}+)[ ,]""",
    {
        "date": (f'{KEY}date="?', "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
        "time": (f'{KEY}time="?', "[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?"),
        "zone": (rf'{KEY}(?:tz="?|timezone="?\(?)', "[+-][0-9]{4}|GMT(?:[+-][0-9]{1,2}:[0-9]{2})?"),
        "hostname": (f'{KEY}devname="?', NAME),
    },
    stamp=("date", "time", "zone"),
)
