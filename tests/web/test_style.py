"""The style sheet: legible for everybody, in light and dark (WCAG 2.2, AA)."""

import re
from pathlib import Path
from typing import Final

import pytest

import web

STYLE: Final = (Path(web.__file__).parent / "static" / "style.css").read_text()
SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
TEXT: Final = [
    *(("ink", ground) for ground in ("ground", "surface", "raised", "here", "mark", "trouble-ground")),
    *(("soft", ground) for ground in ("ground", "surface", "raised", "here", "trouble-ground")),
    *(("link", ground) for ground in ("ground", "surface", "raised", "here", "trouble-ground")),
    *((f"{label}-ink", f"{label}-ground") for label in ("err", "warning", "notice", "info")),
    ("debug-ink", "surface"),
    ("warning-ink", "surface"),
    ("warning-ink", "here"),
    ("on-accent", "accent"),
    ("hidden", "hidden-ground"),
    ("trouble", "trouble-ground"),
    ("well-ink", "well-ground"),
    ("ink", "warning-ground"),
    ("link", "warning-ground"),
]  # fmt: skip


def colours(*, dark: bool) -> dict[str, str]:
    """Give the named colours of one scheme."""
    light_block, dark_block = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light_block))
    if dark:
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark_block))
    return found


def luminance(colour: str) -> float:
    """Give the relative luminance as WCAG defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio as WCAG defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_legible(dark: bool) -> None:  # noqa: FBT001 - a parameter
    """Every ink has a contrast of 4.5 on every ground it stands on (1.4.3)."""
    named = colours(dark=dark)
    found = {pair: round(contrast(named[pair[0]], named[pair[1]]), 2) for pair in TEXT}
    assert not {pair: ratio for pair, ratio in found.items() if ratio < 4.5}
    filled = dict(
        re.findall(r"\.severity-(emerg|alert|crit) \{ background: (#[0-9a-f]{6}); color: #fff; \}", STYLE)
    )
    assert len(filled) == 3
    assert min(contrast(ground, "#ffffff") for ground in filled.values()) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_is_drawn_is_visible(dark: bool) -> None:  # noqa: FBT001 - a parameter
    """Bars, edges of fields and the focus ring have a contrast of 3 against their ground (1.4.11)."""
    named = colours(dark=dark)
    drawn = [*SEVERITIES, "edge", "accent"]
    found = {name: round(contrast(named[name], named["surface"]), 2) for name in drawn}
    assert not {name: ratio for name, ratio in found.items() if ratio < 3}


def test_nothing_comes_from_elsewhere() -> None:
    """The style sheet loads nothing: no import, no font, no picture."""
    assert "url(" not in STYLE
    assert "@import" not in STYLE
