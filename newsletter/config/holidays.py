"""The holidays of the schedule: days of one's own, and those of countries, which a library knows."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

if TYPE_CHECKING:
    from holidays import HolidayBase

__all__ = ["Holiday", "holiday_names"]

_DATE = re.compile(r"(\d{4}-)?\d{2}-\d{2}")
_CODE = re.compile(r"([A-Z]{2})(?:-([\w ]{1,40}))?")
_LEAP_YEAR = "2000-"


def _holiday(value: str) -> str:
    if match := _DATE.fullmatch(value):
        try:
            date.fromisoformat(value if match[1] else _LEAP_YEAR + value)
        except ValueError:
            raise ValueError("there is no such day; write month before day") from None
    elif _CODE.fullmatch(value):
        _country(value)
    else:
        raise ValueError(
            'write a date such as "2026-12-24", a day of every year such as "12-24", or a country such as'
            ' "DE" or a part of one such as "DE-BY"'
        )
    return value


Holiday = Annotated[str, AfterValidator(_holiday)]


def holiday_names(holidays: Sequence[str]) -> Callable[[date], str | None]:
    """What names the holiday that a day is, None for any other; days of one's own go by how they were
    written."""
    days = {holiday for holiday in holidays if _DATE.fullmatch(holiday)}
    countries = [_country(holiday) for holiday in holidays if holiday not in days]

    def name(day: date) -> str | None:
        written = day.isoformat()
        for found in (written, written[5:]):
            if found in days:
                return found
        return next((known for country in countries if (known := country.get(day))), None)

    return name


def _country(code: str) -> "HolidayBase":
    """Raises ValueError."""
    # Takes a tenth of a second to load, and most newsletters have no holidays.
    from holidays import country_holidays, list_supported_countries

    country, _, part = code.partition("-")
    parts = list_supported_countries(include_aliases=False).get(country)
    if parts is None:
        raise ValueError(f'no holidays are known of "{country}"; write a code of ISO 3166-1 such as "DE"')
    if part and part not in parts:
        known = f"the known parts are {', '.join(parts)}" if parts else "nor of any other part"
        raise ValueError(f'no holidays are known of the part "{part}" of "{country}"; {known}')
    return country_holidays(country, subdiv=part or None, language="en_US")
