"""Faults, many times each, and what became of the messages; a table in Markdown.

    python -m tests.faults.run [--fault NAME …] [--times N] [--seconds S] [--seed S] [--folder F] [--keep]

Each fault is played in rounds of S seconds, each with an appliance of its own, until it has happened N times.
A real rsyslogd (imfile, disk queue, omrelp), a RELP sender of our own, and plain senders by TCP and UDP send
numbered messages all the while. Then the senders stop, everything is waited for, and the files are read.

* acknowledged: given to rsyslogd, answered over RELP, or sent by TCP over connections that never broke;
* lost: acknowledged, and not there; double: there more often than it was received;
* sent again by RELP: received twice, as RELP does with what was not answered when a connection broke;
* TCP and UDP missing: sent without acknowledgement, and not there: lost with a process or by the kernel.

Exits with 1 when an acknowledged message is lost or a message double, when `sysledger verify` or
`sysledger balance` find a fault, and when anything else is not as it should be; the notes say what.
"""

import argparse
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Final

from tests.benchmarks.measure import machine, print_table, program
from tests.faults.bursts import FAULTS as BURSTS
from tests.faults.clocks import FAULTS as CLOCKS
from tests.faults.crowds import FAULTS as CROWDS
from tests.faults.damage import FAULTS as DAMAGE
from tests.faults.disks import FAULTS as DISKS
from tests.faults.harness import Play, Result, play, shown
from tests.faults.kills import FAULTS as KILLS
from tests.faults.peers import FAULTS as PEERS
from tests.faults.reloads import FAULTS as RELOADS
from tests.faults.stops import FAULTS as STOPS

FAULTS: Final[dict[str, Play]] = {
    **KILLS,
    **STOPS,
    **DISKS,
    **CROWDS,
    **BURSTS,
    **DAMAGE,
    **PEERS,
    **RELOADS,
    **CLOCKS,
}


def main() -> None:
    """Run the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fault", action="append", metavar="NAME", help=f"of: {', '.join(FAULTS)}")
    parser.add_argument("--times", type=int, default=20, help="how often each is to happen, at least")
    parser.add_argument("--seconds", type=float, default=15, help="of a round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the rounds' folders go")
    parser.add_argument("--keep", action="store_true", help="keep the folders of good rounds, too")
    arguments = parser.parse_args()
    results = [repeated(name, arguments) for name in FAULTS if not arguments.fault or name in arguments.fault]
    print(machine())
    print_table(*shown(results))
    for result in results:
        for note in result.notes:
            print(f"\n{result.fault}: {note}")
    sys.exit(not all(result.is_good for result in results))


def repeated(name: str, arguments: argparse.Namespace) -> Result:
    """Play rounds of a fault until it has happened often enough."""
    total, seed = Result(name), arguments.seed
    while total.times < arguments.times:
        folder = Path(tempfile.mkdtemp(prefix="round-", dir=arguments.folder))
        try:
            played = play(
                name,
                FAULTS[name],
                folder,
                seconds=arguments.seconds,
                seed=seed,
                rsyslogd=program("rsyslogd"),
            )
        except Exception:  # noqa: BLE001 - a round that breaks is a finding, and the others go on
            played = Result(name, rounds=1, times=1, notes=[f"seed {seed}: {traceback.format_exc()}"])
        print(f"{name}, seed {seed}, {folder}: {played.verdict} {played.notes}", file=sys.stderr, flush=True)
        if played.is_good and not arguments.keep:
            shutil.rmtree(folder)
        total.add(played)
        seed += 1
    return total


if __name__ == "__main__":
    main()
