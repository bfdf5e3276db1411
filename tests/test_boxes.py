"""Which roles a machine runs when storage is elsewhere, and what the command line says of its keys."""

import subprocess
import sys
from pathlib import Path

import pytest

from commands.settings import kinds_here, load_settings
from curve import own_keys

KEY = "k" * 40
ALL = {"storage", "indexer", "collector", "web", "watch"}
ELSEWHERE = f'[collector.storage]\nendpoints = ["tcp://log1:5516"]\nkeys = {{"tcp://log1:5516" = "{KEY}"}}\n'


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("", ALL),
        (ELSEWHERE, {"collector"}),
        ('[supervisor]\nroles = ["storage", "indexer", "web"]\n', {"storage", "indexer", "web"}),
        ('[supervisor]\nroles = ["collector", "watch"]\n' + ELSEWHERE, {"collector", "watch"}),
    ],
)
def test_roles_of_a_machine(tmp_path: Path, text: str, roles: set[str]) -> None:
    """Everything, or what is named; the collector alone where its storage is on another machine."""
    config = tmp_path / "sysledger.toml"
    config.write_text(text)
    assert kinds_here(load_settings(config, tmp_path)) == roles


def test_handoff_key_prints_the_public_key(tmp_path: Path) -> None:
    """What the other machine's configuration needs is printed, and made when it is not there."""
    command = [sys.executable, "-m", "sysledger", "handoff", "key", "--data", str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == f"{own_keys(tmp_path / 'tls').public}\n"
