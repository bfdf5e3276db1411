"""The keys of the hand-off: made once, the secret one nobody else's to read."""

import subprocess
import sys
from pathlib import Path

import pytest

from curve import PUBLIC_NAME, SECRET_NAME, KeysError, own_keys, public_key


def test_keys_are_made_once(tmp_path: Path) -> None:
    """The first who needs them makes them; everybody after gets the same."""
    first = own_keys(tmp_path / "tls")
    assert own_keys(tmp_path / "tls") == first
    assert (tmp_path / "tls" / PUBLIC_NAME).read_text() == f"{first.public}\n"
    assert public_key(first.public) == first.public


def test_processes_that_begin_together_get_the_same(tmp_path: Path) -> None:
    """Collectors and storage start side by side: one of them makes the keys."""
    program = "import sys, pathlib, curve; print(curve.own_keys(pathlib.Path(sys.argv[1])).public)"
    command = [sys.executable, "-c", program, str(tmp_path)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({one.communicate()[0] for one in several}) == 1
    assert [one.returncode for one in several] == [0] * 4


def test_the_secret_stays_one(tmp_path: Path) -> None:
    """Only its owner may read it, it is not shown, and one that others could read is not used."""
    keys = own_keys(tmp_path)
    secret = tmp_path / SECRET_NAME
    assert secret.stat().st_mode & 0o777 == 0o600
    assert keys.secret not in repr(keys)
    secret.chmod(0o640)
    with pytest.raises(KeysError, match="run chmod 600"):
        own_keys(tmp_path)


def test_a_file_with_something_else_is_refused(tmp_path: Path) -> None:
    """A damaged key is told, with what to do."""
    own_keys(tmp_path)
    (tmp_path / SECRET_NAME).write_text("not a key")
    with pytest.raises(KeysError, match="remove it"):
        own_keys(tmp_path)


@pytest.mark.parametrize("text", ["", "x" * 39, "x" * 41, "x" * 39 + " ", "é" * 40])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    """A key that was not copied whole is found when the configuration is checked."""
    with pytest.raises(ValueError, match="sysledger handoff key"):
        public_key(text)
