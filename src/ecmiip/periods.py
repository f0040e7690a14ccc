"""Periods of days, months and years as the Civil Code, art. 200 to 202, counts them.

The first day does not count. A period of months or years ends on the day of the same number, or on
the last day of a month that has none. Days of rest are for whoever knows them.
"""

import calendar
from datetime import date, timedelta
from typing import Literal

from ecmiip.errors import UserError

Unit = Literal["day", "month", "year"]


def last_day(start: date, amount: int, unit: Unit) -> date:
    """The last day of a period that starts with an event on ``start``.

    Raises UserError for one beyond the calendar.
    """
    assert amount > 0
    try:
        return _after(start, amount, unit)
    except (OverflowError, ValueError) as error:
        raise UserError(
            f"{start}: a period from that day ends after the year {date.max.year}: correct the year"
        ) from error


def _after(start: date, amount: int, unit: Unit) -> date:
    if unit == "day":
        return start + timedelta(days=amount)
    months = start.month - 1 + (amount if unit == "month" else 12 * amount)
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))
