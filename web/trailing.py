"""What waits for the trail, since it was done while the appliance stood still, is told by the web role."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from access.trail import ToListener, TrailError
from access.trail_waiting import hand_over

LOOK_SECONDS: Final = 5.0

log = logging.getLogger(__name__)


async def tell_what_waits(trail: Path | None, folder: Path) -> None:
    """Hand over what waits, again and again, until cancelled.

    Args:
        trail: the socket of the trail's listener; without it nothing is done.
        folder: that of the accounts.
    """
    if trail is None:
        return
    tell, troubled = ToListener(trail), False
    while True:
        try:
            told = await asyncio.to_thread(hand_over, tell, folder)
        except (TrailError, OSError) as error:
            if not troubled:
                log.warning("the trail is not told what was done while the appliance stood still: %s", error)
            troubled = True
        else:
            troubled = False
            if told:
                log.info("the trail was told of %d deeds while the appliance stood still", told)
        await asyncio.sleep(LOOK_SECONDS)
