"""Facets as a page shows them: the values of a field among the matches, and where each of them leads."""

from dataclasses import dataclass, replace
from typing import Final

from storage.conditions import condition, own_name, without
from storage.facets import FIELD_NAMES, Facet, canonical
from web.asking import FACETS
from web.columns import named
from web.form import MAXIMUM_FACETS, SearchForm

SHOWN: Final = 6  # values of a facet that are seen at once
MORE: Final = 50  # values that are seen when it is opened


@dataclass(frozen=True, slots=True)
class Choice:
    """One value, how many matches have it, and the searches it leads to; None where there is no way.

    ``name`` is None for the matches that have no value.
    """

    name: str | None
    count: int
    share: int  # of the most frequent value, in tenths: how long its bar is
    only: str | None
    without: str | None
    clear: str | None  # where the query asks for the value already: the same search without that
    facet: str | None  # of fields: the same search with a facet of this field's values


@dataclass(frozen=True, slots=True)
class FacetView:
    """One facet."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    more: tuple[Choice, ...]
    left_out: int
    is_exact: bool
    close: str | None  # the same search without this facet, where it was asked for


def views(facets: tuple[Facet, ...], form: SearchForm) -> list[FacetView]:
    """Give the facets that have a value, and those that were asked for."""
    return [_view(one, form) for one in facets if _is_worth(one) or one.name in _asked(form)]


def _asked(form: SearchForm) -> set[str]:
    return set(map(canonical, form.facets))


def _is_worth(facet: Facet) -> bool:
    return any(value is not None for value, _ in facet.values)


def _view(facet: Facet, form: SearchForm) -> FacetView:
    most = max((count for _, count in facet.values), default=1)
    values = facet.values
    if facet.name == FIELD_NAMES:  # that a message has no fields is no choice
        values = tuple(pair for pair in values if pair[0] is not None)
    choices = tuple(_choice(facet.name, value, count, most, form) for value, count in values[:MORE])
    asked = facet.name in _asked(form) and facet.name not in FACETS
    listed = sum(1 for value, _ in values[:MORE] if value is not None)
    left = [name for name in form.facets if canonical(name) != facet.name]
    return FacetView(
        name=facet.name,
        title="Fields" if facet.name == FIELD_NAMES else named(facet.name).title,
        choices=choices[:SHOWN],
        more=choices[SHOWN:],
        left_out=max(0, facet.distinct - listed),
        is_exact=facet.is_exact,
        close=replace(form, facets=tuple(left)).address() if asked else None,
    )


def _choice(name: str, value: str | None, count: int, most: int, form: SearchForm) -> Choice:
    found = condition(name, value)
    is_chosen = found is not None and form.has_term(found)
    return Choice(
        name=value,
        count=count,
        share=-(-10 * count // most) if most else 0,
        only=None if found is None or is_chosen else form.with_term(found).address(),
        without=None if found is None else form.without_term(found).with_term(without(found)).address(),
        clear=form.without_term(found).address() if found is not None and is_chosen else None,
        facet=_values(value, form) if name == FIELD_NAMES else None,
    )


def _values(name: str | None, form: SearchForm) -> str | None:
    """Give the search that shows a field's values, too."""
    typed = None if name is None else own_name(name)
    if typed is None or typed in _asked(form) or len(form.facets) >= MAXIMUM_FACETS:
        return None
    return form.having(facets=(*form.facets, typed)).address()
