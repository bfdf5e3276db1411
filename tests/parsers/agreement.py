"""How far we agree with the corpora, as a table; tests/parsers/test_corpora.py is the test.

python -m tests.parsers.agreement                     the table
python -m tests.parsers.agreement --show 3 FILE…      and the first cases that differ, with the reasons
"""

import argparse
import sys
from base64 import b64decode
from collections.abc import Sequence

from tests.parsers.corpora import ELSEWHERE, FILES, Judged, judged
from tests.parsers.deviations import deviations, unexplained
from tests.parsers.rules import test_corpus as rules
from tests.shared import Case

COLUMNS = "{:24} {:>6} {:>7} {:>8} {:>6} {:>10}"


def write(line: str) -> None:
    """Write a line of the report."""
    sys.stdout.write(f"{line}\n")


Figures = tuple[int, int, int]  # cases, of them agreed, and failed; the others have their reasons


def figures(file: str) -> Figures:
    """Count the cases of a corpus."""
    if file == ELSEWHERE:
        return rules_figures()
    cases = judged(file)
    agreed = sum(not case.differences for case in cases)
    return len(cases), agreed, sum(bool(unexplained(case, deviations())) for case in cases)


def rules_figures() -> Figures:
    """Count the cases that are rules, which tests/parsers/rules/test_corpus.py judges."""
    cases = [case for _, case in rules.cases()]
    right = [rule_agrees(case) for case in cases]
    failed = [
        case
        for case, agreed in zip(cases, right, strict=True)
        if not agreed and not rules.deviation(case["source"])
    ]
    return len(cases), sum(right), len(failed)


def rule_agrees(case: Case) -> bool:
    """Tell whether a rulebase makes of its text what liblognorm does."""
    base, text = rules.base_of(case), b64decode(case["input_b64"]).decode()
    found = base.match(text)
    if case["expect"].get("error"):
        return found is None and base.unparsed(text) == case["expect"]["unparsed"]
    return rules.agrees(case["expect"]["fields"], found)


def row(name: str, cases: int, agreed: int, failed: int) -> None:
    """Write a line of the table."""
    reasoned = cases - agreed - failed
    write(COLUMNS.format(name, cases, agreed, reasoned, failed, f"{100 * reasoned / cases:.1f} %"))


def show(cases: Sequence[Judged], most: int) -> None:
    """Write the first cases that differ, each with its reasons."""
    for case in [case for case in cases if case.differences][:most]:
        write(f"  {case}")
        for entry in deviations():
            if any(entry.covers(case, difference) for difference in case.differences):
                write(f"    reason: {entry.reason}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--show", type=int, default=0)
    arguments.add_argument("files", nargs="*", default=(*FILES, ELSEWHERE))
    chosen = arguments.parse_args()
    write(COLUMNS.format("corpus", "cases", "agreed", "reasoned", "failed", "% reasoned"))
    counted = []
    for file in chosen.files:
        counted.append(figures(file))
        row(file, *counted[-1])
        if file != ELSEWHERE:
            show(judged(file), chosen.show)
    row("all", *map(sum, zip(*counted, strict=True)))
