"""Growth: the same selective questions over archives of 1, 10 and 50 million messages.

    python -m tests.benchmarks.growth --folder FOLDER [--messages-max 10000000] [--set synthetic|real]
                                      [--runs 5]

FOLDER gets one archive of each size up to ``--messages-max`` (tests.benchmarks.archive; 50 million take half
an hour and 7 GB), or has them. What is searched for is in each of them as often: 1, 5, 3 and 0 times.

Medians of the runs in ms, from a process that stays: the newest 100 matches, and all counted; in a new
process with no page of a file in memory; the most memory of that process; and what archive and index take on
disk. The last column is the page's time to that of the smallest archive. Fails when a count is not what was
planted.
"""

import argparse
from pathlib import Path
from typing import Final

from tests.benchmarks.archive import ADDRESS, PHRASE, RARE, build
from tests.benchmarks.measure import forget_pages, machine, octets_below, print_table
from tests.benchmarks.search import MEBI, Question, milliseconds, ours

SIZES: Final = (1_000_000, 10_000_000, 50_000_000)
QUESTIONS: Final = (
    (Question("rare word", RARE, None), 1),
    (Question("address", ADDRESS, None), 5),
    (Question("phrase", f'"{PHRASE}"', None), 3),
    (Question("nothing", "zanzibarneedles", None), 0),
)
HEAD: Final = ("question", "messages", "matches", "page", "count", "cold", "peak MiB", "to the smallest")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--messages-max", type=int, default=10_000_000)
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    sizes = [size for size in SIZES if size <= arguments.messages_max]
    folders = {size: arguments.folder / f"{size // 1_000_000}m" for size in sizes}
    for size, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        build(folder, size, arguments.set)
    print(f"{arguments.set}, {arguments.runs} runs; {machine()}")
    lines, wrong = [], []
    for question, expected in QUESTIONS:
        smallest = 0.0
        for size, folder in folders.items():
            warm = ours(folder / "var", question, arguments.runs)
            forget_pages(folder / "var")
            cold = ours(folder / "var", question, 0)
            smallest = smallest or warm["page"]
            if not expected == warm["hits"] == cold["hits"] == cold["streamed"]:
                wrong.append(f"{question.name} in {size:,}")
            times = (milliseconds(each) for each in (warm["page"], warm["wall"], cold["first"]))
            lines.append(
                [question.name, f"{size:,}", warm["hits"], *times, f"{cold['peak'] / MEBI:.0f}",
                 f"{warm['page'] / smallest:.2f}"]
            )  # fmt: skip
    print_table(HEAD, lines)
    for size, folder in folders.items():
        archive, index = (octets_below(folder / "var" / part) for part in ("archive", "index"))
        each = f"{archive / size:.1f} and {index / size:.1f} a message"
        print(f"{size:,} messages: archive {archive:,} octets, index {index:,}, {each}")
    if wrong:
        raise SystemExit(f"counts differ: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
