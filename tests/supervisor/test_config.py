"""Configuration files: merged over the defaults, and every mistake told at once with trail, fact and hint."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from supervisor.config import ConfigError, load


class Listener(BaseModel):
    """A listener of this test."""

    model_config = ConfigDict(extra="forbid")

    transport: Literal["udp", "tcp"] = Field(default="udp", description="Transport.")
    port: int = Field(default=5514, ge=1, le=65535, description="Port.")


class Keeping(BaseModel):
    """A retention of this test."""

    model_config = ConfigDict(extra="forbid")

    stream: str
    days: int = Field(gt=0)


class Settings(BaseModel):
    """All settings of this test."""

    model_config = ConfigDict(extra="forbid")

    data: Path = Path("var")
    password: SecretStr | None = Field(default=None, min_length=8)
    ratio: float = Field(default=0.5, ge=0, lt=1)
    names: list[int] = Field(default_factory=list)
    listeners: dict[str, Listener] = Field(
        default_factory=lambda: {"udp": Listener(), "tcp": Listener(transport="tcp")}
    )
    keep: list[Keeping] = Field(default_factory=list)
    limits: dict[str, int] = Field(default_factory=dict)
    named: dict[Annotated[str, Field(pattern="^[a-z]+$")], int] = Field(default_factory=dict)
    span: float = Field(default=1, ge=0.5, le=2.0)

    @field_validator("names")
    @classmethod
    def _not_empty(cls, names: list[int]) -> list[int]:
        if 7 in names:
            raise ValueError("7 is taken: use another number")
        return names


def written(folder: Path, text: str, **parts: str) -> Path:
    """Write the main file and the files of conf.d; give the main file."""
    (folder / "conf.d").mkdir()
    for name, part in parts.items():
        (folder / "conf.d" / f"{name}.toml").write_text(part)
    file = folder / "sysledger.toml"
    file.write_text(text)
    return file


def problems(file: Path | None, **overrides: object) -> list[str]:
    """Load, expect it to fail, and give the lines that a person reads, without the test's folder."""
    with pytest.raises(ConfigError) as caught:
        load(Settings, file, overrides)
    assert caught.value.exit_code == 78
    folder = f"{file.parent}/" if file is not None else ""
    return [str(problem).replace(folder, "") for problem in caught.value.problems]


def test_no_file_is_the_default() -> None:
    """Without any file the settings are those of the models."""
    assert load(Settings, None) == Settings()


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Editors of some systems begin a file with one; it stands for nothing."""
    file = tmp_path / "sysledger.toml"
    file.write_bytes(b"\xef\xbb\xbfratio = 0.25\n")
    assert load(Settings, file).ratio == 0.25


def test_bounds_of_names_are_not_those_of_their_table(tmp_path: Path) -> None:
    """A value in the place of a table is told to be no table; what its names may be is another matter."""
    file = written(tmp_path, "named = 3\nspan = 9\n")
    assert problems(file) == [
        "named: 3 is not a table; use a table (file sysledger.toml)",
        "span: 9 is more than 2; use 0.5 to 2 (file sysledger.toml)",
    ]


def test_later_wins_table_by_table(tmp_path: Path) -> None:
    """conf.d goes over the file in order of name, the command line over all, and the rest stays as it was."""
    file = written(
        tmp_path,
        "ratio = 0.1\n[listeners.udp]\nport = 1\n[listeners.branch]\ntransport = 'tcp'\nport = 4\n",
        b="[listeners.udp]\nport = 3\n",
        a="ratio = 0.2\n[listeners.udp]\nport = 2\n",
    )
    settings = load(Settings, file, {"data": "/srv/log"})
    assert settings.data == Path("/srv/log")
    assert settings.ratio == 0.2
    assert settings.listeners == {
        "udp": Listener(port=3),
        "tcp": Listener(transport="tcp"),
        "branch": Listener(transport="tcp", port=4),
    }


def test_a_value_out_of_bounds(tmp_path: Path) -> None:
    """A bound that is broken is told with the value, the bounds and the file that it stands in."""
    file = written(tmp_path, "", office="[listeners.udp]\nport = 99999\n")
    assert problems(file) == [
        "listeners.udp.port: 99999 is more than 65535; use 1 to 65535 (file conf.d/office.toml)"
    ]


def test_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    """Nobody has to mend one mistake to be told the next one, not even below a file that is not TOML."""
    file = written(
        tmp_path,
        "ratio = 1\nnames = [7]\n[listeners.udp]\nprot = 514\ntransport = 'sctp'\n[[keep]]\ndays = 0\n",
        broken="[listeners.udp\n",
        octets="",
        second="[listeners.tcp]\nport = 'many'\n",
    )
    (tmp_path / "conf.d" / "octets.toml").write_bytes(b"ratio = '\xff'")
    assert problems(file) == [
        (
            "not TOML: Expected ']' at the end of a table declaration (at line 1, column 15); "
            "mend that line; texts stand in quotes, tables in [brackets] (file conf.d/broken.toml)"
        ),
        "octet 9 is not UTF-8; save the file as UTF-8 (file conf.d/octets.toml)",
        "keep[0].days: 0 is not more than 0; use a whole number, more than 0 (file sysledger.toml)",
        "keep[0].stream: is not set; set it to text (file sysledger.toml)",
        "listeners.tcp.port: 'many' is not a whole number; use 1 to 65535 (file conf.d/second.toml)",
        (
            "listeners.udp.prot: unknown setting; did you mean port? known here: transport, port "
            "(file sysledger.toml)"
        ),
        (
            "listeners.udp.transport: 'sctp' is not known here; "
            'use one of "udp", "tcp" (file sysledger.toml)'
        ),
        "names: 7 is taken: use another number (file sysledger.toml)",
        "ratio: 1 is not less than 1; use a number, at least 0, less than 1 (file sysledger.toml)",
    ]


def test_unknown_settings_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    """A key that nobody knows is a mistake; the known ones are listed, and the nearest is suggested."""
    known = "known here: data, password, ratio, names, listeners, keep, limits, named, span"
    file = written(tmp_path, "xyz = 1\n[listener]\n")
    assert problems(file) == [
        f"listener: unknown setting; did you mean listeners? {known} (file sysledger.toml)",
        f"xyz: unknown setting; {known} (file sysledger.toml)",
    ]


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    """The value of a secret stands in no message, whatever is wrong with it."""
    for value in ("'hunter2'", "12345", "['hunter2']"):
        file = tmp_path / "sysledger.toml"
        file.write_text(f"password = {value}\n")
        (line,) = problems(file)
        assert line.startswith("password: the value (not shown) ")
        assert "hunter2" not in line
        assert "12345" not in line


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing file, a folder in its place, and a conf.d that is no folder are each told by their path."""
    missing = tmp_path / "missing.toml"
    assert problems(missing) == [
        (
            "there is no such file; name another with --config, or leave it out for the defaults "
            "(file missing.toml)"
        )
    ]
    (tmp_path / "conf.d").write_text("")
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    assert problems(folder) == [
        "cannot be read: Is a directory; see to the file's owner and mode (file folder.toml)",
        "cannot read the folder: Not a directory; see to its owner and mode (file conf.d)",
    ]


def test_the_command_line_is_checked_too() -> None:
    """What the command line sets is checked like a file's setting, and named as what it is."""
    (line,) = problems(None, ratio="x")
    assert line.endswith("use a number, at least 0, less than 1 (command line)")


def test_names_with_dots_are_quoted(tmp_path: Path) -> None:
    """A trail can be pasted into a TOML file: names that cannot stand bare are quoted."""
    file = written(tmp_path, "[limits]\n'a.b' = 'x'\n")
    (line,) = problems(file)
    assert line.startswith("limits.\"a.b\": 'x' ")
