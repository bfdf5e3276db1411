"""What is installed: a wheel holds everything that runs, and runs anywhere."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(".*", "tests", "build", "var", "__pycache__", "*.egg-info")
MESSAGE = "<38>Nov 20 10:00:00 host sshd[1]: Failed password for root from 203.0.113.5 port 22 ssh2"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with what a wheel of this checkout installs."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "sources", ignore=LEFT_OUT)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    built = subprocess.run(
        [*command, str(folder / "sources")], capture_output=True, text=True, check=False, timeout=100
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def test_rule_files_are_installed(installed: Path, tmp_path: Path) -> None:
    """The wheel has every rule file of conf/rules, and the program finds them from any folder."""
    shipped = {path.name for path in (ROOT / "conf" / "rules").glob("*.rules")}
    assert {path.name for path in (installed / "collector" / "rule_files").iterdir()} == shipped
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-m", "sysledger", "explain", MESSAGE]
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True, timeout=60)
    assert f"rule: {installed / 'collector' / 'rule_files' / 'sshd.rules'}:" in told.stdout.decode()
    assert "  src: 203.0.113.5\n" in told.stdout.decode()
