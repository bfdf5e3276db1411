"""The layout of the data folder."""

import os
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest

from storage.layout import Layout, StreamName, check_name


def test_foreign_folders_are_passed_over(tmp_path: Path) -> None:
    """A folder that Sysledger would never have made does not keep the others from being found."""
    for folder in ("archive/tenant=a/stream=b", "journal/tenant=NOT A NAME/stream=b", "archive/lost+found"):
        (tmp_path / folder).mkdir(parents=True)
    assert Layout(tmp_path).streams() == [StreamName("a", "b")]


def test_days_that_are_none(tmp_path: Path) -> None:
    """A folder of a day that no calendar has does not keep the others from being found."""
    layout = Layout(tmp_path)
    for day in ("2026-11-20", "2026-13-45", "\uff12026-11-20", "soon"):
        (layout.archive(StreamName()) / f"date={day}").mkdir(parents=True)
    assert list(layout.archived_days(StreamName())) == [date(2026, 11, 20)]


def test_what_must_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is an error, never a folder without messages."""

    def refuse(_folder: Path) -> NoReturn:
        raise PermissionError

    monkeypatch.setattr(os, "listdir", refuse)  # the tests may run as root, whom no mode stops
    with pytest.raises(PermissionError):
        Layout(tmp_path).streams()
    with pytest.raises(PermissionError):
        list(Layout(tmp_path).archived_days(StreamName()))


@pytest.mark.parametrize("name", ["", ".hidden", "UPPER", "a/b", "..", "a" * 64])
def test_names_are_checked(name: str) -> None:
    """A name that could leave its folder, or differ by case only, is refused with what to use instead."""
    with pytest.raises(ValueError, match="use 1 to 63"):
        check_name(name, "tenant")
