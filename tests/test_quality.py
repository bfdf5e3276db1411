"""The checks of form run as tests, so that one command says whether a change may land."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports",),
    ],
    ids=" ".join,
)
def test_form(command: tuple[str, ...]) -> None:
    """Ruff, the type checker and the contract about imports find nothing."""
    program = Path(sys.executable).parent / command[0]
    result = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_packaging_shadows_no_library() -> None:
    """The folder packaging/ holds no __init__.py, which would hide the library of that name."""
    assert not (ROOT / "packaging" / "__init__.py").exists()
