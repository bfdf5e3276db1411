"""The commented default file is made from the settings models, says all of them, and changes nothing."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from supervisor.config import load
from supervisor.reference import reference, toml


class Listener(BaseModel):
    """Where messages are received."""

    model_config = ConfigDict(extra="forbid")

    transport: Literal["udp", "tcp"] = Field(default="udp", description="Transport")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=5514, description="Port to listen on.")
    window: int | None = Field(default=None, description="Window", json_schema_extra={"unit": "messages"})


class Settings(BaseModel):
    """All settings of this test."""

    model_config = ConfigDict(extra="forbid")

    data: Path = Field(default=Path("var"), description="Folder.")
    listeners: dict[str, Listener] = Field(
        default_factory=lambda: {"udp": Listener(), "a.b": Listener(transport="tcp")},
        description="Listeners.",
    )
    password: SecretStr = Field(default=SecretStr("hunter2"), description="Password.")
    days: dict[str, int] = Field(
        default_factory=lambda: {"default/syslog": 90}, description="Days by stream."
    )
    others: dict[str, Listener] = Field(default_factory=dict, description="More.")


def uncommented(text: str) -> str:
    """Take away the ``#`` before every setting."""
    return re.sub(r"^#(?=[\w\"])", "", text, flags=re.MULTILINE)


def test_every_setting_is_there_with_what_is_known_of_it() -> None:
    """Description, kind, bounds, unit and default stand before or in the commented line of each setting."""
    text = reference(Settings)
    assert "# Port to listen on (a whole number; 1 to 65535).\n#port = 5514\n" in text
    assert '# Transport (one of "udp", "tcp").\n#transport = "udp"\n' in text
    assert "# Window (a whole number; messages).\n# Not set by default: window = ...\n" in text
    assert '[listeners."a.b"]\n#transport = "tcp"\n#port = 5514\n' in text
    assert '# Days by stream.\n[days]\n#"default/syslog" = 90\n' in text
    assert "#   [others.NAME]\n" in text


def test_no_secret_is_printed() -> None:
    """The default of a secret is not written into the file."""
    assert "hunter2" not in reference(Settings)


def test_the_file_changes_nothing(tmp_path: Path) -> None:
    """As it stands, and with every ``#`` before a setting taken away, the file is the default."""
    file = tmp_path / "sysledger.toml"
    for text in (reference(Settings), uncommented(reference(Settings))):
        file.write_text(text)
        assert load(Settings, file) == Settings()
    assert len(tomllib.loads(uncommented(reference(Settings)))["listeners"]["udp"]) == 2


def test_values_are_written_as_toml_reads_them() -> None:
    """Texts with quotes, control characters and umlauts, numbers, lists and tables come back the same."""
    values = {"text": 'a "b" \\ \n \x7f ü', "numbers": [1, 2.5, True], "table": {"a.b": {}, "c": [{"d": ""}]}}
    assert tomllib.loads(f"value = {toml(values)}")["value"] == values
