"""Templates: declared, there, and always escaping."""

import re
from pathlib import Path

import pytest

from web.errors import TEMPLATE
from web.routes import PAGES
from web.templating import FOLDER, TemplateError, Templates


def test_every_template_is_declared() -> None:
    """The product's own templates and table of routes fit together."""
    Templates([page.template for page in PAGES if page.template] + [TEMPLATE])


def test_a_template_nobody_declares_stops_the_start(tmp_path: Path) -> None:
    """A forgotten template is found at start, by name."""
    (tmp_path / "forgotten.html").write_text("x")
    with pytest.raises(TemplateError, match=r"no route declares forgotten\.html"):
        Templates([], tmp_path)


def test_a_declared_template_must_be_there(tmp_path: Path) -> None:
    """A page without its template is found at start, by name; parts of pages need no declaration."""
    (tmp_path / "_part.html").write_text("x")
    with pytest.raises(TemplateError, match=r"lost\.html, which is not there"):
        Templates(["lost.html"], tmp_path)


def test_everything_is_escaped(tmp_path: Path) -> None:
    """What a view gives arrives as text, in templates of any name."""
    (tmp_path / "page.txt").write_text("{{ value }}")
    assert Templates(["page.txt"], tmp_path).render("page.txt", value="<b>&") == "&lt;b&gt;&amp;"


def test_no_template_steps_around_the_policy() -> None:
    """No template holds inline script, inline style, an unsafe filter, or anything from elsewhere."""
    for path in FOLDER.iterdir():
        text = path.read_text()
        for forbidden in (
            "style=",
            "<style",
            "onclick",
            "onload",
            "javascript:",
            "|safe",
            "| safe",
            "http:",
            "https:",
        ):
            assert forbidden not in text, (path, forbidden)
        scripts = re.findall(r'<script src="/static/[a-z_]+\.js" defer></script>', text)
        assert text.count("<script") == len(scripts)
