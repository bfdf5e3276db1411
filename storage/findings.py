"""What verifying finds: each with file, offset, what it is and what to do next."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from storage.journal_reader import Damage


class Weight(Enum):
    """How much a finding weighs."""

    FAULT = "fault"  # something is damaged, missing or double
    INDEX_FAULT = (
        "index fault"  # the same of an index, which can be made anew and hides nothing that is scanned
    )
    NOTE = "note"  # worth knowing: left-overs, what waits, what has been put away


RESTORE: Final = (
    "restore this file from a backup; until then the rest of it is read, and searches say what is missing"
)
RESTART: Final = "start storage anew (or leave it to it): it puts the damage into quarantine and goes on"
REBUILD: Final = (
    "run sysledger verify --repair, or sysledger index rebuild; searches scan its blocks until then"
)
REPORT: Final = "keep the file and report this"
NOTHING: Final = "nothing to do"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, at an octet offset of a file (0 where it is about all of it)."""

    path: Path
    offset: int
    what: str
    advice: str
    weight: Weight = Weight.FAULT

    @property
    def is_fault(self) -> bool:
        """Say whether something is wrong."""
        return self.weight is not Weight.NOTE


def of_damage(damage: Damage, advice: str) -> Finding:
    """Give damage as a finding."""
    what = f"{damage.reason} ({damage.octets} octets)" if damage.octets else damage.reason
    return Finding(damage.path, damage.offset, what, advice)


def note(path: Path, what: str, advice: str = NOTHING) -> Finding:
    """Give something worth knowing."""
    return Finding(path, 0, what, advice, Weight.NOTE)
