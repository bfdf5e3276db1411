"""How far a destination has got: one small file, written durably."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from durable import make_folder, write_file
from storage.layout import StreamName


class CursorError(Exception):
    """The cursor cannot be used; the message says what to do."""

    exit_code = os.EX_CONFIG


@dataclass(frozen=True, slots=True)
class Cursor:
    """The file ``path`` holds the seq of the last message of ``name`` that was delivered."""

    path: Path
    name: StreamName

    def read(self) -> int | None:
        """Give the seq of the last message delivered; None when nothing was written yet.

        Raises:
            CursorError: when the file is damaged, or is another stream's.
        """
        try:
            found = json.loads(self.path.read_bytes())
            tenant, stream, seq = found["tenant"], found["stream"], int(found["seq"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise CursorError(
                f"{self.path} is damaged ({error}): remove it, and the destination begins anew as its "
                "setting start says"
            ) from error
        if (tenant, stream) != (self.name.tenant, self.name.stream):
            raise CursorError(
                f"{self.path} counts the messages of {tenant}/{stream}, and the destination now has "
                f"{self.name.tenant}/{self.name.stream}: name the destination anew, or remove the file"
            )
        return seq

    def write(self, seq: int) -> None:
        """Keep ``seq``: after this, or a crash in it, the file has the old one or the new one.

        Raises:
            OSError: when the disk will not.
        """
        make_folder(self.path.parent)
        content = {"tenant": self.name.tenant, "stream": self.name.stream, "seq": seq}
        write_file(self.path, json.dumps(content).encode() + b"\n")
