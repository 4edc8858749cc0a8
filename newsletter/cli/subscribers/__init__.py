"""subscribers: the list, a module for each kind of command."""

import typer

from newsletter.cli.subscribers.files import export_subscribers, import_subscribers
from newsletter.cli.subscribers.people import add, list_subscribers, remove, tag
from newsletter.cli.subscribers.records import erase, show

__all__ = ["app"]

app = typer.Typer(help="The list of people who get the newsletter.", no_args_is_help=True)
for command in (add, remove, tag, show, erase):
    app.command()(command)
app.command("list")(list_subscribers)
app.command("import")(import_subscribers)
app.command("export")(export_subscribers)
