"""Figures of the appliance as the API gives them: with their age, or refused with what to do."""

from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import Field

from storage.forecast import Forecast
from web.api_operation import Given
from web.api_problem import ApiError
from web.operating import told
from web.shelf import Figures

_LATER: Final = "The figures are being made, which takes longer than one waits. Ask again in a moment."
_UNKNOWN: Final = "Nothing is known of that: the appliance, or this part of it, does not run. See status."
_UNAVAILABLE: Final = 503
KEEP_DAYS: Final = "For how many days before today it is kept; 0: for ever."  # describes a member

T = TypeVar("T")


class Aged(Given):
    """Figures, and how old they are."""

    at: datetime = Field(description="When they were made, which is what they tell of.")
    age_seconds: float = Field(description="How long ago that is.")
    trouble: str | None = Field(description="Why there are no newer ones; null: these are the newest.")


class DiskForecast(Given):
    """How long the disk lasts, by what its streams took a day and by what expires."""

    octets_a_day: int = Field(description="What a day adds, before anything expires.")
    measured_days: int = Field(description="Whole UTC days that this is the mean of; 0: there was none yet.")
    full_in_days: int | None = Field(
        description="Until nothing more can be stored; null: not within ten years, or not known yet."
    )
    expires: bool = Field(description="Whether anything expires within ten years.")
    sentence: str = Field(description="The same in words.")


def value_of(made: Figures[T | None]) -> T:
    """Give what was made.

    Raises:
        ApiError: 503 when it is not made yet, cannot be made, or nothing is known.
    """
    if made.value is not None:
        return made.value
    if made.trouble:
        raise ApiError(_UNAVAILABLE, made.trouble)
    if made.at is None:
        raise ApiError(_UNAVAILABLE, _LATER)
    raise ApiError(_UNAVAILABLE, _UNKNOWN)


def aged(made: Figures[Any]) -> dict[str, Any]:
    """Give the members of ``Aged`` for figures that were made."""
    return {"at": made.at, "age_seconds": round(made.age, 3), "trouble": made.trouble or None}


def forecast_given(found: Forecast | None) -> DiskForecast | None:
    """Give a forecast as the API does; None when there is none."""
    if found is None:
        return None
    return DiskForecast(
        octets_a_day=found.a_day,
        measured_days=found.measured,
        full_in_days=found.full_in,
        expires=found.expires,
        sentence=told(found),
    )
