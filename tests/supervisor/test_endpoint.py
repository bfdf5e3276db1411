"""The roles of a box find each other by the data folder alone."""

import tempfile
from pathlib import Path

import pytest

from supervisor.endpoint import EndpointError, storage_endpoint


def test_the_socket_lies_in_the_run_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is absolute, so that it does not matter where a role is started."""
    monkeypatch.chdir("/")
    assert storage_endpoint(Path("var/run")) == "ipc:///var/run/storage.ipc"


def test_a_long_path_gets_a_short_folder_that_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every role finds the same short folder, and nobody else can get at it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    run = tmp_path / ("x" * 100) / "run"
    endpoint = storage_endpoint(run)
    assert endpoint == storage_endpoint(run)
    assert endpoint != storage_endpoint(run / "other")
    folder = Path(endpoint.removeprefix("ipc://")).parent
    assert folder.parent == tmp_path / "t"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_short_folder_that_others_can_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who could replace the socket would receive the messages; that is an error, not a warning."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = tmp_path / ("x" * 100) / "run"
    folder = Path(storage_endpoint(run).removeprefix("ipc://")).parent
    folder.chmod(0o777)
    with pytest.raises(EndpointError, match="open to others: remove it"):
        storage_endpoint(run)
    folder.rmdir()
    folder.write_text("")
    with pytest.raises(EndpointError, match="cannot be made: File exists"):
        storage_endpoint(run)
