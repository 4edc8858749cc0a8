"""Numbers and times as the dashboard says them."""

from datetime import datetime, timedelta, tzinfo

__all__ = [
    "clock_time",
    "compact",
    "counted",
    "day",
    "day_and_time",
    "number",
    "share",
    "short_day",
    "signed",
    "span",
    "time_of_day",
    "weekday",
]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def number(value: float) -> str:
    """Thousands apart.

    >>> number(1234567)
    '1,234,567'
    """
    return f"{value:,.0f}"


def compact(value: float) -> str:
    """In a few characters, for an axis.

    >>> compact(950), compact(25_000), compact(1_250_000)
    ('950', '25k', '1.25M')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.2f}".rstrip("0").rstrip(".") + unit
    return f"{value:g}"


def counted(count: int, one: str, many: str) -> str:
    """With its noun.

    >>> counted(1, "copy", "copies"), counted(2000, "copy", "copies")
    ('1 copy', '2,000 copies')
    """
    return f"{number(count)} {one if count == 1 else many}"


def share(part: float, whole: float) -> str:
    """In percent; all and nothing only where it is just that.

    >>> share(9999, 10000), share(1, 100000), share(5, 5), share(0, 0)
    ('99.9%', '<0.1%', '100%', '0%')
    """
    if not whole or not part:
        return "0%"
    if part == whole:
        return "100%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1%"
    return f"{min(percent, 99.9):.1f}%".replace(".0%", "%")


def span(length: timedelta) -> str:
    """About how long.

    >>> span(timedelta(seconds=20)), span(timedelta(minutes=90)), span(timedelta(days=2, hours=3))
    ('less than a minute', '1 h 30 min', '2 d 3 h')
    """
    left, said = int(length.total_seconds()), []
    for size, unit in _UNITS:
        if left >= size:
            said.append(f"{left // size} {unit}")
            left %= size
    return " ".join(said[:2]) or "less than a minute"


def clock_time(instant: datetime, zone: tzinfo) -> str:
    """The day and the time of day: "Wed 11 Mar, 07:30"."""
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def day_and_time(instant: datetime, now: datetime, zone: tzinfo) -> str:
    """The same, as people say it of days that are near: "today, 07:30"."""
    days = (instant.astimezone(zone).date() - now.astimezone(zone).date()).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days)
    return f"{near}, {instant.astimezone(zone):%H:%M}" if near else clock_time(instant, zone)


def signed(value: int) -> str:
    """With its sign: "+12", "−3", "±0"."""
    return f"+{number(value)}" if value > 0 else f"−{number(-value)}" if value else "±0"


def time_of_day(instant: datetime, zone: tzinfo) -> str:
    """ "07:30"."""
    return f"{instant.astimezone(zone):%H:%M}"


def day(instant: datetime, now: datetime, zone: tzinfo) -> str:
    """ "today", "Wed 11 Mar"."""
    return day_and_time(instant, now, zone).partition(",")[0]


def short_day(local: datetime) -> str:
    """Of a local time: "Wed 11 Mar"."""
    return f"{local:%a} {local.day} {local:%b}"


def weekday(local: datetime) -> str:
    """Its first two letters."""
    return f"{local:%a}"[:2]
