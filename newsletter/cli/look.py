"""How commands lay out what they say to people: headed sections of aligned rows, colour only where it means
something, nothing for what there is not. Readable at 80 columns, and without colours."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["BAD", "DIM", "GOOD", "WAITS", "bar", "day", "headline", "moment", "section", "spell", "told"]

GOOD, WAITS, BAD, DIM = "green", "yellow", "red", "dim"
"""What colours mean: it went well; it waits; somebody should look; beside the point."""
_BAR = 12

Cell = str | Text


def headline(text: str, beside: str = "") -> None:
    """What it is all about."""
    _print(Text.assemble((text, "bold"), f"  {beside}" if beside else ""))


def section(title: str, rows: Iterable[Sequence[Cell]], note: str = "", right: Sequence[int] = ()) -> None:
    """Rows below a title, with an empty line before; nothing where there are none. The last cell of a row may
    be long: it is folded below itself. Columns in `right` are figures."""
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    if not cells:
        return
    width = max(map(len, cells))
    table = Table.grid(padding=(0, 2, 0, 0))
    for column in range(width):
        last = column == width - 1
        justify = "right" if column in right else "left"
        table.add_column(no_wrap=not last, overflow="fold", justify=justify)  # type: ignore[arg-type]
    for row in cells:
        table.add_row(*row)
    _print("")
    _print(Text(title, "bold"))
    _print(_indented(table))
    if note:
        _print(Text(f"  {note}", DIM))


def told(text: str, style: str = "") -> Text:
    """Words in a colour."""
    return Text(text, style)


def bar(share: float, style: str = GOOD) -> Text:
    """A share of one, drawn. Not full before all is done, and not empty once something is."""
    full = round(share * _BAR)
    full = min(max(full, int(share > 0)), _BAR if share >= 1 else _BAR - 1)
    return Text.assemble(("━" * full, style), ("─" * (_BAR - full), DIM))


def spell(time: timedelta) -> str:
    """A length of time in its two largest units: "5 h 12 min", "2 d 3 h", "40 s"."""
    seconds = max(int(time.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if hours == 0:
        return f"{minutes} min"
    if days == 0:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"


def day(instant: datetime) -> str:
    """ "Wed 11 Mar 2026"; the day of the month as wide as the widest."""
    return f"{instant:%a} {instant.day:2d} {instant:%b %Y}"


def moment(instant: datetime) -> str:
    """ "Wed 11 Mar 07:30", for times that are not long ago or far off."""
    return f"{instant:%a} {instant.day:2d} {instant:%b %H:%M}"


def _indented(table: Table) -> Table:
    outer = Table.grid()
    outer.add_column(width=2)
    outer.add_column()
    outer.add_row("", table)
    return outer


def _print(what: Cell | Table) -> None:
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        console.print(what)
        return
    with console.capture() as printed:
        console.print(what)
    for line in printed.get().splitlines():
        console.print(line.rstrip(), soft_wrap=True)  # no cell is filled up where nobody sees the columns
