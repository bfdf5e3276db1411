"""A small file system of its own, which can be filled, emptied and broken: ext4 on a loop device."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_PIECE = 1 << 16


def missing() -> str | None:
    """Say what this machine lacks for one; None when nothing."""
    if os.geteuid() != 0:
        return "only root may mount a file system"
    if not Path("/dev/loop-control").exists() or shutil.which("mkfs.ext4") is None:
        return "there is no loop device, or no mkfs.ext4"
    return None


class SmallDisk:
    """Mounted while the context lasts.

    Args:
        folder: where its image and its mount point go.
        octets: its size.
    """

    def __init__(self, folder: Path, octets: int) -> None:
        self._image, self._point, self._octets = folder / "disk", folder / "mounted", octets
        self.data = self._point / "var"

    def __enter__(self) -> Self:
        self._point.mkdir()
        with self._image.open("wb") as image:
            image.truncate(self._octets)
        _run("mkfs.ext4", "-q", "-m", "0", str(self._image))
        self.mount()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unmount()
        self._image.unlink()

    def mount(self) -> None:
        """Mount it."""
        _run("mount", "-o", "loop", str(self._image), str(self._point))

    def unmount(self) -> None:
        """Unmount it."""
        _run("umount", str(self._point))

    def fill(self) -> None:
        """Take all the room that is left."""
        with suppress(OSError), (self._point / "ballast").open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(_PIECE))

    def free(self) -> None:
        """Give the room back."""
        (self._point / "ballast").unlink(missing_ok=True)

    def break_off(self) -> None:
        """Make it read-only at once, as the kernel does after an error of the device."""
        _run("mount", "-o", "remount,abort", str(self._point))

    def repair(self) -> None:
        """Check and mount it again; nobody may have a file open there."""
        self.unmount()
        subprocess.run(["e2fsck", "-fy", str(self._image)], capture_output=True, check=False)
        self.mount()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
