"""The templates: escaping always on, and every file declared by somebody.

A template that begins with "_" is a part of others. Any other is a page: it must be declared, and be there,
or the application does not start.
"""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from web import visible, words
from web.rows import FIELD_CHARACTERS

FOLDER: Final = Path(__file__).parent / "templates"


class TemplateError(Exception):
    """The templates and those who use them do not fit together."""


class Templates:
    """The pages' templates."""

    def __init__(self, declared: Collection[str], folder: Path = FOLDER) -> None:
        _check(set(declared), {path.name for path in folder.iterdir() if not path.name.startswith("_")})
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(show=_show, plain=visible.plain, count=words.count)

    def offer(self, **functions: Callable[[], Any]) -> None:
        """Let every template call these."""
        self._environment.globals.update(functions)

    def render(self, template: str, **view: Any) -> str:
        """Give the page of a template and its view."""
        return self._environment.get_template(template).render(view)


def _check(declared: set[str], found: set[str]) -> None:
    if unused := ", ".join(sorted(found - declared)):
        raise TemplateError(f"web/templates: no route declares {unused}: declare or delete what is too much")
    if missing := ", ".join(sorted(declared - found)):
        raise TemplateError(f"web/templates: a route declares {missing}, which is not there: add it")


def _show(text: str, limit: int = FIELD_CHARACTERS) -> Markup:
    shown = visible.show(text, limit)
    return shown.markup + (f" … {shown.left_out:,} more" if shown.left_out else "")
