"""``python -m tests.fuzz.run TARGET … --seconds N``: fuzzing by hand, for as long as one likes.

Where atheris is installed (``pip install atheris``; it is none of the tests' dependencies) coverage guides
it: what reaches new lines of ours is mutated further. Else, or with ``--engine hypothesis``, the mutations of
the tests go on with ever new seeds. Either way a target ends at its first failure, with the input in octets:
mend what it shows, and put the input into tests/fuzz/test_found.py.

``--from FOLDER`` begins with files as well, and ``--corpora`` with the messages of shared/corpora.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.corpus import seeds
from tests.fuzz.mutations import mutated
from tests.shared import SHARED, corpus

LONGEST: Final = 4_096  # octets of an input of atheris
_ROUND: Final = 500  # examples between looks at the clock
_PACKAGES: Final = ("parsers", "collector", "relay", "storage")


def begins(target: str, folder: Path | None, *, corpora: bool) -> list[bytes]:
    """Give the inputs that a target's fuzzing begins with."""
    found = list(seeds(target))
    if folder is not None:
        found += [file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()]
    if corpora and SHARED.is_dir():
        files = sorted({file.name.partition(".")[0] for file in (SHARED / "corpora").glob("*.jsonl*")})
        cases = [case for file in files for case in corpus(file)]
        found += [bytes(4) + b64decode(case["input_b64"])[:LONGEST] for case in cases if "input_b64" in case]
    return found


def by_hypothesis(target: str, begin: Sequence[bytes], seconds: float) -> int:
    """Run a target on ever new mutations; give how many. Raises what the target raises."""
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - atheris must instrument it first, where that runs

    count, number, until = 0, time.time_ns(), time.monotonic() + seconds
    while time.monotonic() < until:
        number += 1

        @seed(number)
        @settings(max_examples=_ROUND, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(octets=mutated(begin))
        def fuzz(octets: bytes) -> None:
            nonlocal count
            count += 1
            TARGETS[target](octets)

        fuzz()
    return count


def by_atheris(target: str, begin: Sequence[bytes], seconds: float) -> int:
    """Run a target under atheris, in a process of its own, since it never returns; give its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        for number, octets in enumerate(begin):
            (Path(folder) / str(number)).write_bytes(octets)
        arguments = (
            f"-max_total_time={round(seconds)}",
            f"-max_len={LONGEST}",
            "-print_final_stats=1",
            folder,
        )
        line = [
            sys.executable,
            "-m",
            "tests.fuzz.run",
            target,
            "--engine",
            "atheris-inside",
            "--",
            *arguments,
        ]
        return subprocess.run(line, check=False).returncode


def inside_atheris(target: str, arguments: Sequence[str]) -> None:
    """Hand this process over to atheris."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(_PACKAGES)):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - so that atheris sees it
    atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
    atheris.Fuzz()


def main() -> int:
    """Run from the command line; 0 when nothing was found."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    options.add_argument("targets", nargs="+", metavar="TARGET")
    options.add_argument("--seconds", type=float, default=60.0, help="for each target")
    options.add_argument("--engine", choices=("atheris", "hypothesis", "atheris-inside"))
    options.add_argument("--from", dest="folder", type=Path, help="begin with the files of a folder, too")
    options.add_argument("--corpora", action="store_true", help="begin with the corpora's messages, too")
    own, _, rest = " ".join(sys.argv[1:]).partition(" -- ")
    given_options = options.parse_args(own.split())
    engine = given_options.engine or ("atheris" if importlib.util.find_spec("atheris") else "hypothesis")
    if engine == "atheris-inside":
        inside_atheris(given_options.targets[0], rest.split())
    failed = 0
    for target in given_options.targets:
        begin = begins(target, given_options.folder, corpora=given_options.corpora)
        if engine == "atheris":
            failed |= by_atheris(target, begin, given_options.seconds) != 0
        else:
            sys.stdout.write(f"{target}: {by_hypothesis(target, begin, given_options.seconds)} inputs\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
