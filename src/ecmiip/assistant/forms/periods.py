"""Where the last day of a period moves to if it is a day of rest: the Civil Code, art. 203.

A last day that is a day of rest moves to the next working day. Days of rest are known here as far
as the law itself fixes them by the calendar: weekends, and the holidays on fixed days (State
Council's measures of 2024, art. 2). The lunar holidays and the working days that are shifted each
year are not; whoever shows a result must say so. A Saturday or Sunday that is made a working day
does not move a last day: ``safe`` is the day that holds anyway.
"""

from datetime import date, timedelta

UNKNOWN_HOLIDAYS = (
    "已计入周六、周日及元旦、劳动节、国庆节的固定放假日；春节、清明节、端午节、中秋节和每年的调休"
    "以国务院办公厅当年的通知为准，未计入"
)
# Measures on holidays and commemoration days (2024), art. 2: (month, day).
_FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
_SATURDAY = 5


def _is_fixed_holiday(day: date) -> bool:
    return (day.month, day.day) in _FIXED_HOLIDAYS


def is_day_of_rest(day: date) -> bool:
    """Whether ``day`` is a weekend or one of the holidays on a fixed day."""
    return day.weekday() >= _SATURDAY or _is_fixed_holiday(day)


def moved(day: date) -> date:
    """``day``, or the first working day after it if it is a day of rest."""
    while is_day_of_rest(day):
        day += timedelta(days=1)
    return day


def safe(day: date) -> date:
    """``day``, or the first day after it that is no holiday for certain, be it a weekend."""
    while _is_fixed_holiday(day):
        day += timedelta(days=1)
    return day
