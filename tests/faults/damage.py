"""Octets flipped in journals and archive while nobody runs: the rest stays, and the damage is named."""

from functools import partial
from pathlib import Path
from typing import Final

from storage.journal_reader import JournalReader
from tests.faults.harness import Play, Round
from tests.faults.judge import STREAM

FLIPS: Final = 3


def archive_flipped(round_: Round) -> int:
    """Flip octets of the archive: verify names each file; put back, everything is as it was."""
    _load_and_stop(round_)
    segments = sorted(round_.site.layout.archive(STREAM).rglob("*.parquet"))
    chosen = round_.draw.sample(segments, min(FLIPS, len(segments)))
    places = {path: round_.draw.randrange(path.stat().st_size) for path in chosen}
    for path, place in places.items():
        flip(path, place)
    _verify_names(round_, chosen)
    for path, place in places.items():
        flip(path, place)
    round_.site.start()
    return len(chosen)


def journal_flipped(round_: Round, *, last: bool = False) -> int:
    """Flip octets of a journal: what that frame held is lost and named, and nothing else.

    With ``last`` it is the journal's last frame, otherwise any.
    """
    _load_and_stop(round_)
    flipped = []
    for path in sorted(round_.site.layout.journal(STREAM).glob("*.journal"))[:FLIPS]:
        if place := _inside_a_frame(round_, path, last=last):
            flip(path, place)
            flipped.append(path)
    if flipped:
        _verify_names(round_, flipped)
    round_.damaged = sum(verdict.lost for verdict in round_.load.judged().values())
    round_.site.start()
    return len(flipped)


def _load_and_stop(round_: Round) -> None:
    for _ in round_.moments():
        pass
    round_.load.stop()
    if code := round_.site.stop():
        round_.notes.append(f"the appliance ended with {code}")


def _inside_a_frame(round_: Round, path: Path, *, last: bool) -> int:
    """Choose an octet inside a frame that is whole; 0 when the journal has none."""
    reader = JournalReader(path)
    reader.scan()
    frames = reader.frames[-1:] if last else reader.frames
    if not frames:
        return 0
    frame = round_.draw.choice(frames)
    return int(round_.draw.randrange(frame.offset, frame.end))


def _verify_names(round_: Round, paths: list[Path]) -> None:
    done = round_.site.command("verify")
    said = (done.stdout + done.stderr).decode(errors="replace")
    if not done.returncode:
        round_.notes.append("verify has found nothing")
    round_.notes += [f"verify does not name {path}: {said[-800:]}" for path in paths if path.name not in said]


def flip(path: Path, place: int) -> None:
    """Flip all bits of an octet."""
    with path.open("r+b") as file:
        file.seek(place)
        octet = file.read(1)[0]
        file.seek(place)
        file.write(bytes([octet ^ 0xFF]))


FAULTS: Final[dict[str, Play]] = {
    "archive octets flipped": Play(archive_flipped),
    "journal octets flipped": Play(journal_flipped, damages=True),
    "journal's last frame flipped": Play(partial(journal_flipped, last=True), damages=True),
}
